"""Keys to the service: made once and shown once, kept as hashes, found by their number, revoked for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.models import ApiKey, User, now
from db.repositories.bulk import MAX_ID

SCOPES = ("user", "admin")


@dataclass(frozen=True)
class StoredKey:
    """One key; `user` is the external id of whom it belongs to, "" and None for an administrator's."""

    key_id: int
    key_hash: str
    scope: str
    user_id: int | None
    user: str
    created_at: datetime
    revoked_at: datetime | None


def add_key(session: Session, key_hash: str, scope: str, user_id: int | None) -> int:
    """Store a new key and return its number.

    Raises
    ------
    ValueError
        A scope that is not known; a user's key without user, or an administrator's with one.
    """
    if scope not in SCOPES:
        raise ValueError(f"scope is one of {', '.join(SCOPES)}, got {scope!r}")
    if (scope == "user") != (user_id is not None):
        raise ValueError("a key of scope user belongs to a user, one of scope admin to none")
    key = ApiKey(key_hash=key_hash, scope=scope, user_id=user_id)
    session.add(key)
    session.flush()
    return key.id


def find_key(session: Session, key_id: int) -> StoredKey | None:
    """Return the key of this number, revoked or not; None where there is none."""
    if not 0 < key_id <= MAX_ID:
        return None
    row = session.execute(_keys().where(ApiKey.id == key_id)).first()
    return None if row is None else _stored(*row)


def list_keys(session: Session) -> list[StoredKey]:
    """Return all keys, oldest first."""
    return [_stored(*row) for row in session.execute(_keys().order_by(ApiKey.id))]


def count_active(session: Session) -> int:
    """Return how many keys were not revoked."""
    statement = select(func.count()).select_from(ApiKey).where(ApiKey.revoked_at.is_(None))
    return session.execute(statement).scalar_one()


def revoke_key(session: Session, key_id: int) -> StoredKey:
    """Revoke a key; one that was revoked before stays as it is.

    Raises
    ------
    NotFoundError
    """
    if find_key(session, key_id) is None:
        raise NotFoundError("key", str(key_id))
    where = (ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
    session.execute(update(ApiKey).where(*where).values(revoked_at=now()))
    found = find_key(session, key_id)
    assert found is not None
    return found


def _keys() -> Select[ApiKey, str | None, str | None]:
    return select(ApiKey, User.scheme, User.value).outerjoin(User, User.id == ApiKey.user_id)


def _stored(key: ApiKey, scheme: str | None, value: str | None) -> StoredKey:
    user = "" if scheme is None else f"{scheme}:{value}"
    return StoredKey(key.id, key.key_hash, key.scope, key.user_id, user, key.created_at, key.revoked_at)
