"""Files that a command writes: checked before the work, and `-` for standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def file_to_write(out: Path) -> Iterator[Path]:
    """Give the path to write to; what is written for `-` goes to standard output at the end.

    Raises
    ------
    ValueError
        A folder, or in a folder that is not there.
    """
    if str(out) != "-":
        if out.is_dir():
            raise ValueError(f"{out} is a folder, a file to write is expected")
        if not out.parent.is_dir():
            raise ValueError(f"there is no folder {out.parent} to write {out.name} in")
        yield out
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "out.jsonl"
        yield path
        sys.stdout.flush()
        with path.open("rb") as file:
            while block := file.read(1 << 16):
                sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()
