"""Several web processes on one database and one home folder: what is told to one, all know."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from service.http.keys import create_key
from tests.running_service import Caller, Running, running
from tests.service.http.test_answers import names
from tests.tiny_world import TinyWorld, copy_world


@pytest.fixture(scope="module")
def pair(
    tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Running, Running]]:
    """Two services on one PostgreSQL, which read releases from one folder."""
    world = copy_world(tiny_world, tmp_path_factory.mktemp("pair") / "home")
    create_key(world.factory, "admin")
    world.factory.kw["bind"].dispose()
    with running(world.home, auth="on") as one, running(world.home, auth="on") as other:
        yield one, other


@pytest.fixture(scope="module")
def callers(pair: tuple[Running, Running]) -> tuple[Caller, Caller]:
    """An administrator at each."""
    key = pair[0].admin.key
    return Caller(pair[0].client, key), Caller(pair[1].client, key)


def answer(caller: Caller, user: str) -> list[str]:
    """The songs that are recommended to a user."""
    return names(caller.document(f"/v1/users/{user}/recommendations", k=10))


def test_both_answer_the_same(callers: tuple[Caller, Caller], tiny_world: TinyWorld) -> None:
    user = tiny_world.truth.user_refs[5]
    assert answer(callers[0], user) == answer(callers[1], user)


def test_what_one_is_told_changes_the_answers_of_the_other(
    callers: tuple[Caller, Caller], tiny_world: TinyWorld
) -> None:
    one, other = callers
    user = tiny_world.truth.user_refs[6]
    first = answer(other, user)[0]
    told = one.ask("PUT", f"/v1/users/{user}/feedback/{first}", json={"kind": "block"})
    assert told.is_success, told.text
    assert first not in answer(other, user)
    assert answer(other, user) == answer(one, user)


def test_a_listen_told_to_one_changes_the_answers_of_the_other(
    callers: tuple[Caller, Caller], tiny_world: TinyWorld
) -> None:
    one, other = callers
    user = tiny_world.truth.user_refs[7]
    before = answer(other, user)
    sent = [{"song": song, "listened_at_s": int(time.time()) - 200 * i} for i, song in enumerate(before)]
    told = one.ask("POST", f"/v1/users/{user}/listens", json={"listens": sent})
    assert told.json()["added"] == len(before)
    # They were heard just now, and are not recommended again at once.
    assert set(answer(other, user)) != set(before)
    assert answer(other, user) == answer(one, user)
    address = f"/v1/users/{user}/listens"
    assert other.document(address, limit=10) == one.document(address, limit=10)
