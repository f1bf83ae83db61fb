"""The catalogue as people walk through it, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from db.repositories import browse, catalogue_lists, listens, player_lists, scrobbles, users
from db.repositories.browse import AlbumKey
from db.repositories.catalogue import SongFacts, add_songs
from db.repositories.playlists import PlaylistContent, add_playlists
from db.repositories.tags import set_song_tags


@pytest.fixture
def songs(session: Session) -> list[int]:
    """Give two albums of Ann (of 1999 and 2004), one of Bob without year, and a song of Bob on none."""
    facts = [
        SongFacts("Two", "Ann", "First", 2_000, {"year": 1999, "track": 2}),
        SongFacts("One", "Ann", "First", 1_000, {"year": "1999-05", "track": "1/2"}),
        SongFacts("Three", "Ann", "Second", None, {"year": "2004"}),
        SongFacts("Four", "Bob", "Älter", 4_000, {"year": "unknown"}),
        SongFacts("Five", "Bob", "", 5_000, {}),
    ]
    return add_songs(session, facts)


@pytest.fixture
def user(session: Session) -> int:
    known, _ = users.ensure_users(session, [("set", "cy")])
    return known["set", "cy"]


def titles(session: Session, keys: list[AlbumKey]) -> list[str]:
    return [row.title for row in browse.album_rows(session, keys)]


def test_artists_have_albums_and_songs_without_one(session: Session, songs: list[int]) -> None:
    found = [(row.name, row.n_albums, row.n_songs) for row in browse.artists(session)]
    assert found == [("Ann", 2, 3), ("Bob", 2, 2)]
    bob = browse.artists(session)[1].artist_id
    keys = browse.albums_of(session, bob)
    assert titles(session, keys) == ["Älter", ""]
    assert browse.songs_of_album(session, AlbumKey(0, bob)) == [songs[4]]


def test_songs_of_an_album_stand_by_their_number(session: Session, songs: list[int]) -> None:
    (first, *_) = browse.song_rows(session, songs)
    assert browse.songs_of_album(session, first.album_key) == [songs[1], songs[0]]
    (row,) = browse.album_rows(session, [first.album_key])
    assert (row.n_songs, row.duration_ms) == (2, 3_000)


def test_albums_are_found_by_title_and_artist(session: Session, songs: list[int]) -> None:
    assert titles(session, browse.find_albums(session, "alter bob", 9, 0)) == ["Älter"]
    assert titles(session, browse.find_albums(session, "", 9, 1)) == ["First", "Second"]
    assert [row.name for row in browse.find_artists(session, "AN", 9, 0)] == ["Ann"]
    assert browse.find_artists(session, "100%\x00", 9, 0) == []


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("name", ["Älter", "First", "Second"]),
        ("artist", ["First", "Second", "Älter"]),
        ("newest", ["Älter", "Second", "First"]),
    ],
)
def test_albums_are_paged_in_an_order(
    session: Session, songs: list[int], order: str, expected: list[str]
) -> None:
    pages = [catalogue_lists.album_page(session, order, 2, offset) for offset in (0, 2)]
    assert [title for page in pages for title in titles(session, page)] == expected
    with pytest.raises(ValueError, match="order"):
        catalogue_lists.album_page(session, "best", 2, 0)


def test_years_may_be_numbers_dates_and_words(session: Session, songs: list[int]) -> None:
    assert titles(session, catalogue_lists.albums_by_year(session, 1990, 2010, 9, 0)) == ["First", "Second"]
    assert titles(session, catalogue_lists.albums_by_year(session, 2010, 1990, 9, 0)) == ["Second", "First"]
    assert set(catalogue_lists.random_songs(session, 9, years=(2000, 2010))) == {songs[2]}


def test_a_tag_has_the_songs_that_it_fits(session: Session, songs: list[int]) -> None:
    set_song_tags(session, {(songs[0], "s"): {"rock": 0.9, "calm": 0.2}, (songs[3], "s"): {"rock": 0.5}})
    assert catalogue_lists.genres(session, 9) == [("rock", 2, 2)]
    assert catalogue_lists.songs_tagged(session, "rock", 9, 0) == [songs[0], songs[3]]
    assert titles(session, catalogue_lists.albums_tagged(session, "rock", 9, 0)) == ["Älter", "First"]
    assert catalogue_lists.random_songs(session, 9, tag="calm") == []


def test_albums_by_listens_and_listens_by_time(session: Session, songs: list[int], user: int) -> None:
    rows = [(user, songs[0], 10, None), (user, songs[1], 11, None), (user, songs[2], 12, None)]
    listens.add_listens(session, rows)
    assert titles(session, catalogue_lists.albums_listened(session, user, 9, 0)) == ["First", "Second"]
    lately = catalogue_lists.albums_listened(session, user, 9, 0, lately=True)
    assert titles(session, lately) == ["Second", "First"]
    assert browse.songs_of_artist(session, browse.artists(session)[0].artist_id, 1) == [songs[0]]
    between = scrobbles.listens_between(session, user, 1, after_s=10)
    assert between == [(11, songs[1])]
    assert scrobbles.listens_between(session, user, 2, before_s=12) == [(11, songs[1]), (10, songs[0])]
    assert scrobbles.listens_in_all(session, user) == (3, 10, 12)
    assert scrobbles.listens_in_all(session, user + 1) == (0, 0, 0)


def test_playlists_add_up_their_songs(session: Session, songs: list[int], user: int) -> None:
    content = PlaylistContent("set", "1", "Mine", [songs[0], songs[0], songs[2]], "0" * 64, user_id=user)
    add_playlists(session, [content, PlaylistContent("set", "2", "Nobody's", [], "0" * 64)])
    (mine,) = player_lists.lists_of(session, user, 9)
    assert (mine.name, mine.n_songs, mine.duration_ms, mine.owner) == ("Mine", 3, 4_000, user)
    (nobodys,) = player_lists.lists_of(session, None, 9)
    assert (nobodys.n_songs, player_lists.list_row(session, 99)) == (0, None)
