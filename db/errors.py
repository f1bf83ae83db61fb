"""What can go wrong with the database, as named errors with a message that a person can act on."""

from __future__ import annotations


class DatabaseError(RuntimeError):
    """The database cannot do what was asked of it; the message says why."""


class DatabaseUrlError(DatabaseError, ValueError):
    """The database URL cannot be understood, or names a kind of database that we do not speak."""


class DatabaseUnavailableError(DatabaseError):
    """The database cannot be reached, opened, read or written: lost, locked, full, or no database at all."""


class DatabaseTooNewError(DatabaseError):
    """The database was made by a newer version of Songspace than this one."""


class NotFoundError(LookupError):
    """No song, playlist, user or release goes by this name.

    Attributes
    ----------
    kind : str
        "song", "playlist", "user" or "release".
    ref : str
        The name as it was asked for.
    """

    def __init__(self, kind: str, ref: str) -> None:
        super().__init__(f"unknown {kind}: {ref}")
        self.kind = kind
        self.ref = ref
