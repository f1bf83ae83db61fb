"""Bodies: taken in whole before a route sees them, bounded in size and in time."""

from __future__ import annotations

import anyio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.problems import Refused, problem
from service.http.service import Service

MOST_BYTES = 1 << 20
PLAYLIST_BYTES = 8 << 20
SECONDS, UPLOAD_SECONDS = 20.0, 300.0
_UPLOADS = ("/v1/admin/ingest", "/v1/generations/sounds")
_PLAYLISTS = "/v1/playlists"


class Bodies:
    """Middleware: refuses what is too large (413) or comes too slowly (408)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take in the body, then hand it on in one piece."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most, seconds = _bounds(scope)
        try:
            body = await _read(scope, receive, most, seconds)
        except Refused as refused:
            await problem(refused)(scope, receive, send)
            return
        if body is None:  # who asked has gone
            return
        message: Message | None = {"type": "http.request", "body": body, "more_body": False}

        async def replay() -> Message:
            nonlocal message
            if message is None:
                return await receive()
            given, message = message, None
            return given

        await self.app(scope, replay, send)


def _bounds(scope: Scope) -> tuple[int, float]:
    if scope["path"] in _UPLOADS:
        service: Service = scope["app"].state.service
        return service.settings.upload_mib << 20, UPLOAD_SECONDS
    return (PLAYLIST_BYTES if scope["path"].startswith(_PLAYLISTS) else MOST_BYTES), SECONDS


async def _read(scope: Scope, receive: Receive, most: int, seconds: float) -> bytes | None:
    headers = Headers(scope=scope)
    said = headers.get("content-length", "")
    if said.isdigit() and int(said[:20]) > most:
        raise _too_large(most)
    if not said and "transfer-encoding" not in headers:
        return b""
    parts: list[bytes] = []
    length = 0
    try:
        with anyio.fail_after(seconds):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                parts.append(message.get("body", b""))
                length += len(parts[-1])
                if length > most:
                    raise _too_large(most)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise Refused(408, f"the body did not come within {seconds:.0f} s", headers=_CLOSE) from None


_CLOSE = {"Connection": "close"}


def _too_large(most: int) -> Refused:
    return Refused(413, f"a body holds at most {most:,} bytes here", headers=_CLOSE)
