"""Playlists keep their songs in order, are replaced whole, and know their group."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.repositories import playlists
from db.repositories.catalogue import SongFacts, add_songs
from db.repositories.playlists import PlaylistContent


@pytest.fixture
def songs(session: Session) -> list[int]:
    """Give the ids of five songs."""
    return add_songs(session, [SongFacts(f"Song {i}", "A") for i in range(5)])


def content(value: str, song_ids: list[int]) -> PlaylistContent:
    return PlaylistContent("set", value, f"List {value}", song_ids, "0" * 64, attributes={"n": 1})


def test_songs_come_in_order_and_twice_if_they_are(session: Session, songs: list[int]) -> None:
    [number] = playlists.add_playlists(session, [content("1", [songs[3], songs[0], songs[3]])])
    assert playlists.playlist_songs(session, number) == [songs[3], songs[0], songs[3]]
    assert playlists.playlist_songs(session, number + 1) == []


def test_playlist_is_found_by_its_names(session: Session, songs: list[int]) -> None:
    [number] = playlists.add_playlists(session, [content("a:b", songs)])
    for ref in ("set:a:b", number, str(number), f"songspace:{number}"):
        assert playlists.find_playlist(session, ref) == number


@pytest.mark.parametrize("ref", ["", "set:nothing", "12345", "a\x00:b", "List 1"])
def test_unknown_playlist_is_named(session: Session, ref: str) -> None:
    with pytest.raises(NotFoundError, match="unknown playlist"):
        playlists.find_playlist(session, ref)


def test_frames_of_playlists_and_entries(session: Session, songs: list[int]) -> None:
    one, two = playlists.add_playlists(session, [content("1", songs[:2]), content("2", songs[4:])])
    playlists.set_group_keys(session, {one: "g"})
    lists, entries = playlists.read_playlists(session), playlists.read_entries(session)
    assert list(lists) == ["playlist_id", "scheme", "value", "name", "group_key", "source_key"]
    assert lists["group_key"].tolist() == ["g", "set:2"]
    assert entries.to_numpy().tolist() == [[one, 0, songs[0]], [one, 1, songs[1]], [two, 0, songs[4]]]


def test_replaced_playlist_keeps_its_id_and_loses_its_group(session: Session, songs: list[int]) -> None:
    one, two = playlists.add_playlists(session, [content("1", songs), content("2", songs)])
    playlists.set_group_keys(session, {one: "g", two: "g"})
    assert not playlists.has_ungrouped(session)
    playlists.replace_playlists(session, {one: content("1", songs[:1])})
    assert playlists.playlist_songs(session, one) == songs[:1]
    assert playlists.playlist_songs(session, two) == songs
    assert playlists.read_group_keys(session) == {one: None, two: "g"}


def test_position_holds_one_song(session: Session, songs: list[int]) -> None:
    [number] = playlists.add_playlists(session, [content("1", songs)])
    statement = text("INSERT INTO playlist_entries (playlist_id, position, song_id) VALUES (:p, 0, :s)")
    with pytest.raises(IntegrityError):
        session.execute(statement, {"p": number, "s": songs[1]})


def test_external_id_names_one_playlist(session: Session) -> None:
    with pytest.raises(IntegrityError):
        playlists.add_playlists(session, [content("1", []), content("1", [])])
