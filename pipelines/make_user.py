"""A user who is made on purpose, not by listening."""

from __future__ import annotations

from pathlib import Path

from db.repositories import users as users_repository
from db.repositories.refs import OWN_SCHEME, external_id, own_id
from db.session import SessionFactory, write_transaction
from pipelines.erasures import Erasures
from pipelines.ingest import LOCK


class UserTakenError(Exception):
    """There is such a user already, or there was one, who asked to be forgotten."""


def make_user(session_factory: SessionFactory, home: Path, ref: str) -> str:
    """Make a user of an external id, `scheme:value`, and return it.

    Raises
    ------
    UserTakenError
    ValueError
        Not an external id.
    """
    pair = external_id(ref)
    if pair is None or own_id(ref) is not None or pair[0] == OWN_SCHEME:
        raise ValueError("not an external id, scheme:value")
    with write_transaction(session_factory, lock=LOCK) as session:
        if Erasures(home).among(session, [pair]):
            raise UserTakenError("a user of this id asked to be forgotten; take another id")
        _, n_made = users_repository.ensure_users(session, [pair])
        if not n_made:
            raise UserTakenError("there is a user of this id")
    return ":".join(pair)
