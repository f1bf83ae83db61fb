"""A take that waits to be put into the catalogue, seen through by a worker."""

from __future__ import annotations

import logging

from service.work.child import ChildEndedError
from service.work.folders import adding_folder
from service.work.making_job import LOOK_EVERY_S, Bearings, WorkerStoppedError
from service.work.takes import change_take

logger = logging.getLogger(__name__)

_MOST_ATTEMPTS = 3


def run_adding(bearings: Bearings, name: str) -> None:
    """Put the take `TOKEN-NUMBER` into the catalogue; one that cannot be is left as it was.

    Raises
    ------
    WorkerStoppedError
    """
    token, _, number = name.partition("-")
    waiting = adding_folder(bearings.place.settings.home) / name
    for _ in range(_MOST_ATTEMPTS):
        if bearings.stopping.is_set():
            raise WorkerStoppedError
        if not waiting.exists():
            return
        try:
            if _attempt(bearings, token, int(number)):
                break
        except ChildEndedError as error:
            logger.warning("a take was not added: the process %s", error)
    else:
        _leave(bearings, token, int(number), f"its process died {_MOST_ATTEMPTS} times")
    waiting.unlink(missing_ok=True)


def _attempt(bearings: Bearings, token: str, number: int) -> bool:
    child = bearings.makers.take()
    run, is_fine = f"add {token} {number}", False
    child.tell({"kind": "add", "run": run, "token": token, "take": number})
    try:
        while True:
            message = child.hear(LOOK_EVERY_S)
            if bearings.stopping.is_set():
                raise WorkerStoppedError
            if message is not None and message.get("run") == run:
                is_fine = True
                if message["kind"] == "failed":
                    _leave(bearings, token, number, str(message["reason"]))
                return True
    finally:
        if is_fine:
            bearings.makers.give_back(child)
        else:
            bearings.makers.discard(child)


def _leave(bearings: Bearings, token: str, number: int, why: str) -> None:
    """A take that could not be added says why; one that was added before stays so."""
    change_take(bearings.place, token, number, {"song": None, "note": why}, unless_added=True)
