"""Kill -9 in the middle: what was at work is begun again by the next worker, and ends once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from db.repositories.generation_jobs import job_tokens
from service.work import generations
from service.work.nights import ask_for_night, nights_before
from service.work.order import Order
from service.work.place import Bench
from service.work.slots import has_worker, slots_known
from tests.service.work.conftest import TAKE_FILES, ended, files_of, wait_until

ORDER = Order(prompt="slow jazz", seconds=2.0)


@contextmanager
def process(
    place: Bench, mode: str = "alone", *, step_s: float = 0.05, n_steps: int = 10, cron: str = "off"
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker, or what keeps one beside itself, until it is killed."""
    settings = place.settings
    arguments = [str(settings.home), settings.database_url, str(step_s), str(n_steps), cron]
    started = subprocess.Popen([sys.executable, "-m", "tests.tiny_worker", mode, *arguments])
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def is_stepping(place: Bench, name: str) -> bool:
    return any(one.kind == "step" for one in generations.events(place, name))


def takes_of(place: Bench, name: str) -> list[str]:
    return [file for file in files_of(place, name) if "take" in file]


@pytest.mark.parametrize("mode", ["alone", "beside"])
def test_the_next_worker_makes_what_a_killed_one_was_at(place: Bench, mode: str) -> None:
    name = generations.submit(place, ORDER).generation
    with process(place, mode, step_s=0.2, n_steps=10_000):
        wait_until(lambda: is_stepping(place, name))
    wait_until(lambda: not has_worker(place.settings.home))
    assert generations.show(place, name).state == "running"
    with process(place, n_steps=3):
        state = ended(place, name)[0]
        wait_until(lambda: files_of(place, name) == ["events.jsonl", *TAKE_FILES])
    assert (state.state, state.attempts) == ("done", 2)


def test_a_worker_that_lives_takes_over_from_one_that_was_killed(place: Bench) -> None:
    name = generations.submit(place, ORDER).generation
    with process(place, step_s=0.2, n_steps=10_000) as first:
        wait_until(lambda: is_stepping(place, name))
        with process(place, n_steps=3):
            wait_until(lambda: len(slots_known(place.settings.home)) == 2)
            first.kill()
            assert ended(place, name)[0].state == "done"


@pytest.mark.slow
def test_twenty_kills_lose_nothing_and_double_nothing(place: Bench) -> None:
    rng = random.Random(1)
    names: list[str] = []
    for kill in range(20):
        names += [generations.submit(place, ORDER).generation for _ in range(1 if kill < 12 else 0)]
        if kill in (3, 9, 15):
            generations.cancel(place, names[-1])
        if kill % 6 == 0 and not any(one.is_open for one in nights_before(place, None, 1)):
            ask_for_night(place)
        with process(place, rng.choice(["alone", "beside"]), step_s=0.1, n_steps=20) as started:
            wait_until(lambda: has_worker(place.settings.home))
            time.sleep(rng.uniform(0.5, 6.0))
            started.send_signal(signal.SIGKILL)
        wait_until(lambda: not has_worker(place.settings.home))
    with process(place, n_steps=3):
        states = ended(place, *names)
        wait_until(lambda: not any(one.is_open for one in nights_before(place, None, 1)))
    nights = nights_before(place, None, 100)
    counts = Counter(one.state for one in states)
    print(f"20 kills: {len(names)} generations: {dict(counts)}, attempts {[one.attempts for one in states]}")
    print(f"{len(nights)} nights: {Counter(one.state for one in nights)}")
    with place.session_factory() as session:
        assert job_tokens(session) == set(names)
    with process(place):  # what was left behind is swept
        for state in states:
            expected = TAKE_FILES if state.state == "done" else []
            wait_until(lambda e=expected, s=state: takes_of(place, s.generation) == e)  # type: ignore[misc]
            assert state.state != "failed" or state.reason
    assert not (place.settings.home / "night.doubled").exists()
