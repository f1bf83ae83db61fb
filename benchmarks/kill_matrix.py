"""kill -9 at points spread over the length of each kind of work, on SQLite and PostgreSQL; what is left?

    python -m benchmarks.kill_matrix [--times 20] [--only ingest sqlite ...] [--out FILE] [--at-most N]

For each database and subject (kill_subjects.py) an undisturbed run is measured first. Then it is killed
`times` times, once in each of as many equal parts of that length, at a place in the part that the seed draws.
After each kill the database's own checks and the releases are looked at; after the work was resumed, rows are
counted. Each case is a line of FILE, so that a matrix that is broken off goes on where it was. At the end: a
table, and exit code 1 where there was any fault.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kill_subjects import SUBJECTS, Ground
from benchmarks.kill_victim import run_whole
from benchmarks.kill_work import do_night
from db.migrate import upgrade
from db.session import make_engine
from tests.databases import PostgresServer, postgres_binaries
from tests.home_database import url_of
from tests.postgres_world import copy_database, on_postgresql
from tests.tiny_world import TinyWorld, build_tiny_world

ENGINES = ("sqlite", "postgresql")
PUBLISHED = ("nightly", "publish", "serve")
"""Subjects whose world has a release."""


@contextmanager
def grounds(engine: str, folder: Path, world: TinyWorld) -> Iterator[Ground]:
    """Give databases of an engine; PostgreSQL's server is started for as long."""
    if engine == "sqlite":
        yield Ground(folder, _sqlite, lambda home: _sqlite_world(world, home))
        return
    binaries = postgres_binaries()
    if binaries is None:
        raise SystemExit("no PostgreSQL is installed: initdb is neither in /usr/lib/postgresql nor on PATH")
    server = PostgresServer(binaries)
    try:
        master = on_postgresql(world, server, folder / "master")
        url = (master.home / "database-url").read_text(encoding="utf-8")

        def copied(home: Path) -> str:
            shutil.copytree(master.home, home)
            return copy_database(url)

        yield Ground(folder, lambda _home: server.create(server.template), copied)
    finally:
        server.stop()


def _sqlite(home: Path) -> str:
    url = f"sqlite:///{home / 'songspace.db'}"
    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()
    return url


def _sqlite_world(world: TinyWorld, home: Path) -> str:
    world.factory.kw["bind"].dispose()
    shutil.copytree(world.home, home)
    return f"sqlite:///{home / 'songspace.db'}"


def matrix(
    cells: list[tuple[str, str]], times: int, seed: int, out: Path, at_most: int
) -> list[dict[str, Any]]:
    """Do the cases that are not in `out` yet, so many of each cell, and return all of these cells."""
    rows = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    done = {(row["engine"], row["subject"], row["case"]) for row in rows}
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        world = build_tiny_world(Path(folder) / "world", n_playlists=30, n_users=8)
        if any(subject in PUBLISHED for _, subject in cells):
            run_whole(do_night, world.home, url_of(world.home), 0, None)
        for engine in dict.fromkeys(engine for engine, _ in cells):
            todo = {
                subject: [case for case in spread(times) if (engine, subject, case) not in done][:at_most]
                for one, subject in cells
                if one == engine
            }
            if not any(todo.values()):
                continue
            (Path(folder) / engine).mkdir()
            with grounds(engine, Path(folder) / engine, world) as ground:
                for subject, cases in todo.items():
                    if cases:
                        own = Ground(ground.folder / subject, ground.fresh, ground.world)
                        rows += _cell(engine, subject, own, cases, times, seed, out)
    return [row for row in rows if (row["engine"], row["subject"]) in cells]


def spread(times: int) -> list[int]:
    """Cases in an order in which the first few lie all over the length, too."""
    return sorted(range(times), key=lambda case: case * (5**0.5 - 1) / 2 % 1)


def _cell(
    engine: str, subject: str, ground: Ground, cases: list[int], times: int, seed: int, out: Path
) -> list[dict[str, Any]]:
    ground.folder.mkdir(parents=True)
    started = time.monotonic()
    at_work = SUBJECTS[subject](ground)
    print(f"{engine} {subject}: begun in {time.monotonic() - started:.0f} s", flush=True)
    rows = []
    for case in cases:
        drawn = np.random.default_rng([seed, ENGINES.index(engine), list(SUBJECTS).index(subject), case])
        share = (case + float(drawn.random())) / times
        found = at_work.case(case, share)
        row = {"engine": engine, "subject": subject, "case": case, "share": round(share, 3)}
        row |= {"state": found.state, "faults": list(found.faults)}
        rows.append(row)
        with out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(f"  {share:5.1%}  {found.state}  {'; '.join(found.faults) or 'clean'}", flush=True)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """A Markdown table: a row a cell."""
    lines = ["| database | killed | kills | found | faults |", "|---|---|---|---|---|"]
    for engine, subject in dict.fromkeys((row["engine"], row["subject"]) for row in rows):
        cell = [row for row in rows if (row["engine"], row["subject"]) == (engine, subject)]
        states = Counter(_kind(subject, row["state"]) for row in cell)
        found = ", ".join(f"{state} {n}" for state, n in states.most_common())
        faults = sum(bool(row["faults"]) for row in cell)
        lines.append(f"| {engine} | {subject} | {len(cell)} | {found} | {faults} |")
    return "\n".join(lines)


def _kind(subject: str, state: str) -> str:
    """A state without its numbers."""
    if subject == "ingest":
        here, there = state.split(" of ")[0], state.split(" of ")[1].split()[0]
        return (
            "nothing stored"
            if here == "0"
            else "all lists stored"
            if here == there
            else "a part of the lists"
        )
    if subject == "serve":
        return "starting" if state.startswith("while") else "writing"
    if subject == "nightly":
        return state.split(",")[0]
    return state


def main() -> None:
    """See the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--times", type=int, default=20, help="kills of each subject on each database")
    parser.add_argument("--only", nargs="+", default=[], choices=[*ENGINES, *SUBJECTS], metavar="NAME")
    parser.add_argument("--out", type=Path, default=Path("var/kills.jsonl"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-most", type=int, default=10_000, metavar="N", help="kills of each in this call")
    given = parser.parse_args()
    engines = [one for one in ENGINES if one in given.only] or list(ENGINES)
    subjects = [one for one in SUBJECTS if one in given.only] or list(SUBJECTS)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    cells = [(engine, subject) for engine in engines for subject in subjects]
    rows = matrix(cells, given.times, given.seed, given.out, given.at_most)
    print(table(rows))
    sys.exit(any(row["faults"] for row in rows))


if __name__ == "__main__":
    main()
