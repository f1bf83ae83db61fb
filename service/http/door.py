"""The door: who calls is found out before anything else is done, and how often they do is counted.

Every address asks for a key, those that are not there too, but the few of `OPEN_PATHS`. Where nobody is asked
(on loopback), a key that is given has to be right all the same, and pages of other sites are kept out: a
browser on this machine would carry their requests to us (DNS rebinding, cross-site requests).
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.http.keys import OPEN, Caller, caller_of
from service.http.limits import retry_after
from service.http.problems import Refused, problem, refusal_of
from service.http.service import Service, forbidden, is_loopback

OPEN_PATHS = frozenset({"/", "/healthz", "/readyz", "/openapi.json"})
CALLER = "songspace.caller"
# Without a right key so many requests a second come in from an address.
_STRANGERS_A_SECOND = 10.0
_ADMIN_TIMES = 10.0
# For each request that is worked on so many may wait.
_WAITING = 32
_SCHEMES = ("bearer", "token")
_SAFE = ("GET", "HEAD", "OPTIONS")


class Door:
    """Middleware: puts the caller into the scope, or refuses."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in or refuse."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        service: Service = scope["app"].state.service
        try:
            if self._inside >= _WAITING * service.settings.request_threads:
                raise Refused(503, "too much at once", headers={"Retry-After": "1"})
            scope[CALLER] = await self._caller(service, scope)
        except Exception as error:
            refused = refusal_of(error)
            if refused is None:
                raise
            await problem(refused)(scope, receive, send)
            return
        self._inside += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._inside -= 1

    async def _caller(self, service: Service, scope: Scope) -> Caller:
        headers = Headers(scope=scope)
        if service.is_open:
            _keep_other_sites_out(service, scope["method"], headers)
        if scope["path"] in OPEN_PATHS:
            _take(service, f"open:{_address(scope)}", service.settings.rate_limit)
            return OPEN if service.is_open else Caller("none")
        given = _key_in(headers)
        if given is None and service.is_open:
            return OPEN
        caller = None
        if given is not None:
            caller = await anyio.to_thread.run_sync(_look_up, service, given)
        if caller is None:
            _take(service, f"stranger:{_address(scope)}", _STRANGERS_A_SECOND)
            said = (
                "this key is not known" if given is not None else "a key is needed: Authorization: Bearer KEY"
            )
            raise Refused(401, said, headers={"WWW-Authenticate": "Bearer"})
        times = _ADMIN_TIMES if caller.is_admin else 1.0
        _take(service, f"key:{caller.key_id}", times * service.settings.rate_limit)
        return caller


def _look_up(service: Service, given: str) -> Caller | None:
    with service.session_factory() as session:
        return caller_of(session, given)


def _take(service: Service, name: str, per_second: float) -> None:
    wait_s = service.buckets.take(name, per_second)
    if wait_s:
        raise Refused(429, "too many requests", headers={"Retry-After": retry_after(wait_s)})


def _key_in(headers: Mapping[str, str]) -> str | None:
    """The key of a request; "" where there is a header that holds none."""
    given = headers.get("authorization")
    if given is None:
        return None
    scheme, _, key = given.partition(" ")
    return key.strip() if scheme.lower() in _SCHEMES else ""


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _keep_other_sites_out(service: Service, method: str, headers: Headers) -> None:
    host = headers.get("host", "")
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        name = ""
    if not is_loopback(name):
        raise Refused(403, "without keys this service answers to localhost alone")
    origin = headers.get("origin")
    allowed = {one.strip() for one in service.settings.cors_origins.split(",")}
    if method in _SAFE or origin is None or origin in allowed:
        return
    if origin.partition("://")[2] != host:
        raise forbidden()
