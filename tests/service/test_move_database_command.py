"""`songspace move-database`: what it says, and that the new database answers as the old one did."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.databases import postgres_server
from tests.tiny_world import TinyWorld

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def new_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A PostgreSQL database without tables."""
    server = postgres_server(request.config)
    url = server.create()
    yield url
    server.drop(url)


def test_a_moved_database_answers_as_before(
    run: Run, world_copy: TinyWorld, new_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGSPACE_HOME", str(world_copy.home))
    asked = ("recommend", world_copy.truth.user_refs[3], "--k", "5", "--json")
    before = run(*asked)
    code, said, _ = run("move-database", new_url)
    assert (code, "counted and compared, and right" in said) == (0, True)
    code, said, _ = run("move-database", new_url, "--check", "--json")
    assert (code, json.loads(said)["different"]) == (0, [])
    monkeypatch.setenv("SONGSPACE_DATABASE_URL", new_url)
    assert run(*asked) == before


def test_a_database_that_is_none_is_refused_in_a_line(
    run: Run, world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGSPACE_HOME", str(world_copy.home))
    code, _, said = run("move-database", "mysql://u:secret@h/x")
    assert (code, said.count("\n"), "secret" in said) == (1, 1, False)
