"""Addresses without parts to fill in, which are nobody's name: `/v1/playlists/import` is no playlist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from service.http.problems import Refused, problem


def exact_methods(routers: Iterable[APIRouter], prefix: str) -> dict[str, set[str]]:
    """What is done at each address that has no part to fill in."""
    found: dict[str, set[str]] = {}
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and "{" not in route.path:
                found.setdefault(prefix + route.path, set()).update(route.methods or ())
    return found


class Exact:
    """Middleware: another method at such an address is not done, whatever route its words would fit."""

    def __init__(self, app: ASGIApp, methods: Mapping[str, set[str]]) -> None:
        self.app, self.methods = app, methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        known = self.methods.get(scope["path"]) if scope["type"] == "http" else None
        if known is None or scope["method"] in known:
            await self.app(scope, receive, send)
            return
        refused = Refused(
            405, f"{scope['method']} is not done here", headers={"Allow": ", ".join(sorted(known))}
        )
        await problem(refused)(scope, receive, send)
