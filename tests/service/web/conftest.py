"""A seat before the page without a browser: NiceGUI's simulated user, over a small world."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from service.http.metrics import Metrics
from service.http.service import Service
from service.http.snapshot import ReleaseWatch
from service.settings import load_settings
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


@pytest.fixture(scope="session")
def reading(tiny_world: TinyWorld) -> Sitting:
    """Sit before a world that nobody changes."""
    return Sitting(service_of(tiny_world))


@pytest.fixture
def writing(world_copy: TinyWorld) -> Iterator[Sitting]:
    """Sit before a world of the test's own."""
    return Sitting(service_of(world_copy))


@pytest.fixture(scope="session")
def listener(tiny_world: TinyWorld) -> str:
    """Name a user with a year of listens."""
    return tiny_world.truth.user_refs[3]
