"""Nights that are asked for, watched and cancelled: what every edge calls. At most one is open at any
time.
"""

from __future__ import annotations

from datetime import datetime

from db.errors import NotFoundError
from db.repositories import nights
from db.repositories.generation_jobs import CANCELLED
from db.repositories.nights import ASKED, SCHEDULE, StoredNight
from db.session import write_transaction
from pipelines.stages import JobRunningError
from service.work.place import Place

LOCK = "nights"


def ask_for_night(place: Place) -> StoredNight:
    """Have a worker run the nightly job.

    Raises
    ------
    JobRunningError
        It runs, or waits to be run.
    """
    with write_transaction(place.session_factory, lock=LOCK) as session:
        made = nights.add_night(session, ASKED)
    if made is None:
        raise JobRunningError("the nightly job is at work, or waits for a worker")
    return made


def schedule_night(place: Place, due: datetime) -> StoredNight | None:
    """Have the night of this moment run; None where it was, or another one is at work."""
    with write_transaction(place.session_factory, lock=LOCK) as session:
        return nights.add_night(session, SCHEDULE, due=due)


def show_night(place: Place, number: int) -> StoredNight:
    """A night as it is now.

    Raises
    ------
    NotFoundError
    """
    with place.session_factory() as session:
        found = nights.find_night(session, number)
    if found is None:
        raise NotFoundError("night", str(number))
    return found


def nights_before(place: Place, before: int | None, limit: int) -> list[StoredNight]:
    """Nights, newest first; those before a number where one is given."""
    with place.session_factory() as session:
        return nights.nights_before(session, before, limit)


def cancel_night(place: Place, number: int) -> StoredNight:
    """Stop a night; stages that are done stay, for the next one to go on from. One that has ended stays
    as it is.

    Raises
    ------
    NotFoundError
    """
    show_night(place, number)
    with write_transaction(place.session_factory) as session:
        nights.finish_night(session, number, CANCELLED)
    return show_night(place, number)
