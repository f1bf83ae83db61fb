"""Lists to begin with: albums by one order or another, songs by chance, what is starred."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from db.repositories import browse, catalogue_lists
from db.repositories.browse import AlbumKey
from db.text import fold
from pipelines.stars import Marks
from service.subsonic import shapes
from service.subsonic.answers import Body
from service.subsonic.call import Call, Method
from service.subsonic.errors import GENERIC, Failed

MOST = 500
_FARTHEST = 1_000_000
_ORDERS = {
    "random": "random",
    "newest": "newest",
    "alphabeticalByName": "name",
    "alphabeticalByArtist": "artist",
}


def get_album_list(call: Call) -> Body:
    """Albums with a title, a page at a time."""
    kind = call.given.need("type")
    limit, offset = call.given.number("size", 10, high=MOST), call.given.number("offset", 0, high=_FARTHEST)
    with call.session() as session:
        marks = call.marks(session)
        keys = _keys(session, call, kind, limit, offset, marks)
        return {"albumList2": {"album": shapes.albums(session, keys, marks)}}


def get_random_songs(call: Call) -> Body:
    """Songs by chance, each time others; of a genre, or of some years, where that is asked for."""
    size, given = call.given.number("size", 10, high=MOST), call.given
    years = None
    if given.text("fromYear") or given.text("toYear"):
        years = (given.number("fromYear", 0, high=9999), given.number("toYear", 9999, high=9999))
    with call.session() as session:
        found = catalogue_lists.random_songs(session, size, tag=given.text("genre"), years=years)
        return {"randomSongs": {"song": shapes.songs(session, found, call.marks(session))}}


def get_songs_by_genre(call: Call) -> Body:
    """Songs with a tag, a page at a time."""
    count, offset = call.given.number("count", 10, high=MOST), call.given.number("offset", 0, high=_FARTHEST)
    with call.session() as session:
        found = catalogue_lists.songs_tagged(session, call.given.need("genre"), count, offset)
        return {"songsByGenre": {"song": shapes.songs(session, found, call.marks(session))}}


def get_top_songs(call: Call) -> Body:
    """The songs of an artist in most listens."""
    name, count = call.given.need("artist"), call.given.number("count", 50, high=MOST)
    with call.session() as session:
        named = [one for one in browse.find_artists(session, name, 20, 0) if fold(one.name) == fold(name)]
        found = browse.songs_of_artist(session, named[0].artist_id, count) if named else []
        return {"topSongs": {"song": shapes.songs(session, found, call.marks(session))}}


def get_starred2(call: Call) -> Body:
    """What the user starred, newest first."""
    return {"starred2": _starred(call)}


def get_starred(call: Call) -> Body:
    """The same, for older players."""
    return {"starred": _starred(call)}


def _starred(call: Call) -> Body:
    with call.session() as session:
        marks = call.marks(session)
        artists = browse.artists(session, _newest_first(marks.artists))
        return {
            "artist": [shapes.artist(one, marks) for one in artists],
            "album": shapes.albums(session, _starred_albums(session, marks), marks),
            "song": shapes.songs(session, _newest_first(marks.songs), marks),
        }


def _keys(session: Session, call: Call, kind: str, limit: int, offset: int, marks: Marks) -> list[AlbumKey]:
    given = call.given
    if kind in _ORDERS:
        return catalogue_lists.album_page(session, _ORDERS[kind], limit, offset)
    if kind in ("frequent", "recent"):
        user, lately = call.caller.user_id, kind == "recent"
        return catalogue_lists.albums_listened(session, user, limit, offset, lately=lately)
    if kind == "highest":
        return catalogue_lists.albums_listened(session, None, limit, offset)
    if kind == "starred":
        return _starred_albums(session, marks)[offset : offset + limit]
    if kind == "byGenre":
        return catalogue_lists.albums_tagged(session, given.need("genre"), limit, offset)
    if kind == "byYear":
        years = ("fromYear", "toYear")
        first, last = (int(given.need(name) and given.number(name, 0, high=9999)) for name in years)
        return catalogue_lists.albums_by_year(session, first, last, limit, offset)
    raise Failed(GENERIC, "type: none of the lists that there are")


def _starred_albums(session: Session, marks: Marks) -> list[AlbumKey]:
    found = (
        AlbumKey(0, -number) if number < 0 else browse.album_key(session, number)
        for number in _newest_first(marks.albums)
    )
    return [key for key in found if key is not None]


def _newest_first(stars: Mapping[int, int]) -> list[int]:
    return sorted(stars, key=lambda number: (-stars[number], number))


METHODS: dict[str, Method] = {
    "getAlbumList2": get_album_list,
    "getRandomSongs": get_random_songs,
    "getSongsByGenre": get_songs_by_genre,
    "getTopSongs": get_top_songs,
    "getStarred2": get_starred2,
    "getStarred": get_starred,
}
