"""What goes wrong, by the numbers of the Subsonic API."""

from __future__ import annotations

from collections.abc import Mapping

from service.http.problems import refusal_of

GENERIC, MISSING, WRONG_USER, TOO_MANY_WAYS, WRONG_KEY, FORBIDDEN, NOT_FOUND = 0, 10, 40, 43, 44, 50, 70
_OF_STATUS = {401: WRONG_USER, 403: FORBIDDEN, 404: NOT_FOUND}
# Of these the number in the answer says too little: whoever asks has to wait, or to ask for less.
_SHOWN = (413, 429, 503)


class Failed(Exception):
    """A request that is not done: a number of the API, a sentence, and the status of HTTP, mostly 200."""

    def __init__(
        self, code: int, message: str, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.headers = dict(headers or {})


def missing(name: str) -> Failed:
    """A parameter that has to be there."""
    return Failed(MISSING, f"required parameter is missing: {name}")


def not_found(kind: str) -> Failed:
    """Nothing goes by the id that was given."""
    return Failed(NOT_FOUND, f"{kind} not found")


def failure_of(error: Exception) -> Failed | None:
    """What an error means to who asked; None for one that nobody foresaw."""
    if isinstance(error, Failed):
        return error
    refused = refusal_of(error)
    if refused is None:
        return Failed(GENERIC, str(error)[:400]) if type(error) is ValueError else None
    status = refused.status if refused.status in _SHOWN else 200
    code = _OF_STATUS.get(refused.status, GENERIC)
    return Failed(code, refused.detail[:400], status=status, headers=refused.headers)
