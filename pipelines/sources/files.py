"""Files and folders that may be unreadable, enormous or tied in a loop."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pipelines.sources.batch import Problem

MAX_FILE_BYTES = 512 * 1024 * 1024  # Of a file that is read as a whole.


def file_bytes(path: Path, limit: int = MAX_FILE_BYTES) -> bytes | Problem:
    """Return what is in a file, or the problem with it: unreadable, empty, or larger than `limit`."""
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        return Problem(path, "", f"cannot be read: {reason_of(error)}")
    if len(data) > limit:
        return Problem(path, "", f"larger than {limit // 2**20} MiB")
    return data if data else Problem(path, "", "is empty")


def files_below(folder: Path) -> Iterator[Path | Problem]:
    """Yield the files below a folder, sorted, hidden ones left out; links to folders are not followed."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Problem(folder, "", f"cannot be read: {reason_of(error)}")
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from files_below(Path(entry.path))
            elif entry.is_file():
                yield Path(entry.path)
            elif entry.is_symlink() and not entry.is_dir():
                yield Problem(Path(entry.path), "", "a link that leads nowhere")
        except OSError as error:
            yield Problem(Path(entry.path), "", f"cannot be read: {reason_of(error)}")


def reason_of(error: BaseException) -> str:
    """Return the message of an error in one line, without the path that the problem names anyway."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
