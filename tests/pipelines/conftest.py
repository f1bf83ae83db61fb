"""The tests of the use cases share one small world."""

from __future__ import annotations

from tests.tiny_world import tiny_world, world_copy  # noqa: F401
