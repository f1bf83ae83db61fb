"""What is like what: songs after a song, an album or an artist, by sound, and ways from one to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import browse
from db.repositories.refs import OWN_SCHEME, own_id
from pipelines.explore import blend, similar
from pipelines.sonic import SonicMatch, sonic_path, sounds_like
from service.subsonic import shapes
from service.subsonic.answers import Body
from service.subsonic.call import Call, Method
from service.subsonic.ids import artist_of, song_of, songs_behind

MOST, LONGEST_PATH = 500, 100
# So many songs stand for an album or an artist.
_STAND_FOR = 20
_SIMILAR_ARTISTS = 20


def get_similar_songs2(call: Call) -> Body:
    """Songs that people put beside a song, an album or an artist."""
    return {"similarSongs2": {"song": _similar(call)}}


def get_similar_songs(call: Call) -> Body:
    """The same, under its older name."""
    return {"similarSongs": {"song": _similar(call)}}


def get_sonic_similar_tracks(call: Call) -> Body:
    """Songs that sound alike, each with how much."""
    count = call.given.number("count", 10, low=1, high=MOST)
    with call.session() as session:
        song = song_of(session, call.given.need("id"))
    index = call.kept.sounds(call.service)
    shelves = call.now.recommender.shelves
    return _matches(call, sounds_like(shelves, call.service.session_factory, index, song, count))


def find_sonic_path(call: Call) -> Body:
    """Songs that lead smoothly from one to another, both ends included."""
    count = call.given.number("count", 25, low=2, high=LONGEST_PATH)
    with call.session() as session:
        first = song_of(session, call.given.need("startSongId"))
        last = song_of(session, call.given.need("endSongId"))
    return _matches(call, sonic_path(call.now.shelves, call.service.session_factory, first, last, count))


def get_artist_info2(call: Call) -> Body:
    """The artists of the songs that stand nearest to an artist's."""
    count = call.given.number("count", _SIMILAR_ARTISTS, high=100)
    with call.session() as session:
        row = artist_of(session, call.given.need("id"))
        near = _near(session, call, call.given.need("id"), 10 * count) if count else []
        others = [one.artist_id for one in browse.song_rows(session, near) if one.artist_id != row.artist_id]
        artists = browse.artists(session, list(dict.fromkeys(others))[:count])
        marks = call.marks(session)
        return {"artistInfo2": {"similarArtist": [shapes.artist(one, marks) for one in artists]}}


def _similar(call: Call) -> list[dict[str, Any]]:
    count = call.given.number("count", 50, low=1, high=MOST)
    with call.session() as session:
        near = _near(session, call, call.given.need("id"), count)
        return shapes.songs(session, near, call.marks(session))


def _near(session: Session, call: Call, thing: str, count: int) -> Sequence[int]:
    """Songs nearest to whatever an id is of; what is popular where nothing has a place yet."""
    songs, factory = songs_behind(session, thing, _STAND_FOR), call.service.session_factory
    release = call.now.release
    if release is None:
        popular = call.now.recommender.recommend_to_anybody(count).songs
        return [song_of(session, one.song) for one in popular if one.song]
    if len(songs) == 1:
        found = similar(call.now.shelves, factory, f"{OWN_SCHEME}:{songs[0]}", count)
    else:
        rows = release.rows(np.array(songs, dtype=np.int64))
        placed = [
            song for song, row in zip(songs, rows, strict=True) if row >= 0 and release.vectors[row].any()
        ]
        if not placed:
            return []
        found = blend(call.now.shelves, factory, [f"{OWN_SCHEME}:{song}" for song in placed], [], count)
    numbers = [own_id(one.song) for one in found.songs]
    return [number for number in numbers if number is not None and number not in songs]


def _matches(call: Call, found: Sequence[SonicMatch]) -> Body:
    with call.session() as session:
        songs = shapes.songs(session, [one.song_id for one in found], call.marks(session))
    matched = zip(songs, found, strict=True)
    return {"sonicMatch": [{"entry": song, "similarity": one.similarity} for song, one in matched]}


METHODS: dict[str, Method] = {
    "getSimilarSongs2": get_similar_songs2,
    "getSimilarSongs": get_similar_songs,
    "getSonicSimilarTracks": get_sonic_similar_tracks,
    "findSonicPath": find_sonic_path,
    "getArtistInfo2": get_artist_info2,
}
