"""The months of `listens`: on PostgreSQL each has a table of its own, so that none grows without end.

The table is partitioned by the month (in UTC) of `listened_at_s`; SQLite keeps one table. A month gets its
own part, `listens_2026_11`, when it is near, or worth it: when it has a thousand listens. All others lie in
`listens_other`: of months with few listens, before and after their time. So there are as many parts as there
is something in them, which matters, since who asks for all listens of a user asks each part.

Nothing hangs on a part being there: a listen without one goes into `listens_other`, and is moved when its
part is made. Making one needs locks that nobody else may hold, so who does not get them soon goes on without.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from db.errors import DatabaseUnavailableError
from db.models import now
from db.session import take_lock

logger = logging.getLogger(__name__)

TABLE, OTHER = "listens", "listens_other"
WORTH_IT = 1_000  # Listens from which a month has a part of its own.
AHEAD = 2  # Months after the present one that have theirs before anybody listens.
_COLUMNS = "user_id, song_id, listened_at_s, completion"
_OWN_LOCKS_MS, _OTHERS_LOCKS_MS = 3_000, 400

Month = int
"""Months since January 1970."""


def month_of(moment: datetime) -> Month:
    """The month of a moment in UTC."""
    return (moment.year - 1970) * 12 + moment.month - 1


def months_of(times_s: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """The month of each time, given in Unix seconds."""
    moments = np.asarray(times_s, dtype=np.int64).astype("datetime64[s]")
    months: NDArray[np.int64] = moments.astype("datetime64[M]").astype(np.int64)
    return months


def name_of(month: Month) -> str:
    """The name of a month's part."""
    return f"{TABLE}_{1970 + month // 12:04}_{month % 12 + 1:02}"


def bounds_of(month: Month) -> tuple[int, int]:
    """The first second of a month, and the first after it."""
    first, last = (
        int(np.datetime64(one, "M").astype("datetime64[s]").astype(np.int64)) for one in (month, month + 1)
    )
    return first, last


def parts(connection: Connection) -> set[str]:
    """The names of all tables that are parts of others; none on SQLite."""
    if connection.dialect.name != "postgresql":
        return set()
    statement = text(
        "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' "
        "AND relnamespace = CAST(current_schema() AS regnamespace)"
    )
    return set(connection.execute(statement).scalars())


def worth_a_part(times_s: Sequence[int] | NDArray[np.int64]) -> list[Month]:
    """The months of which there are so many of these times that they are worth a part, ascending.

    What has yet to come, beyond the months that are made ahead, is none of them.
    """
    if len(times_s) < WORTH_IT:
        return []
    months, counts = np.unique(months_of(times_s), return_counts=True)
    last = month_of(now()) + AHEAD
    return [int(one) for one in months[counts >= WORTH_IT] if 0 <= one <= last]


def make_room(connection: Connection, times_s: Sequence[int] | NDArray[np.int64]) -> None:
    """Make the parts that listens of these times are worth, in the transaction that is going to store them.

    On SQLite, and where others hold what is needed, nothing happens.
    """
    if connection.dialect.name == "postgresql":
        wanted = worth_a_part(times_s)
        if wanted:
            _try_to_make(connection, wanted, wait_ms=_OTHERS_LOCKS_MS)


def make_room_as_in(connection: Connection, other: Connection) -> None:
    """Make the parts that the listens of another database, of any kind, are worth."""
    if connection.dialect.name == "postgresql":
        _try_to_make(connection, _worth_it_in(other, TABLE), wait_ms=_OWN_LOCKS_MS)


def keep_months(engine: Engine) -> None:
    """Where this month or the next ones have no part, make it, and those of all months that are worth it."""
    if engine.dialect.name != "postgresql":
        return
    present = month_of(now())
    near = range(present, present + AHEAD + 1)
    with engine.connect() as connection:
        if {name_of(month) for month in near} <= parts(connection):
            return
    tidy(engine, near)


def tidy(engine: Engine, near: Iterable[Month] = ()) -> None:
    """Give every month that is worth it a part of its own, and those that are named."""
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection, connection.begin():
        wanted = sorted({*near, *_worth_it_in(connection, OTHER)})
    # A part at a time, since each stops who writes.
    for month in wanted:
        with engine.connect() as connection, connection.begin():
            _try_to_make(connection, [month], wait_ms=_OWN_LOCKS_MS)


def _worth_it_in(connection: Connection, table: str) -> list[Month]:
    """The months of which a table has so many listens that they are worth a part, ascending."""
    if connection.dialect.name == "postgresql":
        at = "to_timestamp(listened_at_s) AT TIME ZONE 'UTC'"
        year, month = f"date_part('year', {at})", f"date_part('month', {at})"
    else:
        year, month = (f"strftime('{part}', listened_at_s, 'unixepoch')" for part in ("%Y", "%m"))
    statement = text(
        f"SELECT {year} * 12 + {month} - 1 - 1970 * 12 AS month FROM {table} WHERE listened_at_s < :end "
        "GROUP BY 1 HAVING count(*) >= :enough ORDER BY 1"
    )
    given = {"end": bounds_of(month_of(now()) + AHEAD)[1], "enough": WORTH_IT}
    return [int(found) for found in connection.execute(statement, given).scalars()]


def _try_to_make(connection: Connection, months: Sequence[Month], *, wait_ms: int) -> None:
    """Make parts, all or none, waiting no longer than that for anybody.

    Who waits for us cannot be waited for by us for long: PostgreSQL looks for such knots after a second, and
    would cut one of the two off. So we give up first; what was to go into a part goes into `listens_other`.
    """
    missing = [month for month in months if name_of(month) not in parts(connection)]
    if not missing:
        return
    try:
        with connection.begin_nested(), _patience(connection, wait_ms):
            take_lock(connection, "listen months")
            there = parts(connection)
            for month in missing:
                if name_of(month) not in there:
                    _make(connection, month)
    except (DatabaseUnavailableError, DBAPIError) as error:
        if connection.invalidated:
            raise
        reason = next(iter(str(error).splitlines()), "")
        logger.warning("listens of %s have no part of their own yet: %s", name_of(missing[0]), reason)


@contextmanager
def _patience(connection: Connection, wait_ms: int) -> Iterator[None]:
    before = connection.execute(text("SELECT current_setting('lock_timeout')")).scalar_one()
    _set_patience(connection, f"{wait_ms}ms")
    yield
    _set_patience(connection, str(before))


def _set_patience(connection: Connection, value: str) -> None:
    connection.execute(text("SELECT set_config('lock_timeout', :value, true)"), {"value": value})


def _make(connection: Connection, month: Month) -> None:
    name, (first, last) = name_of(month), bounds_of(month)
    within = f"listened_at_s >= {first} AND listened_at_s < {last}"
    for statement in (
        # Attaching takes it anyway; first of all, so that nobody adds to it what is about to be moved.
        f"LOCK TABLE {OTHER} IN ACCESS EXCLUSIVE MODE",
        f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        f"WITH moved AS (DELETE FROM {OTHER} WHERE {within} RETURNING {_COLUMNS}) "
        f"INSERT INTO {name} ({_COLUMNS}) SELECT {_COLUMNS} FROM moved",
        f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({last})",
    ):
        connection.execute(text(statement))
