"""The outermost layer: figures, security headers, and a problem document for what nobody foresaw."""

from __future__ import annotations

import logging
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.problems import Refused, problem, refusal_of
from service.http.service import Service

logger = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "; ".join(
        f"{name} 'none'" for name in ("default-src", "frame-ancestors", "base-uri", "form-action")
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
NOWHERE = "(none)"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Edge:
    """Middleware: whatever happens within, who asked gets an answer with our headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        service: Service = scope["app"].state.service
        started, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                # What is private may be kept by who asked, to be asked for again with its ETag.
                headers.setdefault("Cache-Control", "private, no-cache" if "etag" in headers else "no-store")
            await send(message)

        service.metrics.began()
        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:  # the edge of the program: nothing may leave it as a traceback
            logger.exception("%s %s failed", scope["method"], _route(scope))
            if status:  # half an answer is out: only breaking off tells
                raise
            refused = refusal_of(error) or Refused(500, "something went wrong here; the log says what")
            await problem(refused)(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            service.metrics.ended(method, _route(scope), status, seconds)


def _route(scope: Scope) -> str:
    """The pattern of the route that answered, so that no id gets into logs and figures."""
    route = scope.get("route")
    found = getattr(route, "path_format", None) or getattr(route, "path", None)
    if not found:
        return NOWHERE
    # A route of a router knows its path without the router's prefix.
    return str(found) if not scope["path"].startswith("/v1/") else f"/v1{str(found).removeprefix('/v1')}"
