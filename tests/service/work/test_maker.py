"""The process that makes: it does what it is told, and says how that ended."""

from __future__ import annotations

import queue
import threading
from typing import Any

import pytest

from db.repositories.generation_jobs import begin_job
from db.session import write_transaction
from generation.audio.checks import Examiner
from generation.checkpoint import CheckpointError
from service.work import generations
from service.work.maker import UNFORESEEN, Maker
from service.work.making import Studio
from service.work.order import Order
from service.work.place import Bench
from tests.tiny_noise import ToneBackend


class Wire:
    """A parent in the same process."""

    def __init__(self) -> None:
        self.orders: queue.Queue[dict[str, Any]] = queue.Queue()
        self.said: queue.Queue[dict[str, Any]] = queue.Queue()

    def hear(self) -> dict[str, Any]:
        return self.orders.get()

    def tell(self, kind: str, **more: Any) -> None:
        self.said.put({"kind": kind, **more})


def end_of(place: Bench, studio: Studio, *, token: str | None = None) -> dict[str, Any]:
    """The last that a maker says of an order."""
    name = token or generations.submit(place, Order(seconds=1.0, seed=3)).generation
    with write_transaction(place.session_factory) as session:
        begin_job(session, name)
    wire: Any = Wire()
    threading.Thread(target=Maker(wire, place, studio).run, daemon=True).start()
    wire.orders.put({"kind": "make", "run": "r", "token": name})
    while True:
        said: dict[str, Any] = wire.said.get(timeout=240)
        assert said["run"] == "r"
        if said["kind"] in ("done", "failed", "stopped"):
            return said


def fail(error: Exception) -> Any:
    raise error


def test_what_is_made_is_told(place: Bench) -> None:
    said = end_of(place, Studio(ToneBackend, Examiner))
    assert said["kind"] == "done"
    assert [take["seed"] for take in said["result"]["takes"]] == [3]


def test_what_is_gone_is_not_made(place: Bench) -> None:
    assert end_of(place, Studio(ToneBackend, Examiner), token="0" * 24)["kind"] == "stopped"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CheckpointError("/secret/weights are torn"), "the generator's weights are missing or damaged"),
        (RuntimeError("/secret/place"), UNFORESEEN),
        (ValueError("a prompt that cannot be"), "a prompt that cannot be"),
    ],
)
def test_a_failure_is_told_without_what_is_nobodys_business(
    place: Bench, error: Exception, reason: str
) -> None:
    said = end_of(place, Studio(lambda: fail(error), Examiner))
    assert (said["kind"], said["reason"]) == ("failed", reason)
