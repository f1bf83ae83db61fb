"""How time and memory of an ingest and of each stage of a night grow with the rows: measured, fitted, drawn.

    python -m benchmarks.growth run --parts 0.001 0.0033 0.01 0.033 0.1
    python -m benchmarks.growth report

`run` makes a part of the million-playlist world (benchmarks/scale_world.py) in a folder of its own, ingests
it from slices of the Million Playlist Dataset, its listens from Parquet, and does a whole night; each part
in a process of its own, so that no memory is left of the part before. song2vec trains on as few pairs as it
can, which on a tenth of the world is what a night does anyway; `--pairs 3e8` is what it does on less. What
was measured goes into docs/scaling_growth.json. `report` prints the table, the exponents of a straight line
through the logarithms, and what they come to at a million lists (66 million rows), and draws
docs/scaling_growth.png.

`groups` is the part of an ingest that finds near duplicates, `unchanged` the same slices a second time,
`again` once more with `--again`, so that they are read, `factors` a part of the co-occurrence stage, and the
stages of a `day` are those of a hundredth more on the day after.

Seconds are those of all processors, since a machine may have other things to do; the seconds on the clock
stand beside them in the file.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.growth_part import FULL_LISTS, measure_part
from pipelines.nightly import STAGES as NIGHT

STAGES = (
    "write", "ingest", "groups", "unchanged", "again", "listens-in", *NIGHT, "factors", "day-ingest",
    "day-groups", "day-clean", "day-corpus",
)  # fmt: skip
TRAINING = ("factors", "song2vec", "evaluate", "listens")
"""Stages that fit models; evaluation fits them all once more on a fold, and listens on what came before."""
BAR = 1.1
ROOT = Path(__file__).resolve().parents[1]
RESULTS, PICTURE = ROOT / "docs" / "scaling_growth.json", ROOT / "docs" / "scaling_growth.png"


def keep(results: Path, part: float, found: dict[str, Any]) -> None:
    """Add what was measured to the file; a stage that was measured again is replaced."""
    known = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    before = known.get(str(part), {})
    found = found | {"stages": before.get("stages", {}) | found["stages"]}
    ordered = dict(sorted((known | {str(part): found}).items(), key=lambda item: float(item[0])))
    results.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


def exponents(known: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Of each stage measured at two sizes or more the exponent of its seconds, and what they come to.

    A straight line through the logarithms by least squares.
    """
    full = np.log(FULL_LISTS * 66.0)
    fitted: dict[str, tuple[float, float]] = {}
    for stage in STAGES:
        points = [
            (one["rows"], one["stages"][stage]["cpu_s"]) for one in known.values() if stage in one["stages"]
        ]
        if len(points) >= 2:
            x, y = np.log(np.array(points, dtype=np.float64)).T
            slope, start = np.polyfit(x, y, 1)
            fitted[stage] = (float(slope), float(np.exp(start + slope * full)))
    return fitted


def memory_at_full(known: dict[str, Any]) -> dict[str, float]:
    """MiB of each stage at a million lists, by the straight line in rows through its two largest parts.

    A power law would take what the program itself holds, which does not grow, for slow growth. Where a stage
    keeps no more than so much of something, the line says too much.
    """
    full, found = FULL_LISTS * 66.0, {}
    for stage in STAGES:
        points = sorted(
            (one["rows"], one["stages"][stage]["peak_mib"])
            for one in known.values()
            if stage in one["stages"]
        )
        if len(points) >= 2:
            (few, less), (many, more) = points[-2:]
            found[stage] = more + (more - less) / (many - few) * (full - many)
    return found


def report(results: Path, picture: Path | None) -> str:
    """The table in Markdown; draws the picture where one is asked for."""
    known = json.loads(results.read_text(encoding="utf-8"))
    seconds, memory = exponents(known), memory_at_full(known)
    sizes = [f"{one['rows']:,}" for one in known.values()]
    lines = [
        "| stage | "
        + " | ".join(f"{size} rows" for size in sizes)
        + " | exponent | at 66M rows | memory there, by a line |",
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
            + f" | {slope:.2f} | {at_full / 60:,.1f} min | {memory[stage] / 1024:,.1f} GiB |"
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
    running.add_argument("--parts", type=float, nargs="+", default=[0.001, 0.0033, 0.01])
    running.add_argument("--no-night", action="store_true", help="ingest, lists and corpus alone")
    running.add_argument("--pairs", type=float, default=1.0, help="for song2vec to train on, at most")
    running.add_argument("--seed", type=int, default=1)
    running.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="work in folders in this one, and leave them"
    )
    running.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    reporting = commands.add_parser("report", help="print the table, draw the picture")
    for one in (running, reporting):
        one.add_argument("--results", type=Path, default=RESULTS)
    args = parser.parse_args(arguments)
    if args.command == "report":
        print(report(args.results, PICTURE if args.results == RESULTS else args.results.with_suffix(".png")))
        return
    for part in args.parts:
        if not args.alone and len(args.parts) > 1:
            own = ["run", "--alone", "--parts", str(part), "--seed", str(args.seed)]
            own += ["--pairs", str(args.pairs)]
            own += ["--no-night"] if args.no_night else []
            own += ["--keep", str(args.keep)] if args.keep else []
            subprocess.run(
                [sys.executable, "-m", "benchmarks.growth", *own, "--results", str(args.results)], check=True
            )
            continue
        if args.keep:
            args.keep.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"growth-{part}-", dir=args.keep))
        try:
            found = measure_part(part, folder, args.seed, night=not args.no_night, pairs=args.pairs)
        finally:
            if not args.keep:
                shutil.rmtree(folder, ignore_errors=True)
        keep(args.results, part, found)
        print(f"{part}: {found['rows']:,} rows, a night of {found['night_s']:,.0f} s", flush=True)


if __name__ == "__main__":
    main()
