"""Generations that the service was asked for: waited for, worked on, and ended once.

A job is open while it is queued or running. It leaves that state by `finish` alone, in one statement that
looks whether it is still open, so whoever comes first decides how it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.orm import Session

from db.models import Generation, UtcDateTime, now
from db.repositories.generations import AUDIO
from db.text import cleaned

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
OPEN = (QUEUED, RUNNING)


@dataclass(frozen=True)
class Job:
    """One request to make audio.

    Attributes
    ----------
    number : int
        Later requests have larger ones.
    token : str
        Its name outside.
    state : str
        "queued", "running", "done", "failed" or "cancelled".
    parameters, result : mappings
        What was asked, and what came of it; None until something has.
    reason : str
        Why it failed; "" otherwise.
    user_id : int or None
        Whose it is.
    attempts : int
        How often it was begun.
    """

    number: int
    token: str
    state: str
    prompt: str
    parameters: Mapping[str, Any]
    result: Mapping[str, Any] | None
    reason: str
    user_id: int | None
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in OPEN


def add_job(
    session: Session, token: str, prompt: str, parameters: Mapping[str, Any], *, user_id: int | None
) -> Job:
    """Store a request, to be worked on."""
    row = Generation(
        kind=AUDIO, state=QUEUED, prompt=cleaned(prompt), parameters=dict(parameters), result=None,
        user_id=user_id, created_at=now(), token=token,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return _job(row)


def find_job(session: Session, token: str) -> Job | None:
    """Return a job as it is now; None where there is none."""
    row = session.execute(
        select(Generation).where(Generation.token == token).execution_options(populate_existing=True)
    ).scalar()
    return None if row is None else _job(row)


def jobs_before(session: Session, before: int | None, limit: int, *, user_id: int | None = None) -> list[Job]:
    """Return jobs, newest first, of everybody or of one user; those before a number where one is given."""
    statement = select(Generation).where(Generation.token.is_not(None)).order_by(Generation.id.desc())
    if before is not None:
        statement = statement.where(Generation.id < before)
    if user_id is not None:
        statement = statement.where(Generation.user_id == user_id)
    return [_job(row) for row in session.execute(statement.limit(limit)).scalars()]


def open_jobs(session: Session) -> list[Job]:
    """Return the jobs that have not ended, oldest first."""
    where = (Generation.token.is_not(None), Generation.state.in_(OPEN))
    return [
        _job(row)
        for row in session.execute(select(Generation).where(*where).order_by(Generation.id)).scalars()
    ]


def count_waiting(session: Session, user_id: int | None) -> int:
    """Count the open jobs of one user; those of nobody, where it is None."""
    whose = Generation.user_id.is_(None) if user_id is None else Generation.user_id == user_id
    where = (Generation.token.is_not(None), Generation.state.in_(OPEN), whose)
    return int(session.execute(select(func.count()).where(*where)).scalar_one())


def count_before(session: Session, number: int) -> int:
    """Count the open jobs before a number, of everybody."""
    where = (Generation.token.is_not(None), Generation.state.in_(OPEN), Generation.id < number)
    return int(session.execute(select(func.count()).where(*where)).scalar_one())


def begin_job(session: Session, token: str) -> Job | None:
    """Count one more attempt at an open job, and return it; None where it has ended, or is not there."""
    changed = session.execute(
        update(Generation)
        .where(Generation.token == token, Generation.state.in_(OPEN))
        .values(
            state=RUNNING,
            attempts=Generation.attempts + 1,
            started_at=func.coalesce(Generation.started_at, literal(now(), UtcDateTime())),
        )
        .returning(Generation.id)
    ).all()
    return find_job(session, token) if changed else None


def finish_job(
    session: Session,
    token: str,
    state: str,
    *,
    result: Mapping[str, Any] | None = None,
    reason: str = "",
    attempt: int | None = None,
) -> bool:
    """End an open job; returns whether it was open, and at this attempt where one is named."""
    where = [Generation.token == token, Generation.state.in_(OPEN)]
    if attempt is not None:
        where.append(Generation.attempts == attempt)
    values: dict[str, Any] = {"state": state, "reason": cleaned(reason), "finished_at": now()}
    if result is not None:
        values["result"] = dict(result)
    changed = session.execute(update(Generation).where(*where).values(**values).returning(Generation.id))
    return bool(changed.all())


def set_job_result(session: Session, token: str, result: Mapping[str, Any]) -> None:
    """Store what came of a job, changed."""
    session.execute(update(Generation).where(Generation.token == token).values(result=dict(result)))


def delete_job(session: Session, token: str) -> bool:
    """Delete a job; returns whether it was there."""
    found = session.execute(delete(Generation).where(Generation.token == token).returning(Generation.id))
    return bool(found.all())


def job_tokens(session: Session, *, user_id: int | None = None) -> set[str]:
    """Return the names of all jobs, or of one user's."""
    statement = select(Generation.token).where(Generation.token.is_not(None))
    if user_id is not None:
        statement = statement.where(Generation.user_id == user_id)
    return {token for token in session.execute(statement).scalars() if token is not None}


def ended_jobs(session: Session) -> dict[str, str | None]:
    """Return the name of every job that has ended, with the folder of its files; None where it has none."""
    folder = Generation.result["folder"].as_string()
    where = (Generation.token.is_not(None), Generation.state.not_in(OPEN))
    rows = session.execute(select(Generation.token, folder).where(*where))
    return {token: found for token, found in rows if token is not None}


def _job(row: Generation) -> Job:
    assert row.token is not None
    return Job(
        row.id, row.token, row.state, row.prompt, row.parameters, row.result, row.reason, row.user_id,
        row.attempts, row.created_at, row.started_at, row.finished_at,
    )  # fmt: skip
