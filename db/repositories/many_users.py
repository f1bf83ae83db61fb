"""What a block of users listened to and said, in one statement each: for answers to everybody."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from db.models import Feedback, Listen
from db.repositories.bulk import chunks, own_ids, read_columns

_DTYPES = {"user_id": "int64", "song_id": "int64", "listened_at_s": "int64", "completion": "float64"}
_LISTENS = (
    select(Listen.user_id, Listen.song_id, Listen.listened_at_s, Listen.completion)
    .where(Listen.user_id.in_(bindparam("user_ids", expanding=True)))
    .order_by(Listen.user_id, Listen.listened_at_s, Listen.song_id)
)
_FEEDBACK = select(Feedback.user_id, Feedback.song_id, Feedback.kind).where(
    Feedback.user_id.in_(bindparam("user_ids", expanding=True))
)


def listens_by_user(session: Session, user_ids: Iterable[int]) -> dict[int, dict[str, np.ndarray]]:
    """Return `user_listen_columns` of each of these users; empty columns for who has no listens."""
    found: dict[int, dict[str, np.ndarray]] = {}
    for chunk in chunks(own_ids(user_ids)):
        columns = read_columns(session, _LISTENS.params(user_ids=chunk), _DTYPES)
        starts, ends = (np.searchsorted(columns["user_id"], chunk, side=side) for side in ("left", "right"))
        for user, start, end in zip(chunk, starts.tolist(), ends.tolist(), strict=True):
            found[user] = {name: values[start:end] for name, values in columns.items()}
    return found


def feedback_by_user(session: Session, user_ids: Iterable[int]) -> dict[int, dict[int, set[str]]]:
    """Return `user_feedback` of each of these users."""
    session.flush()
    found: dict[int, dict[int, set[str]]] = {}
    for chunk in chunks(own_ids(user_ids)):
        found.update({user: {} for user in chunk})
        for user, song, kind in session.connection().execute(_FEEDBACK, {"user_ids": chunk}):
            found[user].setdefault(song, set()).add(kind)
    return found
