"""Whole tables, for backups: every row of every table as plain values, out of one database and into another.

Tables are read as the database has them, not as the models say, so that a database of an older schema goes
into its own kind of tables. Values are those that both databases share: int, float, bool, str, bytes, moments
in UTC, None; JSON is its text. So what SQLite gave can go into PostgreSQL, and the other way round.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
    text,
    type_coerce,
)

from db.errors import DatabaseError
from db.repositories.copying import copy_plain
from db.repositories.listen_months import parts

BATCH = 20_000
_WRITTEN = 2_000
_KINDS: tuple[tuple[type[Any], str], ...] = (
    (JSON, "json"),
    (Boolean, "bool"),
    (Integer, "int"),
    (Float, "float"),
    (DateTime, "moment"),
    (LargeBinary, "bytes"),
    (String, "text"),
)
# Those of parts of a table go with the table's.
_FOREIGN_KEYS = (
    "SELECT CAST(CAST(conrelid AS regclass) AS text), quote_ident(conname), pg_get_constraintdef(oid) "
    "FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 "
    "AND connamespace = CAST(current_schema() AS regnamespace) ORDER BY 1, 2"
)
_INDEXES = (
    "SELECT CAST(CAST(pg_class.oid AS regclass) AS text), pg_get_indexdef(pg_class.oid) "
    "FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE NOT relispartition "
    "AND relnamespace = CAST(current_schema() AS regnamespace) "
    "AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1"
)

Row = tuple[Any, ...]


@dataclass(frozen=True)
class ColumnFacts:
    """A column's name, and its kind: json, bool, int, float, moment, bytes or text."""

    name: str
    kind: str


class Digest:
    """A sum of hashes of rows: the same for the same rows in any order, since databases sort differently."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: Row) -> None:
        """Count a row in."""
        told = "\x1f".join(f"{type(value).__name__}:{_told(value)}" for value in row)
        hashed = hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest()
        self._sum = (self._sum + int.from_bytes(hashed, "big")) % (1 << 256)
        self.rows += 1

    def hexdigest(self) -> str:
        """The sum, 64 hexadecimal digits."""
        return f"{self._sum:064x}"


def tables_of(connection: Connection) -> list[Table]:
    """Every table of the database, those that others refer to first; parts of a table are in it.

    Raises
    ------
    DatabaseError
        A column of a type that no table of ours has.
    """
    metadata, within = MetaData(), parts(connection)
    metadata.reflect(connection, only=lambda name, _: name not in within)
    tables = list(metadata.sorted_tables)
    for table in tables:
        columns_of(table)
    return tables


def columns_of(table: Table) -> list[ColumnFacts]:
    """The columns of a table with their kinds, in the order in which the rows have them."""
    return [ColumnFacts(column.name, _kind(column)) for column in table.columns]


def read_rows(connection: Connection, table: Table) -> Iterator[list[Row]]:
    """Every row of a table, in batches, without holding more than one."""
    kinds = [_kind(column) for column in table.columns]
    result = connection.execute(_selected(connection, table), execution_options={"yield_per": BATCH})
    for batch in result.partitions(BATCH):
        yield [tuple(map(_plain, kinds, row)) for row in batch]


def write_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Put rows, values in the order of the columns, into a table."""
    if connection.dialect.name == "postgresql":
        copy_plain(connection, table, rows)
        return
    values: dict[str, Any] = {}
    for column in table.columns:
        if _kind(column) != "json":
            values[column.name] = bindparam(column.name)
        else:
            values[column.name] = type_coerce(bindparam(column.name, type_=Text()), Text)
    names = [column.name for column in table.columns]
    statement = insert(table).values(values)
    for start in range(0, len(rows), _WRITTEN):
        part = rows[start : start + _WRITTEN]
        connection.execute(statement, [dict(zip(names, row, strict=True)) for row in part])


@contextmanager
def looked_up_later(connection: Connection) -> Iterator[None]:
    """Have PostgreSQL make its indexes, and look at what rows refer to, when all of them are there: that is
    quicker than by the row. SQLite does as always.

    The tables have to be ours alone. What refers to nothing is found at the end.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    keys = connection.execute(text(_FOREIGN_KEYS)).all()
    indexes = connection.execute(text(_INDEXES)).all()
    for table, name, _ in keys:
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
    for name, _ in indexes:
        connection.execute(text(f"DROP INDEX {name}"))
    yield
    connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    for _, made in indexes:
        connection.exec_driver_sql(made.replace(" ON ONLY ", " ON ", 1))
    for table, name, made in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {made}")


def digest_of(connection: Connection, table: Table) -> Digest:
    """Count and sum what a table holds."""
    digest = Digest()
    for batch in read_rows(connection, table):
        for row in batch:
            digest.add(row)
    return digest


def row_counts(connection: Connection, tables: Iterable[Table]) -> dict[str, int]:
    """How many rows each table has."""
    return {table.name: int(connection.execute(_count(table)).scalar_one()) for table in tables}


def last_ids(connection: Connection) -> dict[str, int]:
    """The last id that each table gave out, also where its row is gone: ids are never used again."""
    if connection.dialect.name == "sqlite":
        if not _has_table(connection, "sqlite_sequence"):
            return {}
        return {
            name: int(last)
            for name, last in connection.execute(text("SELECT name, seq FROM sqlite_sequence"))
        }
    found = {}
    for table, sequence in _sequences(connection).items():
        last = connection.execute(
            text("SELECT last_value FROM pg_sequences WHERE schemaname || '.' || sequencename = :name"),
            {"name": sequence},
        ).scalar()
        if last is not None:
            found[table] = int(last)
    return found


def set_last_ids(connection: Connection, last: Mapping[str, int], tables: Iterable[Table]) -> None:
    """Have every table go on with its ids behind those that were ever given out."""
    by_name = {table.name: table for table in tables}
    if connection.dialect.name == "sqlite":
        if not _has_table(connection, "sqlite_sequence"):
            return
        counted = {name for name, table in by_name.items() if _is_counted(connection, table)}
        for name in sorted(counted & set(last)):
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
            connection.execute(
                text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"),
                {"name": name, "last": last[name]},
            )
        return
    for name, sequence in _sequences(connection).items():
        highest = connection.execute(select(func.max(by_name[name].c.id))).scalar() or 0
        at = max(int(highest), last.get(name, 0))
        if at:
            connection.execute(
                text("SELECT setval(CAST(:name AS regclass), :at)"), {"name": sequence, "at": at}
            )


def _selected(connection: Connection, table: Table) -> Select[Any]:
    columns: list[Any] = []
    for column in table.columns:
        if _kind(column) != "json":
            columns.append(column)
        elif connection.dialect.name == "postgresql":
            columns.append(cast(column, Text))
        else:
            columns.append(type_coerce(column, Text))
    return select(*columns)


def _count(table: Table) -> Select[Any]:
    return select(func.count()).select_from(table)


def _kind(column: Column[Any]) -> str:
    for type_, kind in _KINDS:
        if isinstance(column.type, type_):
            return kind
    raise DatabaseError(
        f"the column {column.name} of the table {column.table.name} has the type {column.type}, "
        "which is none of ours"
    )


def _plain(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "moment":
        assert isinstance(value, datetime)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if kind == "float":
        return float(value)
    return bytes(value) if kind == "bytes" else value


def _told(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.hex() if isinstance(value, bytes) else repr(value)


def _has_table(connection: Connection, name: str) -> bool:
    statement = text("SELECT 1 FROM sqlite_master WHERE name = :name")
    return connection.execute(statement, {"name": name}).scalar() is not None


def _is_counted(connection: Connection, table: Table) -> bool:
    """Whether SQLite keeps the last id of this table."""
    statement = text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
    made = connection.execute(statement, {"name": table.name}).scalar() or ""
    return "AUTOINCREMENT" in str(made).upper()


def _sequences(connection: Connection) -> dict[str, str]:
    """The sequence behind the column `id` of each table that has one, by table: `schema.name`."""
    statement = text(
        "SELECT table_name, pg_get_serial_sequence(quote_ident(table_name), 'id') "
        "FROM information_schema.columns WHERE table_schema = current_schema() AND column_name = 'id'"
    )
    return {table: sequence for table, sequence in connection.execute(statement) if sequence is not None}
