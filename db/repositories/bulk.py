"""Many rows at once: reading into frames, asking for lists of keys, inserting without doubling, changing.

On PostgreSQL many rows are copied (`db.repositories.copying`), a few go in by statements as on SQLite.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Connection,
    Executable,
    Table,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import DeclarativeBase, Session

from db.repositories.copying import (
    Columns,
    copy_columns,
    copy_rows,
    defaults_of,
    incoming,
    insert_from,
    is_worth_it,
    new_ids,
    preparation,
)

if TYPE_CHECKING:
    import pandas as pd

Value = TypeVar("Value")

CHUNK = 5_000  # Keys in one question; SQLite takes 32,766 variables, PostgreSQL 65,535.
ROWS_AT_ONCE = 50_000
MAX_ID = 2**31 - 1
_BY_DRIVER_FROM = 20  # Rows; fewer go in by statements of SQLAlchemy's, and are numbered by SQLite.


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
    pieces: list[list[Any]] = [[] for _ in dtypes]
    kinds = set(dtypes.values())
    for rows in _parts(session.connection(), statement):
        if kinds <= {"int32", "int64"}:
            flat = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * len(dtypes))
            columns = zip(pieces, flat.reshape(len(rows), -1).T, dtypes.values(), strict=True)
            for piece, column, dtype in columns:
                piece.append(np.array(column, dtype=dtype))
            continue
        for piece, values, dtype in zip(pieces, zip(*rows, strict=True), dtypes.values(), strict=True):
            piece.append(np.array(values, dtype=object if dtype == "str" else dtype))
    return {
        name: np.concatenate(piece) if piece else np.empty(0, object if dtype == "str" else dtype)
        for (name, dtype), piece in zip(dtypes.items(), pieces, strict=True)
    }


def _parts(connection: Connection, statement: Executable) -> Iterator[Sequence[Any]]:
    """The rows of a statement in large parts; those of SQLite as its driver gives them, not wrapped again."""
    if connection.dialect.name != "sqlite":
        options = {"yield_per": ROWS_AT_ONCE}
        yield from connection.execute(statement, execution_options=options).partitions()
        return
    # Without `yield_per`, which takes the first row ahead.
    result = connection.execute(statement)
    cursor: Any = result.cursor
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        yield rows
    result.close()


def insert_rows(session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that are known to be new, all with the same columns."""
    table, connection = table_of(model), _connection(session)
    if is_worth_it(connection, len(rows)):
        copy_rows(connection, table, rows)
    elif connection.dialect.name == "sqlite" and len(rows) >= _BY_DRIVER_FROM:
        _insert_by_driver(connection, table, rows)
    else:
        for chunk in chunks(rows, ROWS_AT_ONCE):
            session.execute(insert(table), chunk)


def insert_returning_ids(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> list[int]:
    """Insert rows that are known to be new and return their ids, in the order of the rows."""
    if not rows:
        return []
    table, connection = table_of(model), _connection(session)
    if is_worth_it(connection, len(rows)):
        ids = new_ids(connection, table, len(rows))
        copy_rows(connection, table, ({"id": number, **row} for number, row in zip(ids, rows, strict=True)))
        return ids
    if connection.dialect.name == "sqlite" and len(rows) >= _BY_DRIVER_FROM:
        # Nobody else writes until this transaction ends, so the ids are known before; asking for them back
        # takes ten times as long.
        first = _last_id(connection, table) + 1
        ids = list(range(first, first + len(rows)))
        _insert_by_driver(connection, table, rows, ids)
        return ids
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return [int(number) for number in session.execute(statement, list(rows)).scalars()]


def _insert_by_driver(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], ids: Sequence[int] | None = None
) -> None:
    """Insert rows into SQLite by its driver, columns at a time: SQLAlchemy takes as long as SQLite does.

    Columns that the rows lack get their defaults.
    """
    columns: dict[str, Sequence[Any]] = {} if ids is None else {"id": ids}
    columns |= {name: [row[name] for row in rows] for name in rows[0]}
    columns |= {name: [make() for _ in rows] for name, make in defaults_of(table, columns).items()}
    for name, values in columns.items():
        prepare = preparation(table.c[name], connection.dialect)
        if prepare is not None:
            columns[name] = [prepare(value) for value in values]
    names = ", ".join(map(connection.dialect.identifier_preparer.quote, columns))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(columns))})"
    for chunk in chunks(zip(*columns.values(), strict=True), ROWS_AT_ONCE):
        connection.exec_driver_sql(statement, chunk)


def _last_id(connection: Connection, table: Table) -> int:
    """The largest id that a table of SQLite has, or ever had where ids are not used again."""
    found = connection.execute(select(func.max(table.c.id))).scalar() or 0
    if table.dialect_options["sqlite"]["autoincrement"]:
        ever = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        found = max(found, connection.execute(ever, {"name": table.name}).scalar() or 0)
    return int(found)


def insert_columns(
    session: Session, model: type[DeclarativeBase], columns: Columns, *, are_new: bool = False
) -> int:
    """Insert rows of numbers, given as columns of one length, and return how many of them were new.

    Rows that are there already by any unique key are passed over; `are_new` says that none is. A number that
    is not known is None, or NaN in an array. The quickest way that each database has.
    """
    table, connection = table_of(model), _connection(session)
    length = max(map(len, columns.values()), default=0)
    if is_worth_it(connection, length):
        copied = _copy_new(connection, table, columns, are_new=are_new)
        if copied is not None:
            return copied
    names = ", ".join(columns)
    on_sqlite = connection.dialect.name == "sqlite"
    if on_sqlite:
        values = f"VALUES ({', '.join('?' for _ in columns)})"
    else:
        types = (table.c[name].type.compile(connection.dialect) for name in columns)
        values = f"SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for kind in types)})"
    statement = f"INSERT INTO {table.name} ({names}) {values} ON CONFLICT DO NOTHING"
    inserted = 0
    for start in range(0, length, ROWS_AT_ONCE):
        parts = [_plain(column[start : start + ROWS_AT_ONCE]) for column in columns.values()]
        given = list(zip(*parts, strict=True)) if on_sqlite else tuple(parts)
        result = connection.exec_driver_sql(statement, given, {"preserve_rowcount": True})
        inserted += result.rowcount
    return inserted


def update_rows(session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> None:
    """Store other values in rows that are there: each mapping has the primary key, and the same columns."""
    if not rows:
        return
    table, connection = table_of(model), _connection(session)
    keys = [column.name for column in table.primary_key]
    names = [name for name in rows[0] if name not in keys]
    if is_worth_it(connection, len(rows)):
        with incoming(connection, table, [*keys, *names]) as beside:
            copy_rows(connection, table, rows, into=beside)
            quote = connection.dialect.identifier_preparer.quote
            given = ", ".join(f"{quote(name)} = given.{quote(name)}" for name in names)
            same = " AND ".join(f"{table.name}.{key} = given.{key}" for key in keys)
            connection.exec_driver_sql(f"UPDATE {table.name} SET {given} FROM {beside} AS given WHERE {same}")
        return
    statement = update(table).values({name: bindparam(f"new_{name}") for name in names})
    statement = statement.where(*(table.c[key] == bindparam(f"old_{key}") for key in keys))
    for chunk in chunks(rows, ROWS_AT_ONCE):
        marked = [
            {f"{'old' if name in keys else 'new'}_{name}": value for name, value in row.items()}
            for row in chunk
        ]
        connection.execute(statement, marked)


def _copy_new(connection: Connection, table: Table, columns: Columns, *, are_new: bool) -> int | None:
    """Copy those rows that are new and return how many; None where a number fits no column."""
    names = list(columns)
    with incoming(connection, table, names) as beside:
        if not copy_columns(connection, table, columns, into=beside):
            return None
        more = "" if are_new else "ON CONFLICT DO NOTHING"
        return insert_from(connection, table, beside, names, more=more)


def _connection(session: Session) -> Connection:
    """The connection of a session, in which everything is that the session was given."""
    session.flush()
    return session.connection()


def _plain(values: Sequence[float | None] | NDArray[Any]) -> list[float | None]:
    """Numbers as the drivers take them; NaN is what SQLite makes of it, nothing."""
    if not isinstance(values, np.ndarray):
        return list(values)
    if values.dtype.kind != "f" or not np.isnan(values).any():
        return list(values.tolist())
    return [None if value != value else value for value in values.tolist()]
