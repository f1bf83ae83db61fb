"""Engines and sessions: SQLite by default, PostgreSQL by URL, the same behaviour on both.

SQLite runs in WAL mode with foreign keys on, waits half a minute for another writer, and overwrites what is
deleted. Transactions are ours to begin: a reading one never blocks a writer, and a writing one
(`write_transaction`) takes the write lock at once, so that what it reads first is still true when it
writes. Whatever the driver reports as lost, locked, full or unreadable arrives as
`DatabaseUnavailableError`.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from db.errors import DatabaseUnavailableError, DatabaseUrlError

SessionFactory = sessionmaker[Session]

_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_BUSY_TIMEOUT_MS = 30_000
_CONNECT_TIMEOUT_S = 10
_PAGES_OF_MIB = 256
_PRAGMAS = (
    f"busy_timeout = {_BUSY_TIMEOUT_MS}",
    "synchronous = NORMAL",
    "foreign_keys = ON",
    "secure_delete = ON",
)


@dataclass(frozen=True)
class Connections:
    """How a process holds connections to a database.

    Attributes
    ----------
    at_once : int
        How many it may have open; who needs one more waits, up to `wait_s`, for one to come free.
    recycle_s : float
        A connection that is older is made anew before it is used again: proxies and firewalls forget.
    statement_timeout_s : float
        How long one statement may take on PostgreSQL; 0 for ever.
    application : str
        What PostgreSQL shows in `pg_stat_activity`, unless the URL says otherwise.
    cache_mib : int
        Pages of SQLite that a connection may hold, in MiB. Rows that go in touch every page of an index.
    log_mib : int
        How far SQLite's log of writes may grow before its pages are brought into the file, in MiB: those that
        are written again and again go there once.
    """

    at_once: int = 15
    wait_s: float = 30.0
    recycle_s: float = 1800.0
    statement_timeout_s: float = 0.0
    application: str = "songspace"
    cache_mib: int = 64
    log_mib: int = 4

    def __post_init__(self) -> None:
        times = (self.wait_s, self.recycle_s, self.statement_timeout_s)
        if min(self.at_once, self.cache_mib, self.log_mib) < 1 or min(times) < 0:
            raise ValueError(
                f"at least one connection, a MiB of cache and log and no times below 0 are expected: {self}"
            )


def make_engine(url: str, connections: Connections | None = None) -> Engine:
    """Return an engine for a database URL; nothing is opened yet.

    Parameters
    ----------
    url : str
        `sqlite:///PATH`, or `postgresql://...` (also `postgres://` and `postgresql+psycopg://`).
    connections : Connections, optional

    Raises
    ------
    DatabaseUrlError
        Not a URL, another kind of database, or PostgreSQL without its driver installed.
    """
    connections = connections or Connections()
    try:
        parsed = make_url(url)
        driver = _DRIVERS.get(parsed.drivername)
        if driver is None:
            raise DatabaseUrlError(
                f"the database URL begins with {parsed.drivername!r}; "
                "sqlite:///PATH or postgresql://USER@HOST/NAME is expected"
            )
        options = _options(driver, parsed, connections)
        engine = create_engine(parsed.set(drivername=driver), **options)
    except ModuleNotFoundError as error:
        raise DatabaseUrlError(
            f"PostgreSQL needs the package {error.name!r}: pip install 'songspace[postgres]'"
        ) from None
    except (exc.ArgumentError, ValueError, TypeError) as error:
        if isinstance(error, DatabaseUrlError):
            raise
        # The URL may hold a password, and a mistyped one cannot be redacted for sure: it is not repeated.
        raise DatabaseUrlError(
            "the database URL cannot be read; sqlite:///PATH or postgresql://USER@HOST/NAME is expected"
        ) from None
    event.listen(engine, "handle_error", _name_error)
    if driver == "sqlite":
        event.listen(engine, "connect", partial(_set_up_sqlite, connections))
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def make_session_factory(engine: Engine) -> SessionFactory:
    """Return what makes sessions on this engine."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def write_transaction(factory: SessionFactory, *, lock: str | None = None) -> Iterator[Session]:
    """Open a session for one transaction that will write; commit at the end, or roll everything back.

    On SQLite it is the only writer from its beginning. On PostgreSQL writers go on side by side, but those
    that name the same `lock` come one after another.

    Raises
    ------
    DatabaseUnavailableError
        Lost, locked for longer than the time-out, full, or unreadable; nothing was stored.
    """
    with factory() as session, session.begin():
        connection = session.connection(execution_options={"songspace_write": True})
        if lock is not None:
            take_lock(connection, lock)
        yield session


def take_lock(connection: Connection, name: str) -> None:
    """Hold a lock of this name until the transaction ends; on SQLite a writing transaction is lock enough."""
    if connection.dialect.name == "postgresql":
        number = zlib.crc32(f"songspace:{name}".encode())
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def checkpoint(factory: SessionFactory) -> None:
    """Bring everything from SQLite's log of writes into its file, and empty the log.

    What was deleted is overwritten in the file as it is, but its old pages stay in the log until then. On
    PostgreSQL this is its own business.
    """
    engine: Engine = factory.kw["bind"]
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


class _Pool(QueuePool):
    """A pool that says of itself that it is used up as it says that the database is lost."""

    # SQLAlchemy names a pool's log by this: as ours it would tell people of every pool that is closed.
    __module__ = "sqlalchemy.pool"

    def connect(self) -> PoolProxiedConnection:
        try:
            return super().connect()
        except exc.TimeoutError:
            raise DatabaseUnavailableError(
                f"the database cannot be used: all {self.size()} connections of this process are in use"
            ) from None


def _options(driver: str, url: URL, connections: Connections) -> dict[str, Any]:
    if driver == "sqlite" and url.database in (None, "", ":memory:"):
        return {}  # Such a database is of one connection.
    pool: dict[str, Any] = {
        "poolclass": _Pool,
        "pool_size": connections.at_once,
        "max_overflow": 0,
        "pool_timeout": connections.wait_s,
        # The last one given back goes first, so that those that are not needed can be closed by the server.
        "pool_use_lifo": True,
    }
    if driver == "sqlite":
        return pool
    settings: dict[str, Any] = {}
    if "connect_timeout" not in url.query:
        settings["connect_timeout"] = _CONNECT_TIMEOUT_S
    if "application_name" not in url.query:
        settings["application_name"] = connections.application
    if connections.statement_timeout_s:
        own = f"-c statement_timeout={round(connections.statement_timeout_s * 1000)}"
        said = url.query.get("options", "")
        # What the URL says comes later, and so goes before it.
        settings["options"] = " ".join([own, said if isinstance(said, str) else " ".join(said)]).strip()
    pool |= {"pool_pre_ping": True, "pool_recycle": connections.recycle_s}
    return {**pool, "connect_args": settings}


def _set_up_sqlite(connections: Connections, connection: Any, _record: object) -> None:
    connection.isolation_level = None  # The driver shall not begin transactions; `_begin_sqlite` does.
    cursor = connection.cursor()
    try:
        sizes = (
            f"cache_size = -{1024 * connections.cache_mib}",  # KiB, where it is negative
            f"wal_autocheckpoint = {connections.log_mib * _PAGES_OF_MIB}",
        )
        for pragma in (*_PRAGMAS, *sizes):
            cursor.execute(f"PRAGMA {pragma}")
        _turn_to_wal(cursor)
    finally:
        cursor.close()


def _turn_to_wal(cursor: sqlite3.Cursor) -> None:
    """Switch a new database to write-ahead logging, which SQLite does not wait for by itself."""
    deadline = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return  # In memory there is no such mode, and nobody else either.
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("songspace_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def driver_errors(connection: Connection, statement: str) -> Iterator[None]:
    """Raise what the driver of PostgreSQL says, when it is spoken to itself, as SQLAlchemy would.

    Raises
    ------
    DBAPIError
        The statement was at fault.
    DatabaseUnavailableError
        The database was.
    """
    dialect: Any = connection.dialect
    try:
        yield
    except dialect.loaded_dbapi.Error as error:
        lost = bool(dialect.is_disconnect(error, connection.connection.driver_connection, None))
        if lost:
            connection.invalidate(error)
        named = exc.DBAPIError.instance(
            statement, None, error, dialect.loaded_dbapi.Error, connection_invalidated=lost, dialect=dialect
        )
        if _is_of_database(named):
            raise _unavailable(error) from error
        raise named from error


def _name_error(context: ExceptionContext) -> None:
    """Raise a named error for what is the database's state and not the statement's fault."""
    if context.is_pre_ping:
        return  # The pool only tries a connection, and makes one that was cut anew.
    error = context.sqlalchemy_exception
    original = context.original_exception
    plain = error is None and type(original).__name__ in ("OperationalError", "DatabaseError")
    if plain or _is_of_database(error):
        raise _unavailable(original) from original


def _is_of_database(error: BaseException | None) -> bool:
    return isinstance(error, exc.OperationalError) or type(error) is exc.DatabaseError


def _unavailable(original: BaseException) -> DatabaseUnavailableError:
    reason = next(iter(str(original).strip().splitlines()), type(original).__name__)
    return DatabaseUnavailableError(f"the database cannot be used: {reason}")
