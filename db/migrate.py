"""Bring a database to the schema of this version: forward only, whole or not at all."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from db.errors import DatabaseError, DatabaseTooNewError
from db.repositories.late_index import make_late_index
from db.repositories.listen_months import keep_months
from db.session import take_lock

if TYPE_CHECKING:
    from alembic.config import Config

logger = logging.getLogger(__name__)

HEAD = "0009"  # The newest revision, known here so that a database that has it is ready without Alembic.


def upgrade(engine: Engine) -> None:
    """Create the tables, or bring older ones to this version; do nothing where that is done.

    One process migrates while the others wait; a killed one leaves the database as it was. On PostgreSQL the
    months of listens that are near get their place, on SQLite an index that a killed ingest left for later.

    Raises
    ------
    DatabaseTooNewError
        The database was made by a newer version.
    DatabaseUnavailableError
        It cannot be reached, or is no database.
    DatabaseError
        It holds tables of something else that are in the way.
    """
    with engine.connect() as connection:
        is_ready = _revision(connection) == HEAD
    if not is_ready:
        _migrate(engine)
    keep_months(engine)
    make_late_index(engine)


def _migrate(engine: Engine) -> None:
    try:
        with engine.connect().execution_options(songspace_write=True) as connection, connection.begin():
            take_lock(connection, "migrate")
            _run(connection)
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise DatabaseError(f"the tables cannot be made: {reason}") from error


def alembic_config() -> Config:
    """Return Alembic's settings, which name our folder of revisions wherever the package is installed."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def _run(connection: Connection) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config()
    before = _revision(connection)  # Asked again: another process may have been here first.
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if before is not None and before not in known:
        raise DatabaseTooNewError(
            f"the database has schema {before!r}, made by a newer version of Songspace; "
            f"this one knows schemas up to {HEAD!r}"
        )
    if before != HEAD:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        logger.info("database schema: %s -> %s", before or "empty", HEAD)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision
