"""Songs are found by every name they have, by words, and described."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.models import SongAlias
from db.repositories import songs
from db.repositories.catalogue import SongFacts, add_aliases, add_songs, facts_of, replace_facts
from db.repositories.playlists import PlaylistContent, add_playlists

MBID = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"


@pytest.fixture
def catalogue(session: Session) -> list[int]:
    """Give the ids of four songs; the first has three names, the last none and no artist."""
    ids = add_songs(
        session,
        [
            SongFacts("Águas de Março", "Elis Regina", "Elis", 211_000, {"year": 1972}, "elis regina|aguas"),
            SongFacts("Waters of March", "Elis Regina", "Elis"),
            SongFacts("March", "The Waters"),
            SongFacts("Untitled", ""),
        ],
    )
    names = [("spotify", "6xyz"), ("mbid", MBID), ("set", "a:b")]
    add_aliases(session, [(ids[0], scheme, value) for scheme, value in names])
    return ids


@pytest.mark.parametrize(
    "ref",
    [
        "spotify:6xyz",
        "spotify:track:6xyz",
        "https://open.spotify.com/track/6xyz?si=1",
        "https://open.spotify.com/intl-pt/track/6xyz",
        f"mbid:{MBID.upper()}",
        f"https://musicbrainz.org/recording/{MBID}",
        "set:a:b",
        " set:a:b ",
    ],
)
def test_song_is_found_by_any_of_its_names(session: Session, catalogue: list[int], ref: str) -> None:
    assert songs.find_songs(session, [ref]) == {ref: catalogue[0]}


def test_song_is_found_by_our_own_id(session: Session, catalogue: list[int]) -> None:
    number = catalogue[2]
    refs = [number, str(number), f"songspace:{number}"]
    assert songs.find_songs(session, refs) == dict.fromkeys(refs, number)


@pytest.mark.parametrize(
    "ref", ["", ":", "set:", "nobody", "0", "-1", "9" * 30, "set:\x00", "set:\ud800", "x" * 999]
)
def test_strange_names_find_nothing(session: Session, catalogue: list[int], ref: str) -> None:
    assert songs.find_songs(session, [ref]) == {}
    with pytest.raises(NotFoundError):
        songs.find_song(session, ref)


def test_many_names_at_once(session: Session) -> None:
    ids = add_songs(session, [SongFacts(f"Song {i}", "A") for i in range(12_000)])
    add_aliases(session, [(song, "set", str(i)) for i, song in enumerate(ids)])
    found = songs.find_songs(session, [f"set:{i}" for i in range(13_000)])
    assert found == {f"set:{i}": song for i, song in enumerate(ids)}
    assert songs.name_songs(session, ids, "set") == {song: f"set:{i}" for i, song in enumerate(ids)}


def test_songs_are_named_only_in_schemes_that_they_have(session: Session, catalogue: list[int]) -> None:
    assert songs.name_songs(session, catalogue, "set") == {catalogue[0]: "set:a:b"}
    assert songs.name_songs(session, [*catalogue, 10**12], "isrc") == {}


def test_song_has_one_id_of_a_scheme(session: Session, catalogue: list[int]) -> None:
    with pytest.raises(IntegrityError):
        add_aliases(session, [(catalogue[0], "spotify", "another")])


def test_id_belongs_to_one_song(session: Session, catalogue: list[int]) -> None:
    with pytest.raises(IntegrityError):
        add_aliases(session, [(catalogue[1], "spotify", "6xyz")])


def test_our_own_scheme_is_no_external_id(session: Session, catalogue: list[int]) -> None:
    session.add(SongAlias(scheme="songspace", value="1", song_id=catalogue[0]))
    with pytest.raises(IntegrityError):
        session.flush()


def test_frame_of_all_songs(session: Session, catalogue: list[int]) -> None:
    frame = songs.read_songs(session)
    assert list(frame) == ["song_id", "title", "artist", "artist_id", "album_id", "recording_key"]
    assert frame["song_id"].tolist() == catalogue
    assert frame["artist_id"].tolist()[0] == frame["artist_id"].tolist()[1] > 0
    assert (frame["artist_id"].tolist()[3], frame["artist"].tolist()[3]) == (songs.UNKNOWN, "")
    assert frame["album_id"].tolist()[2:] == [songs.UNKNOWN, songs.UNKNOWN]


def test_frame_of_no_songs_has_its_types(session: Session) -> None:
    frame = songs.read_songs(session)
    assert len(frame) == 0
    assert [str(dtype) for dtype in frame.dtypes] == ["int64", "str", "str", "int64", "int64", "str"]


def test_description_tells_all(session: Session, catalogue: list[int]) -> None:
    described = songs.describe_songs(session, [catalogue[3], catalogue[0], 10**12])
    assert list(described) == [catalogue[3], catalogue[0]]
    song = described[catalogue[0]]
    assert (song.title, song.artist, song.album) == ("Águas de Março", "Elis Regina", "Elis")
    assert (song.duration_ms, song.attributes) == (211_000, {"year": 1972})
    assert song.refs == (f"mbid:{MBID}", "set:a:b", "spotify:6xyz")


def test_search_folds_case_and_accents(session: Session, catalogue: list[int]) -> None:
    assert songs.search_songs(session, "AGUAS marco") == [catalogue[0]]
    assert songs.search_songs(session, "elis março") == [catalogue[0]]


def test_search_needs_every_word_in_title_or_artist(session: Session, catalogue: list[int]) -> None:
    assert songs.search_songs(session, "waters regina") == [catalogue[1]]
    assert songs.search_songs(session, "waters nobody") == []


def test_search_puts_the_exact_title_first(session: Session, catalogue: list[int]) -> None:
    assert songs.search_songs(session, "march")[:2] == [catalogue[2], catalogue[1]]


def test_search_puts_popular_songs_first_among_equals(session: Session, catalogue: list[int]) -> None:
    add_playlists(session, [PlaylistContent("set", "1", "mix", [catalogue[1]], "")])
    assert songs.search_songs(session, "elis") == [catalogue[1], catalogue[0]]
    assert songs.search_songs(session, "elis", 1) == [catalogue[1]]


@pytest.mark.parametrize("text", ["", "   ", "%", "_", "\x00", "'; DROP TABLE songs; --", "\\"])
def test_search_takes_signs_as_signs(session: Session, catalogue: list[int], text: str) -> None:
    assert songs.search_songs(session, text) == []


def test_facts_are_replaced_whole(session: Session, catalogue: list[int]) -> None:
    replace_facts(session, {catalogue[3]: SongFacts("So What", "Miles Davis", "Kind of Blue")})
    facts = facts_of(session, catalogue)[catalogue[3]]
    assert (facts.title, facts.artist, facts.album) == ("So What", "Miles Davis", "Kind of Blue")
    assert songs.search_songs(session, "miles") == [catalogue[3]]


def test_artist_spelled_in_two_ways_is_one(session: Session) -> None:
    add_songs(session, [SongFacts("One", "Björk"), SongFacts("Two", "BJORK")])
    frame = songs.read_songs(session)
    assert frame["artist"].tolist() == ["Björk", "Björk"]
    assert songs.count_songs(session) == 2


def test_hashes_and_paths_of_files_are_no_names_to_show(session: Session) -> None:
    (number,) = add_songs(session, [SongFacts("One", "Ann")])
    add_aliases(session, [(number, "file", "ab" * 32), (number, "path", "/music/one.mp3")])
    assert songs.most_used_scheme(session) is None
    assert songs.describe_songs(session, [number])[number].shown_ref == f"songspace:{number}"
    add_aliases(session, [(number, "mbid", "m")])
    assert songs.most_used_scheme(session) == "mbid"
    assert songs.describe_songs(session, [number])[number].shown_ref == "mbid:m"
