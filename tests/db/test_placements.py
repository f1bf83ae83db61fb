"""Facts about stored places of new songs, on every database."""

from __future__ import annotations

import numpy as np
import pytest

from db.repositories import placements as repository
from db.repositories.catalogue import SongFacts, add_songs
from db.repositories.placements import PlacedSong
from db.repositories.playlists import PlaylistContent, add_playlists
from db.session import SessionFactory, write_transaction


def placed(song_id: int, first: float = 1.0) -> PlacedSong:
    return PlacedSong(song_id, np.array([first, 0.5], np.float32), 0.75, "artist words", "abc")


@pytest.fixture
def songs(session_factory: SessionFactory) -> list[int]:
    with write_transaction(session_factory) as session:
        facts = [SongFacts(title="One", artist="A"), SongFacts(title="Two"), SongFacts(title="Three")]
        return add_songs(session, facts)


def test_what_is_stored_comes_back(session_factory: SessionFactory, songs: list[int]) -> None:
    with write_transaction(session_factory) as session:
        repository.save_placements(session, "r1", [placed(songs[1]), placed(songs[0], 2.0)])
    with session_factory() as session:
        found = repository.load_placements(session, "r1")
        assert [one.song_id for one in found] == songs[:2]
        assert found[0].vector.tolist() == [2.0, 0.5]
        assert (found[0].trust, found[0].how) == (0.75, "artist words")
        assert repository.placed_facts(session, "r1") == {songs[0]: "abc", songs[1]: "abc"}
        assert repository.load_placements(session, "r2") == []


def test_a_song_has_one_place_in_a_release_and_a_new_one_is_news(
    session_factory: SessionFactory, songs: list[int]
) -> None:
    states = []
    for first in (1.0, 3.0):
        with write_transaction(session_factory) as session:
            repository.save_placements(session, "r1", [placed(songs[0], first)])
        with session_factory() as session:
            states.append(repository.newest_placement(session, "r1"))
            assert [one.vector[0] for one in repository.load_placements(session, "r1")] == [first]
    assert states[0] != states[1]


def test_no_placements_have_a_state_too(session_factory: SessionFactory) -> None:
    with session_factory() as session:
        assert repository.newest_placement(session, "none") == (0, 0)


def test_releases_that_are_not_kept_lose_their_places(
    session_factory: SessionFactory, songs: list[int]
) -> None:
    with write_transaction(session_factory) as session:
        for release in ("r1", "r2"):
            repository.save_placements(session, release, [placed(songs[0])])
        repository.drop_releases_but(session, ["r2"])
    with session_factory() as session:
        assert [len(repository.load_placements(session, release)) for release in ("r1", "r2")] == [0, 1]


def test_facts_and_lists_of_songs(session_factory: SessionFactory, songs: list[int]) -> None:
    with write_transaction(session_factory) as session:
        add_playlists(
            session, [PlaylistContent("t", str(i), "n", [songs[i], songs[0]], "") for i in range(3)]
        )
    with session_factory() as session:
        facts = repository.song_facts(session, [songs[1], songs[0], 99_999])
        assert facts["song_id"].tolist() == songs[:2]
        assert (facts["artist"].tolist(), facts["artist_id"].tolist()[1]) == (["A", ""], -1)
        beside = repository.lists_with(session, [songs[1]])
        assert beside["song_id"].tolist() == [songs[1], songs[0]]
        assert repository.song_facts(session, []).empty
        assert repository.lists_with(session, []).empty
        assert repository.all_song_ids(session).tolist() == songs
