"""Who calls: by an API key, by a key or a player's password as password, or by the token made of the latter.

Where nobody is asked for a key (on loopback) a user's name is enough, with any password: whoever could ask
could as well ask as that user.
"""

from __future__ import annotations

import binascii
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from db.errors import NotFoundError
from db.repositories.player_passwords import SaltedKey
from db.repositories.users import find_user, name_users
from pipelines.player_passwords import key_with_password, key_with_token
from service.http.keys import OPEN, USER, Caller, caller_of
from service.http.limits import retry_after
from service.http.service import Service, is_loopback
from service.subsonic.errors import (
    FORBIDDEN,
    GENERIC,
    TOO_MANY_WAYS,
    WRONG_KEY,
    WRONG_USER,
    Failed,
    missing,
)
from service.subsonic.given import Given

# As at the door of the API: so many wrong tries a second from an address.
_STRANGERS_A_SECOND = 10.0
_ADMIN_TIMES = 10.0
_LONGEST = 1_000
_WRONG = "wrong user name or password (with tokens it is a player's password: docs/doors.md)"


def caller_at(service: Service, scope: Scope, given: Given) -> Caller:
    """Find out who calls, and count the call.

    Raises
    ------
    Failed
        Wrong, missing or contradicting credentials; too many calls.
    """
    if service.is_open:
        keep_other_sites_out(service, scope)
    caller = _caller(service, given)
    if isinstance(caller, Failed):
        _take(service, f"stranger:{_address(scope)}", _STRANGERS_A_SECOND)
        raise caller
    if caller.key_id is not None:
        times = _ADMIN_TIMES if caller.is_admin else 1.0
        _take(service, f"key:{caller.key_id}", times * service.settings.rate_limit)
    return caller


def count_stranger(service: Service, scope: Scope) -> None:
    """Count a call that needs no key.

    Raises
    ------
    Failed
    """
    if service.is_open:
        keep_other_sites_out(service, scope)
    _take(service, f"open:{_address(scope)}", service.settings.rate_limit)


def keep_other_sites_out(service: Service, scope: Scope) -> None:
    """Refuse what a page of another site makes a browser on this machine ask: here a GET changes things.

    Raises
    ------
    Failed
    """
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        name = ""
    origin = headers.get("origin")
    allowed = {one.strip() for one in service.settings.cors_origins.split(",")}
    foreign = origin is not None and origin not in allowed and origin.partition("://")[2] != host
    foreign |= origin is None and headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    if foreign or not is_loopback(name):
        raise Failed(FORBIDDEN, "without keys this service answers to localhost alone", status=403)


def _caller(service: Service, given: Given) -> Caller | Failed:
    key, user = given.text("apiKey"), given.text("u")
    password, token, salt = given.text("p"), given.text("t"), given.text("s")
    if key is not None:
        if user is not None or password is not None or token is not None:
            return Failed(TOO_MANY_WAYS, "an API key comes without user, password and token")
        with service.session_factory() as session:
            return caller_of(session, key) or Failed(WRONG_KEY, "invalid API key")
    if user is None:
        return OPEN if service.is_open else missing("apiKey, or u with t and s")
    if len(user) > _LONGEST:
        return Failed(WRONG_USER, _WRONG)
    if service.is_open:
        return _anybody(service, user)
    if password is not None:
        return _with_password(service, user, _plain(password))
    if token is None or salt is None:
        return missing("t and s, or p")
    with service.session_factory() as session:
        found = key_with_token(session, service.settings.home, user, token, salt)
    return _of(found) if found is not None else Failed(WRONG_USER, _WRONG)


def _with_password(service: Service, user: str, password: str) -> Caller | Failed:
    with service.session_factory() as session:
        caller = caller_of(session, password)
        if caller is not None and caller.user_id is not None:
            try:
                if find_user(session, user) == caller.user_id:
                    return caller
            except NotFoundError:
                pass
        found = key_with_password(session, service.settings.home, user, password)
    return _of(found) if found is not None else Failed(WRONG_USER, _WRONG)


def _anybody(service: Service, user: str) -> Caller | Failed:
    try:
        with service.session_factory() as session:
            user_id = find_user(session, user)
            return Caller(USER, None, user_id, name_users(session, [user_id])[user_id])
    except NotFoundError:
        return Failed(WRONG_USER, "there is no such user (`songspace users` lists them)")


def _of(key: SaltedKey) -> Caller:
    return Caller(key.scope, key.key_id, key.user_id, key.user)


def _plain(password: str) -> str:
    """A password, which may come as hexadecimal digits."""
    if not password.startswith("enc:"):
        return password
    try:
        return binascii.unhexlify(password.removeprefix("enc:")).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return password


def _take(service: Service, name: str, per_second: float) -> None:
    wait_s = service.buckets.take(name, per_second)
    if wait_s:
        headers = {"Retry-After": retry_after(wait_s)}
        raise Failed(GENERIC, "too many requests", status=429, headers=headers)


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""
