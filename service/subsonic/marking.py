"""Stars and ratings."""

from __future__ import annotations

import time

from pipelines.stars import ALBUMS, ARTISTS, HIGHEST, rate_song, star, star_songs
from service.subsonic.answers import Body
from service.subsonic.call import Call, Method
from service.subsonic.errors import GENERIC, Failed, missing
from service.subsonic.ids import Kind, album_of, artist_of, read_id, song_of
from service.subsonic.shapes import star_id

_MOST = 1_000


def star_things(call: Call) -> Body:
    """Star songs, albums and artists; a star on a song is a like."""
    return _mark(call, starred=True)


def unstar_things(call: Call) -> Body:
    """Take stars back."""
    return _mark(call, starred=False)


def set_rating(call: Call) -> Body:
    """Rate a song: four and five are a like, one and two a dislike, 0 takes back what was said."""
    rating = call.given.number("rating", -1, low=-1, high=HIGHEST + 1)
    if call.given.text("rating") is None:
        raise missing("rating")
    if not 0 <= rating <= HIGHEST:
        raise Failed(GENERIC, f"rating: 0 to {HIGHEST} is expected")
    listener = call.listener
    with call.session() as session:
        song = song_of(session, call.given.need("id"))
    rate_song(call.service.session_factory, listener, song, rating, now_s=int(time.time()))
    return {}


def _mark(call: Call, *, starred: bool) -> Body:
    listener, given = call.listener, call.given
    # An id may be of anything, as older players know of no other parameter.
    things = [*given.all("id"), *given.all("albumId"), *given.all("artistId")]
    if not things:
        raise missing("id, albumId or artistId")
    if len(things) > _MOST:
        raise Failed(GENERIC, f"at most {_MOST:,} at once")
    songs, albums, artists = [], [], []
    with call.session() as session:
        for thing in things:
            kind = found.kind if (found := read_id(thing)) else Kind.song
            if kind in (Kind.album, Kind.loose):
                albums.append(star_id(album_of(session, thing)))
            elif kind is Kind.artist:
                artists.append(artist_of(session, thing).artist_id)
            else:
                songs.append(song_of(session, thing))
    factory, now_s = call.service.session_factory, int(time.time())
    star_songs(factory, listener, songs, starred=starred, now_s=now_s)
    for what, ids in ((ALBUMS, albums), (ARTISTS, artists)):
        if ids:
            star(factory, listener, what, ids, starred=starred, now_s=now_s)
    return {}


METHODS: dict[str, Method] = {"star": star_things, "unstar": unstar_things, "setRating": set_rating}
