"""The tests of the HTTP API share one running service that asks for keys, over a world of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running_service import Caller, Running, running
from tests.tiny_world import TinyWorld, copy_world


@pytest.fixture(scope="session")
def service(tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a service; those who write do so for users and playlists of their own."""
    world = copy_world(tiny_world, tmp_path_factory.mktemp("service") / "home")
    create_first_key(world)
    with running(world.home, auth="on") as found:
        yield found


def create_first_key(world: TinyWorld) -> None:
    """Make the key without which a service that asks for keys does not start."""
    from service.http.keys import create_key

    create_key(world.factory, "admin")
    world.factory.kw["bind"].dispose()


@pytest.fixture(scope="session")
def admin(service: Running) -> Caller:
    """Give an administrator."""
    return service.admin


@pytest.fixture(scope="session")
def listener(tiny_world: TinyWorld) -> str:
    """Name a user with a year of listens."""
    return tiny_world.truth.user_refs[3]
