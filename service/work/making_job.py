"""One generation, seen through by a worker: begun, watched, stopped where it has to be, and ended once.

It may run any number of times: what was begun before is begun again, and only the attempt that the row
knows as the last can end it.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from db.repositories import generation_jobs as jobs
from db.repositories.generation_jobs import DONE, FAILED, Job
from db.session import write_transaction
from service.work.child import Child, ChildEndedError, Message
from service.work.events import CHECKING, ENDED, LOADING, STARTED, STEP, append_event
from service.work.folders import job_folder, keep_only, remove_jobs
from service.work.makers import Makers
from service.work.place import Place

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
LOOK_EVERY_S = 0.2
"""How soon a cancelled generation is noticed."""
STOP_WITHIN_S = 20.0
"""How long a process that was told to stop may take for its step; then it is killed."""
_EVENTS = (LOADING, STEP, CHECKING)


class WorkerStoppedError(Exception):
    """The worker ends: whatever it was at is begun again by the next one."""


@dataclass(frozen=True)
class Bearings:
    """What a worker's jobs share."""

    place: Place
    makers: Makers
    stopping: threading.Event


def run_generation(bearings: Bearings, token: str) -> None:
    """Make a generation, unless it has ended.

    Raises
    ------
    WorkerStoppedError
    """
    while True:
        if bearings.stopping.is_set():
            raise WorkerStoppedError
        with write_transaction(bearings.place.session_factory) as session:
            job = jobs.begin_job(session, token)
        if job is None:
            _clear(bearings.place, token)
            return
        if job.attempts > MOST_ATTEMPTS:
            why = f"its worker died {MOST_ATTEMPTS} times while it was made"
            _finish(bearings.place, job, FAILED, reason=why)
            return
        append_event(_folder(bearings.place, token), STARTED, attempt=job.attempts)
        try:
            _attempt(bearings, job)
            return
        except ChildEndedError as error:
            logger.warning("generation %s: the process that made it %s", token, error)


def _attempt(bearings: Bearings, job: Job) -> None:
    """Have it made once.

    Raises
    ------
    ChildEndedError, WorkerStoppedError
    """
    child = bearings.makers.take()
    is_fine = False
    try:
        is_fine = _see_through(bearings, job, child)
    finally:
        if is_fine:
            bearings.makers.give_back(child)
        else:
            bearings.makers.discard(child)


def _see_through(bearings: Bearings, job: Job, child: Child) -> bool:
    """Watch a process make it; returns whether the process can be used again."""
    place, run = bearings.place, f"{job.token}.{job.attempts}"
    child.tell({"kind": "make", "run": run, "token": job.token})
    ends_at_s = time.monotonic() + place.settings.generation_timeout_s
    looked_at_s, stopped_at_s = 0.0, None
    while True:
        message = child.hear(LOOK_EVERY_S)
        if message is not None and message.get("run") == run and _is_end(place, job, message):
            return True
        now_s = time.monotonic()
        if bearings.stopping.is_set():
            raise WorkerStoppedError
        if stopped_at_s is not None:
            if now_s - stopped_at_s > STOP_WITHIN_S:
                return False
            continue
        if now_s > ends_at_s:
            limit = place.settings.generation_timeout_s
            _finish(place, job, FAILED, reason=f"it took longer than the {limit:g} s that it may")
        elif now_s - looked_at_s < LOOK_EVERY_S or _is_wanted(place, job):
            looked_at_s = now_s if now_s - looked_at_s >= LOOK_EVERY_S else looked_at_s
            continue
        child.tell({"kind": "cancel", "run": run})
        stopped_at_s = now_s


def _is_end(place: Place, job: Job, message: Message) -> bool:
    """Pass on what a process says; tells whether that was the last of it."""
    kind = message["kind"]
    if kind in _EVENTS:
        values = {name: value for name, value in message.items() if name not in ("kind", "run")}
        append_event(_folder(place, job.token), kind, **values)
        return False
    if kind == "done":
        _finish(place, job, DONE, result=message["result"])
    elif kind == "failed":
        _finish(place, job, FAILED, reason=str(message["reason"]))
    else:
        _clear(place, job.token)
    return True


def _finish(
    place: Place, job: Job, state: str, *, result: dict[str, Any] | None = None, reason: str = ""
) -> None:
    """End it, if nobody else has; what does not count goes."""
    with write_transaction(place.session_factory) as session:
        is_ours = jobs.finish_job(
            session, job.token, state, result=result, reason=reason, attempt=job.attempts
        )
    if is_ours:
        logger.info("generation %s: %s%s", job.token, state, f" ({reason})" if reason else "")
        append_event(_folder(place, job.token), ENDED)
    _clear(place, job.token)


def _clear(place: Place, token: str) -> None:
    """Remove files that do not count: all of them where the row is gone."""
    with place.session_factory() as session:
        job = jobs.find_job(session, token)
    if job is None:
        remove_jobs(place.settings.home, [token])
    elif not job.is_open:
        keep_only(place.settings.home, token, None if job.result is None else str(job.result["folder"]))


def _is_wanted(place: Place, job: Job) -> bool:
    with place.session_factory() as session:
        now = jobs.find_job(session, job.token)
    return now is not None and now.is_open and now.attempts == job.attempts


def _folder(place: Place, token: str) -> Any:
    return job_folder(place.settings.home, token)
