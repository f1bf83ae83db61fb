"""Everybody's listens are read once for releases that follow each other, and again after a while."""

from __future__ import annotations

import numpy as np
import pytest

from db.repositories import listens as listens_repository
from pipelines import listeners
from pipelines.forget_user import forget_user
from pipelines.listeners import Heard, HeardLately
from pipelines.recommend import Recommender
from recsys.next_listen import ListenLog
from tests.tiny_world import TinyWorld


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Heard]:
    """What is read from now on."""
    read, found = Heard.read, list[Heard]()

    def noted(session: object) -> Heard:
        found.append(read(session))  # type: ignore[arg-type]
        return found[-1]

    monkeypatch.setattr(listeners.Heard, "read", noted)
    return found


def test_the_log_is_the_one_that_is_built_of_all_listens(tiny_world: TinyWorld) -> None:
    release = tiny_world.release
    with tiny_world.factory() as session:
        heard = Heard.read(session)
        frame = listens_repository.read_listens(session)
    known = release.song_ids[: release.n_songs]
    log = heard.log(release)
    expected = ListenLog.build(*(frame[name].to_numpy() for name in frame.columns), song_ids=known)
    for name in ("song_ids", "users", "rows", "times_s", "completion"):
        np.testing.assert_array_equal(getattr(log, name), getattr(expected, name))
    assert (log.rows < 0).any(), "a song outside the vocabulary was expected"


def test_recommenders_share_what_was_read(tiny_world: TinyWorld, reads: list[Heard]) -> None:
    heard = HeardLately()
    for _ in range(2):
        Recommender(tiny_world.release, tiny_world.factory, heard).warm()
    assert len(reads) == 1


def test_after_a_while_listens_are_read_again(tiny_world: TinyWorld, reads: list[Heard]) -> None:
    heard = HeardLately(fresh_s=0.0)
    for _ in range(2):
        Recommender(tiny_world.release, tiny_world.factory, heard).warm()
    assert len(reads) >= 2


def test_who_is_deleted_is_not_kept(world_copy: TinyWorld, reads: list[Heard]) -> None:
    heard = HeardLately()
    recommender = Recommender(world_copy.release, world_copy.factory, heard)
    recommender.warm()
    forget_user(world_copy.factory, world_copy.home, world_copy.truth.user_refs[0])
    Recommender(world_copy.release, world_copy.factory, heard).warm()
    assert len(np.unique(reads[1].users)) == len(np.unique(reads[0].users)) - 1


def test_somebody_has_listens(tiny_world: TinyWorld) -> None:
    with tiny_world.factory() as session:
        heard = Heard.read(session)
    assert heard.somebody() in set(heard.users.tolist())
    none = np.zeros(0, np.int64)
    assert Heard(none, none, none, none, none.astype(float)).somebody() is None
