"""Bodies: taken in whole before a route sees them, bounded in size, in time, and in how many come at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.problems import Refused, problem
from service.http.service import Service

MOST_BYTES = 1 << 20
PLAYLIST_BYTES = 8 << 20
SECONDS, UPLOAD_SECONDS = 20.0, 300.0
HELD_BYTES = 256 << 20
"""Of all bodies that are held at once, small ones aside: one more is told to come again."""
SMALL_BYTES = 64 << 10
SOON_S = 1.0
MOST_SLOW = 32
"""Bodies of one caller that may be on their way for longer than `SOON_S`."""
_UPLOADS = ("/v1/admin/ingest", "/v1/generations/sounds")
_PLAYLISTS = "/v1/playlists"
_CLOSE = {"Connection": "close"}
_LATER = {**_CLOSE, "Retry-After": "5"}


class Bodies:
    """Middleware: refuses what is too large (413), too slow (408), or too much at once (429, 503)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._held_bytes = 0
        self._slow: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take in the body, then hand it on in one piece."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(receive, *_bounds(scope))
        try:
            try:
                is_whole = _is_none(scope) or await self._take(scope, body)
            except Refused as refused:
                await problem(refused)(scope, receive, send)
                return
            if is_whole:  # else who asked has gone
                await self.app(scope, body.replay(), send)
        finally:
            self._held_bytes -= body.counted

    async def _take(self, scope: Scope, body: _Body) -> bool:
        """Take in a whole body; False where its sender has gone.

        Raises
        ------
        Refused
        """
        said = Headers(scope=scope).get("content-length", "")
        if said.isdigit() and int(said[:20]) > body.most:
            raise _too_large(body.most)
        with anyio.move_on_after(min(SOON_S, body.seconds)):
            return await self._read(body)
        try:
            with self._slowly(scope), anyio.fail_after(max(0.0, body.seconds - SOON_S)):
                return await self._read(body)
        except TimeoutError:
            raise Refused(408, f"the body did not come within {body.seconds:.0f} s", headers=_CLOSE) from None

    async def _read(self, body: _Body) -> bool:
        while not body.is_whole:
            message = await body.receive()
            if message["type"] != "http.request":
                return False
            body.add(message)
            if body.length > body.most:
                raise _too_large(body.most)
            if body.length > SMALL_BYTES:
                self._held_bytes += body.length - body.counted
                body.counted = body.length
                if self._held_bytes > max(HELD_BYTES, body.most):
                    raise Refused(503, "too much is sent at once", headers=_LATER)
        return True

    @contextmanager
    def _slowly(self, scope: Scope) -> Iterator[None]:
        """Count a body that is long on its way, for as long as the context lasts."""
        caller = _sender(scope)
        if self._slow[caller] >= MOST_SLOW:
            raise Refused(429, "too many bodies are on their way", headers=_LATER)
        self._slow[caller] += 1
        try:
            yield
        finally:
            self._slow[caller] -= 1
            if not self._slow[caller]:
                del self._slow[caller]


@dataclass
class _Body:
    """What came of a body so far."""

    receive: Receive
    most: int
    seconds: float
    parts: list[bytes] = field(default_factory=list)
    length: int = 0
    counted: int = 0
    is_whole: bool = False

    def add(self, message: Message) -> None:
        """Take in a part."""
        self.parts.append(message.get("body", b""))
        self.length += len(self.parts[-1])
        self.is_whole = not message.get("more_body", False)

    def replay(self) -> Receive:
        """What hands the whole on, once, and then whatever comes."""
        message: Message | None = {"type": "http.request", "body": b"".join(self.parts), "more_body": False}
        self.parts.clear()

        async def replay() -> Message:
            nonlocal message
            if message is None:
                return await self.receive()
            given, message = message, None
            return given

        return replay


def _bounds(scope: Scope) -> tuple[int, float]:
    """How many bytes a body may have, and how many seconds it may take."""
    if scope["path"] in _UPLOADS:
        service: Service = scope["app"].state.service
        return service.settings.upload_mib << 20, UPLOAD_SECONDS
    return (PLAYLIST_BYTES if scope["path"].startswith(_PLAYLISTS) else MOST_BYTES), SECONDS


def _is_none(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return not headers.get("content-length") and "transfer-encoding" not in headers


def _sender(scope: Scope) -> str:
    """Who sends: a key where one is known by now, else an address."""
    caller = scope.get("songspace.caller")
    if caller is not None and caller.key_id is not None:
        return f"key:{caller.key_id}"
    client = scope.get("client")
    return str(client[0]) if client else ""


def _too_large(most: int) -> Refused:
    return Refused(413, f"a body holds at most {most:,} bytes here", headers=_CLOSE)
