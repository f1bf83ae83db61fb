"""Users who were deleted, as keyed hashes: enough to know them again, not enough to know who they were."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Erasure
from db.repositories.bulk import chunks


def add_erasure(session: Session, user_hash: str) -> None:
    """Remember that a user was deleted; once is enough."""
    if not erased_among(session, [user_hash]):
        session.add(Erasure(user_hash=user_hash))
        session.flush()


def count_erasures(session: Session) -> int:
    """Return how many users were deleted so far."""
    return session.execute(select(func.count()).select_from(Erasure)).scalar_one()


def erased_among(session: Session, hashes: Iterable[str]) -> set[str]:
    """Return those of these hashes whose users were deleted."""
    found: set[str] = set()
    for chunk in chunks(dict.fromkeys(hashes)):
        statement = select(Erasure.user_hash).where(Erasure.user_hash.in_(chunk))
        found.update(session.execute(statement).scalars())
    return found
