"""How each process of ours holds its connections to the song database, by the settings."""

from __future__ import annotations

from db.session import Connections
from service.settings import Settings

# Beside those who answer: who watches the releases, draws, and looks whether the database is there.
_BESIDE = 8
# Whoever answers has many connections, whoever takes in has one.
_ANSWERS_MIB, _WORKS_MIB = 64, 512
_ANSWERS_LOG_MIB, _WORKS_LOG_MIB = 4, 256


def connections_of(settings: Settings, role: str, *, answers: bool = False) -> Connections:
    """Return what `db.session.make_engine` is to be told.

    Parameters
    ----------
    role : str
        What the process does, in a word: PostgreSQL shows it as `songspace ROLE`.
    answers : bool
        Somebody waits for it, so that a statement may not take for ever.
    """
    return Connections(
        at_once=settings.database_connections or settings.request_threads + _BESIDE,
        recycle_s=settings.database_recycle_s,
        statement_timeout_s=settings.database_statement_timeout_s if answers else 0.0,
        application=f"songspace {role}",
        cache_mib=_ANSWERS_MIB if answers else _WORKS_MIB,
        log_mib=_ANSWERS_LOG_MIB if answers else _WORKS_LOG_MIB,
    )
