"""ETags (RFC 9110, 8.8): who has an answer already is told so in its place.

Every JSON answer to a GET bears a hash of its bytes. Where a route can tell without computing the answer that
it is the same, it says so by a tag of its own (`unchanged`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_KEPT = ("etag", "cache-control", "content-location", "vary")


class TaggingRoute(APIRoute):
    """A route whose JSON answers bear ETags."""

    def get_route_handler(self) -> Handler:
        """Wrap the handler."""
        handler = super().get_route_handler()

        async def tagging(request: Request) -> Response:
            response = await handler(request)
            if request.method != "GET" or response.status_code != 200:
                return response
            if "etag" not in response.headers:
                body = getattr(response, "body", b"")  # files and streams have none before they are sent
                if not body:
                    return response
                response.headers["ETag"] = tag_of(bytes(body))
            return not_modified(response) if is_known(request, response.headers["etag"]) else response

        return tagging


def tag_of(*parts: object) -> str:
    """A weak ETag of whatever an answer depends on."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else repr(part).encode())
        digest.update(b"\0")
    return f'W/"{digest.hexdigest()[:32]}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether who asks has the answer of this tag."""
    wanted = tag.removeprefix("W/")
    given = request.headers.get("if-none-match", "")
    return any(one.strip().removeprefix("W/") in (wanted, "*") for one in given.split(","))


def not_modified(response: Response) -> Response:
    """The answer without its body."""
    kept = {name: value for name, value in response.headers.items() if name in _KEPT}
    return Response(status_code=304, headers=kept)


def unchanged(tag: str) -> Response:
    """The answer to somebody who has it."""
    return Response(status_code=304, headers={"ETag": tag})
