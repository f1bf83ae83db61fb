"""A user's listens by time, as those ask who page through them by time alone."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Listen


def listens_between(
    session: Session, user_id: int, limit: int, *, before_s: int | None = None, after_s: int | None = None
) -> list[tuple[int, int]]:
    """Return (Unix seconds, song id) of a user's listens, newest first.

    Those nearest to `after_s` where it is given, else the newest ones before `before_s`; listens of just that
    second are left out.
    """
    statement = select(Listen.listened_at_s, Listen.song_id).where(Listen.user_id == user_id)
    if before_s is not None:
        statement = statement.where(Listen.listened_at_s < before_s)
    if after_s is not None:
        statement = statement.where(Listen.listened_at_s > after_s)
        ordered = statement.order_by(Listen.listened_at_s, Listen.song_id)
    else:
        ordered = statement.order_by(Listen.listened_at_s.desc(), Listen.song_id.desc())
    rows = [(at_s, song) for at_s, song in session.execute(ordered.limit(limit))]
    return rows[::-1] if after_s is not None else rows


def listens_in_all(session: Session, user_id: int) -> tuple[int, int, int]:
    """Return how many listens a user has, and the times of the first and the last; 0 without any."""
    of_time = (func.min(Listen.listened_at_s), func.max(Listen.listened_at_s))
    statement = select(func.count(), *of_time).where(Listen.user_id == user_id)
    count, oldest_s, latest_s = session.execute(statement).one()
    return count, oldest_s or 0, latest_s or 0
