"""Ids as players carry them about: `so-17`, `al-3`, `ar-5`, `pl-8`, and `lo-5` for an artist's songs without
an album. A song may also go by any name that the API knows, as `sample:5`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.repositories import browse
from db.repositories import songs as songs_repository
from db.repositories.browse import AlbumKey
from service.subsonic.errors import not_found

_ID = re.compile(r"(so|al|lo|ar|pl)-([1-9][0-9]{0,9})\Z")


class Kind(StrEnum):
    """What an id is of."""

    song = "so"
    album = "al"
    loose = "lo"
    artist = "ar"
    playlist = "pl"


@dataclass(frozen=True)
class Id:
    """An id taken apart."""

    kind: Kind
    number: int


def id_of(kind: Kind, number: int) -> str:
    """Write an id."""
    return f"{kind.value}-{number}"


def album_id(key: AlbumKey) -> str:
    """The id of an album."""
    return id_of(Kind.album, key.album_id) if key.album_id else id_of(Kind.loose, key.artist_id)


def read_id(text: str) -> Id | None:
    """Take an id apart; None for any other text."""
    found = _ID.match(text)
    return Id(Kind(found[1]), int(found[2])) if found else None


def song_of(session: Session, text: str) -> int:
    """The song of an id.

    Raises
    ------
    Failed
        There is none.
    """
    given = read_id(text)
    if given is not None:
        known = given.kind is Kind.song and songs_repository.existing_songs(session, [given.number])
        if not known:
            raise not_found("song")
        return given.number
    try:
        return songs_repository.find_song(session, text)
    except NotFoundError:
        raise not_found("song") from None


def album_of(session: Session, text: str) -> AlbumKey:
    """The album of an id.

    Raises
    ------
    Failed
    """
    given = read_id(text)
    if given is not None and given.kind is Kind.loose:
        return AlbumKey(0, given.number)
    key = browse.album_key(session, given.number) if given and given.kind is Kind.album else None
    if key is None:
        raise not_found("album")
    return key


def artist_of(session: Session, text: str) -> browse.ArtistRow:
    """The artist of an id.

    Raises
    ------
    Failed
    """
    given = read_id(text)
    if given is not None and given.kind is Kind.artist:
        for row in browse.artists(session, [given.number]):
            return row
    raise not_found("artist")


def playlist_of(text: str) -> int:
    """The number of a playlist's id, there or not.

    Raises
    ------
    Failed
        An id of something else.
    """
    given = read_id(text)
    if given is None or given.kind is not Kind.playlist:
        raise not_found("playlist")
    return given.number


def songs_behind(session: Session, text: str, limit: int) -> list[int]:
    """The songs of whatever an id is of: itself, an album's, an artist's.

    Raises
    ------
    Failed
        There is no such song, album or artist.
    """
    given = read_id(text)
    if given is not None and given.kind in (Kind.album, Kind.loose):
        return browse.songs_of_album(session, album_of(session, text))[:limit]
    if given is not None and given.kind is Kind.artist:
        return browse.songs_of_artist(session, artist_of(session, text).artist_id, limit)
    return [song_of(session, text)]
