"""PostgreSQL's COPY, its quickest way in: rows of any values as text, columns of numbers in its binary form.

Rows are copied straight into a table where their keys are known to be new. Where they may be there already,
or are to change what is there, they are copied into a table beside, which goes with the transaction, and from
there put where they belong by one statement (`incoming`). All of it happens in the transaction of the
connection.

What rows refer to PostgreSQL looks up row by row, which takes several times as long as all else. Where its
user may say so (a superuser, or who was granted SET on `session_replication_role`), everything that a table
beside refers to is looked up, and locked as PostgreSQL does, in one statement, and the triggers that would do
it again stay silent for the one statement that follows (`insert_from`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Column, Connection, Double, Integer, Table
from sqlalchemy.engine import Dialect

from db.session import driver_errors

WORTH_IT = 200  # Rows; fewer go in as quickly in a statement.
_BINARY_HEAD = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_BINARY_END = struct.pack(">h", -1)
_NULL = -1  # The length of a value that is not there.
# More general types last: a BigInteger is an Integer.
_NUMBERS: tuple[tuple[type[Any], str], ...] = ((BigInteger, ">i8"), (Integer, ">i4"), (Double, ">f8"))

Columns = Mapping[str, Sequence[float | None] | NDArray[Any]]


def is_worth_it(connection: Connection, n_rows: int) -> bool:
    """Whether so many rows are better copied: on PostgreSQL, and not a few."""
    return connection.dialect.name == "postgresql" and n_rows >= WORTH_IT


def copy_rows(
    connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]], *, into: str = ""
) -> None:
    """Copy rows of any values, which all have the same keys; columns that they lack get their defaults.

    `into` is a table beside, with columns of these names; the table itself by default.

    Raises
    ------
    DBAPIError
        A row that the table does not take, named by its line and column; nothing was copied.
    """
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        return
    names = [*first]
    defaults = {} if into else defaults_of(table, first)
    columns = [table.c[name] for name in (*names, *defaults)]
    prepare = [preparation(column, connection.dialect) or _as_it_is for column in columns]
    statement = f"COPY {into or table.name} ({_listed(connection, columns)}) FROM STDIN"
    with driver_errors(connection, statement), _copying(connection, statement) as copy:
        for row in _chained(first, iterator):
            values = (*(row[name] for name in names), *(make() for make in defaults.values()))
            copy.write_row([do(value) for do, value in zip(prepare, values, strict=True)])


def copy_plain(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Copy rows of plain values, one for each column of the table; JSON is its text.

    Raises
    ------
    DBAPIError
    """
    statement = f"COPY {table.name} ({_listed(connection, list(table.columns))}) FROM STDIN"
    with driver_errors(connection, statement), _copying(connection, statement) as copy:
        for row in rows:
            copy.write_row(row)


def copy_columns(connection: Connection, table: Table, columns: Columns, *, into: str = "") -> bool:
    """Copy rows of numbers, given as columns of one length; NaN and None are nothing.

    Returns whether it could: numbers that do not fit their column are left to a statement, which says so.
    """
    packed = pack(table, columns)
    if packed is None:
        return False
    names = _listed(connection, [table.c[name] for name in columns])
    statement = f"COPY {into or table.name} ({names}) FROM STDIN (FORMAT BINARY)"
    with driver_errors(connection, statement), _copying(connection, statement) as copy:
        for piece in packed:
            copy.write(piece)
    return True


@contextmanager
def incoming(connection: Connection, table: Table, names: Sequence[str]) -> Iterator[str]:
    """Give the name of an empty table beside, with these columns of a table and no constraints."""
    name = f"incoming_{table.name}"
    columns = _listed(connection, [table.c[one] for one in names])
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS SELECT {columns} FROM {table.name} WITH NO DATA"
    )
    yield name
    connection.exec_driver_sql(f"DROP TABLE {name}")  # Where it fails, the transaction does.


def insert_from(
    connection: Connection, table: Table, beside: str, names: Sequence[str], *, more: str = ""
) -> int:
    """Insert the rows of a table beside, `more` behind the statement, and return how many went in.

    Raises
    ------
    DBAPIError
        A row that the table does not take, as one that refers to something that is not there.
    """
    columns = _listed(connection, [table.c[one] for one in names])
    statement = f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {beside} {more}"
    is_checked = _may_check(connection, table) and _refers_to_what_is_there(connection, table, beside, names)
    if is_checked:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    result = connection.exec_driver_sql(statement, execution_options={"preserve_rowcount": True})
    if is_checked:
        connection.exec_driver_sql("SET LOCAL session_replication_role = origin")
    return int(result.rowcount)


def _may_check(connection: Connection, table: Table) -> bool:
    """Whether triggers may be kept silent, and all that a table has are those of its foreign keys."""
    version = int((connection.dialect.server_version_info or (0,))[0])
    granted = "has_parameter_privilege('session_replication_role', 'SET')" if version >= 15 else "false"
    statement = (
        f"SELECT (current_setting('is_superuser') = 'on' OR {granted}) "
        "AND current_setting('session_replication_role') = 'origin' AND NOT EXISTS (SELECT 1 FROM pg_trigger "
        "WHERE tgrelid = CAST(%s AS regclass) AND NOT tgisinternal)"
    )
    return bool(connection.exec_driver_sql(statement, (table.name,)).scalar_one())


def _refers_to_what_is_there(connection: Connection, table: Table, beside: str, names: Sequence[str]) -> bool:
    """Lock everything that rows refer to, so that it stays, and say whether all of it is there."""
    for constraint in table.foreign_key_constraints:
        if len(constraint.elements) != 1:
            return False
        own, other = constraint.elements[0].parent.name, constraint.elements[0].column
        if own not in names:
            continue
        given = f"SELECT DISTINCT {own} FROM {beside} WHERE {own} IS NOT NULL"
        among = f"{other.name} IN (SELECT {own} FROM {beside})"
        found = f"SELECT 1 FROM {other.table.name} WHERE {among} FOR KEY SHARE"
        statement = (
            f"SELECT (SELECT count(*) FROM ({given}) AS given), (SELECT count(*) FROM ({found}) AS found)"
        )
        n_given, n_found = connection.exec_driver_sql(statement).one()
        if n_given != n_found:
            return False  # The statement itself will say what is missing.
    return True


def new_ids(connection: Connection, table: Table, n: int) -> list[int]:
    """Take so many ids that nobody else gets, ascending."""
    statement = (
        "SELECT nextval(own.name) "
        "FROM (SELECT CAST(pg_get_serial_sequence(%s, 'id') AS regclass) AS name OFFSET 0) AS own, "
        "generate_series(1, %s)"
    )
    return [int(number) for number in connection.exec_driver_sql(statement, (table.name, n)).scalars()]


def pack(table: Table, columns: Columns) -> list[bytes] | None:
    """Return rows of numbers as PostgreSQL's binary form has them; None where a number does not fit.

    A row is the number of its values, then each as its length and its bytes, most significant first; a value
    that is not there has the length -1 and no bytes, so rows that lack the same values are written together.
    """
    arrays: list[NDArray[Any]] = []
    missing: list[NDArray[np.bool_]] = []
    kinds = [_number(table.c[name]) for name in columns]
    for values, kind in zip(columns.values(), kinds, strict=True):
        array = _fitting(values, kind)
        if array is None:
            return None
        arrays.append(array)
        missing.append(np.isnan(array) if array.dtype.kind == "f" else np.zeros(len(array), bool))
    patterns = np.packbits(np.stack(missing, axis=1), axis=1) if arrays else np.zeros((0, 1), np.uint8)
    pieces = [_BINARY_HEAD]
    for pattern in np.unique(patterns, axis=0):
        rows = np.flatnonzero((patterns == pattern).all(axis=1))
        pieces.append(_written([array[rows] for array in arrays], kinds, [bool(m[rows[0]]) for m in missing]))
    return [*pieces, _BINARY_END]


def _written(arrays: Sequence[NDArray[Any]], kinds: Sequence[str], absent: Sequence[bool]) -> bytes:
    fields: list[tuple[str, str]] = [("n", ">i2")]
    for place, kind in enumerate(kinds):
        fields.append((f"length{place}", ">i4"))
        if not absent[place]:
            fields.append((f"value{place}", kind))
    out = np.empty(len(arrays[0]), dtype=fields)
    out["n"] = len(arrays)
    for place, (array, kind) in enumerate(zip(arrays, kinds, strict=True)):
        out[f"length{place}"] = _NULL if absent[place] else np.dtype(kind).itemsize
        if not absent[place]:
            out[f"value{place}"] = array
    return out.tobytes()


def _fitting(values: Sequence[float | None] | NDArray[Any], kind: str) -> NDArray[Any] | None:
    """The values as an array of the kind, in the machine's order of bytes; None where one does not fit."""
    wanted = np.dtype(kind).newbyteorder("=")
    if wanted.kind == "f":
        return np.asarray(values, dtype=wanted)
    found = np.asarray(values)
    if not len(found):
        return np.empty(0, wanted)
    if found.dtype.kind not in "iu":  # None among them, halves, or more than 64 bits.
        return None
    limits = np.iinfo(wanted)
    if int(found.min()) < limits.min or int(found.max()) > limits.max:
        return None
    return found.astype(wanted)


def _number(column: Column[Any]) -> str:
    kind = next((kind for type_, kind in _NUMBERS if isinstance(column.type, type_)), None)
    if kind is None:
        raise TypeError(f"{column.table.name}.{column.name} is a column of numbers, got {column.type!r}")
    return kind


def defaults_of(table: Table, row: Mapping[str, Any]) -> dict[str, Callable[[], Any]]:
    """What the columns that a row lacks have by default, where that is not the database's to make."""
    found: dict[str, Callable[[], Any]] = {}
    for column in table.columns:
        default: Any = column.default
        if column.name in row or default is None:
            continue
        if default.is_scalar:
            found[column.name] = _always(default.arg)
        elif default.is_callable:
            found[column.name] = lambda made=default.arg: made(None)  # type: ignore[misc]
    return found


def _always(value: Any) -> Callable[[], Any]:
    return lambda: value


def preparation(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What SQLAlchemy does with a value before it gives it to the driver; None where it does nothing."""
    processor: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _as_it_is(value: Any) -> Any:
    return value


def _chained(first: Mapping[str, Any], others: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    yield first
    yield from others


def _listed(connection: Connection, columns: Sequence[Column[Any]]) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return ", ".join(quote(column.name) for column in columns)


@contextmanager
def _copying(connection: Connection, statement: str) -> Iterator[Any]:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy
