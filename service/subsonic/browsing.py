"""The catalogue from artist to album to song, and by words."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from db.repositories import browse, catalogue_lists
from db.repositories import songs as songs_repository
from db.repositories.browse import AlbumKey, ArtistRow
from db.text import fold
from pipelines.stars import Marks
from service.subsonic import shapes
from service.subsonic.answers import Body
from service.subsonic.call import Call, Method
from service.subsonic.errors import not_found
from service.subsonic.ids import Kind, album_of, artist_of, read_id, song_of

ARTICLES = "The El La Los Las Le Les"
_ARTICLES = frozenset(ARTICLES.lower().split())
MOST = 500
_FARTHEST = 100_000
_OTHERS = "#"


def get_indexes(call: Call) -> Body:
    """Artists by the letter that they begin with; only that, where nothing came in since."""
    with call.session() as session:
        newest = browse.newest_song_at(session)
        modified = 0 if newest is None else int(newest.timestamp() * 1000)
        since = call.given.number("ifModifiedSince", 0, high=2**53)
        index = _indexed(browse.artists(session), call.marks(session)) if modified > since else []
    return {"indexes": {"lastModified": modified, "ignoredArticles": ARTICLES, "index": index}}


def get_artists(call: Call) -> Body:
    """Artists by the letter that they begin with."""
    with call.session() as session:
        index = _indexed(browse.artists(session), call.marks(session))
    return {"artists": {"ignoredArticles": ARTICLES, "index": index}}


def get_artist(call: Call) -> Body:
    """An artist with albums; songs without an album are in one more."""
    with call.session() as session:
        row, marks = artist_of(session, call.given.need("id")), call.marks(session)
        albums = shapes.albums(session, browse.albums_of(session, row.artist_id), marks)
    return {"artist": {**shapes.artist(row, marks), "album": albums}}


def get_album(call: Call) -> Body:
    """An album with its songs."""
    with call.session() as session:
        key, marks = album_of(session, call.given.need("id")), call.marks(session)
        album = _album(session, key, marks)
        songs = shapes.songs(session, browse.songs_of_album(session, key), marks)
    return {"album": {**album, "song": songs}}


def get_song(call: Call) -> Body:
    """A song."""
    with call.session() as session:
        (song,) = shapes.songs(session, [song_of(session, call.given.need("id"))], call.marks(session))
    return {"song": song}


def get_directory(call: Call) -> Body:
    """An artist or an album as a folder, for players that know of folders alone."""
    own = call.given.need("id")
    given = read_id(own)
    with call.session() as session:
        marks = call.marks(session)
        if given is not None and given.kind is Kind.artist:
            row = artist_of(session, own)
            albums = shapes.albums(session, browse.albums_of(session, row.artist_id), marks)
            inside = [{**one, "isDir": True, "title": one["name"], "parent": own} for one in albums]
            return {"directory": {"id": own, "name": row.name or shapes.NO_ARTIST, "child": inside}}
        key = album_of(session, own)
        album = _album(session, key, marks)
        songs = shapes.songs(session, browse.songs_of_album(session, key), marks)
    return {"directory": {"id": own, "name": album["name"], "parent": album["artistId"], "child": songs}}


def search3(call: Call) -> Body:
    """Artists, albums and songs that hold every word; all of them, a page at a time, without a word."""
    query = call.given.need("query").strip().strip('"')
    with call.session() as session:
        marks = call.marks(session)
        artists = browse.find_artists(session, query, *_page(call, "artist"))
        albums = browse.find_albums(session, query, *_page(call, "album"))
        limit, offset = _page(call, "song")
        if not limit:
            songs = []
        elif fold(query):
            songs = songs_repository.search_songs(session, query, offset + limit)[offset:]
        else:
            songs = catalogue_lists.all_songs(session, limit, offset)
        found = {
            "artist": [shapes.artist(one, marks) for one in artists],
            "album": shapes.albums(session, albums, marks),
            "song": shapes.songs(session, songs, marks),
        }
    return {"searchResult3": found}


def _page(call: Call, what: str) -> tuple[int, int]:
    limit = call.given.number(f"{what}Count", 20, high=MOST)
    return limit, call.given.number(f"{what}Offset", 0, high=_FARTHEST)


def _indexed(artists: list[ArtistRow], marks: Marks) -> list[dict[str, Any]]:
    ordered = sorted(artists, key=lambda one: (_letter(one.name) == _OTHERS, _sorted_by(one.name)))
    return [
        {"name": letter, "artist": [shapes.artist(one, marks) for one in group]}
        for letter, group in groupby(ordered, key=lambda one: _letter(one.name))
    ]


def _sorted_by(name: str) -> str:
    """A name as people look it up: without its article."""
    first, _, rest = fold(name).partition(" ")
    return rest if first in _ARTICLES and rest else fold(name)


def _letter(name: str) -> str:
    first = _sorted_by(name)[:1].upper()
    return first if first.isalpha() else _OTHERS


def _album(session: Session, key: AlbumKey, marks: Marks) -> dict[str, Any]:
    for found in shapes.albums(session, [key], marks):
        return found
    raise not_found("album")


METHODS: dict[str, Method] = {
    "getIndexes": get_indexes,
    "getArtists": get_artists,
    "getArtist": get_artist,
    "getAlbum": get_album,
    "getSong": get_song,
    "getMusicDirectory": get_directory,
    "search3": search3,
}
