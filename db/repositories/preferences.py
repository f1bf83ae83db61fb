"""Rankings of takes, by people and by rubrics: what preferences are learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Preference
from db.text import cleaned

AUDIO, LYRICS = "audio", "lyrics"
PERSON, RUBRIC = "person", "rubric"


@dataclass(frozen=True)
class RankedTakes:
    """A ranking as it is stored.

    Attributes
    ----------
    takes : tuple
        As they were given; a song is its text, or an object with it as `text`.
    ranking : tuple of int
        Indices into `takes`, best first.
    user_id : int or None
        Whose opinion it is; None for nobody's.
    """

    preference_id: int
    prompt: str
    takes: tuple[Any, ...]
    ranking: tuple[Any, ...]
    judge: str
    user_id: int | None


def add_preference(
    session: Session,
    kind: str,
    prompt: str,
    takes: Sequence[str],
    ranking: Sequence[int],
    *,
    judge: str = PERSON,
    user_id: int | None = None,
) -> int:
    """Store a ranking and return its id.

    Raises
    ------
    ValueError
        Fewer than two takes, or a ranking that does not name each of them once.
    """
    if len(takes) < 2 or sorted(ranking) != list(range(len(takes))):
        raise ValueError(
            f"a ranking names each of two takes or more once, got {list(ranking)} of {len(takes)}"
        )
    row = Preference(
        kind=kind,
        prompt=cleaned(prompt),
        takes=[cleaned(take) for take in takes],
        ranking=list(ranking),
        judge=judge,
        user_id=user_id,
    )
    session.add(row)
    session.flush()
    return row.id


def ranked_takes(session: Session, *, kind: str = LYRICS, judge: str = PERSON) -> list[RankedTakes]:
    """Return the rankings of one kind by one kind of judge, in the order in which they came."""
    statement = select(Preference).where(Preference.kind == kind, Preference.judge == judge)
    return [
        RankedTakes(row.id, row.prompt, tuple(row.takes), tuple(row.ranking), row.judge, row.user_id)
        for row in session.execute(statement.order_by(Preference.id)).scalars()
    ]
