"""Which sources were read whole: remembered with the last rows that came of them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import ReadSource, now
from db.repositories.bulk import chunks, insert_rows


def read_marks(session: Session) -> dict[str, str]:
    """Return the mark of each source by its place."""
    rows = session.execute(select(ReadSource.place_sha256, ReadSource.mark_sha256))
    return {row.place_sha256: row.mark_sha256 for row in rows}


def remember_sources(session: Session, marks: Mapping[str, str]) -> None:
    """Note that these were read, in the place of what was noted of them before."""
    if not marks:
        return
    for chunk in chunks(marks):
        session.execute(delete(ReadSource).where(ReadSource.place_sha256.in_(chunk)))
    read_at = now()
    rows = [{"place_sha256": place, "mark_sha256": mark, "read_at": read_at} for place, mark in marks.items()]
    insert_rows(session, ReadSource, rows)
