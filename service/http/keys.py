"""Keys: how they look, how they are kept, and what their bearer may do.

A key is `songspace_<number>_<secret>`, the secret 32 random bytes. The database keeps its SHA-256: of a
secret that nobody can guess a slow hash would protect nothing more, and this one is computed at every
request.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.repositories import keys as repository
from db.repositories import users as users_repository
from db.repositories.keys import StoredKey
from db.repositories.refs import own_id
from db.session import SessionFactory, write_transaction

ADMIN, USER = "admin", "user"
_KEY = re.compile(r"songspace_([1-9][0-9]{0,9})_([A-Za-z0-9_-]{43})\Z")
# Compared with where there is no such key, so that finding none takes as long.
_NO_HASH = "0" * 64


class NoKeysError(Exception):
    """The service is to be reached from elsewhere, but nobody has a key to it."""


@dataclass(frozen=True)
class Caller:
    """Who calls: an administrator, or one user. `key_id` is None where no key was asked for."""

    scope: str
    key_id: int | None = None
    user_id: int | None = None
    user: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether everything is allowed."""
        return self.scope == ADMIN

    def is_user(self, ref: str) -> bool:
        """Whether a name is the caller's own: the whole external id, or our number."""
        number = own_id(ref)
        if number is not None:
            return number == self.user_id
        return self.user != "" and hmac.compare_digest(ref.strip().encode(), self.user.encode())


OPEN = Caller(ADMIN)
"""Whoever calls where no keys are asked for: on loopback."""


@dataclass(frozen=True)
class NewKey:
    """A key that was just made: the only time that it can be read."""

    key: str
    stored: StoredKey


def create_key(factory: SessionFactory, scope: str, user: str | None = None) -> NewKey:
    """Make a key for a user, or for administrators.

    Raises
    ------
    NotFoundError
        There is no such user.
    ValueError
        A scope that is not known; a user's key without user, or an administrator's with one.
    """
    secret = secrets.token_urlsafe(32)
    with write_transaction(factory) as session:
        user_id = None if user is None else users_repository.find_user(session, user)
        number = repository.add_key(session, _hash(secret), scope, user_id)
        stored = repository.find_key(session, number)
    assert stored is not None
    return NewKey(f"songspace_{number}_{secret}", stored)


def list_keys(factory: SessionFactory) -> list[StoredKey]:
    """Return all keys, oldest first."""
    with factory() as session:
        return repository.list_keys(session)


def revoke_key(factory: SessionFactory, key_id: int) -> StoredKey:
    """Revoke a key; from the next request on it opens nothing.

    Raises
    ------
    NotFoundError
    """
    with write_transaction(factory) as session:
        return repository.revoke_key(session, key_id)


def require_keys(factory: SessionFactory) -> None:
    """Refuse to open a door that nobody can close.

    Raises
    ------
    NoKeysError
    """
    with factory() as session:
        n_active = repository.count_active(session)
    if not n_active:
        raise NoKeysError(
            "off loopback the service asks for keys, and there are none: `songspace keys create --admin`"
        )


def caller_of(session: Session, given: str) -> Caller | None:
    """Who a key belongs to; None for one that is wrong or revoked."""
    found = _KEY.match(given)
    stored = repository.find_key(session, int(found[1])) if found else None
    expected = stored.key_hash if stored is not None else _NO_HASH
    is_right = hmac.compare_digest(_hash(found[2] if found else ""), expected)
    if stored is None or not is_right or stored.revoked_at is not None:
        return None
    return Caller(stored.scope, stored.key_id, stored.user_id, stored.user)


def key_number(text: str) -> int:
    """The number of a key, as a person gives it: "3", or a whole key.

    Raises
    ------
    NotFoundError
    """
    found = _KEY.match(text.strip())
    digits = found[1] if found else text.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 10:
        raise NotFoundError("key", "that was given")
    return int(digits)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
