"""Likes, dislikes and blocks. A like and a dislike exclude each other: the newer one stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, tuple_
from sqlalchemy.orm import Session

from db.models import Feedback
from db.repositories.bulk import chunks, insert_rows, read_frame

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("like", "dislike", "block")

Given = tuple[int, int, str, int]  # user, song, kind, Unix seconds

_DTYPES = {"user_id": "int64", "song_id": "int64", "kind": "str", "given_at_s": "int64"}
_COLUMNS = (Feedback.user_id, Feedback.song_id, Feedback.kind, Feedback.given_at_s)

# Made once: building a statement takes as long as running it.
_OF_USER = select(Feedback.song_id, Feedback.kind).where(Feedback.user_id == bindparam("user_id"))


def read_feedback(session: Session) -> pd.DataFrame:
    """Return all feedback: user_id, song_id, kind, given_at_s, by user, song and kind."""
    return read_frame(session, select(*_COLUMNS).order_by(*_COLUMNS), _DTYPES)


def user_feedback(session: Session, user_id: int) -> dict[int, set[str]]:
    """Return what a user said of songs: the kinds for each song."""
    said: dict[int, set[str]] = {}
    session.flush()
    for song_id, kind in session.connection().execute(_OF_USER, {"user_id": user_id}):
        said.setdefault(song_id, set()).add(kind)
    return said


def set_feedback(session: Session, user_id: int, song_id: int, *, kind: str, given_at_s: int) -> bool:
    """Remember what a user just said of a song; within one second the last word counts.

    Returns whether anything changed: an older word than the one that is known changes nothing.

    Raises
    ------
    ValueError
        A kind other than like, dislike and block.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    known = _known(session, [(user_id, song_id)])
    slot = _slot((user_id, song_id, kind, given_at_s))
    before = known.get(slot)
    if before is not None and (before[3] > given_at_s or before[2:] == (kind, given_at_s)):
        return False
    _replace(session, [(user_id, song_id, kind, given_at_s)], known)
    return True


def remove_feedback(session: Session, user_id: int, song_id: int, *, kind: str) -> bool:
    """Take back a like, dislike or block; return whether there was one."""
    where = (Feedback.user_id == user_id, Feedback.song_id == song_id, Feedback.kind == kind)
    if session.execute(select(Feedback.kind).where(*where)).first() is None:
        return False
    session.execute(delete(Feedback).where(*where))
    return True


def add_feedback(session: Session, given: Sequence[Given]) -> tuple[int, int]:
    """Store many words of many users, in any order and as often as they come.

    The newest counts; of a like and a dislike in the same second the dislike, whichever comes first, so
    that the same rows always end the same.

    Returns
    -------
    added, changed : int
        Opinions and blocks that were not known, and those that became newer or turned.
    """
    newest: dict[tuple[int, int, bool], Given] = {}
    for row in given:
        slot = _slot(row)
        if slot not in newest or _weight(row) > _weight(newest[slot]):
            newest[slot] = row
    known = _known(session, {(user, song) for user, song, _ in newest})
    fresh = [row for slot, row in newest.items() if slot not in known or _weight(row) > _weight(known[slot])]
    changed = sum(_slot(row) in known for row in fresh)
    _replace(session, fresh, known)
    return len(fresh) - changed, changed


def _slot(row: Given) -> tuple[int, int, bool]:
    """Return what a row is alone in: the opinion of a user on a song, or the block."""
    return row[0], row[1], row[2] == "block"


def _weight(row: Given) -> tuple[int, bool]:
    return row[3], row[2] == "dislike"


def _known(session: Session, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int, bool], Given]:
    known: dict[tuple[int, int, bool], Given] = {}
    for chunk in chunks(pairs):
        where = tuple_(Feedback.user_id, Feedback.song_id).in_(chunk)
        for user_id, song_id, kind, given_at_s in session.execute(select(*_COLUMNS).where(where)):
            row = (user_id, song_id, kind, given_at_s)
            known[_slot(row)] = row
    return known


def _replace(session: Session, rows: Sequence[Given], known: dict[tuple[int, int, bool], Given]) -> None:
    outdated = [known[_slot(row)][:3] for row in rows if _slot(row) in known]
    for chunk in chunks(outdated):
        key = tuple_(Feedback.user_id, Feedback.song_id, Feedback.kind)
        session.execute(delete(Feedback).where(key.in_(chunk)))
    names = ("user_id", "song_id", "kind", "given_at_s")
    insert_rows(session, Feedback, [dict(zip(names, row, strict=True)) for row in rows])
