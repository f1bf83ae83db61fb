"""Kill the nightly job at random moments, again and again, and see what is left each time.

    python -m benchmarks.kill_nightly --times 20 [--home HOME] [--seed 1]

HOME is copied and stays as it is; it needs `songspace.db`. Without it a small sample world is drawn. Each
time the job runs with another training seed, so that every stage has to be done anew, and a stage is drawn
in which it is killed at a random moment. After SIGKILL the database has to be consistent, the published
release whole, and the next run has to end well.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from db.session import make_engine, make_session_factory
from pipelines.nightly import Night, NightlyReport, NightlySettings
from pipelines.release_files import check_files, current_name
from pipelines.stored_release import load_release, self_test

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "songspace.db"
# Little training: what is learned is not tried here.
PAIRS = 1e6


def run_night(home: Path, seed: int, progress: Callable[[str], None] | None = None) -> NightlyReport:
    """One night over a home folder, with two threads as by default."""
    engine = make_engine(f"sqlite:///{home / DATABASE}")
    # Forced, since another seed may do worse by chance; the gate is not what is tried here.
    settings = NightlySettings(seed=seed, pairs=PAIRS, force=True)
    try:
        return Night(home, make_session_factory(engine), settings).run(progress)
    finally:
        engine.dispose()


def run_and_kill(home: Path, seed: int, stage: str, after_s: float) -> str:
    """Run a night in a process of its own and kill it so long after a stage began.

    Returns
    -------
    str
        The stage that was at work, or "done" when the night was quicker.
    """
    command = [sys.executable, "-m", "benchmarks.kill_nightly", "--night", str(home), "--seed", str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == stage:
                break
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            process.kill()
        said = [stage, *process.stdout.read().split()]
    if process.returncode == 0:
        return "done"
    if process.returncode != -signal.SIGKILL:
        raise RuntimeError(f"the night ended with {process.returncode} by itself")
    return said[-1]


def damage(home: Path) -> list[str]:
    """What is wrong with a home folder: the database, or the published release."""
    with sqlite3.connect(home / DATABASE) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"foreign key {row}" for row in connection.execute("PRAGMA foreign_key_check")]
    connection.close()
    releases = home / "releases"
    name = current_name(releases)
    if name is not None:
        found += check_files(releases, name) + self_test(load_release(releases, name))
    return found


def kill_once(home: Path, seed: int, stage: str, after_s: float) -> str:
    """Kill a night, look at what is left, and let the next one finish; returns the stage that was killed.

    Raises
    ------
    RuntimeError
        Something was damaged, or the next night did not publish its work.
    """
    before = current_name(home / "releases")
    stage = run_and_kill(home, seed, stage, after_s)
    found = damage(home)
    if before is not None and current_name(home / "releases") is None:
        found.append("no release is published any more")
    if found:
        raise RuntimeError(f"after a kill in {stage}: {'; '.join(found)}")
    run_night(home, seed)
    found = damage(home)
    left = [path.name for path in (home / "releases").iterdir() if path.name.startswith(".")]
    if found or left or current_name(home / "releases") == before:
        raise RuntimeError(f"the night after a kill in {stage}: {found}, left over {left}")
    return stage


def main() -> None:
    """See the module docstring."""
    parser = argparse.ArgumentParser(description="Kill the nightly job at random moments.")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--night", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.night is not None:
        run_night(options.night, options.seed, lambda name: print(name, flush=True))
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if options.home is not None:
            shutil.copytree(options.home, home)
        else:
            from tests.tiny_world import build_tiny_world

            build_tiny_world(home)
        stages = run_night(home, 0).stages
        rng = np.random.default_rng(options.seed)
        killed: Counter[str] = Counter()
        for number in range(1, options.times + 1):
            drawn = stages[int(rng.integers(len(stages)))]
            # A little more than it took, so that the moves at its end are met too.
            after_s = float(rng.uniform(0.0, 1.2 * drawn.seconds + 0.05))
            stage = kill_once(home, number, drawn.name, after_s)
            killed[stage] += 1
            print(
                f"{number:3d}  killed in {stage}: consistent, published, and the next night ended well",
                flush=True,
            )
    print(f"{options.times} times; killed in", ", ".join(f"{stage} {n}" for stage, n in killed.most_common()))


if __name__ == "__main__":
    main()
