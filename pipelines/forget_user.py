"""Everything about one user: handed out whole, and deleted without a trace."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.repositories import listens as listens_repository
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.repositories.own_data import feedback_of, keys_of, playlists_of, profile_of, works_of
from db.repositories.refs import external_id
from db.session import SessionFactory, checkpoint, write_transaction
from pipelines.columns import COMPLETION, LISTENED_AT_S, SONG_ID
from pipelines.erasures import Erasures
from pipelines.ingest import LOCK


def export_user(session_factory: SessionFactory, user: str) -> dict[str, Any]:
    """All that is stored about a user, as JSON can hold it; bytes are base64 of little-endian float32.

    Raises
    ------
    NotFoundError
    """
    with session_factory() as session:
        user_id = users_repository.find_user(session, user)
        ref = users_repository.name_users(session, [user_id])[user_id]
        playlists = playlists_of(session, user_id)
        document = {
            "user": ref,
            "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "listens": _listens(session, user_id),
            "feedback": _named(session, feedback_of(session, user_id)),
            "playlists": [one | {"songs": [_name(session, i) for i in one["songs"]]} for one in playlists],
            "profile": _plain(profile_of(session, user_id)),
            "keys": [_plain(one) for one in keys_of(session, user_id)],
        }
        return document | {kind: [_plain(one) for one in rows] for kind, rows in works_of(session, user_id)}


def forget_user(session_factory: SessionFactory, home: Path, user: str) -> None:
    """Delete a user and everything about them, for good: the same listens bring nobody back.

    Releases hold nothing about single users. On SQLite what is deleted is overwritten, in the log of writes
    too.

    Raises
    ------
    NotFoundError
    """
    with write_transaction(session_factory, lock=LOCK) as session:
        user_id = users_repository.find_user(session, user)
        pair = external_id(users_repository.name_users(session, [user_id])[user_id])
        if pair is None:
            raise NotFoundError("user", user)
        Erasures(home).remember(session, pair)
        users_repository.delete_user(session, user_id)
    checkpoint(session_factory)


def _listens(session: Session, user_id: int) -> list[dict[str, Any]]:
    found = listens_repository.user_listen_columns(session, user_id)
    rows = zip(
        found[SONG_ID].tolist(), found[LISTENED_AT_S].tolist(), found[COMPLETION].tolist(), strict=True
    )
    return _named(
        session,
        [
            {"song_id": song, "listened_at_s": at_s, "completion": None if share != share else share}
            for song, at_s, share in rows
        ],
    )


def _named(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with what their songs are called."""
    described = songs_repository.describe_songs(session, {int(row["song_id"]) for row in rows})
    return [
        {"song": one.shown_ref, "title": one.title, "artist": one.artist}
        | {name: value for name, value in row.items() if name != "song_id"}
        for row in rows
        if (one := described.get(int(row["song_id"]))) is not None
    ]


def _name(session: Session, song_id: int) -> str:
    return songs_repository.describe_songs(session, [song_id])[song_id].shown_ref


def _plain(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A row as JSON can hold it."""

    def plain(value: Any) -> Any:
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        return value.isoformat() if isinstance(value, datetime) else value

    return None if row is None else {name: plain(value) for name, value in row.items()}
