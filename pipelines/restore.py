"""Restore a backup into an empty home folder and an empty database, of either kind; nothing is overwritten.

Everything is checked before anything is written. Files are copied beside their places first; the rows go in
in one transaction, are counted and summed in the database itself, and only when they are right do the files
move and the transaction ends. What broke off can be done again.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from sqlalchemy import Connection, Engine, Table

from db.migrate import upgrade
from db.older_schema import make_tables
from db.repositories.whole_tables import (
    Digest,
    Row,
    columns_of,
    digest_of,
    row_counts,
    set_last_ids,
    tables_of,
    write_rows,
)
from db.session import take_lock
from pipelines.backup import VERSION_TABLE
from pipelines.backup_files import (
    HOME,
    BackupError,
    FileFacts,
    Manifest,
    check_backup,
    file_facts,
)
from pipelines.backup_tables import read_table

logger = logging.getLogger(__name__)

BESIDE = ".restoring"
# Columns that hold places of files: those that lay in the old home folder lie in the new one.
_PATHS = {"audio_files": "path"}


def restore(engine: Engine, home: Path, source: Path, say: Callable[[str], None] | None = None) -> Manifest:
    """Bring a backup back, and to this version's schema.

    Raises
    ------
    BackupError
        The backup is damaged; the home folder or the database holds what would be overwritten; or what came
        into the database is not what the backup holds.
    DatabaseError
        The database cannot be used, or the backup is of a newer version.
    """
    if say is not None:
        say("checking")
    manifest = check_backup(source)
    home = home.resolve()
    _need_room(home, manifest)
    home.mkdir(parents=True, exist_ok=True)
    beside = home / BESIDE
    shutil.rmtree(beside, ignore_errors=True)  # Of a restore that broke off.
    try:
        _copy(source, manifest.home_files, beside, say)
        with engine.connect().execution_options(songspace_write=True) as connection, connection.begin():
            take_lock(connection, "migrate")
            make_tables(connection, manifest.schema)
            _fill(connection, source, manifest, home, say)
            _move(beside, home)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    upgrade(engine)
    logger.info("restored %d rows and %d files", manifest.rows, len(manifest.home_files))
    return manifest


def _need_room(home: Path, manifest: Manifest) -> None:
    tops = {path.split("/")[0] for path in manifest.home_files}
    taken = sorted(name for name in tops if (home / name).exists())
    if taken:
        raise BackupError(f"{home} holds {', '.join(taken)} already, and restoring overwrites nothing")


def _copy(
    source: Path, files: Mapping[str, FileFacts], beside: Path, say: Callable[[str], None] | None
) -> None:
    beside.mkdir(mode=0o700)
    for name, facts in files.items():
        if say is not None:
            say(name)
        target = beside / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / HOME / name, target)
        if file_facts(target).sha256 != facts.sha256:
            raise BackupError(f"{name} did not arrive whole in {beside.parent}")
        target.chmod(facts.mode)


def _move(beside: Path, home: Path) -> None:
    """Give every file and folder its place, or none."""
    moved = []
    try:
        for path in sorted(beside.iterdir()):
            path.rename(home / path.name)
            moved.append(path)
    except BaseException:
        for path in moved:
            (home / path.name).rename(path)
        raise


def _fill(
    connection: Connection, source: Path, manifest: Manifest, home: Path, say: Callable[[str], None] | None
) -> None:
    tables = {table.name: table for table in tables_of(connection) if table.name != VERSION_TABLE}
    full = sorted(name for name, rows in row_counts(connection, tables.values()).items() if rows)
    if full:
        raise BackupError(
            f"the database has rows already ({', '.join(full)}), and restoring overwrites nothing"
        )
    missing = sorted(set(manifest.tables) - set(tables))
    if missing:
        raise BackupError(f"schema {manifest.schema} has no table {', '.join(missing)}")
    for name, table in tables.items():
        if name not in manifest.tables:
            continue
        if say is not None:
            say(name)
        given = [column.name for column in manifest.tables[name].columns]
        wanted = [column.name for column in columns_of(table)]
        if set(given) != set(wanted):
            raise BackupError(f"the table {name} has other columns than schema {manifest.schema}")
        places = [given.index(column) for column in wanted]
        batches = _rows(source, name, manifest, home)
        # The columns of the two kinds of database may stand in another order.
        _fill_table(
            connection, table, ([tuple(row[i] for i in places) for row in batch] for batch in batches)
        )
    set_last_ids(connection, manifest.last_ids, tables.values())


def _fill_table(connection: Connection, table: Table, batches: Iterator[list[Row]]) -> None:
    meant = Digest()
    for batch in batches:
        for row in batch:
            meant.add(row)
        write_rows(connection, table, batch)
    there = digest_of(connection, table)
    if (there.rows, there.hexdigest()) != (meant.rows, meant.hexdigest()):
        raise BackupError(f"the table {table.name} did not arrive as it was; nothing was restored")


def _rows(source: Path, name: str, manifest: Manifest, home: Path) -> Iterator[list[Row]]:
    facts = manifest.tables[name]
    batches = read_table(source, name, facts)
    if name not in _PATHS or str(home) == manifest.home:
        return batches
    place = [column.name for column in facts.columns].index(_PATHS[name])
    return ([_moved(row, place, manifest.home, str(home)) for row in batch] for batch in batches)


def _moved(row: Row, place: int, old: str, new: str) -> Row:
    path = row[place]
    if not path.startswith(f"{old.rstrip('/')}/"):
        return row
    return (*row[:place], new + path[len(old.rstrip("/")) :], *row[place + 1 :])
