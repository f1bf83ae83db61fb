"""One night, seen through by a worker: begun, watched, stopped where it has to be, and ended once.

Its stages leave what they did, so a night that is begun again goes on where the last attempt stopped.
"""

from __future__ import annotations

import logging
from typing import Any

from db.repositories import nights
from db.repositories.generation_jobs import DONE, FAILED
from db.repositories.nights import StoredNight
from db.session import write_transaction
from service.work.child import Child, ChildEndedError
from service.work.making_job import MOST_ATTEMPTS, Bearings, WorkerStoppedError
from service.work.place import Place

logger = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5


def run_night(bearings: Bearings, number: int) -> None:
    """Run a night, unless it has ended; `bearings.makers` are processes of `service.work.night`.

    Raises
    ------
    WorkerStoppedError
    """
    while True:
        if bearings.stopping.is_set():
            raise WorkerStoppedError
        with write_transaction(bearings.place.session_factory) as session:
            night = nights.begin_night(session, number)
        if night is None:
            return
        if night.attempts > MOST_ATTEMPTS:
            why = f"its worker died {MOST_ATTEMPTS} times in stage {night.stage or 'one'}"
            _finish(bearings.place, night, FAILED, reason=why)
            return
        child = bearings.makers.take()
        try:
            _see_through(bearings, night, child)
            return
        except ChildEndedError as error:
            logger.warning("night %d: its process %s", number, error)
        finally:
            bearings.makers.discard(child)


def _see_through(bearings: Bearings, night: StoredNight, child: Child) -> None:
    while True:
        message = child.hear(_LOOK_EVERY_S)
        if bearings.stopping.is_set():
            raise WorkerStoppedError
        kind = None if message is None else message["kind"]
        if message is not None and kind == "done":
            _finish(bearings.place, night, DONE, result=message["result"])
            return
        if message is not None and kind == "failed":
            _finish(bearings.place, night, FAILED, reason=str(message["reason"]))
            return
        stage = str(message["stage"]) if message is not None and kind == "stage" else None
        if not _is_wanted(bearings.place, night, stage):
            return


def _is_wanted(place: Place, night: StoredNight, stage: str | None) -> bool:
    """Note a stage that has begun; tells whether the night is still to be run, by this attempt."""
    if stage is not None:
        with write_transaction(place.session_factory) as session:
            nights.set_stage(session, night.number, stage)
    with place.session_factory() as session:
        now = nights.find_night(session, night.number)
    return now is not None and now.is_open and now.attempts == night.attempts


def _finish(
    place: Place, night: StoredNight, state: str, *, result: dict[str, Any] | None = None, reason: str = ""
) -> None:
    with write_transaction(place.session_factory) as session:
        nights.finish_night(
            session, night.number, state, result=result, reason=reason, attempt=night.attempts
        )
    logger.info("night %d: %s%s", night.number, state, f" ({reason})" if reason else "")
