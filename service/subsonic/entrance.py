"""The entrance at `/rest/`: a request in, the answer of one method out.

It stands before the door of the API, since players carry their credentials among the parameters and read
refusals in a form of their own. A method that is not there is a 404.
"""

from __future__ import annotations

import logging
from types import SimpleNamespace

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.http.bodies import Bodies
from service.http.service import Service
from service.now_playing import NowPlaying
from service.subsonic import alike, browsing, lists, marking, playing, playlists, system
from service.subsonic.answers import answer, failure
from service.subsonic.call import Call, Kept, Method
from service.subsonic.credentials import caller_at, count_stranger
from service.subsonic.errors import GENERIC, Failed, failure_of
from service.subsonic.given import FORM, Given

logger = logging.getLogger(__name__)

PREFIX = "/rest/"
METHODS: dict[str, Method] = {
    name: method
    for module in (system, browsing, lists, alike, playing, marking, playlists)
    for name, method in module.METHODS.items()
}
# Anybody may ask what we can do.
_OPEN = ("getOpenSubsonicExtensions",)
_WAYS = ("GET", "HEAD", "POST")
# For each request that is worked on so many may wait.
_WAITING = 32


class SubsonicEntrance:
    """Middleware: answers what comes to `/rest/`, and passes on the rest."""

    def __init__(self, app: ASGIApp, now_playing: NowPlaying) -> None:
        self.app = app
        self._kept = Kept(now_playing)
        self._bounded = Bodies(self._answer)
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await self._bounded(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        service: Service = scope["app"].state.service
        given, name = Given(), scope["path"].removeprefix(PREFIX).removesuffix(".view")
        if name in METHODS:  # for the figures
            scope["route"] = SimpleNamespace(path_format=f"{PREFIX}{name}")
        self._inside += 1
        try:
            given = await _given(scope, receive)
            if self._inside > _WAITING * service.settings.request_threads:
                raise Failed(GENERIC, "too much at once", status=503, headers={"Retry-After": "1"})
            response = await anyio.to_thread.run_sync(self._do, service, scope, name, given)
        except Exception as error:
            failed = failure_of(error)
            if failed is None:
                logger.exception("%s%s failed", PREFIX, name if name in METHODS else "(none)")
                failed = Failed(GENERIC, "something went wrong here; the log says what", status=500)
            response = failure(given, failed)
        finally:
            self._inside -= 1
        # Parts of a file are handed out to a GET alone, but players ask for them by POST, too.
        asked = "GET" if scope["method"] == "POST" else scope["method"]
        await response({**scope, "method": asked}, receive, send)

    def _do(self, service: Service, scope: Scope, name: str, given: Given) -> Response:
        if name in _OPEN:
            count_stranger(service, scope)
            return answer(given, system.extensions())
        caller = caller_at(service, scope, given)
        method = METHODS.get(name)
        if method is None:
            raise Failed(GENERIC, "there is no such method", status=404)
        request = Request(scope)
        call = Call(service, service.watch.current, caller, given, self._kept, request.headers)
        done = method(call)
        return done if isinstance(done, Response) else answer(given, done)


async def _given(scope: Scope, receive: Receive) -> Given:
    if scope["method"] not in _WAYS:
        raise Failed(GENERIC, "GET or POST is expected", status=405, headers={"Allow": ", ".join(_WAYS)})
    request = Request(scope, receive)
    body = b""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:
        body = await request.body()
    return Given.of(scope.get("query_string", b""), body)
