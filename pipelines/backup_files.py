"""The files of a backup: a folder that says what it holds, and can be checked without any database.

    manifest.json            versions, and size and SHA-256 of every other file; rows and a sum of each table
    tables/<name>.parquet    a table of the song database
    home/...                 the files of the home folder

What can be made again stays out: caches, the stages of a night, the demo, locks and half-written files.
Tables are written and read by pipelines/backup_tables.py.
SQLite files of the home folder are copied as SQLite copies what is in use; all others byte by byte.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from db.repositories.whole_tables import ColumnFacts

FORMAT = 1
MANIFEST = "manifest.json"
TABLES, HOME = "tables", "home"
# Made again by whoever needs them; `demo` is a home of its own that `songspace demo` makes.
LEFT_OUT = frozenset({"cache", "nightly", "demo"})
_SQLITE = b"SQLite format 3\x00"
_CHUNK = 1 << 20


class BackupError(ValueError):
    """A backup is missing, incomplete, damaged or in the way; the message says which and how."""


@dataclass(frozen=True)
class TableFacts:
    """One table of a backup: its columns, how many rows, and the sum of `Digest`."""

    columns: tuple[ColumnFacts, ...]
    rows: int
    digest: str


@dataclass(frozen=True)
class FileFacts:
    """One file of a backup: bytes, SHA-256, and who may read it (the last nine bits of its mode)."""

    bytes: int
    sha256: str
    mode: int


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes
    ----------
    home : str
        Where the home folder was, absolute: paths in the database that lead into it lead into another one
        when it is restored elsewhere.
    schema : str
        Revision of the tables.
    last_ids : dict
        The last id that each table gave out.
    files : dict
        By path within the backup, with slashes.
    """

    version: str
    made_at: str
    home: str
    database: str
    schema: str
    tables: Mapping[str, TableFacts]
    last_ids: Mapping[str, int]
    files: Mapping[str, FileFacts]
    format: int = field(default=FORMAT)

    def save(self, folder: Path) -> None:
        """Write it beside the files that it describes."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False, sort_keys=True)
        with (folder / MANIFEST).open("w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(facts.rows for facts in self.tables.values())

    @property
    def home_files(self) -> dict[str, FileFacts]:
        """The files of the home folder, by their path in it."""
        return {
            path.removeprefix(f"{HOME}/"): facts
            for path, facts in self.files.items()
            if path.startswith(f"{HOME}/")
        }


def read_manifest(folder: Path) -> Manifest:
    """Read what a backup says that it holds.

    Raises
    ------
    BackupError
        It is no backup, or one of a newer version.
    """
    path = folder / MANIFEST
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["format"] != FORMAT:
            raise BackupError(
                f"{folder} is a backup of format {said['format']!r}; this version reads {FORMAT}"
            )
        tables = {
            name: TableFacts(
                tuple(ColumnFacts(**column) for column in facts["columns"]), facts["rows"], facts["digest"]
            )
            for name, facts in said["tables"].items()
        }
        files = {name: FileFacts(**facts) for name, facts in said["files"].items()}
        manifest = Manifest(**said | {"tables": tables, "files": files})
    except BackupError:
        raise
    except (FileNotFoundError, NotADirectoryError):
        raise BackupError(f"{folder} is no backup: it has no {MANIFEST}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(f"{path} cannot be read: {error}") from None
    strange = [name for name in files if not _stays_inside(name)]
    if strange:
        raise BackupError(f"{path} names files outside the backup: {strange[0]}")
    return manifest


def check_backup(folder: Path) -> Manifest:
    """Read a whole backup and compare it with its manifest.

    Raises
    ------
    BackupError
        With everything that is missing, added or different.
    """
    manifest = read_manifest(folder)
    found = []
    for name, facts in manifest.files.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif path.stat().st_size != facts.bytes:
            found.append(f"{name} has {path.stat().st_size} bytes instead of {facts.bytes}")
        elif _sha256(path) != facts.sha256:
            found.append(f"{name} differs from its sha256")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    found += [f"{name} is not in the manifest" for name in sorted(there - set(manifest.files) - {MANIFEST})]
    found += [
        f"the table {name} has no file"
        for name in manifest.tables
        if f"{TABLES}/{name}.parquet" not in manifest.files
    ]
    if found:
        raise BackupError(f"the backup {folder} is damaged: {'; '.join(found)}")
    return manifest


def home_files(home: Path, *, database: Path | None) -> list[Path]:
    """The files of a home folder that belong into a backup, as paths within it.

    Parameters
    ----------
    database : path, or None
        The song database, where it is a file: its rows are in the backup, the file is not.
    """
    kept_apart = set()
    if database is not None:
        kept_apart = {
            database.resolve().with_name(database.name + end) for end in ("", "-wal", "-shm", "-journal")
        }
    found = []
    seen: set[tuple[int, int]] = set()
    for top, folders, files in os.walk(home, followlinks=True):
        status = os.stat(top)
        if (status.st_dev, status.st_ino) in seen:  # A link that leads back.
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        inside = Path(top).relative_to(home)
        folders[:] = sorted(name for name in folders if not _is_left_out(inside / name))
        for name in sorted(files):
            path = Path(top) / name
            if not _is_left_out(inside / name) and path.is_file() and path.resolve() not in kept_apart:
                found.append(inside / name)
    names = set(found)
    return [path for path in found if not _is_log_of(path, names, home)]


def copy_files(
    home: Path, paths: Iterable[Path], folder: Path, say: Callable[[str], None] | None = None
) -> dict[str, FileFacts]:
    """Copy files of the home folder into a backup."""
    facts = {}
    for path in paths:
        if say is not None:
            say(path.as_posix())
        target = folder / HOME / path
        target.parent.mkdir(parents=True, exist_ok=True)
        source = home / path
        try:
            if _is_sqlite(source):
                _copy_sqlite(source, target)
            else:
                shutil.copyfile(source, target)
            mode = source.stat().st_mode & 0o777
        except FileNotFoundError:
            # Swept away since it was listed, as previews of what is being made are.
            target.unlink(missing_ok=True)
            continue
        facts[f"{HOME}/{path.as_posix()}"] = file_facts(target, mode)
        target.chmod(0o600)
    return facts


def file_facts(path: Path, mode: int = 0o600) -> FileFacts:
    """Measure a file of a backup."""
    return FileFacts(path.stat().st_size, _sha256(path), mode)


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.parts[:1] in ((TABLES,), (HOME,))


def _is_left_out(path: Path) -> bool:
    name = path.name
    half_written = name.startswith(".") and (
        name.endswith(".tmp") or name.startswith((".building-", ".restoring"))
    )
    return str(path) in LEFT_OUT or half_written or name.endswith(".lock")


def _is_log_of(path: Path, names: set[Path], home: Path) -> bool:
    """Whether a file is the log of an SQLite file, which the copy of that file has taken in."""
    for end in ("-wal", "-shm", "-journal"):
        if path.name.endswith(end):
            base = path.with_name(path.name.removesuffix(end))
            return base in names and _is_sqlite(home / base)
    return False


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _copy_sqlite(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"file:{_quoted(source)}?mode=ro", uri=True, timeout=30)) as there,
        closing(sqlite3.connect(target)) as here,
    ):
        there.backup(here)


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.resolve()))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def restored_size(manifest: Manifest) -> int:
    """Bytes of a backup, its manifest aside."""
    return sum(facts.bytes for facts in manifest.files.values())


def as_json(manifest: Manifest) -> dict[str, Any]:
    """What is told of a backup to programs: all but the facts of single files."""
    return {
        "version": manifest.version,
        "made_at": manifest.made_at,
        "database": manifest.database,
        "schema": manifest.schema,
        "tables": {name: facts.rows for name, facts in manifest.tables.items()},
        "rows": manifest.rows,
        "files": len(manifest.home_files),
        "bytes": restored_size(manifest),
    }
