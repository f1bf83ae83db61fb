"""Sums of listens: what an ingest adds to them is what adding up all listens anew would give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from db.repositories import listens as listens_repository
from db.repositories import profiles as profiles_repository
from db.repositories import users as users_repository
from pipelines.columns import LISTENS
from pipelines.ingest import ingest_batches
from pipelines.listen_sums import SongPlaces
from pipelines.profiles import renew_profiles, user_taste, valid_sum
from pipelines.sources.batch import Batch
from tests.tiny_world import LOST, RARE, UNPLAYED, TinyWorld, frame

LATE, EARLY = 1_790_000_000, 1_000


def heard(user: str, *plays: tuple[str, int]) -> Batch:
    return Batch(listens=frame(LISTENS, [(user, song, at, 1.0) for song, at in plays]))


def ingested(world: TinyWorld, *batches: Batch) -> None:
    report = ingest_batches(batches, session_factory=world.factory, releases=world.home / "releases")
    assert not report.problems


def assert_sum_is_right(world: TinyWorld, user: str) -> None:
    release = world.release
    with world.factory() as session:
        user_id = users_repository.find_user(session, user)
        listens = listens_repository.user_listens(session, user_id)
        stored = profiles_repository.load_profile(session, user_id)
    rows = release.rows(listens["song_id"].to_numpy())
    rows = rows[rows >= 0]
    assert stored.listen_sum is not None
    np.testing.assert_allclose(stored.listen_sum, release.vectors[rows].sum(0), atol=1e-4)
    assert valid_sum(stored, release, len(rows)) is not None


@pytest.fixture
def user(world_copy: TinyWorld) -> str:
    return world_copy.truth.user_refs[3]


def test_a_release_folder_read_song_by_song_is_the_release(tiny_world: TinyWorld) -> None:
    release = tiny_world.release
    places = SongPlaces.open(tiny_world.home / "releases" / release.name)
    songs = np.append(release.song_ids[::-1], 10**6)
    vectors, known = places.vectors_of(songs)
    assert known.tolist() == [True] * len(release.song_ids) + [False]
    np.testing.assert_allclose(vectors[:-1], release.vectors[::-1], atol=1e-6)
    assert not vectors[-1].any()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_listens_in_any_order_of_ingests_add_up(world_copy: TinyWorld, user: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    plays = [(f"sample:{i}", int(at)) for i, at in zip(range(12), rng.integers(EARLY, LATE, 12), strict=True)]
    plays += [(RARE[0], EARLY), (LOST[0], LATE), (UNPLAYED, LATE), ("sample:0", LATE), ("sample:0", EARLY)]
    shuffled = [plays[i] for i in rng.permutation(len(plays))]
    ingested(world_copy, heard(user, *shuffled[:5]), heard(user, *shuffled[3:9]))
    ingested(world_copy, heard(user, *shuffled[9:], *shuffled[:2], shuffled[9]))
    assert_sum_is_right(world_copy, user)


def test_the_same_listens_again_change_nothing(world_copy: TinyWorld, user: str) -> None:
    batch = heard(user, ("sample:1", LATE), ("sample:1", LATE))
    for _ in range(2):
        ingested(world_copy, batch)
        assert_sum_is_right(world_copy, user)


def test_a_killed_ingest_loses_and_doubles_nothing(
    world_copy: TinyWorld, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = [heard(user, (f"sample:{i}", LATE)) for i in range(4)]
    save, calls = profiles_repository.save_sums, iter(range(9))

    def killed(session: object, profiles: object) -> None:
        save(session, profiles)  # type: ignore[arg-type]
        if next(calls) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(profiles_repository, "save_sums", killed)
    with pytest.raises(KeyboardInterrupt):
        ingested(world_copy, *batches)
    monkeypatch.undo()
    assert_sum_is_right(world_copy, user)
    ingested(world_copy, *batches)
    assert_sum_is_right(world_copy, user)


@pytest.mark.parametrize("damage", ["gone", "short", "not a number"])
def test_where_the_release_cannot_be_read_the_sum_is_taken_away(
    world_copy: TinyWorld, user: str, damage: str
) -> None:
    release, path = world_copy.release, _vectors_of(world_copy)
    with world_copy.factory() as session:
        user_id = users_repository.find_user(session, user)
        before, _ = user_taste(session, release, user_id)
    path.unlink()
    if damage != "gone":
        size = 3 if damage == "short" else release.n_songs
        np.save(path, np.full((size, release.vectors.shape[1]), np.nan, np.float32))
    ingested(world_copy, heard(user, ("sample:5", LATE)))
    with world_copy.factory() as session:
        assert profiles_repository.load_profile(session, user_id).listen_sum is None
        after, _ = user_taste(session, release, user_id)
    assert 0.5 < before.overall @ after.overall < 1.0 - 1e-7


def _vectors_of(world: TinyWorld) -> Path:
    return world.home / "releases" / world.release.name / "input.npy"


def test_a_sum_of_another_release_or_of_fewer_listens_is_not_taken(world_copy: TinyWorld, user: str) -> None:
    with world_copy.factory() as session:
        user_id = users_repository.find_user(session, user)
        stored = profiles_repository.load_profile(session, user_id)
    n = int(stored.listen_weight)
    other = type(world_copy.release)("another", *list(vars(world_copy.release).values())[1:5])
    assert valid_sum(stored, world_copy.release, n) is not None
    assert valid_sum(stored, world_copy.release, n + 1) is None
    assert valid_sum(stored, other, n) is None


def test_the_taste_is_the_same_with_the_sum_and_without(world_copy: TinyWorld, user: str) -> None:
    ingested(world_copy, heard(user, ("sample:7", EARLY)))
    with world_copy.factory() as session:
        user_id = users_repository.find_user(session, user)
        summed, _ = user_taste(session, world_copy.release, user_id)
        profiles_repository.save_sums(session, [profiles_repository.Profile(user_id, "")])
        added_up, _ = user_taste(session, world_copy.release, user_id)
    np.testing.assert_allclose(summed.overall, added_up.overall, atol=1e-5)


def test_who_listens_while_profiles_are_made_anew_is_not_forgotten(
    world_copy: TinyWorld, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import profiles

    make = profiles.all_profiles

    def slowly(*args: object) -> Iterator[profiles_repository.Profile]:
        if not calls:
            calls.append(1)
            ingested(world_copy, heard(user, ("sample:9", EARLY)))
        return make(*args)  # type: ignore[arg-type]

    calls: list[int] = []
    monkeypatch.setattr(profiles, "all_profiles", slowly)
    renew_profiles(world_copy.factory, world_copy.release)
    assert calls
    assert_sum_is_right(world_copy, user)


def test_without_profiles_no_release_is_opened(tiny_world: TinyWorld, tmp_path: Path) -> None:
    from db.migrate import upgrade
    from db.session import make_engine, make_session_factory

    engine = make_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    upgrade(engine)
    nowhere = tmp_path / "nowhere" / "releases"
    report = ingest_batches(
        tiny_world.truth.batches(), session_factory=make_session_factory(engine), releases=nowhere
    )
    engine.dispose()
    assert report.listens.added > 0
    assert not nowhere.exists()
