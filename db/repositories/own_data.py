"""All rows about one user, table by table, for handing them out; what has hashes of secrets leaves them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db.models import ApiKey, Feedback, Generation, Playlist, PlaylistEntry, Preference, TasteProfile
from db.repositories.bulk import table_of

Row = dict[str, Any]


def feedback_of(session: Session, user_id: int) -> list[Row]:
    """Return song_id, kind, given_at_s of everything that a user said of songs, by time."""
    columns = (Feedback.song_id, Feedback.kind, Feedback.given_at_s)
    statement = select(*columns).where(Feedback.user_id == user_id)
    return _rows(session, statement.order_by(Feedback.given_at_s, Feedback.song_id))


def playlists_of(session: Session, user_id: int) -> list[Row]:
    """Return playlist, name, created_at and song ids of the playlists that belong to a user."""
    found = []
    statement = select(Playlist).where(Playlist.user_id == user_id).order_by(Playlist.id)
    for one in session.execute(statement).scalars():
        entries = select(PlaylistEntry.song_id).where(PlaylistEntry.playlist_id == one.id)
        songs = list(session.execute(entries.order_by(PlaylistEntry.position)).scalars())
        ref = f"{one.scheme}:{one.value}"
        created = one.created_at.isoformat()
        found.append({"playlist": ref, "name": one.name, "created_at": created, "songs": songs})
    return found


def profile_of(session: Session, user_id: int) -> Row | None:
    """Return the stored taste profile, with decisions; None where there is none."""
    table = table_of(TasteProfile)
    rows = _rows(session, select(table).where(table.c.user_id == user_id))
    return rows[0] if rows else None


def keys_of(session: Session, user_id: int) -> list[Row]:
    """Return number and times of a user's keys."""
    columns = (ApiKey.id, ApiKey.scope, ApiKey.created_at, ApiKey.revoked_at)
    return _rows(session, select(*columns).where(ApiKey.user_id == user_id).order_by(ApiKey.id))


def works_of(session: Session, user_id: int) -> Iterator[tuple[str, list[Row]]]:
    """Yield "generations" and "preferences" with the rows that belong to a user."""
    for kind, model in (("generations", Generation), ("preferences", Preference)):
        table = table_of(model)
        yield kind, _rows(session, select(table).where(table.c.user_id == user_id).order_by(table.c.id))


def _rows(session: Session, statement: Select[*tuple[Any, ...]]) -> list[Row]:
    return [dict(row) for row in session.execute(statement).mappings()]
