"""Back up: the song database, and the home folder with its releases, generations and secrets, in one folder.

The database is read in one transaction, so it is of one moment; releases are copied while no night can change
them. The folder is written beside, checked whole, and renamed: it is there when it is right.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection

from db.older_schema import revision_of
from db.repositories.whole_tables import columns_of, last_ids, read_rows, tables_of
from db.session import SessionFactory
from pipelines.backup_files import (
    TABLES,
    BackupError,
    Manifest,
    TableFacts,
    check_backup,
    copy_files,
    file_facts,
    home_files,
)
from pipelines.backup_tables import write_table
from pipelines.stages import only_one

VERSION_TABLE = "alembic_version"


def backup(
    session_factory: SessionFactory, home: Path, target: Path, say: Callable[[str], None] | None = None
) -> Manifest:
    """Write a backup of everything that cannot be made again.

    Parameters
    ----------
    target : path
        A folder that is not there yet; it is readable for its owner alone, since it holds secrets.

    Raises
    ------
    BackupError
        `target` exists, or lies in the home folder.
    JobRunningError
        A night is at work.
    DatabaseError
    """
    home, target = home.resolve(), target.resolve()
    if target.exists():
        raise BackupError(f"{target} is there already, and a backup overwrites nothing")
    if target.is_relative_to(home):
        raise BackupError(f"{target} lies in the home folder, which it is to be a backup of")
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    folder.mkdir(mode=0o700)
    try:
        with only_one(home / "nightly.lock"):
            manifest = _write(session_factory, home, folder, say)
        manifest.save(folder)
        if say is not None:
            say("checking")
        check_backup(folder)
        os.rename(folder, target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return manifest


def _write(
    session_factory: SessionFactory, home: Path, folder: Path, say: Callable[[str], None] | None
) -> Manifest:
    engine = session_factory.kw["bind"]
    is_file = engine.dialect.name == "sqlite"
    options = {} if is_file else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        schema = revision_of(connection)
        assert schema is not None  # Whoever opens a database brings it to this version's schema.
        tables = _tables(connection, folder, say)
        given_out = last_ids(connection)
    files = copy_files(
        home, home_files(home, database=Path(engine.url.database) if is_file else None), folder, say
    )
    files |= {f"{TABLES}/{name}.parquet": file_facts(folder / TABLES / f"{name}.parquet") for name in tables}
    return Manifest(
        version=version("songspace"),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        home=str(home),
        database=engine.dialect.name,
        schema=schema,
        tables=tables,
        last_ids=given_out,
        files=files,
    )


def _tables(connection: Connection, folder: Path, say: Callable[[str], None] | None) -> dict[str, TableFacts]:
    found = {}
    for table in tables_of(connection):
        if table.name == VERSION_TABLE:
            continue
        if say is not None:
            say(table.name)
        found[table.name] = write_table(folder, table.name, columns_of(table), read_rows(connection, table))
    return found
