"""Who sits before the page: a signed cookie, with a secret that lies in the home folder.

The cookie holds the number of the key that somebody signed in with, never the key, and whom they listen as.
It is of no use without the secret, and a key that is revoked opens nothing from the next request on. Where
nobody is asked for a key (on loopback) it only remembers the listener.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from db.repositories import keys as keys_repository
from service.http.keys import OPEN, Caller, caller_of
from service.http.service import Service

COOKIE = "songspace_session"
SECRET_FILE = "web.secret"
LASTS_S = 30 * 86_400
_SECRET_BYTES = 32
_LONGEST = 2_000


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page: what they may do, and whose taste it is about ("" for nobody's yet)."""

    caller: Caller
    listener: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether everything is allowed."""
        return self.caller.is_admin


@dataclass(frozen=True)
class Sessions:
    """Writes and reads the cookies of one home folder; the secret is made when the first is written."""

    home: Path
    clock: Callable[[], float] = time.time

    def write(self, key_id: int | None, listener: str) -> str:
        """The value of a cookie."""
        told = {"key": key_id, "listener": listener, "at": int(self.clock())}
        body = base64.urlsafe_b64encode(json.dumps(told, separators=(",", ":")).encode()).decode()
        return f"{body}.{self._sign(body)}"

    def read(self, cookie: str | None) -> tuple[int | None, str] | None:
        """Number of the key and listener of a cookie; None for one that is missing, forged or too old."""
        if not cookie or len(cookie) > _LONGEST:
            return None
        body, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(body).encode()):
            return None
        told = json.loads(base64.urlsafe_b64decode(body))
        if self.clock() - told["at"] > LASTS_S:
            return None
        return told["key"], told["listener"]

    def _sign(self, body: str) -> str:
        return hmac.new(self._secret(), body.encode(), hashlib.sha256).hexdigest()

    def _secret(self) -> bytes:
        file = self.home / SECRET_FILE
        try:
            return file.read_bytes()
        except FileNotFoundError:
            return _make_secret(file)


def visitor_of(service: Service, sessions: Sessions, cookies: Mapping[str, str]) -> Visitor | None:
    """Who a request comes from; None for somebody who has to sign in first."""
    found = sessions.read(cookies.get(COOKIE))
    key_id, listener = found or (None, "")
    if service.is_open:
        return Visitor(OPEN, listener)
    if key_id is None:
        return None
    with service.session_factory() as session:
        key = keys_repository.find_key(session, key_id)
    if key is None or key.revoked_at is not None:
        return None
    caller = Caller(key.scope, key.key_id, key.user_id, key.user)
    return Visitor(caller, listener if caller.is_admin else key.user)


def caller_with(service: Service, key: str) -> Caller | None:
    """Who a key belongs to that somebody typed; None for a wrong one."""
    with service.session_factory() as session:
        return caller_of(session, key.strip())


def _make_secret(file: Path) -> bytes:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(secrets.token_bytes(_SECRET_BYTES))
        opened.flush()
        os.fsync(opened.fileno())
    try:
        os.link(temporary, file)  # fails where it is there: of two that make one at once, one wins
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return file.read_bytes()
