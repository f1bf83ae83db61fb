"""SQLite's index over the songs of lists, made at the end where very many come into a database without any.

A row that goes in finds its place in this index on a page of its own, so that it costs as much as all else
about the row, and more the larger the table is; made from all rows at once it costs a fifth of that. Whoever
is killed between leaves a database without it, which the next one who opens the database makes
(`db.migrate.upgrade`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, Index, inspect, select

from db.errors import DatabaseUnavailableError
from db.models import PlaylistEntry
from db.repositories.bulk import table_of
from db.session import SessionFactory, write_transaction

logger = logging.getLogger(__name__)

_SORTED_KIB, _THREADS = 16_384, 2


@contextmanager
def made_late(factory: SessionFactory) -> Iterator[None]:
    """Do without the index for as long as the block runs, if no list has a song yet."""
    index = _index()
    with write_transaction(factory) as session:
        connection = session.connection()
        is_first = connection.execute(select(PlaylistEntry.song_id).limit(1)).first() is None
        if is_first and connection.dialect.name == "sqlite":
            index.drop(connection, checkfirst=True)
    try:
        yield
    finally:
        try:
            make_late_index(factory.kw["bind"])
        except DatabaseUnavailableError as error:
            # What the block has to say goes first; the index is made when the database is opened again.
            logger.warning("the index over songs of lists is left for later: %s", error)


def make_late_index(engine: Engine) -> None:
    """Make the index where it is missing.

    Raises
    ------
    DatabaseUnavailableError
    """
    if engine.dialect.name != "sqlite":
        return
    index = _index()
    with engine.connect() as connection:
        there = {one["name"] for one in inspect(connection).get_indexes(table_of(PlaylistEntry).name)}
    if index.name in there:
        return
    with engine.connect().execution_options(songspace_write=True) as connection, connection.begin():
        before = connection.exec_driver_sql("PRAGMA cache_size").scalar()
        # Sorted in parts of this size, and the parts by a thread beside: in half the time.
        for pragma in (f"cache_size = -{_SORTED_KIB}", f"threads = {_THREADS}"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        try:
            index.create(connection, checkfirst=True)
        finally:
            for pragma in (f"cache_size = {before}", "threads = 0"):
                connection.exec_driver_sql(f"PRAGMA {pragma}")


def _index() -> Index:
    (found,) = (one for one in table_of(PlaylistEntry).indexes if one.columns.keys() == ["song_id"])
    return found
