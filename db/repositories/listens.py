"""Listens: each play once, however often it comes in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db.models import Listen
from db.repositories.bulk import insert_columns, read_frame

if TYPE_CHECKING:
    import pandas as pd

_DTYPES = {"user_id": "int64", "song_id": "int64", "listened_at_s": "int64", "completion": "float64"}


def read_listens(session: Session) -> pd.DataFrame:
    """Return all listens by user and time: user_id, song_id, listened_at_s, completion (NaN when unknown)."""
    return read_frame(session, _select(), _DTYPES)


def user_listens(session: Session, user_id: int) -> pd.DataFrame:
    """Return one user's listens by time, in the columns of `read_listens`; empty for an unknown user."""
    return read_frame(session, _select().where(Listen.user_id == user_id), _DTYPES)


def count_listens(session: Session) -> int:
    """Return how many listens there are."""
    return session.execute(select(func.count()).select_from(Listen)).scalar_one()


def add_listens(session: Session, rows: Sequence[tuple[int, int, int, float | None]]) -> int:
    """Store listens (user, song, Unix seconds, completion) and return how many of them were new."""
    names = ("user_id", "song_id", "listened_at_s", "completion")
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return insert_columns(session, Listen, dict(zip(names, columns, strict=True)))


def _select() -> Select[*tuple[Any, ...]]:
    # The songs of one second in the order of their ids: any order, but always the same.
    return select(Listen.user_id, Listen.song_id, Listen.listened_at_s, Listen.completion).order_by(
        Listen.user_id, Listen.listened_at_s, Listen.song_id
    )
