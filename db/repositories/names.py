"""Names of the catalogue that may stand in a text: artists, and titles of songs.

Tracks that were made here are left out: their titles are prompts, and a prompt would find itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import case, exists, func, literal, select
from sqlalchemy.orm import Session

from db.models import Artist, Song
from db.repositories.bulk import chunks

# Words of a letter or two are in every title; so many titles are looked at.
_LOOKED_AT = 20_000


@dataclass(frozen=True)
class NamedArtist:
    """An artist with songs that were not made here."""

    artist_id: int
    name: str
    key: str


@dataclass(frozen=True)
class NamedSong:
    """A song by its title; `artist` is "" and `artist_key` too where it is not known."""

    song_id: int
    title: str
    artist: str
    artist_key: str


def artists_named(session: Session, keys: Iterable[str]) -> dict[str, NamedArtist]:
    """Return, by folded name, the artists that have one of these names."""
    own = exists().where(Song.artist_id == Artist.id, Song.is_generated.is_(False))
    found: dict[str, NamedArtist] = {}
    for chunk in chunks(key for key in dict.fromkeys(keys) if key):
        statement = select(Artist.id, Artist.name, Artist.name_key).where(Artist.name_key.in_(chunk), own)
        for number, name, key in session.execute(statement):
            found[key] = NamedArtist(number, name, key)
    return found


def songs_titled_within(session: Session, text: str) -> list[NamedSong]:
    """Return the songs whose folded title stands whole in a folded text, by id.

    A pass over all songs: titles by themselves are not indexed.
    """
    # `search_text` is "title artist": without the artist it is the title.
    artist = func.length(Artist.name_key)
    whole = func.length(Song.search_text)
    # Never a negative length, which PostgreSQL refuses: a song without a title is its artist.
    length = case((artist == 0, whole), (whole > artist, whole - artist - 1), else_=0)
    title = func.substr(Song.search_text, 1, length)
    statement = (
        select(Song.id, Song.title, Artist.name, Artist.name_key)
        .join(Artist, Artist.id == Song.artist_id)
        .where(
            Song.is_generated.is_(False),
            Song.title != "",
            literal(f" {text} ").contains(literal(" ").concat(title).concat(" ")),
        )
        .order_by(Song.id)
        .limit(_LOOKED_AT)
    )
    return [NamedSong(*row) for row in session.execute(statement)]


def songs_of_artist(session: Session, artist_id: int) -> list[int]:
    """Return the songs of an artist that were not made here, by id."""
    where = (Song.artist_id == artist_id, Song.is_generated.is_(False))
    return list(session.execute(select(Song.id).where(*where).order_by(Song.id)).scalars())
