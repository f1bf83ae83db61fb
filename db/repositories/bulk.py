"""Many rows at once: reading into frames, asking for lists of keys, inserting without doubling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sqlalchemy import Executable, Table, insert
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

    columns: dict[str, Any] = dict(read_columns(session, statement, dtypes))
    for name, dtype in dtypes.items():
        if dtype == "str":
            columns[name] = pd.Series(columns[name], dtype="str")
    return pd.DataFrame(columns)


def read_columns(session: Session, statement: Executable, dtypes: Mapping[str, str]) -> dict[str, np.ndarray]:
    """`read_frame` without the frame, which is slow to make for a few rows; texts are objects."""
    session.flush()
    # Straight from the connection: the session would wrap every row once more.
    result = session.connection().execute(statement, execution_options={"yield_per": ROWS_AT_ONCE})
    pieces: list[list[Any]] = [[] for _ in dtypes]
    for rows in result.partitions():
        for piece, values, dtype in zip(pieces, zip(*rows, strict=True), dtypes.values(), strict=True):
            piece.append(np.array(values, dtype=object if dtype == "str" else dtype))
    return {
        name: np.concatenate(piece) if piece else np.empty(0, object if dtype == "str" else dtype)
        for (name, dtype), piece in zip(dtypes.items(), pieces, strict=True)
    }


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


def insert_columns(
    session: Session, model: type[DeclarativeBase], columns: Mapping[str, Sequence[float | None]]
) -> int:
    """Insert rows of numbers, given as columns of one length, and return how many of them were new.

    Rows that are there already by any unique key are passed over. The quickest way that each database has.
    """
    table, connection = table_of(model), session.connection()
    names = ", ".join(columns)
    on_sqlite = connection.dialect.name == "sqlite"
    if on_sqlite:
        values = f"VALUES ({', '.join('?' for _ in columns)})"
    else:
        types = (table.c[name].type.compile(connection.dialect) for name in columns)
        values = f"SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for kind in types)})"
    statement = f"INSERT INTO {table.name} ({names}) {values} ON CONFLICT DO NOTHING"
    inserted = 0
    length = max(map(len, columns.values()), default=0)
    for start in range(0, length, ROWS_AT_ONCE):
        parts = [list(column[start : start + ROWS_AT_ONCE]) for column in columns.values()]
        given = list(zip(*parts, strict=True)) if on_sqlite else tuple(parts)
        result = connection.exec_driver_sql(statement, given, {"preserve_rowcount": True})
        inserted += result.rowcount
    return inserted
