"""Runs of the nightly job: at most one is open, and each moment of the schedule comes once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select, update
from sqlalchemy.orm import Session

from db.models import Night, UtcDateTime, now
from db.repositories.generation_jobs import OPEN, QUEUED, RUNNING
from db.text import cleaned

SCHEDULE, ASKED = "schedule", "asked"


@dataclass(frozen=True)
class StoredNight:
    """One run; `stage` is the one at work, or the last one, and `reason` says why it failed."""

    number: int
    state: str
    cause: str
    due: datetime | None
    stage: str
    reason: str
    result: Mapping[str, Any] | None
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in OPEN


def add_night(session: Session, cause: str, *, due: datetime | None = None) -> StoredNight | None:
    """Store that a night is to be run; None where one is open, or this moment had its own.

    The transaction has to hold a lock of its own, so that two callers come one after the other.
    """
    if open_night(session) is not None:
        return None
    if due is not None and session.execute(select(Night.id).where(Night.due == due)).first():
        return None
    row = Night(state=QUEUED, cause=cause, due=due, result=None, created_at=now())
    session.add(row)
    session.flush()
    return _night(row)


def open_night(session: Session) -> StoredNight | None:
    """Return the night that has not ended; None where there is none."""
    row = session.execute(select(Night).where(Night.state.in_(OPEN)).order_by(Night.id).limit(1)).scalar()
    return None if row is None else _night(row)


def find_night(session: Session, number: int) -> StoredNight | None:
    """Return a night as it is now; None where there is none."""
    row = session.get(Night, number, populate_existing=True)
    return None if row is None else _night(row)


def nights_before(session: Session, before: int | None, limit: int) -> list[StoredNight]:
    """Return nights, newest first; those before a number where one is given."""
    statement = select(Night).order_by(Night.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Night.id < before)
    return [_night(row) for row in session.execute(statement).scalars()]


def begin_night(session: Session, number: int) -> StoredNight | None:
    """Count one more attempt at an open night, and return it; None where it has ended."""
    changed = session.execute(
        update(Night)
        .where(Night.id == number, Night.state.in_(OPEN))
        .values(
            state=RUNNING,
            attempts=Night.attempts + 1,
            started_at=func.coalesce(Night.started_at, literal(now(), UtcDateTime())),
        )
        .returning(Night.id)
    ).all()
    return find_night(session, number) if changed else None


def set_stage(session: Session, number: int, stage: str) -> bool:
    """Note which stage is at work; returns whether the night is still open."""
    changed = session.execute(
        update(Night).where(Night.id == number, Night.state.in_(OPEN)).values(stage=stage).returning(Night.id)
    )
    return bool(changed.all())


def finish_night(
    session: Session,
    number: int,
    state: str,
    *,
    result: Mapping[str, Any] | None = None,
    reason: str = "",
    attempt: int | None = None,
) -> bool:
    """End an open night; returns whether it was open, and at this attempt where one is named."""
    where = [Night.id == number, Night.state.in_(OPEN)]
    if attempt is not None:
        where.append(Night.attempts == attempt)
    values: dict[str, Any] = {"state": state, "reason": cleaned(reason), "finished_at": now()}
    if result is not None:
        values["result"] = dict(result)
    changed = session.execute(update(Night).where(*where).values(**values).returning(Night.id))
    return bool(changed.all())


def _night(row: Night) -> StoredNight:
    return StoredNight(
        row.id, row.state, row.cause, row.due, row.stage, row.reason, row.result, row.attempts,
        row.created_at, row.started_at, row.finished_at,
    )  # fmt: skip
