"""Places to order at, and workers that make nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from db.migrate import upgrade
from db.session import make_engine, make_session_factory
from service.settings import load_settings
from service.work import generations
from service.work.place import Bench
from service.work.states import GenerationState
from service.work.worker import Worker
from tests.databases import *  # noqa: F403

PATIENCE_S = 240.0


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Bench]:
    """A place with a database of its own."""
    bench = place_at(tmp_path / "home")
    yield bench
    bench.session_factory.kw["bind"].dispose()


def place_at(home: Path, **settings: Any) -> Bench:
    """A place in a home folder."""
    home.mkdir(exist_ok=True)
    chosen = load_settings({"home": home, "nightly_cron": "off", "log_level": "warning"} | settings)
    engine = make_engine(chosen.database_url)
    upgrade(engine)
    return Bench(chosen, make_session_factory(engine))


@contextmanager
def working(
    place: Bench, *, step_s: float = 0.02, n_steps: int = 5, mode: str = "", night: str = "", **settings: Any
) -> Iterator[Worker]:
    """Have a worker at work."""
    chosen = load_settings(place.settings.model_dump() | settings)
    maker = [sys.executable, "-m", "tests.tiny_maker", str(step_s), str(n_steps), *filter(None, [mode])]
    nights = [sys.executable, "-m", "tests.tiny_night", str(step_s), *filter(None, [night])]
    worker = Worker(chosen, maker=maker, night=nights)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def wait_until(is_so: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait for something to become true."""
    until_s = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < until_s, "it never became true"
        time.sleep(0.05)


def ended(place: Bench, *names: str) -> list[GenerationState]:
    """Generations, once all of them have ended."""
    wait_until(lambda: not any(generations.show(place, name).is_open for name in names))
    return [generations.show(place, name) for name in names]


def files_of(place: Bench, name: str) -> list[str]:
    """What lies in a generation's folder."""
    folder = place.settings.home / "generations" / "jobs" / name
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


TAKE_FILES = ["take-1.flac", "take-1.mp3", "take-1.ogg", "take-1.wav"]
