"""Kinds of index at size: recall@10, queries a second on one core, build time, memory, disk.

    make bench-index               (ARGS='--sizes 1000000 10000000 --home FOLDER')

Vectors are song2vec's, extended to the size (benchmarks/index_worlds.py), and uniform random ones beside,
which are not judged; queries are held back. `--base FILE.npy` takes song2vec vectors from a file, by default
they are trained on a made-up world of lists. Each kind is built into a file, and then asked one query at a
time by a fresh process in one thread, which tells how its memory grows by it. Seconds are of the CPU: a
machine that does other things meanwhile is slower by the clock, and the load is printed.

The last table is ours beside Faiss's graph called bare, in turn in one process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.index_kinds import KINDS, Building, asker, build, opened
from benchmarks.index_worlds import World, build_world, song2vec_base, world_of_release
from recsys.index import HNSW, IndexSettings, VectorIndex, choose_index
from recsys.song2vec import unit

K, N_QUERIES, WARM_UP, ROUNDS = 10, 500, 100, 3
SONG2VEC, UNIFORM = "song2vec", "uniform"
# No index is any good at random directions; these show how far.
BESIDE = ("HNSW 16", "IVF-Flat")
MIB = 2**20


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000])
    parser.add_argument("--home", type=Path, help="folder that keeps vectors and indexes")
    parser.add_argument("--base", type=Path, help="song2vec vectors to extend, .npy")
    parser.add_argument(
        "--release", type=Path, help="folder of a release with a graph: its songs, not made-up ones"
    )
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--worlds", nargs="+", default=[SONG2VEC, UNIFORM], choices=[SONG2VEC, UNIFORM])
    parser.add_argument("--no-ours", action="store_true", help="leave the last table out")
    parser.add_argument("--probe", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.probe:
        print(json.dumps(probe(**json.loads(given.probe))))
        return
    import faiss

    faiss.omp_set_num_threads(1)
    with TemporaryDirectory() as temporary:
        home = given.home or Path(temporary)
        if given.release:
            folder = home / "release"
            world = world_of_release(folder, given.release, n_queries=N_QUERIES, seed=1)
            table(world, given.kinds, "release")
            beside_bare(world, folder, "HNSW 32")
            return
        for n in given.sizes:
            for name in given.worlds:
                base = None
                if name == SONG2VEC:
                    base = unit(np.load(given.base)) if given.base else song2vec_base(home, seed=1)
                    print(f"\nsong2vec vectors of {len(base):,} songs, extended to {n:,}")
                world = build_world(home / f"{name}-{n}", base, n, n_queries=N_QUERIES, seed=1)
                table(world, [kind for kind in given.kinds if name == SONG2VEC or kind in BESIDE], name)
                if name == SONG2VEC and not given.no_ours:
                    beside_bare(world, home / f"{name}-{n}", "HNSW 16")


def table(world: World, kinds: Sequence[str], name: str) -> None:
    """Build and measure some kinds over one world."""
    given = Building(world, seed=1)
    head = f"{'vectors':>10} {'world':<9} {'kind':<18} {'effort':>6} {'recall@10':>9} {'queries/s':>9}"
    print(f"{head} {'build s':>8} {'own MiB':>8} {'mapped MiB':>10} {'disk MiB':>8} {'load':>5}", flush=True)
    for label in kinds:
        kind = KINDS[label]
        path = world.path.parent / f"{(kind.file or label).replace(' ', '-')}.faiss"
        seconds = build(KINDS[kind.file or label], given, path)
        question = json.dumps({"label": label, "path": str(path), "folder": str(world.path.parent)})
        line = [sys.executable, "-m", "benchmarks.bench_index", "--probe", question]
        done = subprocess.run(line, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        for effort, recall, rate, load in found["rows"]:
            asked = f"{given.n:>10} {name:<9} {label:<18} {effort:>6} {recall:>9.3f} {rate:>9.0f}"
            disk = path.stat().st_size / MIB
            held = f"{found['own']:>8.0f} {found['mapped']:>10.0f} {disk:>8.0f}"
            print(f"{asked} {seconds:>8.0f} {held} {load:>5.1f}", flush=True)


def probe(label: str, path: str, folder: str) -> dict[str, Any]:
    """Measure one index in this process, which has nothing else in it."""
    import faiss

    faiss.omp_set_num_threads(1)
    kind, file = KINDS[label], Path(path)
    vectors = np.load(Path(folder) / "vectors.npy", mmap_mode="r")
    with np.load(Path(folder) / "held.npz") as arrays:
        queries, truth = arrays["queries"], arrays["truth"]
    before = resident()
    index = opened(kind, file)
    rows = []
    for effort in kind.efforts:
        some = 100 if label == "exact" else len(queries)
        ask = asker(kind, index, effort, K, vectors)
        recall, rate = rated(ask, queries[:some], truth[:some])
        rows.append((effort, recall, rate, os.getloadavg()[0]))
    own, mapped = ((now - then) / MIB for now, then in zip(resident(), before, strict=True))
    return {"rows": rows, "own": own, "mapped": mapped}


def rated(
    ask: Callable[[np.ndarray], np.ndarray], queries: np.ndarray, truth: np.ndarray
) -> tuple[float, float]:
    """Recall@10, and queries a second of CPU time, one by one."""
    for query in queries[:WARM_UP]:
        ask(query[None])
    started = time.process_time()
    found = [ask(query[None]) for query in queries]
    rate = len(queries) / (time.process_time() - started)
    recall = float(np.mean([np.isin(true, rows).mean() for rows, true in zip(found, truth, strict=True)]))
    return recall, rate


def resident() -> tuple[int, int]:
    """Bytes of memory that this process alone holds, and of files that it has mapped."""
    page = os.sysconf("SC_PAGE_SIZE")
    _, whole, shared = (int(n) * page for n in Path("/proc/self/statm").read_text().split()[:3])
    return whole - shared, shared


def beside_bare(world: World, folder: Path, label: str) -> None:
    """Print what `recsys.index` answers beside one of Faiss's graphs called bare, in turn."""
    import faiss

    bare_file, file = folder / f"{label.replace(' ', '-')}.faiss", folder / "ours.faiss"
    if choose_index(len(world.vectors)).kind == HNSW:
        # The same graph would be built again.
        file = bare_file
    if not file.exists():
        started = time.process_time()
        VectorIndex.build(world.vectors, IndexSettings()).save(file)
        print(f"ours: built in {time.process_time() - started:.0f} s of the CPU")
    ours = VectorIndex.load(file)
    bare = faiss.read_index(str(bare_file if bare_file.exists() else file))
    kind = KINDS[label]
    print(f"\nours is {ours.kind}, chosen since {choose_index(len(ours)).why}")
    print(f"{'ef':>4} {'recall':>6} {'bare':>6} {'queries/s':>9} {'bare':>6} {'ratio':>6} {'load':>5}")
    for effort in (24, 32, 48, 64, 96):

        def ask(query: np.ndarray, effort: int = effort) -> np.ndarray:
            return ours.search(query, K, ef_search=effort)[0][0]

        bare_ask = asker(kind, bare, effort, K, world.vectors)
        turns = [
            (rated(ask, world.queries, world.truth), rated(bare_ask, world.queries, world.truth))
            for _ in range(ROUNDS)
        ]
        recalls = [turns[0][which][0] for which in (0, 1)]
        rates = [float(np.median([turn[which][1] for turn in turns])) for which in (0, 1)]
        ratio = float(np.median([turn[0][1] / turn[1][1] for turn in turns]))
        print(
            f"{effort:>4} {recalls[0]:>6.3f} {recalls[1]:>6.3f} {rates[0]:>9.0f} {rates[1]:>6.0f} "
            f"{ratio:>6.2f} {os.getloadavg()[0]:>5.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
