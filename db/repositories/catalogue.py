"""The catalogue as it is written: artists, albums, songs and their external ids, many at once.

Which incoming song is which stored one is decided elsewhere (`pipelines.resolve`); this only looks up and
stores.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Album, Artist, Song, SongAlias, now
from db.repositories.bulk import chunks, insert_returning_ids, insert_rows, own_ids, update_rows
from db.text import bounded, fold, name_key, search_text


@dataclass(slots=True)
class SongFacts:
    """What is known of a song; "" and None and {} stand for what is not."""

    title: str = ""
    artist: str = ""
    album: str = ""
    duration_ms: int | None = None
    attributes: dict[str, Any] | None = None
    recording_key: str = ""


def aliases_of(session: Session, song_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return the external ids of each song, as a value for each scheme; songs without any are left out."""
    found: dict[int, dict[str, str]] = {}
    statement = select(SongAlias.song_id, SongAlias.scheme, SongAlias.value)
    for chunk in chunks(own_ids(song_ids)):
        for song_id, scheme, value in session.connection().execute(
            statement.where(SongAlias.song_id.in_(chunk))
        ):
            found.setdefault(song_id, {})[scheme] = value
    return found


def songs_by_name(session: Session, name_keys: Iterable[str]) -> dict[str, list[int]]:
    """Return the songs of each name key, oldest first; the key "" finds nothing."""
    found: dict[str, list[int]] = {}
    statement = select(Song.name_key, Song.id).order_by(Song.id)
    for chunk in chunks(key for key in dict.fromkeys(name_keys) if key):
        for key, song_id in session.connection().execute(statement.where(Song.name_key.in_(chunk))):
            found.setdefault(key, []).append(song_id)
    return found


def facts_of(session: Session, song_ids: Iterable[int]) -> dict[int, SongFacts]:
    """Return what is stored of each song."""
    statement = (
        select(
            Song.id,
            Song.title,
            Artist.name,
            Album.title,
            Song.duration_ms,
            Song.attributes,
            Song.recording_key,
        )
        .join(Artist, Artist.id == Song.artist_id)
        .outerjoin(Album, Album.id == Song.album_id)
    )
    found: dict[int, SongFacts] = {}
    for chunk in chunks(own_ids(song_ids)):
        for song_id, title, artist, album, *rest in session.execute(statement.where(Song.id.in_(chunk))):
            found[song_id] = SongFacts(title, artist, album or "", *rest)
    return found


def add_songs(session: Session, songs: Sequence[SongFacts], *, is_generated: bool = False) -> list[int]:
    """Store new songs, with their artists and albums, and return their ids in the same order."""
    created_at = now()
    rows = [
        row | {"is_generated": is_generated, "created_at": created_at} for row in _song_rows(session, songs)
    ]
    return insert_returning_ids(session, Song, rows)


def replace_facts(session: Session, songs: dict[int, SongFacts]) -> None:
    """Store what is known of songs anew, in the place of what was."""
    if not songs:
        return
    rows = _song_rows(session, list(songs.values()))
    update_rows(session, Song, [{"id": song, **row} for song, row in zip(songs, rows, strict=True)])


def add_aliases(session: Session, aliases: Iterable[tuple[int, str, str]]) -> None:
    """Store new external ids of songs: (song id, scheme, value)."""
    rows = [{"scheme": scheme, "value": value, "song_id": song_id} for song_id, scheme, value in aliases]
    insert_rows(session, SongAlias, rows)


def _song_rows(session: Session, songs: Sequence[SongFacts]) -> list[dict[str, Any]]:
    artists = _artist_ids(session, (song.artist for song in songs))
    albums = _album_ids(session, ((artists[song.artist], song.album) for song in songs if song.album))
    return [
        {
            "title": song.title,
            "artist_id": artists[song.artist],
            "album_id": albums[artists[song.artist], song.album] if song.album else None,
            "duration_ms": song.duration_ms,
            "recording_key": bounded(song.recording_key),
            "name_key": name_key(song.title, song.artist),
            "search_text": search_text(song.title, song.artist),
            "attributes": song.attributes or {},
        }
        for song in songs
    ]


def _artist_ids(session: Session, names: Iterable[str]) -> dict[str, int]:
    """Return the id of each artist by name as given, making those that are not there."""
    key_of = {name: bounded(fold(name)) for name in dict.fromkeys(names)}
    first_name: dict[str, str] = {}
    for name, key in key_of.items():
        first_name.setdefault(key, name)
    known: dict[str, int] = {}
    for chunk in chunks(first_name):
        rows = session.execute(select(Artist.name_key, Artist.id).where(Artist.name_key.in_(chunk)))
        known.update((key, number) for key, number in rows)
    missing = [key for key in first_name if key not in known]
    new_ids = insert_returning_ids(
        session, Artist, [{"name": first_name[key], "name_key": key} for key in missing]
    )
    known.update(zip(missing, new_ids, strict=True))
    return {name: known[key] for name, key in key_of.items()}


def _album_ids(session: Session, albums: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Return the id of each album by (artist id, title as given), making those that are not there."""
    key_of = {(artist, title): (artist, bounded(fold(title))) for artist, title in dict.fromkeys(albums)}
    first_title: dict[tuple[int, str], str] = {}
    for (_, title), key in key_of.items():
        first_title.setdefault(key, title)
    known: dict[tuple[int, str], int] = {}
    statement = select(Album.artist_id, Album.title_key, Album.id)
    for chunk in chunks(dict.fromkeys(artist for artist, _ in first_title)):
        for artist, title_key, number in session.execute(statement.where(Album.artist_id.in_(chunk))):
            known[artist, title_key] = number
    missing = [key for key in first_title if key not in known]
    rows = [{"artist_id": key[0], "title_key": key[1], "title": first_title[key]} for key in missing]
    known.update(zip(missing, insert_returning_ids(session, Album, rows), strict=True))
    return {album: known[key] for album, key in key_of.items()}
