"""Listens: each play once, however often it comes in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Select, bindparam, delete, func, select, tuple_
from sqlalchemy.orm import Session

from db.models import Listen
from db.repositories import listen_months
from db.repositories.bulk import chunks, insert_columns, read_columns, read_frame

if TYPE_CHECKING:
    import pandas as pd

_DTYPES = {"user_id": "int64", "song_id": "int64", "listened_at_s": "int64", "completion": "float64"}
# Keys of three parts in one question: SQLite takes 32,766 variables.
_KEYS_AT_ONCE = 5_000


def read_listens(session: Session) -> pd.DataFrame:
    """Return all listens by user and time: user_id, song_id, listened_at_s, completion (NaN when unknown)."""
    return read_frame(session, _select(), _DTYPES)


def listen_columns(session: Session) -> dict[str, np.ndarray]:
    """Return `read_listens` as arrays by column."""
    return read_columns(session, _select(), _DTYPES)


def user_listens(session: Session, user_id: int) -> pd.DataFrame:
    """Return one user's listens by time, in the columns of `read_listens`; empty for an unknown user."""
    return read_frame(session, _select().where(Listen.user_id == user_id), _DTYPES)


def user_listen_columns(session: Session, user_id: int) -> dict[str, np.ndarray]:
    """Return `user_listens` as arrays by column: made in a tenth of the time of a frame."""
    return read_columns(session, _OF_USER.params(user_id=user_id), _DTYPES)


def count_listens(session: Session) -> int:
    """Return how many listens there are."""
    return session.execute(select(func.count()).select_from(Listen)).scalar_one()


def count_by_user(session: Session) -> dict[int, int]:
    """Return how many listens each user has who has any."""
    statement = select(Listen.user_id, func.count().label("n")).group_by(Listen.user_id)
    return {row.user_id: int(row.n) for row in session.execute(statement)}


def new_listens(
    session: Session, rows: Iterable[tuple[int, int, int, float | None]]
) -> list[tuple[int, int, int, float | None]]:
    """Return those of these listens that are not stored yet, each once, found by their keys alone."""
    wanted = {row[:3]: row for row in rows}
    stored: set[tuple[int, int, int]] = set()
    for chunk in chunks(wanted, _KEYS_AT_ONCE):
        key = tuple_(Listen.user_id, Listen.song_id, Listen.listened_at_s)
        statement = select(Listen.user_id, Listen.song_id, Listen.listened_at_s).where(key.in_(chunk))
        stored.update((user, song, at) for user, song, at in session.execute(statement))
    return [row for key, row in wanted.items() if key not in stored]


def add_listens(session: Session, rows: Sequence[tuple[int, int, int, float | None]]) -> int:
    """Store listens (user, song, Unix seconds, completion) and return how many of them were new."""
    names = ("user_id", "song_id", "listened_at_s", "completion")
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    if len(rows) >= listen_months.WORTH_IT:
        listen_months.make_room(session.connection(), columns[2])
    return insert_columns(session, Listen, dict(zip(names, columns, strict=True)))


def delete_listen(session: Session, user_id: int, song_id: int, listened_at_s: int) -> bool:
    """Delete one listen, and return whether it was there."""
    key = (Listen.user_id == user_id, Listen.song_id == song_id, Listen.listened_at_s == listened_at_s)
    found = session.execute(delete(Listen).where(*key).returning(Listen.user_id)).first()
    return found is not None


def _select() -> Select[*tuple[Any, ...]]:
    # The songs of one second in the order of their ids: any order, but always the same.
    return select(Listen.user_id, Listen.song_id, Listen.listened_at_s, Listen.completion).order_by(
        Listen.user_id, Listen.listened_at_s, Listen.song_id
    )


# Made once: building a statement takes as long as running it.
_OF_USER = _select().where(Listen.user_id == bindparam("user_id"))
