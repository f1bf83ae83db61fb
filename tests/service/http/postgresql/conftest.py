"""The tests of the service once more, over PostgreSQL: each module here is one of the folder above.

They ask for the same fixtures, which here are of a world whose database is on a server; where none is
installed they are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.http.keys import create_key
from tests.databases import postgres_server
from tests.postgres_world import on_postgresql
from tests.running_service import Caller, Running, running
from tests.tiny_world import TinyWorld, copy_world


@pytest.fixture(scope="session")
def tiny_world(
    request: pytest.FixtureRequest, tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TinyWorld]:
    """Give a published world in PostgreSQL that nobody writes to."""
    server = postgres_server(request.config)
    world = on_postgresql(tiny_world, server, tmp_path_factory.mktemp("postgresql") / "home")
    yield world
    world.factory.kw["bind"].dispose()


@pytest.fixture(scope="session")
def service(tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a service; those who write do so for users and playlists of their own."""
    world = copy_world(tiny_world, tmp_path_factory.mktemp("service") / "home")
    create_key(world.factory, "admin")
    world.factory.kw["bind"].dispose()
    with running(world.home, auth="on") as found:
        assert found.service.session_factory.kw["bind"].dialect.name == "postgresql"
        yield found


@pytest.fixture(scope="session")
def admin(service: Running) -> Caller:
    """Give an administrator."""
    return service.admin


@pytest.fixture(scope="session")
def listener(tiny_world: TinyWorld) -> str:
    """Name a user with a year of listens."""
    return tiny_world.truth.user_refs[3]
