"""The files of a release: written beside, checked, published by one atomic move; and back again.

Layout under `SONGSPACE_HOME/releases/`:

    current               the name of the published release, one line, replaced atomically
    <name>/manifest.json  counts, settings, figures, and size and sha256 of every other file
    <name>/...            arrays and tables (pipelines/stored_release.py)
    .building-<name>/     a release being written; left by a crash, removed by the next
    .unfolded-<name>/     what asking a large one needs, worked out (pipelines/unfolded_release.py)

A release folder never changes once it has its name. Every write goes to a temporary name first and reaches
the disk before the rename, so that a crash at any point leaves the old release or the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
CURRENT = "current"
BUILDING = ".building-"
UNFOLDED = ".unfolded-"
KEPT = 3


class ReleaseError(Exception):
    """A release is missing, incomplete or damaged; the message says which and how."""


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def write_text_atomically(path: Path, text: str) -> None:
    """Replace a text file so that a reader sees the old text or the new, also after a power cut."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    _sync_folder(path.parent)


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """Add the manifest to a folder of files: `facts`, and the size and sha256 of each file."""
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
        for path in sorted(folder.iterdir())
        if path.name != MANIFEST
    }
    text = json.dumps({**facts, "files": files}, indent=2, ensure_ascii=False, sort_keys=True)
    write_text_atomically(folder / MANIFEST, text + "\n")


def read_manifest(releases: Path, name: str) -> dict[str, Any]:
    """Read a release's manifest.

    Raises
    ------
    ReleaseError
        There is no such release, or its manifest cannot be read.
    """
    path = releases / name / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReleaseError(f"there is no release {name!r} in {releases}") from None
    except (ValueError, OSError) as error:
        raise ReleaseError(f"{path} cannot be read: {error}") from None
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict) or not all(isinstance(facts, dict) for facts in files.values()):
        raise ReleaseError(f"{path} is not a release's manifest")
    return dict(manifest)


def check_files(releases: Path, name: str) -> list[str]:
    """Compare every file of a release with its manifest; a line for each that is missing, added or
    different.
    """
    manifest = read_manifest(releases, name)
    folder = releases / name
    found = []
    for file, facts in manifest["files"].items():
        path = folder / file
        if not path.is_file():
            found.append(f"{file} is missing")
        elif path.stat().st_size != facts.get("bytes"):
            found.append(f"{file} has {path.stat().st_size} bytes instead of {facts.get('bytes')}")
        elif sha256_of(path) != facts.get("sha256"):
            found.append(f"{file} differs from its sha256")
    strangers = {path.name for path in folder.iterdir()} - set(manifest["files"]) - {MANIFEST}
    found.extend(f"{file} is not in the manifest" for file in sorted(strangers))
    return found


def start_building(releases: Path, name: str) -> Path:
    """Make an empty folder to write a release in, and remove what a crash left of others."""
    releases.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(releases)
    folder = releases / f"{BUILDING}{name}"
    folder.mkdir()
    return folder


def finish_building(releases: Path, name: str) -> None:
    """Bring every file to the disk and give the folder its name; it is not published yet."""
    folder = releases / f"{BUILDING}{name}"
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    _sync_folder(folder)
    os.rename(folder, releases / name)
    _sync_folder(releases)


def publish(releases: Path, name: str) -> None:
    """Point `current` at a release.

    Raises
    ------
    ReleaseError
        The release is missing or damaged: `current` stays as it is.
    """
    found = check_files(releases, name)
    if found:
        raise ReleaseError(f"release {name} is damaged and was not published: {'; '.join(found)}")
    write_text_atomically(releases / CURRENT, name + "\n")


def current_name(releases: Path) -> str | None:
    """Name of the published release; None when none was ever published, or the pointer cannot be read."""
    try:
        return (releases / CURRENT).read_text(encoding="utf-8").strip() or None
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def release_names(releases: Path) -> list[str]:
    """Names of the finished releases, oldest first (names begin with their time)."""
    if not releases.is_dir():
        return []
    return sorted(p.name for p in releases.iterdir() if p.is_dir() and not p.name.startswith("."))


def remove_old(releases: Path, *, kept: int = KEPT) -> list[str]:
    """Remove all but the newest `kept` releases and the published one, and what crashes left; returns the
    names removed.

    Releases newer than the published one (refused by the gate, or rolled back from) are counted apart, so
    that a row of refused nights takes no good release away.
    """
    published = current_name(releases)
    names = release_names(releases)
    newer = [name for name in names if published is not None and name > published]
    removed = []
    for name in [*names[: len(names) - len(newer)][:-kept], *newer[:-kept]]:
        if name == published:
            continue
        remove_release(releases, name)
        removed.append(name)
    _remove_leftovers(releases)
    return removed


def remove_release(releases: Path, name: str) -> None:
    """Remove a release; a folder with a release's name is whole until it is gone."""
    doomed = releases / f"{BUILDING}{name}"
    os.rename(releases / name, doomed)
    shutil.rmtree(doomed)


def _remove_leftovers(releases: Path) -> None:
    for leftover in releases.glob(f"{BUILDING}*"):
        shutil.rmtree(leftover)
    for leftover in releases.glob(".*.tmp"):
        leftover.unlink(missing_ok=True)
    for unfolded in releases.glob(f"{UNFOLDED}*"):
        if not (releases / unfolded.name.removeprefix(UNFOLDED)).is_dir():
            shutil.rmtree(unfolded, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
