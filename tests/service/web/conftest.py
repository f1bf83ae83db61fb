"""Seats before the page of a small world, which those that only read share."""

from __future__ import annotations

import pytest

from tests.page_visits import Sitting, service_of
from tests.tiny_world import TinyWorld


@pytest.fixture(scope="session")
def reading(tiny_world: TinyWorld) -> Sitting:
    """Sit before a world that nobody changes."""
    return Sitting(service_of(tiny_world))


@pytest.fixture
def writing(world_copy: TinyWorld) -> Sitting:
    """Sit before a world of the test's own."""
    return Sitting(service_of(world_copy))


@pytest.fixture(scope="session")
def listener(tiny_world: TinyWorld) -> str:
    """Name a user with a year of listens."""
    return tiny_world.truth.user_refs[3]
