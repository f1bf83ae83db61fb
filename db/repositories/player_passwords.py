"""Passwords of keys for music players: which keys have one, and the salt that it is made from."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import ApiKey, PlayerPassword, User


@dataclass(frozen=True)
class SaltedKey:
    """A key that is in force and has a password; `user` is the external id of whom it belongs to."""

    key_id: int
    scope: str
    user_id: int
    user: str
    salt: str


def set_salt(session: Session, key_id: int, salt: str) -> None:
    """Give a key a password made from this salt, in the place of the one that it had."""
    drop_salt(session, key_id)
    session.add(PlayerPassword(api_key_id=key_id, salt=salt))
    session.flush()


def drop_salt(session: Session, key_id: int) -> bool:
    """Take its password from a key; return whether it had one."""
    where = PlayerPassword.api_key_id == key_id
    had = session.execute(select(PlayerPassword.api_key_id).where(where)).first() is not None
    session.execute(delete(PlayerPassword).where(where))
    return had


def salted_keys_of(session: Session, user_id: int) -> list[SaltedKey]:
    """Return a user's keys that have a password and were not revoked, oldest first."""
    statement = (
        select(ApiKey.id, ApiKey.scope, User.id, User.scheme, User.value, PlayerPassword.salt)
        .join(PlayerPassword, PlayerPassword.api_key_id == ApiKey.id)
        .join(User, User.id == ApiKey.user_id)
        .where(User.id == user_id, ApiKey.revoked_at.is_(None))
        .order_by(ApiKey.id)
    )
    return [
        SaltedKey(key_id, scope, owner, f"{scheme}:{value}", salt)
        for key_id, scope, owner, scheme, value, salt in session.execute(statement)
    ]
