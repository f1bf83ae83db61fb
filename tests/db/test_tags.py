"""Each source says of a song what it will, and what it says anew replaces what it said."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from db.repositories.catalogue import SongFacts, add_songs
from db.repositories.tags import read_song_tags, set_song_tags, tag_name, tag_names, tags_of


@pytest.fixture
def songs(session: Session) -> list[int]:
    """Give the ids of two songs."""
    return add_songs(session, [SongFacts("One", "A"), SongFacts("Two", "B")])


def test_the_largest_weight_of_all_sources_is_told(session: Session, songs: list[int]) -> None:
    set_song_tags(session, {(songs[0], "x"): {"rock": 0.3, "calm": 0.9}, (songs[0], "y"): {"rock": 0.7}})
    assert tags_of(session, songs) == {songs[0]: {"calm": 0.9, "rock": 0.7}}


def test_a_source_replaces_its_own_tags_only(session: Session, songs: list[int]) -> None:
    set_song_tags(session, {(songs[0], "x"): {"rock": 1.0, "loud": 1.0}, (songs[0], "y"): {"folk": 1.0}})
    assert set_song_tags(session, {(songs[0], "x"): {"rock": 0.5}}) == {songs[0]}
    assert tags_of(session, songs) == {songs[0]: {"folk": 1.0, "rock": 0.5}}


def test_the_same_again_changes_no_song(session: Session, songs: list[int]) -> None:
    said = {(song, "x"): {"rock": 0.1 * song, "calm": 1 / 3} for song in songs}
    assert set_song_tags(session, said) == set(songs)
    before = read_song_tags(session)
    assert set_song_tags(session, said) == set()
    assert read_song_tags(session).equals(before)


def test_saying_nothing_takes_a_sources_tags_away(session: Session, songs: list[int]) -> None:
    set_song_tags(session, {(song, "x"): {"rock": 1.0} for song in songs})
    assert set_song_tags(session, {(songs[0], "x"): {}}) == {songs[0]}
    assert tags_of(session, songs) == {songs[1]: {"rock": 1.0}}


def test_tags_are_read_with_their_sources(session: Session, songs: list[int]) -> None:
    set_song_tags(session, {(songs[1], "y"): {"rock": 0.5}, (songs[0], "x"): {"rock": 1.0}})
    read = read_song_tags(session)
    assert read["song_id"].tolist() == songs
    assert read["source"].tolist() == ["x", "y"]
    assert [tag_names(session)[tag] for tag in read["tag_id"]] == ["rock", "rock"]


def test_a_weight_that_is_no_share_is_refused(session: Session, songs: list[int]) -> None:
    with pytest.raises(Exception, match="weight_is_share"):
        set_song_tags(session, {(songs[0], "x"): {"rock": 1.5}})
    session.rollback()


def test_spellings_of_one_tag_are_one(session: Session) -> None:
    assert tag_name("Hip-Hop") == tag_name("  hip hop ") == "hip hop"
    assert tag_name("  ") == ""
    assert len(tag_name("x" * 10_000)) == 400


def test_nothing_there_is_an_empty_frame(session: Session) -> None:
    assert len(read_song_tags(session)) == 0
    assert tags_of(session, [1, 2]) == {}
