"""Users: found by name, listed, made, and deleted with everything about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.models import Listen, User, now
from db.repositories.bulk import chunks, insert_returning_ids
from db.repositories.refs import external_id, own_id
from db.text import MAX_KEY, storable


@dataclass(frozen=True)
class UserSummary:
    """A user in a list; `ref` is `scheme:value`."""

    user_id: int
    ref: str
    name: str
    n_listens: int


# Made once: building a statement takes as long as running it.
_BY_EXTERNAL_ID = select(User.id).where(User.scheme == bindparam("scheme"), User.value == bindparam("value"))


def find_user(session: Session, ref: str | int) -> int:
    """Return the id of the user that goes by this name.

    Tried in this order: our own id (`songspace:123` or 123), an external id (`scheme:value`), and the value
    or the name alone where it means only one user.

    Raises
    ------
    NotFoundError
        There is none, or a bare name means several.
    """
    number, pair = own_id(ref), external_id(str(ref))
    if number is not None and session.execute(select(User.id).where(User.id == number)).first():
        return number
    if pair is not None:
        session.flush()
        own = {"scheme": pair[0], "value": pair[1]}
        found = session.connection().execute(_BY_EXTERNAL_ID, own).scalar()
        if found is not None:
            return int(found)
    text = str(ref).strip()
    if text and len(text) <= MAX_KEY and storable(text):
        for column in (User.value, User.name):
            named = session.execute(select(User.id).where(column == text).limit(2)).scalars().all()
            if len(named) == 1:
                return named[0]
    raise NotFoundError("user", str(ref))


def list_users(session: Session, *, limit: int | None = None) -> list[UserSummary]:
    """Return users by id, with how much they listened."""
    counts = select(Listen.user_id, func.count().label("n")).group_by(Listen.user_id).subquery()
    statement = (
        select(User.id, User.scheme, User.value, User.name, func.coalesce(counts.c.n, 0))
        .outerjoin(counts, counts.c.user_id == User.id)
        .order_by(User.id)
        .limit(limit)
    )
    return [
        UserSummary(number, f"{scheme}:{value}", name, listens)
        for number, scheme, value, name, listens in session.execute(statement)
    ]


def name_users(session: Session, user_ids: Iterable[int]) -> dict[int, str]:
    """Return the external id `scheme:value` of each user that exists."""
    names: dict[int, str] = {}
    for chunk in chunks(dict.fromkeys(map(int, user_ids))):
        rows = session.execute(select(User.id, User.scheme, User.value).where(User.id.in_(chunk)))
        names.update((number, f"{scheme}:{value}") for number, scheme, value in rows)
    return names


def ensure_users(session: Session, refs: Iterable[tuple[str, str]]) -> tuple[dict[tuple[str, str], int], int]:
    """Return the id of each user (scheme, value), making those that are not there, and how many were made."""
    wanted = list(dict.fromkeys(refs))
    known: dict[tuple[str, str], int] = {}
    for scheme in dict.fromkeys(scheme for scheme, _ in wanted):
        statement = select(User.value, User.id).where(User.scheme == scheme)
        for chunk in chunks(value for other, value in wanted if other == scheme):
            for value, number in session.execute(statement.where(User.value.in_(chunk))):
                known[scheme, value] = number
    missing = [pair for pair in wanted if pair not in known]
    created_at = now()
    rows = [
        {"scheme": scheme, "value": value, "name": value, "created_at": created_at}
        for scheme, value in missing
    ]
    made = dict(zip(missing, insert_returning_ids(session, User, rows), strict=True))
    return known | made, len(made)


def delete_user(session: Session, user_id: int) -> None:
    """Delete a user and everything about them: playlists, listens, feedback, profile, keys and works."""
    session.execute(delete(User).where(User.id == user_id))
