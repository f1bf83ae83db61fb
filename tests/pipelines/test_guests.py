"""A release with new songs as guests: the same songs as before, behind them the new ones with stand-ins."""

from __future__ import annotations

import numpy as np
import pytest

from db.repositories import songs as songs_repository
from pipelines.columns import ENTRIES, PLAYLISTS, SONGS
from pipelines.guests import host_of, n_guests
from pipelines.ingest import ingest_batches
from pipelines.new_songs import NewSongs, load_new_songs, place_new_songs
from pipelines.release import Release
from pipelines.sources.batch import Batch
from recsys.index import VectorIndex
from tests.tiny_encoder import TinyEncoder
from tests.tiny_world import TinyWorld, frame


@pytest.fixture
def new(world_copy: TinyWorld) -> NewSongs:
    """Two songs that stand in a list with two known ones."""
    refs = ["sample:guest-1", "sample:guest-2", "sample:31", "sample:32"]
    rows = [(ref, ref, "Somebody", "", None, "{}") for ref in refs[:2]]
    batch = Batch(
        songs=frame(SONGS, rows),
        playlists=frame(PLAYLISTS, [("new:list", "a new list", "", "{}")]),
        entries=frame(ENTRIES, [("new:list", i, ref) for i, ref in enumerate(refs)]),
    )
    assert not ingest_batches([batch], session_factory=world_copy.factory).problems
    encode = TinyEncoder().sentences
    assert place_new_songs(world_copy.factory, world_copy.release, world_copy.home, encode=encode) > 0
    with world_copy.factory() as session:
        found = load_new_songs(session, world_copy.release)
    unknown = world_copy.release.rows(found.song_ids) < 0
    songs = found.songs[unknown].reset_index(drop=True)
    return NewSongs(found.song_ids[unknown], found.vectors[unknown], found.trust[unknown], songs, found.state)


def test_guests_stand_behind_the_songs_that_a_release_has(world_copy: TinyWorld, new: NewSongs) -> None:
    release = world_copy.release
    host = host_of(release, new)
    assert n_guests(host) == len(new) > 0
    assert host.song_ids.tolist() == [*release.song_ids.tolist(), *new.song_ids.tolist()]
    np.testing.assert_array_equal(host.vectors, np.concatenate([release.vectors, new.vectors]))


def test_the_nearest_songs_of_the_vocabulary_stand_in_for_a_guest(
    world_copy: TinyWorld, new: NewSongs
) -> None:
    check_stand_ins(world_copy.release, new)


def test_where_the_index_brings_up_nobody_all_are_compared(
    world_copy: TinyWorld, new: NewSongs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_: object, queries: np.ndarray, k: int, **__: object) -> tuple[np.ndarray, np.ndarray]:
        shape = (len(queries), k)
        return np.full(shape, -1, dtype=np.int64), np.zeros(shape, np.float32)

    monkeypatch.setattr(VectorIndex, "search", nobody)
    check_stand_ins(world_copy.release, new)


def check_stand_ins(release: Release, new: NewSongs) -> None:
    stand_ins = host_of(release, new).parts.tail.stand_ins[-len(new) :].toarray()
    cosines = new.vectors @ release.vectors[: release.n_songs].T
    for own, near in zip(stand_ins, cosines, strict=True):
        best = np.argsort(-near, kind="stable")[:20]
        expected = np.zeros(release.n_songs)
        expected[best] = np.maximum(near[best], 0.0) ** 3
        np.testing.assert_allclose(own, expected / expected.sum(), atol=1e-5)


def test_without_new_songs_a_release_is_its_own_host(world_copy: TinyWorld) -> None:
    release = world_copy.release
    nobody = np.zeros(0, dtype=np.int64)
    none = NewSongs(
        nobody, np.zeros((0, 2), np.float32), np.zeros(0, np.float32), release.parts.songs[:0], (0, 0)
    )
    assert host_of(release, none) is release


def test_a_guest_is_found_by_its_name(world_copy: TinyWorld, new: NewSongs) -> None:
    with world_copy.factory() as session:
        number = songs_repository.find_song(session, "sample:guest-1")
    assert number in host_of(world_copy.release, new).song_ids
