"""A database that lies on disk alone, read into memory in one go and not page by page while somebody waits.

An answer reads some twenty pages of songs, names and listens that lie scattered over the file; after a start
of the machine each is a read of the disk by itself.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

_AT_ONCE = 2**20


def read_in(engine: Engine, *, at_most: int) -> int:
    """Read SQLite's file once, from its beginning to its end, so that the system holds it.

    Parameters
    ----------
    at_most : int
        Bytes; of a file that has more nothing is read.

    Returns
    -------
    int
        Bytes that were read; 0 for PostgreSQL, whose server holds its own, and where there is no file.
    """
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file:
        return 0
    done = 0
    try:
        with Path(file).open("rb", buffering=0) as database:
            if Path(file).stat().st_size > at_most:
                return 0
            while part := database.read(_AT_ONCE):
                done += len(part)
    except OSError:  # whoever asks the database says what is wrong with it
        return done
    return done
