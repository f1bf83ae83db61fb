"""Playlists and their entries: read whole for training, found by name, stored, replaced and grouped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.models import Playlist, PlaylistEntry, now
from db.repositories.bulk import (
    chunks,
    insert_columns,
    insert_returning_ids,
    own_ids,
    read_frame,
    update_rows,
)
from db.repositories.refs import external_id, own_id

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PlaylistContent:
    """A playlist to be stored; `song_ids` in playing order, the same song as often as it occurs."""

    scheme: str
    value: str
    name: str
    song_ids: Sequence[int]
    content_sha256: str
    source_key: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    user_id: int | None = None


def read_playlists(session: Session) -> pd.DataFrame:
    """Return all playlists by id: playlist_id, scheme, value, name, group_key, source_key.

    A playlist whose group has yet to be worked out is alone in a group named after itself.
    """
    group_key = func.coalesce(Playlist.group_key, Playlist.scheme + ":" + Playlist.value)
    columns = (Playlist.id, Playlist.scheme, Playlist.value, Playlist.name, group_key, Playlist.source_key)
    dtypes = dict.fromkeys(("playlist_id", "scheme", "value", "name", "group_key", "source_key"), "str")
    return read_frame(session, select(*columns).order_by(Playlist.id), dtypes | {"playlist_id": "int64"})


def read_entries(session: Session) -> pd.DataFrame:
    """Return all entries by playlist and position: playlist_id, position, song_id."""
    statement = select(PlaylistEntry.playlist_id, PlaylistEntry.position, PlaylistEntry.song_id)
    return read_frame(
        session,
        statement.order_by(PlaylistEntry.playlist_id, PlaylistEntry.position),
        dict.fromkeys(("playlist_id", "position", "song_id"), "int64"),
    )


def find_playlist(session: Session, ref: str | int) -> int:
    """Return the id of the playlist that goes by this name: `scheme:value`, `songspace:123` or 123.

    Raises
    ------
    NotFoundError
        There is none.
    """
    number, pair = own_id(ref), external_id(str(ref))
    statement = select(Playlist.id)
    found: int | None = None
    if number is not None:
        found = session.execute(statement.where(Playlist.id == number)).scalar()
    elif pair is not None:
        found = session.execute(
            statement.where(Playlist.scheme == pair[0], Playlist.value == pair[1])
        ).scalar()
    if found is None:
        raise NotFoundError("playlist", str(ref))
    return found


def playlist_songs(session: Session, playlist_id: int) -> list[int]:
    """Return the songs of a playlist in order; empty for an empty or unknown one."""
    statement = select(PlaylistEntry.song_id).where(PlaylistEntry.playlist_id == playlist_id)
    return list(session.execute(statement.order_by(PlaylistEntry.position)).scalars())


def playlist_content(session: Session, playlist_id: int) -> PlaylistContent | None:
    """Return a playlist with its songs; None where there is none."""
    playlist = session.get(Playlist, playlist_id, populate_existing=True)
    if playlist is None:
        return None
    return PlaylistContent(
        playlist.scheme,
        playlist.value,
        playlist.name,
        playlist_songs(session, playlist_id),
        playlist.content_sha256,
        playlist.source_key,
        playlist.attributes,
        playlist.user_id,
    )


def delete_playlist(session: Session, playlist_id: int) -> None:
    """Delete a playlist with its entries."""
    session.execute(delete(Playlist).where(Playlist.id == playlist_id))


def stored_playlists(
    session: Session, refs: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, str]]:
    """Return id and content hash of each playlist (scheme, value) that is known."""
    by_scheme: dict[str, dict[str, None]] = {}
    for scheme, value in refs:
        by_scheme.setdefault(scheme, {})[value] = None
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for scheme, values in by_scheme.items():
        statement = select(Playlist.value, Playlist.id, Playlist.content_sha256)
        for chunk in chunks(values):
            where = statement.where(Playlist.scheme == scheme, Playlist.value.in_(chunk))
            for value, number, sha256 in session.execute(where):
                found[scheme, value] = (number, sha256)
    return found


def add_playlists(session: Session, playlists: Sequence[PlaylistContent]) -> list[int]:
    """Store new playlists with their entries and return their ids; their groups are to be worked out."""
    created_at = now()
    rows = [
        {"scheme": playlist.scheme, "value": playlist.value, "user_id": playlist.user_id}
        | _content(playlist)
        | {"created_at": created_at}
        for playlist in playlists
    ]
    ids = insert_returning_ids(session, Playlist, rows)
    _add_entries(session, dict(zip(ids, playlists, strict=True)))
    return ids


def replace_playlists(session: Session, playlists: Mapping[int, PlaylistContent]) -> None:
    """Store other content for known playlists; ids stay, groups are to be worked out again."""
    if not playlists:
        return
    for chunk in chunks(playlists):
        session.execute(delete(PlaylistEntry).where(PlaylistEntry.playlist_id.in_(chunk)))
    rows = [{"id": number} | _content(playlist) for number, playlist in playlists.items()]
    update_rows(session, Playlist, rows)
    _add_entries(session, playlists)


def entry_counts(session: Session, playlist_ids: Iterable[int]) -> dict[int, int]:
    """Return the number of entries of each playlist that has any."""
    counts: dict[int, int] = {}
    column = PlaylistEntry.playlist_id
    for chunk in chunks(own_ids(playlist_ids)):
        rows = session.execute(select(column, func.count()).where(column.in_(chunk)).group_by(column))
        counts.update((number, count) for number, count in rows)
    return counts


def has_ungrouped(session: Session) -> bool:
    """Say whether the group of any playlist has yet to be worked out."""
    statement = select(Playlist.id).where(Playlist.group_key.is_(None)).limit(1)
    return session.execute(statement).first() is not None


def read_group_keys(session: Session) -> dict[int, str | None]:
    """Return the stored group key of every playlist, None where it has yet to be worked out."""
    rows = session.execute(select(Playlist.id, Playlist.group_key))
    return {row.id: row.group_key for row in rows}


def set_group_keys(session: Session, group_keys: Mapping[int, str]) -> None:
    """Store the groups of these playlists."""
    rows = [{"id": number, "group_key": key} for number, key in group_keys.items()]
    update_rows(session, Playlist, rows)


def _content(playlist: PlaylistContent) -> dict[str, Any]:
    return {
        "name": playlist.name,
        "source_key": playlist.source_key,
        "group_key": None,
        "content_sha256": playlist.content_sha256,
        "attributes": dict(playlist.attributes),
    }


def _add_entries(session: Session, playlists: Mapping[int, PlaylistContent]) -> None:
    lists = {number: list(playlist.song_ids) for number, playlist in playlists.items()}
    columns = {
        "playlist_id": [number for number, songs in lists.items() for _ in songs],
        "position": [position for songs in lists.values() for position in range(len(songs))],
        "song_id": [song for songs in lists.values() for song in songs],
    }
    insert_columns(session, PlaylistEntry, columns, are_new=True)
