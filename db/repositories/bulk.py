"""Many rows at once: reading into frames, asking for lists of keys, inserting without doubling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sqlalchemy import Executable, Table, insert
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import DeclarativeBase, Session

if TYPE_CHECKING:
    import pandas as pd

Value = TypeVar("Value")

CHUNK = 5_000  # Keys in one question; SQLite takes 32,766 variables, PostgreSQL 65,535.
ROWS_AT_ONCE = 50_000
MAX_ID = 2**31 - 1


def chunks(values: Iterable[Value], size: int = CHUNK) -> Iterator[list[Value]]:
    """Yield the values in lists of at most `size`."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


def own_ids(ids: Iterable[int]) -> list[int]:
    """Return the ids as plain integers, each once, without those that no row can have."""
    return [number for number in dict.fromkeys(map(int, ids)) if 0 < number <= MAX_ID]


def table_of(model: type[DeclarativeBase]) -> Table:
    """Return the table behind a model."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def read_frame(session: Session, statement: Executable, dtypes: Mapping[str, str]) -> pd.DataFrame:
    """Return what a statement selects, in its order, as a frame of these columns in these dtypes.

    Integers and floats travel as arrays, so a million rows of numbers take no million objects at a time.
    """
    import pandas as pd

    result = session.execute(statement.execution_options(yield_per=ROWS_AT_ONCE))
    pieces: list[list[Any]] = [[] for _ in dtypes]
    for rows in result.partitions():
        for piece, values, dtype in zip(pieces, zip(*rows, strict=True), dtypes.values(), strict=True):
            piece.append(values if dtype == "str" else np.array(values, dtype=dtype))
    columns = {}
    for (name, dtype), piece in zip(dtypes.items(), pieces, strict=True):
        if dtype == "str":
            columns[name] = pd.Series([value for values in piece for value in values], dtype="str")
        else:
            columns[name] = pd.Series(np.concatenate(piece) if piece else np.empty(0, dtype), dtype=dtype)
    return pd.DataFrame(columns)


def insert_rows(session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that are known to be new."""
    for chunk in chunks(rows, ROWS_AT_ONCE):
        session.execute(insert(table_of(model)), chunk)


def insert_returning_ids(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> list[int]:
    """Insert rows that are known to be new and return their ids, in the order of the rows."""
    if not rows:
        return []
    table = table_of(model)
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return [int(number) for number in session.execute(statement, list(rows)).scalars()]


def insert_new_rows(session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows but for those that are there already by any unique key; return how many went in."""
    table = table_of(model)
    make = insert_sqlite if session.get_bind().dialect.name == "sqlite" else insert_postgresql
    statement = make(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    inserted = 0
    for chunk in chunks(rows, ROWS_AT_ONCE):
        result = session.execute(statement, chunk)
        inserted += int(result.rowcount)  # type: ignore[attr-defined]
    return inserted
