"""Files that a command writes: checked before the work, and `-` for standard output.

The use cases write a file whole, by moving it into its place. What is no ordinary file must not be replaced
so: moved over `/dev/null`, a file would take the place of the device for everybody on the machine.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def file_to_write(out: Path) -> Iterator[Path]:
    """Give the path to write to: a new or ordinary file, through links; for `-`, devices and pipes a file
    elsewhere, which is copied there at the end.

    Raises
    ------
    ValueError
        A folder, or in a folder that is not there.
    """
    to_stdout = str(out) == "-"
    if not to_stdout and out.is_dir():
        raise ValueError(f"{out} is a folder, a file to write is expected")
    # `/dev/stdout` may lead to an ordinary file, whose place is nevertheless not ours to take.
    special = (out.exists() and not out.is_file()) or out.absolute().parts[1:2] in (("dev",), ("proc",))
    if not to_stdout and not special:
        target = out.resolve()
        if not target.parent.is_dir():
            raise ValueError(f"there is no folder {out.parent} to write {out.name} in")
        yield target
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "out.jsonl"
        yield path
        with path.open("rb") as file:
            if to_stdout:
                sys.stdout.flush()
                shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.buffer.flush()
            else:
                with out.open("wb") as there:
                    shutil.copyfileobj(file, there)
