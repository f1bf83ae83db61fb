"""Exact search beside HNSW at several sizes: recall@10, queries a second on one core, build time.

    make bench-index

Vectors are drawn like song2vec's: unit vectors in clusters whose sizes fall off as Zipf's law; uniform
random ones, which no graph likes, stand beside them. Queries are held-back vectors.
`recsys.index.EXACT_BELOW` was chosen from this table.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from recsys.index import IndexSettings, VectorIndex
from recsys.song2vec import unit

DIM, N_QUERIES, K = 128, 1000, 10


def clustered(n: int, rng: np.random.Generator) -> np.ndarray:
    """Unit vectors around n / 50 centres, large clusters and small ones."""
    n_centres = max(10, n // 50)
    centres = unit(rng.standard_normal((n_centres, DIM)))
    share = 1.0 / np.arange(1, n_centres + 1) ** 0.8
    which = rng.choice(n_centres, n, p=share / share.sum())
    return unit(centres[which] + rng.standard_normal((n, DIM)) * (0.9 / np.sqrt(DIM)))


def uniform(n: int, rng: np.random.Generator) -> np.ndarray:
    """Unit vectors in any direction."""
    return unit(rng.standard_normal((n, DIM)))


def measure(
    vectors: np.ndarray, queries: np.ndarray, kind: str, truth: np.ndarray
) -> tuple[float, float, float]:
    """Seconds to build, queries a second one by one, recall@10."""
    started = time.perf_counter()
    index = VectorIndex.build(vectors, IndexSettings(kind=kind))
    build_s = time.perf_counter() - started
    started = time.perf_counter()
    found = [index.search(query, K)[0][0] for query in queries]
    per_second = len(queries) / (time.perf_counter() - started)
    recall = float(np.mean([np.isin(rows, true).mean() for rows, true in zip(found, truth, strict=True)]))
    return build_s, per_second, recall


def main() -> None:
    """Print the table."""
    import faiss

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(1)
    rng = np.random.default_rng(1)
    print(f"{'vectors':>9} {'world':<10} {'kind':<6} {'build s':>8} {'queries/s':>10} {'recall@10':>10}")
    for n in arguments.sizes:
        for world, draw in (("clustered", clustered), ("uniform", uniform)):
            vectors = draw(n + N_QUERIES, rng)
            vectors, queries = vectors[:n], vectors[n:]
            truth = VectorIndex.build(vectors, IndexSettings(kind="exact")).search(queries, K)[0]
            for kind in ("exact", "hnsw"):
                build_s, per_second, recall = measure(vectors, queries, kind, truth)
                print(
                    f"{n:>9} {world:<10} {kind:<6} {build_s:>8.1f} {per_second:>10.0f} {recall:>10.3f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
