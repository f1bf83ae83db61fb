"""What a graph and inverted lists find among vectors of one length, and among output vectors, which are not.

    python -m benchmarks.index_lengths SONGSPACE_HOME/nightly/song2vec

reads a night's `input.npy` and `output.npy`, asks the song space with tastes (ten songs of one neighbourhood
and two others) and the output vectors with input vectors, one by one in one thread, and prints recall beside
brute force and milliseconds of the CPU.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from recsys.index import IndexSettings, VectorIndex
from recsys.song2vec import unit

N_QUERIES, NEAR, REACH = 300, 200, 100
LISTS, EFFORTS = (8, 16, 32, 64), (100, 200)


def tastes(space: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Unit vectors, float32, shape (N_QUERIES, dim)."""
    found = []
    for song in rng.integers(0, len(space), N_QUERIES):
        near = np.argsort(-(space @ space[song]))[:NEAR]
        own = np.concatenate([rng.choice(near, 10), rng.integers(0, len(space), 2)])
        found.append(rng.dirichlet(np.ones(len(own))) @ space[own])
    return unit(np.array(found, np.float32))


def compare(name: str, vectors: np.ndarray, queries: np.ndarray) -> None:
    """Print a line for each kind and effort."""
    import faiss

    faiss.omp_set_num_threads(1)
    truth = np.argsort(-(queries @ vectors.T), axis=1)[:, :REACH]
    kinds = [IndexSettings(kind="hnsw", ef_search=effort) for effort in EFFORTS]
    kinds += [IndexSettings(kind="ivf", n_probe=n) for n in LISTS]
    built: dict[str, VectorIndex] = {}
    for settings in kinds:
        if settings.kind == "ivf" or settings.kind not in built:
            started = time.process_time()
            built[settings.kind] = VectorIndex.build(vectors, settings)
            seconds = time.process_time() - started
        index = built[settings.kind]
        effort = settings.ef_search if settings.kind == "hnsw" else settings.n_probe
        started = time.process_time()
        found = [index.search(query[None], REACH, ef_search=effort)[0][0] for query in queries]
        ms = 1e3 * (time.process_time() - started) / len(queries)
        pairs = list(zip(found, truth, strict=True))
        few, many = (np.mean([np.isin(b[:k], a[:k]).mean() for a, b in pairs]) for k in (10, REACH))
        print(
            f"{name:<18} {settings.kind:<5} {effort:>4}  recall@10 {few:.3f}  recall@{REACH} {many:.3f}  "
            f"{ms:.2f} ms  built in {seconds:.0f} s",
            flush=True,
        )


def main() -> None:
    """Compare both kinds over both kinds of vectors."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="a night's stage song2vec")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    space, output = (np.load(given.folder / f"{name}.npy") for name in ("input", "output"))
    compare("song space, tastes", unit(space), tastes(unit(space), rng))
    compare("output, songs", output, space[rng.integers(0, len(space), N_QUERIES)])


if __name__ == "__main__":
    main()
