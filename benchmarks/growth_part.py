"""A part of the million-playlist world: written, ingested, a whole night, a day more; each stage measured."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.scale_world import write_mpd, write_plays
from benchmarks.scale_world_model import Size, World
from pipelines.memory import peak_bytes, peak_memory

FULL_LISTS = 1_000_000


class Clock:
    """Seconds and memory of named stretches of work."""

    def __init__(self, tell: Callable[[str, dict[str, float]], None] | None = None) -> None:
        self.tell = tell
        self.found: dict[str, dict[str, float]] = {}
        self.night_s = 0.0  # by the clock, from the first stage to the last
        self._open: list[int] = []  # peaks so far of stretches that go on, the outermost first

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Measure a stretch; what runs inside another is taken off that one's seconds."""
        before = {other: dict(values) for other, values in self.found.items()}
        cpu, clock = _processor_s(), time.perf_counter()
        self._note(peak_bytes())
        self._open.append(0)
        with peak_memory() as memory:
            yield
        peak = max(self._open.pop(), memory.peak_bytes)
        self._note(peak)
        inner = [values for other, values in self.found.items() if other not in before]
        self.found[name] = {
            "cpu_s": _processor_s() - cpu - sum(one["cpu_s"] for one in inner),
            "wall_s": time.perf_counter() - clock - sum(one["wall_s"] for one in inner),
            "peak_mib": peak / 2**20,
        }
        if self.tell is not None:
            self.tell(name, self.found[name])

    def _note(self, peak: int) -> None:
        """What a stretch took, the one around it took too."""
        if self._open:
            self._open[-1] = max(self._open[-1], peak)


def print_figures(name: str, values: dict[str, float]) -> None:
    """Print what a stretch took."""
    seconds = f"{values['cpu_s']:.2f} s of processors, {values['wall_s']:.2f} s by the clock"
    print(f"  {name}: {seconds}, {values['peak_mib']:,.0f} MiB", flush=True)


def _processor_s() -> float:
    """Seconds of the processor of this process and of those that it started and that have ended."""
    # `os.times` counts hundredths of a second.
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure_part(
    part: float, folder: Path, seed: int, *, night: bool = True, pairs: float = 1.0
) -> dict[str, Any]:
    """Do everything in order on a part of the world, in an empty folder; without `night` what it reads."""
    from db.migrate import upgrade
    from db.session import make_engine, make_session_factory
    from pipelines import ingest as ingesting
    from pipelines.night import clean, corpus
    from pipelines.night.job import Job, NightlySettings
    from service.database import connections_of
    from service.settings import load_settings

    clock = Clock(print_figures)
    world = World(Size.of(round(FULL_LISTS * part)), seed)
    with clock.measure("write"):
        rows = write_mpd(world, folder / "mpd")
    write_plays(world, folder / "plays")
    home = folder / "home"
    home.mkdir()
    connections = connections_of(load_settings({"home": home}), "ingest")
    factory = make_session_factory(make_engine(f"sqlite:///{home / 'songspace.db'}", connections))
    upgrade(factory.kw["bind"])
    settings = NightlySettings(seed=seed, pairs=pairs)
    job = Job(home, factory, settings)

    def take_in(name: str, slices: Path, groups: str = "", *, again: bool = False) -> Any:
        inner = _measured(clock, groups, ingesting.regroup)
        with patch.object(ingesting, "regroup", inner), clock.measure(name):
            return ingesting.ingest([slices], session_factory=factory, releases=job.releases, again=again)

    report = take_in("ingest", folder / "mpd", "groups")
    assert (report.entries.added, report.problems) == (rows, ())
    assert not take_in("unchanged", folder / "mpd").changed_anything
    assert not take_in("again", folder / "mpd", again=True).changed_anything
    assert not take_in("listens-in", folder / "plays").problems
    if night:
        _night(clock, job)
    else:
        clean.run(job)
        corpus.run(job)
    write_mpd(world, folder / "day", day=1)
    assert not take_in("day-ingest", folder / "day", "day-groups").problems
    for stage in (clean, corpus):
        with clock.measure(f"day-{stage.__name__.rpartition('.')[2]}"):
            stage.run(job)
    factory.kw["bind"].dispose()
    size = {"rows": rows, "lists": world.size.lists, "songs": world.size.songs}
    return size | {"night_s": clock.night_s, "stages": clock.found}


def _night(clock: Clock, job: Any) -> None:
    """A whole night, from the lists to the release in force; the factors by themselves."""
    from pipelines import nightly
    from pipelines.night import cooccurrence

    measured = {name: _measured(clock, name, run) for name, run in nightly._RUN.items()}
    factors = _measured(clock, "factors", cooccurrence.fit_factors)
    started = time.perf_counter()
    with patch.object(nightly, "_RUN", measured), patch.object(cooccurrence, "fit_factors", factors):
        report = nightly.Night(job.home, job.session_factory, job.settings).run()
    assert report.release is not None, report.message
    clock.night_s = time.perf_counter() - started


def _measured(clock: Clock, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is measured by itself when it is called."""

    def measured(*given: Any) -> Any:
        with clock.measure(name):
            return function(*given)

    return measured
