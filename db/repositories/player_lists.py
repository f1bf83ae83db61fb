"""Playlists as players list them: with how long they are, a user's own before those of nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db.models import Playlist, PlaylistEntry, Song


@dataclass(frozen=True)
class ListRow:
    """A playlist with what its songs add up to; `owner` is a user's id, None for those of nobody."""

    playlist_id: int
    name: str
    owner: int | None
    created_at: datetime
    n_songs: int
    duration_ms: int


def lists_of(session: Session, owner: int | None, limit: int) -> list[ListRow]:
    """Return the playlists of a user, newest first, or those of nobody, in the order in which they came."""
    where = Playlist.user_id.is_(None) if owner is None else Playlist.user_id == owner
    order = Playlist.id if owner is None else Playlist.id.desc()
    ids = list(session.execute(select(Playlist.id).where(where).order_by(order).limit(limit)).scalars())
    found = {row[0]: _row(row) for row in session.execute(_lists().where(Playlist.id.in_(ids)))}
    return [found[number] for number in ids if number in found]


def list_row(session: Session, playlist_id: int) -> ListRow | None:
    """Return one playlist; None where there is none."""
    row = session.execute(_lists().where(Playlist.id == playlist_id)).first()
    return None if row is None else _row(row)


def _lists() -> Select[*tuple[Any, ...]]:
    own = (Playlist.id, Playlist.name, Playlist.user_id, Playlist.created_at)
    return (
        select(*own, func.count(PlaylistEntry.song_id), func.coalesce(func.sum(Song.duration_ms), 0))
        .outerjoin(PlaylistEntry, PlaylistEntry.playlist_id == Playlist.id)
        .outerjoin(Song, Song.id == PlaylistEntry.song_id)
        .group_by(*own)
    )


def _row(row: Any) -> ListRow:
    number, name, owner, created_at, n_songs, duration_ms = row
    return ListRow(number, name, owner, created_at, n_songs, int(duration_ms))
