"""A database that lies on disk alone, read into memory in one go and not page by page while somebody waits.

An answer reads some twenty pages of songs, names and listens that lie scattered over the file; after a start
of the machine each is a read of the disk by itself.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine

# Smaller ones are read in less time than a process takes to start.
FROM_BYTES = 16 * 2**20
_LONGEST_S = 120.0
_READ = """
import sys
with open(sys.argv[1], "rb", buffering=0) as database:
    while database.read(2**20):
        pass
"""


def read_in(engine: Engine, *, at_most: int, from_bytes: int = FROM_BYTES) -> int:
    """Read SQLite's file once, from its beginning to its end, so that the system holds it.

    A process of its own does: whoever closes the file gives up all locks that his process has on it, those of
    its connections too, and another process would then throw away the log that they write
    (https://sqlite.org/howtocorrupt.html, 2.2).

    Parameters
    ----------
    at_most, from_bytes : int
        Nothing is read of a file that has more, or less.

    Returns
    -------
    int
        Bytes of the file; 0 where it was not read: of PostgreSQL, whose server holds its own, where there is
        no file, or on a disk that takes longer than two minutes.
    """
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file:
        return 0
    try:
        size = Path(file).stat().st_size
        if not from_bytes <= size <= at_most:
            return 0
        command = [sys.executable, "-I", "-S", "-c", _READ, file]
        silent = subprocess.DEVNULL
        done = subprocess.run(
            command, stdin=silent, stdout=silent, stderr=silent, timeout=_LONGEST_S, check=False
        )
    # Whoever asks the database says what is wrong with it.
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return 0 if done.returncode else size
