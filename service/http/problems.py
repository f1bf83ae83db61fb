"""Every refusal as `application/problem+json` (RFC 9457): what is wrong, with what, in which field.

A route raises `Refused`, or lets a named error of the core through; `refusal_of` says what each of those
means. Nothing that was sent is repeated but the id that is not known.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from db.errors import DatabaseUnavailableError, NotFoundError
from generation.checkpoint import CheckpointError
from generation.lyrics.attention import NoAttentionError
from generation.lyrics.tokenizer import TokenizerError
from generation.studio.soundfont import SoundFontMissingError
from generation.text_encoder import TextEncoderMissingError
from pipelines.edit_profile import UnknownInterestError
from pipelines.lyrics import NoLyricModelError, TextError
from pipelines.release_files import ReleaseError
from pipelines.serving import NoReleaseError
from pipelines.song_sound import NoSoundError
from pipelines.sources.audio_stream import AudioError
from pipelines.stages import JobRunningError
from pipelines.towers import NoTowerError
from pipelines.write_lyrics import RefusedError as SongRefusedError
from service.work.takes import NotReadyError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_S = 5
_MOST_ERRORS, _LONGEST = 20, 400
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class Refused(Exception):
    """A request that is not done; `errors` name fields, `more` are further members of the document."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = more


class ProblemResponse(JSONResponse):
    """A problem document."""

    media_type = MEDIA_TYPE


@contextmanager
def naming(field: str, *, status: int = 422) -> Iterator[None]:
    """Say that a value which the use case refuses came in this field."""
    try:
        yield
    except SongRefusedError:  # what was asked for is as it should be
        raise
    except ValueError as error:
        raise Refused(status, str(error), errors=[(field, str(error))]) from None


def unanswered(field: str) -> AbstractContextManager[None]:
    """Say that a value is as it should be, but that there is no answer to it as things stand: a song without
    a place, a user without listens, a path from a song to itself.
    """
    return naming(field, status=409)


def problem(refused: Refused) -> ProblemResponse:
    """Make the response."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(refused.status).phrase,
        "status": refused.status,
        "detail": _bounded(refused.detail),
        **refused.more,
    }
    if refused.errors:
        found = refused.errors[:_MOST_ERRORS]
        document["errors"] = [{"field": name, "message": _bounded(text)} for name, text in found]
    return ProblemResponse(document, refused.status, headers=refused.headers)


def refusal_of(error: Exception) -> Refused | None:
    """What an error of the core means to who asked; None for one that nobody foresaw."""
    text = str(error)
    if isinstance(error, Refused):
        return error
    if isinstance(error, NotFoundError):
        return Refused(404, text, kind=error.kind, id=_bounded(error.ref))
    if isinstance(error, UnknownInterestError):
        return Refused(404, text, kind="interest", id="")
    if isinstance(error, NoSoundError):
        return Refused(404, "no sound is known of this song", kind="sound", id="")
    if isinstance(error, AudioError):
        return Refused(404, f"the sound of this song cannot be read: {text}", kind="sound", id="")
    if isinstance(error, NoReleaseError | NoTowerError | ReleaseError | JobRunningError | NotReadyError):
        return Refused(409, text)
    if isinstance(error, TextEncoderMissingError | SoundFontMissingError):
        return Refused(409, text)
    if isinstance(error, NoLyricModelError | NoAttentionError):
        return Refused(409, text)
    if isinstance(error, CheckpointError | TokenizerError):
        logger.error("a model cannot be used: %s", text)
        return Refused(409, "the model is damaged: train it again, or install it anew")
    if isinstance(error, TextError):
        return Refused(422, text, errors=[("body", text)])
    if isinstance(error, SongRefusedError):
        return Refused(403, text)
    if isinstance(error, DatabaseUnavailableError | PoolTimeoutError):
        logger.warning("the database cannot be used: %s", text)
        return Refused(503, "the database cannot be used now", headers={"Retry-After": str(RETRY_S)})
    if isinstance(error, OSError) and error.errno in _FULL:
        logger.error("nothing can be stored: %s", text)
        return Refused(503, "nothing can be stored now: the disk is full", headers={"Retry-After": "60"})
    return None


def add_problem_handlers(app: FastAPI) -> None:
    """Let every error that a route raises become a problem document."""

    async def foreseen(_: Request, error: Exception) -> ProblemResponse:
        refused = refusal_of(error)
        if refused is None:
            raise error
        return problem(refused)

    for kind in (
        Refused, NotFoundError, UnknownInterestError, NoSoundError, AudioError, NoReleaseError, NoTowerError,
        ReleaseError, JobRunningError, TextEncoderMissingError, SoundFontMissingError,
        DatabaseUnavailableError, PoolTimeoutError, NoLyricModelError, NoAttentionError, CheckpointError,
        TokenizerError, TextError, SongRefusedError, NotReadyError, OSError,
    ):  # fmt: skip
        app.add_exception_handler(kind, foreseen)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_validation)


async def _of_http(request: Request, error: Exception) -> ProblemResponse:
    """What the framework refuses by itself: addresses and methods that are not there."""
    assert isinstance(error, HTTPException)
    detail = {
        404: "there is nothing at this address",
        405: f"{request.method} is not done here",
        400: "the request cannot be read",
    }.get(error.status_code, str(error.detail))
    headers = {name: str(value) for name, value in (error.headers or {}).items()}
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
    return problem(Refused(error.status_code, detail, headers=headers))


def _methods(request: Request) -> list[str]:
    """What is done at an address; each method has a route of its own, and the framework tells of one."""

    def is_done(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(one.matches(dict(scope))[0] is Match.FULL for one in request.app.routes)

    return [method for method in _METHODS if is_done(method)]


async def _of_validation(_: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)
    errors = [
        ("body", "not JSON") if one["type"] == "json_invalid" else (_field(one["loc"]), str(one["msg"]))
        for one in error.errors()
    ]
    names = ", ".join(dict.fromkeys(name for name, _ in errors))
    return problem(Refused(422, f"cannot be understood: {names}", errors=errors))


def _field(place: Sequence[str | int]) -> str:
    """Where in the request a field is: "k", "body.songs.3"; the body's bytes where it is no JSON."""
    if place[:1] in (("query",), ("path",), ("header",)):
        place = place[1:]
    return ".".join(map(str, place)) or "body"


def _bounded(text: str) -> str:
    shown = "".join(character if character.isprintable() else " " for character in text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
