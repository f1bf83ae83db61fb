"""Refusals as ListenBrainz writes them: `{"code": 401, "error": "..."}` in the place of problem documents.

One address answers a wrong key with success: `/1/validate-token` is there to ask.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.problems import MEDIA_TYPE

PREFIX = "/1/"
VALIDATE = "/1/validate-token"
_KEPT = ("retry-after", "www-authenticate", "allow", "connection")
_LONGEST_QUERY = 4_096


class ListenBrainzAnswers:
    """Middleware: whatever refuses within, its refusal is told in the form of ListenBrainz."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and turn a refusal."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        _token_from_query(scope)
        _take_as_json(scope)
        refusal = _Refusal(scope, receive, send)
        await self.app(scope, receive, refusal.send)


class _Refusal:
    """Holds a problem document back until it is whole; anything else goes straight on."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._onward = scope, receive, send
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        """Pass a message on, or hold it back."""
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            if kind.startswith(MEDIA_TYPE):
                self._start = message
                return
        if self._start is None:
            await self._onward(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            response = _told(self._scope, self._start, json.loads(self._body))
            await response(self._scope, self._receive, self._onward)


def _told(scope: Scope, start: Message, problem: dict[str, Any]) -> JSONResponse:
    status = int(start["status"])
    if status == 401 and scope["path"] == VALIDATE and _has_token(scope):
        return JSONResponse({"code": 200, "message": "Token invalid.", "valid": False})
    # What cannot be understood is a bad request here.
    status = 400 if status == 422 else status
    said = str(problem.get("detail", ""))
    errors = problem.get("errors") or []
    if errors:
        said = f"{errors[0]['field']}: {errors[0]['message']}"
    headers = {name: value for name, value in Headers(raw=start["headers"]).items() if name in _KEPT}
    return JSONResponse({"code": status, "error": said}, status, headers=headers)


def _take_as_json(scope: Scope) -> None:
    """Whatever type a body is said to be of, it is JSON here: `curl -d` says that it is a form."""
    if scope["method"] == "POST":
        kept = [pair for pair in scope["headers"] if pair[0].lower() != b"content-type"]
        scope["headers"] = [*kept, (b"content-type", b"application/json")]


def _has_token(scope: Scope) -> bool:
    return "authorization" in Headers(scope=scope)


def _token_from_query(scope: Scope) -> None:
    """Older clients validate a token that they send as `?token=`."""
    query: bytes = scope.get("query_string", b"")
    if scope["path"] != VALIDATE or _has_token(scope) or len(query) > _LONGEST_QUERY:
        return
    given = parse_qs(query.decode("latin-1")).get("token")
    if given:
        value = f"Token {given[0]}".encode("utf-8", "replace")
        scope["headers"] = [*scope["headers"], (b"authorization", value)]
