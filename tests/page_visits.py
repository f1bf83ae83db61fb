"""A seat before the page without a browser: NiceGUI's simulated user, and calls of its routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from fastapi import FastAPI

from service.http.metrics import Metrics
from service.http.service import Service
from service.http.snapshot import ReleaseWatch
from service.settings import load_settings
from service.web import media, sign_in, space, uploads
from service.web.entrance import WebEntrance
from service.web.session import COOKIE, Sessions
from tests.tiny_world import TinyWorld

Play = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True)
class Sitting:
    """Sits before the page of a world; `run` plays what a test does there."""

    service: Service

    def run(self, play: Play, *, listener: str = "", key_id: int | None = None) -> None:
        """Open no page yet, and play."""

        async def whole() -> None:
            async with self._user(listener, key_id) as user:
                await play(user)

        asyncio.run(whole())

    @asynccontextmanager
    async def _user(self, listener: str, key_id: int | None) -> AsyncIterator[Any]:
        from nicegui.testing import user_simulation

        from service.web.shell import make_root

        async with user_simulation(root=make_root(lambda: self.service)) as user:
            cookie = Sessions(self.service.settings.home).write(key_id, listener)
            user.http_client.cookies.set(COOKIE, cookie)
            yield user


def service_of(world: TinyWorld, *, is_open: bool = True, **settings: Any) -> Service:
    """A service over a world that nobody listens to."""
    chosen = load_settings({"home": world.home, "log_level": "warning"} | settings)
    watch = ReleaseWatch(world.home, world.factory)
    watch.look()
    return Service(chosen, world.factory, watch, is_open, Metrics())


def client(service: Service, **more: Any) -> httpx2.AsyncClient:
    """Call the routes of the page, without NiceGUI."""
    web, outer = FastAPI(), FastAPI()
    for module in (media, sign_in, space, uploads):
        web.include_router(module.router)
    web.state.service = outer.state.service = service
    outer.add_middleware(WebEntrance, web=web)
    transport = httpx2.ASGITransport(app=outer)
    return httpx2.AsyncClient(transport=transport, base_url="http://localhost", **more)


def ask(service: Service, method: str, path: str, **more: Any) -> httpx2.Response:
    """Send one request."""

    async def whole() -> httpx2.Response:
        cookies = more.pop("cookies", {})
        async with client(service, cookies=cookies) as caller:
            return await caller.request(method, path, **more)

    return asyncio.run(whole())
