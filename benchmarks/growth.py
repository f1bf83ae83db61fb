"""How time and memory of an ingest and of each stage of a night grow with the rows: measured, fitted, drawn.

    python -m benchmarks.growth run --parts 0.001 0.003 0.01 [--stages ingest,groups,clean,corpus]
    python -m benchmarks.growth report

`run` makes a part of the million-playlist world (benchmarks/scale_world.py) in a folder of its own, ingests
it from slices of the Million Playlist Dataset, and does the stages one by one; each part in a process of its
own, so that no memory is left of the part before. What was measured goes into docs/scaling_growth.json, where
runs of other parts and stages add to it. `report` prints the table, the exponents of a straight line through
the logarithms, and what they come to at a million lists (66 million rows), and draws docs/scaling_growth.png.

`groups` is the part of an ingest that finds near duplicates, `again` the same slices a second time, and the
stages of a `day` are those of a hundredth more on the day after.

Seconds are those of the processor, since a machine may have other things to do, with one thread; the seconds
on the clock stand beside them in the file. Training is measured with few epochs: three passes of song2vec,
two iterations of the factors; their times are not those of a night.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.scale_world import write_mpd
from benchmarks.scale_world_model import Size, World
from pipelines.memory import peak_bytes, peak_memory

FULL_LISTS = 1_000_000
STAGES = (
    "write", "ingest", "groups", "again", "clean", "corpus", "cooccurrence", "factors", "song2vec", "index",
    "day-ingest", "day-groups", "day-clean",
)  # fmt: skip
TRAINING = ("factors", "song2vec")
BAR = 1.1
ROOT = Path(__file__).resolve().parents[1]
RESULTS, PICTURE = ROOT / "docs" / "scaling_growth.json", ROOT / "docs" / "scaling_growth.png"
_FEW_ITERATIONS = 2


class Clock:
    """Seconds and memory of named stretches of work."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, float]] = {}
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

    def _note(self, peak: int) -> None:
        """What a stretch took, the one around it took too."""
        if self._open:
            self._open[-1] = max(self._open[-1], peak)


def _processor_s() -> float:
    """Seconds of the processor of this process and of those that it started and that have ended."""
    # `os.times` counts hundredths of a second.
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure_part(part: float, stages: tuple[str, ...], folder: Path, seed: int) -> dict[str, Any]:
    """Do the stages in order on a part of the world; each needs those before it in the list."""
    from db.migrate import upgrade
    from db.session import make_engine, make_session_factory
    from pipelines import ingest as ingesting
    from pipelines.night import clean
    from pipelines.night.job import Job, NightlySettings
    from service.database import connections_of
    from service.settings import load_settings

    clock = Clock()
    world = World(Size.of(round(FULL_LISTS * part), users=0), seed)
    with clock.measure("write"):
        rows = write_mpd(world, folder / "mpd")
    home = folder / "home"
    home.mkdir()
    connections = connections_of(load_settings({"home": home}), "ingest")
    factory = make_session_factory(make_engine(f"sqlite:///{home / 'songspace.db'}", connections))
    upgrade(factory.kw["bind"])
    job = Job(home, factory, NightlySettings(seed=seed, workers=1, pairs=1.0))

    def take_in(name: str, slices: Path, groups: str) -> Any:
        inner = _measured(clock, groups, ingesting.regroup)
        with patch.object(ingesting, "regroup", inner), clock.measure(name):
            return ingesting.ingest([slices], session_factory=factory, releases=job.releases)

    report = take_in("ingest", folder / "mpd", "groups")
    assert (report.entries.added, report.problems) == (rows, ())
    if "again" in stages:
        assert not take_in("again", folder / "mpd", "").changed_anything
    for name, run in _night(clock).items():
        if name in stages:
            with clock.measure(name):
                run(job)
    if "day-ingest" in stages:
        write_mpd(world, folder / "day", day=1)
        assert not take_in("day-ingest", folder / "day", "day-groups").problems
        with clock.measure("day-clean"):
            clean.run(job)
    engine = factory.kw["bind"]
    engine.dispose()
    found = {name: values for name, values in clock.found.items() if name in stages}
    return {"rows": rows, "lists": world.size.lists, "songs": world.size.songs, "stages": found}


def _night(clock: Clock) -> dict[str, Callable[[Any], Any]]:
    """The stages of a night, training with few epochs."""
    from pipelines.night import clean, cooccurrence, corpus, index, song2vec

    fit = cooccurrence.fit_factors

    def few(lists: Any, settings: Any) -> Any:
        return _measured(clock, "factors", fit)(lists, replace(settings, iterations=_FEW_ITERATIONS))

    def count(job: Any) -> None:
        with patch.object(cooccurrence, "fit_factors", few):
            cooccurrence.run(job)

    return {
        "clean": clean.run, "corpus": corpus.run, "cooccurrence": count, "song2vec": song2vec.run,
        "index": index.run,
    }  # fmt: skip


def _measured(clock: Clock, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is measured by itself when it is called."""

    def measured(*given: Any) -> Any:
        with clock.measure(name):
            return function(*given)

    return measured


def keep(results: Path, part: float, found: dict[str, Any]) -> None:
    """Add what was measured to the file; a stage that was measured again is replaced."""
    known = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    before = known.get(str(part), {})
    found = found | {"stages": before.get("stages", {}) | found["stages"]}
    ordered = dict(sorted((known | {str(part): found}).items(), key=lambda item: float(item[0])))
    results.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


def exponents(known: dict[str, Any], what: str) -> dict[str, tuple[float, float]]:
    """Of each stage that was measured at two sizes or more the exponent of growth, and what it comes to.

    A straight line through the logarithms by least squares.
    """
    full = np.log(FULL_LISTS * 66.0)
    fitted: dict[str, tuple[float, float]] = {}
    for stage in STAGES:
        points = [
            (one["rows"], one["stages"][stage][what]) for one in known.values() if stage in one["stages"]
        ]
        if len(points) >= 2:
            x, y = np.log(np.array(points, dtype=np.float64)).T
            slope, start = np.polyfit(x, y, 1)
            fitted[stage] = (float(slope), float(np.exp(start + slope * full)))
    return fitted


def report(results: Path, picture: Path | None) -> str:
    """The table in Markdown; draws the picture where one is asked for."""
    known = json.loads(results.read_text(encoding="utf-8"))
    seconds, memory = exponents(known, "cpu_s"), exponents(known, "peak_mib")
    sizes = [f"{one['rows']:,}" for one in known.values()]
    lines = [
        "| stage | "
        + " | ".join(f"{size} rows" for size in sizes)
        + " | exponent | at 66M rows | memory there |",
        "|---" * (len(sizes) + 4) + "|",
    ]
    for stage, (slope, at_full) in seconds.items():
        cells = []
        for one in known.values():
            values = one["stages"].get(stage)
            cells.append("" if values is None else f"{values['cpu_s']:.2f} s, {values['peak_mib']:,.0f} MiB")
        mark = " (training)" if stage in TRAINING else "" if slope <= BAR else " **over 1.1**"
        lines.append(
            f"| {stage}{mark} | " + " | ".join(cells)
            + f" | {slope:.2f} | {at_full / 60:,.1f} min | {memory[stage][1] / 1024:,.1f} GiB |"
        )  # fmt: skip
    if picture is not None:
        _draw(known, seconds, picture)
    return "\n".join(lines)


def _draw(known: dict[str, Any], fitted: dict[str, tuple[float, float]], picture: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(11, 4.5))
    for panel, what, unit in (
        (panels[0], "cpu_s", "seconds of one core"),
        (panels[1], "peak_mib", "MiB at the peak"),
    ):
        for number, stage in enumerate(fitted):
            points = [
                (one["rows"], one["stages"][stage][what]) for one in known.values() if stage in one["stages"]
            ]
            rows, values = zip(*points, strict=True)
            panel.loglog(
                rows, values, marker="o", color=f"C{number}", label=f"{stage} {fitted[stage][0]:.2f}"
            )
        panel.axvline(FULL_LISTS * 66, color="grey", linestyle=":")
        panel.set_xlabel("rows (places in playlists)")
        panel.set_ylabel(unit)
    panels[1].axhline(12 * 1024, color="grey", linestyle=":")
    panels[0].legend(title="stage, exponent", fontsize=8)
    figure.tight_layout()
    figure.savefig(picture, dpi=110, metadata={"Software": None})


def main(arguments: list[str] | None = None) -> None:
    """Measure parts of the world, or report what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run", help="measure parts of the world")
    running.add_argument("--parts", type=float, nargs="+", default=[0.001, 0.003, 0.01])
    running.add_argument("--stages", default=",".join(STAGES), help="parted by commas")
    running.add_argument("--seed", type=int, default=1)
    running.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    reporting = commands.add_parser("report", help="print the table, draw the picture")
    for one in (running, reporting):
        one.add_argument("--results", type=Path, default=RESULTS)
    args = parser.parse_args(arguments)
    if args.command == "report":
        print(report(args.results, PICTURE if args.results == RESULTS else args.results.with_suffix(".png")))
        return
    stages = tuple(args.stages.split(","))
    if unknown := set(stages) - set(STAGES):
        parser.error(f"stages are {', '.join(STAGES)}; not {', '.join(sorted(unknown))}")
    for part in args.parts:
        if not args.alone and len(args.parts) > 1:
            own = ["run", "--alone", "--parts", str(part), "--stages", args.stages, "--seed", str(args.seed)]
            subprocess.run(
                [sys.executable, "-m", "benchmarks.growth", *own, "--results", str(args.results)], check=True
            )
            continue
        folder = Path(tempfile.mkdtemp(prefix="growth-"))
        try:
            found = measure_part(part, stages, folder, args.seed)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        keep(args.results, part, found)
        told = "; ".join(
            f"{k} {v['cpu_s']:.2f} s {v['peak_mib']:,.0f} MiB" for k, v in found["stages"].items()
        )
        print(f"{part}: {found['rows']:,} rows: {told}", flush=True)


if __name__ == "__main__":
    main()
