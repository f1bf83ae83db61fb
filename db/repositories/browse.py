"""The catalogue as people walk through it: artists, their albums, the songs of an album.

Songs without an album stand in an album of their artist's that has no title and the id 0: `AlbumKey(0,
artist)`. Only what has songs is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, false, func, select
from sqlalchemy.orm import Session

from db.models import Album, Artist, AudioFile, Listen, Song
from db.repositories.bulk import chunks, own_ids
from db.text import fold, storable

_FOUND_AT_MOST = 2_000


class AlbumKey(NamedTuple):
    """Which album: its id, or 0 for the songs of an artist that have none."""

    album_id: int
    artist_id: int


@dataclass(frozen=True)
class ArtistRow:
    """An artist with the number of their albums, songs without one counting as one, and of their songs."""

    artist_id: int
    name: str
    n_albums: int
    n_songs: int


@dataclass(frozen=True)
class AlbumRow:
    """An album with what its songs add up to; `duration_ms` of those whose length is known."""

    key: AlbumKey
    title: str
    artist: str
    n_songs: int
    duration_ms: int
    created_at: datetime


@dataclass(frozen=True)
class SongRow:
    """A song as it stands in lists: with its place in the catalogue and its first file, if it has one."""

    song_id: int
    title: str
    artist_id: int
    artist: str
    album_id: int
    album: str
    duration_ms: int | None
    is_generated: bool
    created_at: datetime
    attributes: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    size_bytes: int = 0

    @property
    def album_key(self) -> AlbumKey:
        """The album that it stands in."""
        return AlbumKey(self.album_id, self.artist_id)


def artists(session: Session, artist_ids: Iterable[int] | None = None) -> list[ArtistRow]:
    """Return artists who have songs: all, by name, or these, in their order."""
    n_albums = func.count(func.distinct(func.coalesce(Song.album_id, 0)))
    statement = (
        select(Artist.id, Artist.name, n_albums, func.count(Song.id))
        .join(Song, Song.artist_id == Artist.id)
        .group_by(Artist.id, Artist.name, Artist.name_key)
    )
    if artist_ids is None:
        return [ArtistRow(*row) for row in session.execute(statement.order_by(Artist.name_key, Artist.id))]
    ids = own_ids(artist_ids)
    found = {
        row[0]: ArtistRow(*row)
        for chunk in chunks(ids)
        for row in session.execute(statement.where(Artist.id.in_(chunk)))
    }
    return [found[number] for number in ids if number in found]


def find_artists(session: Session, text: str, limit: int, offset: int) -> list[ArtistRow]:
    """Return artists whose name holds every word; all, by name, where there is no word."""
    statement = select(Artist.id).where(_in_use(Song.artist_id == Artist.id))
    statement = _holding(statement, text, Artist.name_key).order_by(Artist.name_key, Artist.id)
    return artists(session, session.execute(statement.limit(limit).offset(offset)).scalars())


def find_albums(session: Session, text: str, limit: int, offset: int) -> list[AlbumKey]:
    """Return albums in whose title and artist every word stands; all, by title, where there is no word."""
    statement = select(Album.id, Album.artist_id).join(Artist, Artist.id == Album.artist_id)
    statement = statement.where(_in_use(Song.album_id == Album.id))
    statement = _holding(statement, text, Album.title_key + " " + Artist.name_key)
    ordered = statement.order_by(Album.title_key, Album.id).limit(limit).offset(offset)
    return [AlbumKey(*row) for row in session.execute(ordered)]


def albums_of(session: Session, artist_id: int) -> list[AlbumKey]:
    """Return the albums of an artist by title, what has none at the end."""
    statement = (
        select(func.coalesce(Song.album_id, 0), Song.artist_id)
        .outerjoin(Album, Album.id == Song.album_id)
        .where(Song.artist_id == artist_id)
        .group_by(Song.album_id, Song.artist_id, Album.title_key)
        .order_by(Song.album_id.is_(None), Album.title_key, Song.album_id)
    )
    return [AlbumKey(*row) for row in session.execute(statement)]


def album_rows(session: Session, keys: Sequence[AlbumKey]) -> list[AlbumRow]:
    """Return these albums in their order; those without songs are left out."""
    found: dict[AlbumKey, AlbumRow] = {}
    titled = own_ids(key.album_id for key in keys)
    loose = own_ids(key.artist_id for key in keys if not key.album_id)
    for where, ids in ((Song.album_id, titled), (Song.artist_id, loose)):
        for chunk in chunks(ids):
            statement = _albums().where(where.in_(chunk))
            if where is Song.artist_id:
                statement = statement.where(Song.album_id.is_(None))
            for album_id, artist_id, title, artist, n, duration_ms, created_at in session.execute(statement):
                key = AlbumKey(album_id or 0, artist_id)
                found[key] = AlbumRow(key, title or "", artist, n, int(duration_ms or 0), created_at)
    return [found[key] for key in dict.fromkeys(keys) if key in found]


def album_key(session: Session, album_id: int) -> AlbumKey | None:
    """Return the key of an album by its id; None where there is none."""
    row = session.execute(select(Album.id, Album.artist_id).where(Album.id == album_id)).first()
    return None if row is None else AlbumKey(*row)


def songs_of_album(session: Session, key: AlbumKey) -> list[int]:
    """Return the songs of an album by their disc and number, as far as they are known."""
    where: tuple[ColumnElement[bool], ...] = (Song.album_id == key.album_id,)
    if not key.album_id:
        where = (Song.album_id.is_(None), Song.artist_id == key.artist_id)
    rows = session.execute(select(Song.id, Song.attributes).where(*where).order_by(Song.id))
    numbered = [(whole(given, "disc", 1), whole(given, "track", 0), song) for song, given in rows]
    return [song for *_, song in sorted(numbered)]


def songs_of_artist(session: Session, artist_id: int, limit: int) -> list[int]:
    """Return songs of an artist, those in most listens first."""
    n_listens = (
        select(func.count()).select_from(Listen).where(Listen.song_id == Song.id).correlate(Song)
    ).scalar_subquery()
    statement = select(Song.id).where(Song.artist_id == artist_id).order_by(n_listens.desc(), Song.id)
    return list(session.execute(statement.limit(limit)).scalars())


def song_rows(session: Session, song_ids: Iterable[int]) -> list[SongRow]:
    """Return these songs in their order; unknown ids are left out."""
    ids = own_ids(song_ids)
    found: dict[int, SongRow] = {}
    for chunk in chunks(ids):
        files = _first_files(session, chunk)
        statement = (
            select(
                Song.id, Song.title, Artist.id, Artist.name, func.coalesce(Song.album_id, 0),
                func.coalesce(Album.title, ""), Song.duration_ms, Song.is_generated, Song.created_at,
                Song.attributes,
            )
            .join(Artist, Artist.id == Song.artist_id)
            .outerjoin(Album, Album.id == Song.album_id)
            .where(Song.id.in_(chunk))
        )  # fmt: skip
        for row in session.execute(statement):
            path, size_bytes = files.get(row[0], ("", 0))
            found[row[0]] = replace(SongRow(*row), path=path, size_bytes=size_bytes)
    return [found[number] for number in ids if number in found]


def newest_song_at(session: Session) -> datetime | None:
    """Return when the last song came in; None where there is none."""
    return session.execute(select(Song.created_at).order_by(Song.id.desc()).limit(1)).scalar()


def whole(given: Mapping[str, Any], name: str, otherwise: int) -> int:
    """A number of a song's attributes, which may hold anything: "3", "3/12", 3, nothing."""
    value = str(given.get(name, "")).partition("/")[0].strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 6 else otherwise


def _albums() -> Select[*tuple[Any, ...]]:
    length = func.sum(Song.duration_ms)
    return (
        select(
            Song.album_id, Song.artist_id, Album.title, Artist.name, func.count(), length,
            func.min(Song.created_at),
        )
        .join(Artist, Artist.id == Song.artist_id)
        .outerjoin(Album, Album.id == Song.album_id)
        .group_by(Song.album_id, Song.artist_id, Album.title, Artist.name)
    )  # fmt: skip


def _in_use(where: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Song.id).where(where).exists()


def _holding(statement: Any, text: str, column: Any) -> Any:
    """The statement for what holds every word; nothing where the text cannot be stored."""
    if not storable(text):
        return statement.where(false())
    for word in dict.fromkeys(fold(text).split()[:20]):
        statement = statement.where(column.contains(word, autoescape=True))
    return statement


def _first_files(session: Session, song_ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """Path and size of the first file of each song, those that are missing left out."""
    statement = (
        select(AudioFile.song_id, AudioFile.path, AudioFile.size_bytes)
        .where(AudioFile.song_id.in_(song_ids), AudioFile.missing_since.is_(None))
        .order_by(AudioFile.id.desc())
    )
    return {song: (path, size) for song, path, size in session.execute(statement)}
