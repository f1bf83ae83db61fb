"""Cursors: where the next page begins, as text whose meaning is the list's own business."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from db.repositories.bulk import MAX_ID

_WHERE = "`next` of the page before; none for the first."
# So many digits fit into every database's numbers.
Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description=_WHERE)]
PairCursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}\.[0-9]{1,18}$", description=_WHERE)]


def cursor_of(*numbers: int) -> str:
    """Write numbers as a cursor."""
    return ".".join(map(str, numbers))


def number_of(cursor: str | None) -> int | None:
    """Read a cursor of one number, none larger than an id; None where there is none."""
    return None if cursor is None else min(int(cursor), MAX_ID)


def pair_of(cursor: str | None) -> tuple[int, int] | None:
    """Read a cursor of two numbers, the second none larger than an id; None where there is none."""
    if cursor is None:
        return None
    first, _, second = cursor.partition(".")
    return int(first), min(int(second), MAX_ID)
