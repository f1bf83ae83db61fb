"""Who asked to be forgotten, so that old files do not bring them back.

A deleted user is remembered as the HMAC-SHA256 of the external id under a key that lies in the home folder,
not in the database: who has the one without the other cannot tell whether somebody was here.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy.orm import Session

from db.repositories import erasures as repository

KEY_FILE = "erasures.key"
_KEY_BYTES = 32

Pair = tuple[str, str]  # scheme, value


class Erasures:
    """The deleted users of one home folder; the key is made when the first is deleted."""

    def __init__(self, home: Path) -> None:
        self._file = home / KEY_FILE

    def hash_of(self, pair: Pair) -> str:
        """The keyed hash of an external id, 64 hexadecimal digits; makes the key where there is none."""
        return _hash(self._key() or self._make_key(), pair)

    def remember(self, session: Session, pair: Pair) -> None:
        """Keep a user from coming back."""
        repository.add_erasure(session, self.hash_of(pair))

    def among(self, session: Session, pairs: Iterable[Pair]) -> set[Pair]:
        """Those of these users who were deleted."""
        key = self._key()
        if key is None:
            return set()
        pair_of = {_hash(key, pair): pair for pair in pairs}
        return {pair_of[found] for found in repository.erased_among(session, pair_of)}

    def _key(self) -> bytes | None:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            return None

    def _make_key(self) -> bytes:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_name(f".{KEY_FILE}.{secrets.token_hex(8)}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link fails where the key is there: of two that make one at once, one wins.
            os.link(temporary, self._file)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        return self._file.read_bytes()


def _hash(key: bytes, pair: Pair) -> str:
    return hmac.new(key, "\x1f".join(pair).encode("utf-8", "replace"), hashlib.sha256).hexdigest()
