"""Move the song database into another of either kind: from the SQLite file of a beginning to PostgreSQL.

Every row goes, with its id, in one transaction of the new database, is read back there, counted and summed,
and compared with what was read; only when all of it is right does the transaction end. So the new database
holds everything or nothing, what broke off can be done again, and the old one stays as it was. While it is
read nobody can write to it, if it is SQLite; of PostgreSQL what is read is of one moment.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, text

from db.migrate import HEAD, upgrade
from db.older_schema import make_tables, revision_of
from db.repositories.listen_months import make_room_as_in
from db.repositories.whole_tables import (
    Digest,
    columns_of,
    digest_of,
    last_ids,
    looked_up_later,
    read_rows,
    row_counts,
    set_last_ids,
    tables_of,
    write_rows,
)
from db.session import take_lock
from pipelines.backup import VERSION_TABLE
from pipelines.stages import only_one

logger = logging.getLogger(__name__)

Say = Callable[[str], None]


class MoveError(ValueError):
    """A database that cannot be moved, or not to there; the message says why."""


@dataclass(frozen=True)
class ComparedTable:
    """A table in both databases: rows, and the sum of `Digest`."""

    name: str
    rows: int
    digest: str
    rows_there: int
    digest_there: str

    @property
    def is_same(self) -> bool:
        """Whether both hold the same rows."""
        return (self.rows, self.digest) == (self.rows_there, self.digest_there)


@dataclass(frozen=True)
class Comparison:
    """What two databases hold, table by table, and how long finding out took."""

    tables: tuple[ComparedTable, ...]
    seconds: float

    @property
    def rows(self) -> int:
        """Rows of all tables of the first."""
        return sum(table.rows for table in self.tables)

    @property
    def different(self) -> list[str]:
        """The names of the tables that are not the same."""
        return [table.name for table in self.tables if not table.is_same]


def move_database(source: Engine, target: Engine, home: Path, say: Say | None = None) -> Comparison:
    """Bring every row of one database into another, which has no rows, and see that they arrived.

    Parameters
    ----------
    home : path
        The home folder: no night may be at work.

    Raises
    ------
    MoveError
        Both are the same, the source is of another version, the target has rows, or what arrived is not
        what was read; the target is as it was.
    JobRunningError
        A night is at work.
    DatabaseError
    """
    started = time.perf_counter()
    if _address(source) == _address(target):
        raise MoveError("the database is to move to where it is")
    with only_one(home / "nightly.lock"), _read(source) as reading, _written(target) as writing:
        make_tables(writing, HEAD)
        there = {table.name: table for table in _tables(writing)}
        full = sorted(name for name, rows in row_counts(writing, there.values()).items() if rows)
        if full:
            raise MoveError(f"the new database has rows already ({', '.join(full)}); nothing was moved")
        make_room_as_in(writing, reading)
        given_out = last_ids(reading)
        moved = []
        with looked_up_later(writing):
            for table in _tables(reading):
                if say is not None:
                    say(table.name)
                moved.append(_copy(reading, table, writing, there[table.name]))
            if say is not None:
                say("indexes")
        set_last_ids(writing, given_out, there.values())
    upgrade(target)
    _learn(target)
    found = Comparison(tuple(moved), time.perf_counter() - started)
    logger.info("moved %d rows in %.1f s", found.rows, found.seconds)
    return found


def compare_databases(source: Engine, target: Engine, say: Say | None = None) -> Comparison:
    """Count and sum what two databases of this version hold.

    Raises
    ------
    MoveError
        One of them is of another version.
    DatabaseError
    """
    started = time.perf_counter()
    compared = []
    with _read(source) as here, _read(target) as there:
        tables = {table.name: table for table in _tables(there)}
        for table in _tables(here):
            if say is not None:
                say(table.name)
            own, other = digest_of(here, table), digest_of(there, tables[table.name])
            compared.append(_compared(table.name, own, other))
    return Comparison(tuple(compared), time.perf_counter() - started)


def _copy(reading: Connection, table: Table, writing: Connection, into: Table) -> ComparedTable:
    given = [column.name for column in columns_of(table)]
    wanted = [column.name for column in columns_of(into)]
    # The columns of the two kinds of database may stand in another order.
    places = [given.index(name) for name in wanted]
    meant = Digest()
    for batch in read_rows(reading, table):
        rows = [tuple(row[place] for place in places) for row in batch]
        for row in rows:
            meant.add(row)
        write_rows(writing, into, rows)
    compared = _compared(table.name, meant, digest_of(writing, into))
    if not compared.is_same:
        raise MoveError(f"the table {table.name} did not arrive as it was; nothing was moved")
    return compared


def _compared(name: str, own: Digest, other: Digest) -> ComparedTable:
    return ComparedTable(name, own.rows, own.hexdigest(), other.rows, other.hexdigest())


def _tables(connection: Connection) -> list[Table]:
    return [table for table in tables_of(connection) if table.name != VERSION_TABLE]


@contextmanager
def _read(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one moment; SQLite lets nobody write until it ends."""
    is_file = engine.dialect.name == "sqlite"
    options = {"songspace_write": True} if is_file else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        found = revision_of(connection)
        if found != HEAD:
            raise MoveError(
                f"a database has {f'schema {found}' if found else 'no tables'}, schema {HEAD} is expected"
            )
        yield connection


@contextmanager
def _written(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(songspace_write=True) as connection, connection.begin():
        take_lock(connection, "migrate")
        yield connection


def _learn(engine: Engine) -> None:
    """Have PostgreSQL look at what it holds now, rather than when it gets to it."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def _address(engine: Engine) -> object:
    url = engine.url
    if engine.dialect.name == "sqlite" and url.database:
        return Path(url.database).resolve()
    return (url.host, url.port, url.database, tuple(sorted(url.query.items())))
