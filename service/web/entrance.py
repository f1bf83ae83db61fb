"""The way in to the page: which addresses are the page's, and whom it is kept from.

The page has a door of its own (a cookie), so its addresses do not pass the door of the API. Pages of other
sites are kept out here: a browser would carry their requests, and their sockets, to us with our cookie.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.limits import retry_after
from service.http.problems import Refused, problem
from service.http.service import Service, forbidden, is_loopback

# First pieces of the addresses that are the page's; all else is the API's.
PLACES = frozenset(
    "library song artist playlist taste create lyrics admin web _nicegui _nicegui_ws favicon.ico".split()
)
# What pages load beside themselves, many at once.
_BESIDE = frozenset({"web", "_nicegui", "_nicegui_ws", "favicon.ico"})
_SAFE = ("GET", "HEAD", "OPTIONS")
# NiceGUI compiles its templates in the browser and writes styles into the page: both have to be allowed.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class WebEntrance:
    """Middleware: hands what is the page's to the page, past the door of the API."""

    def __init__(self, app: ASGIApp, web: ASGIApp) -> None:
        self.app = app
        self.web = web

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, refuse, or pass on."""
        if scope["type"] not in ("http", "websocket") or not is_of_page(scope):
            await self.app(scope, receive, send)
            return
        service: Service = scope["app"].state.service
        refused = _refusal(service, scope)
        if refused is not None:
            await _refuse(refused, scope, receive, send)
            return

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Content-Security-Policy"] = POLICY
            await send(message)

        await self.web(scope, receive, send_with_policy)


def is_of_page(scope: Scope) -> bool:
    """Whether an address is the page's: its first piece says so; "/" is for who reads HTML."""
    first = scope["path"].lstrip("/").partition("/")[0]
    if first:
        return first in PLACES
    return "text/html" in Headers(scope=scope).get("accept", "")


def _refusal(service: Service, scope: Scope) -> Refused | None:
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if service.is_open and not is_loopback(_name_of(host)):
        return Refused(403, "without keys this service answers to localhost alone")
    changes = scope["type"] == "websocket" or scope["method"] not in _SAFE
    origin = headers.get("origin")
    if changes and origin is not None and origin.partition("://")[2] != host:
        return forbidden()
    return _too_often(service, scope)


def _too_often(service: Service, scope: Scope) -> Refused | None:
    """Pages are drawn for whoever asks, which takes memory: not without end for one address."""
    if scope["type"] != "http" or scope["path"].lstrip("/").partition("/")[0] in _BESIDE:
        return None
    address = str(scope["client"][0]) if scope.get("client") else ""
    wait_s = service.buckets.take(f"page:{address}", service.settings.rate_limit)
    return Refused(429, "too many requests", headers={"Retry-After": retry_after(wait_s)}) if wait_s else None


async def _refuse(refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await problem(refused)(scope, receive, send)


def _name_of(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
