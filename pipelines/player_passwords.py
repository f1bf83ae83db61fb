"""Passwords for music players of the Subsonic kind, which cannot send a key.

Such players send the MD5 of a password and a salt of their own, so that whoever checks it needs the password
itself. So a key has a password only when somebody asks for one. It is kept nowhere: it is computed from a
random salt in the database and the secret key of the home folder (pipelines/erasures.py), and who has the one
without the other cannot tell it. Revoking the key revokes the password; a new one replaces the old.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.repositories import keys as keys_repository
from db.repositories import player_passwords as repository
from db.repositories import users as users_repository
from db.repositories.player_passwords import SaltedKey
from db.session import SessionFactory, write_transaction
from pipelines.erasures import Erasures

# Hexadecimal digits: 128 bits, which players let people type and paste without trouble.
_LENGTH = 32
# Tells these hashes from those of users: no external id has such a scheme.
_PURPOSE = "\x1eplayer"
# Compared with where there is no such password, so that finding none takes as long.
_NOBODY = SaltedKey(0, "user", 0, "", "")


class NoPlayerPasswordError(ValueError):
    """A key that can have no password: it is revoked, or an administrator's."""


@dataclass(frozen=True)
class PlayerPassword:
    """What to type into a player."""

    key_id: int
    user: str
    password: str


def give_password(session_factory: SessionFactory, home: Path, key_id: int) -> PlayerPassword:
    """Give a user's key a new password, in the place of the one that it may have.

    Raises
    ------
    NotFoundError
        There is no such key.
    NoPlayerPasswordError
    """
    salt = secrets.token_hex(_LENGTH)
    with write_transaction(session_factory) as session:
        key = keys_repository.find_key(session, key_id)
        if key is None:
            raise NotFoundError("key", str(key_id))
        if key.user_id is None or key.revoked_at is not None:
            what = "is revoked" if key.revoked_at is not None else "is an administrator's"
            raise NoPlayerPasswordError(f"key {key_id} {what}: players need a user's key that is in force")
        repository.set_salt(session, key_id, salt)
    return PlayerPassword(key_id, key.user, _password(home, salt))


def drop_password(session_factory: SessionFactory, key_id: int) -> bool:
    """Take its password from a key, which stays; return whether it had one."""
    with write_transaction(session_factory) as session:
        return repository.drop_salt(session, key_id)


def key_with_password(session: Session, home: Path, user: str, password: str) -> SaltedKey | None:
    """The key of a user whose password this is; None where it is nobody's."""
    return _matching(session, home, user, lambda own: own, password)


def key_with_token(session: Session, home: Path, user: str, token: str, salt: str) -> SaltedKey | None:
    """The key of a user of whose password, with the player's salt behind it, this is the MD5; None where it
    is nobody's.
    """

    def hashed(own: str) -> str:
        return hashlib.md5((own + salt).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()

    return _matching(session, home, user, hashed, token.strip().lower())


def _matching(
    session: Session, home: Path, user: str, shown: Callable[[str], str], given: str
) -> SaltedKey | None:
    try:
        found = repository.salted_keys_of(session, users_repository.find_user(session, user))
    except NotFoundError:
        found = []
    matching = None
    for key in found or [_NOBODY]:
        expected = shown(_password(home, key.salt)).encode()
        if hmac.compare_digest(expected, given.encode("utf-8", "replace")) and key is not _NOBODY:
            matching = key
    return matching


def _password(home: Path, salt: str) -> str:
    return Erasures(home).hash_of((_PURPOSE, salt))[:_LENGTH]
