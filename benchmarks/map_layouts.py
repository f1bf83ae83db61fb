"""Ways to lay songs out in the plane: how much of the neighbourhoods each keeps, and how long it takes.

    python -m benchmarks.map_layouts HOME [N]

takes N songs (22,000) of the published release of a home folder. Trustworthiness (Venna & Kaski, 2001) and
the share of kept neighbours are over 10 neighbours of 1,500 songs. UMAP is left out where it is not there.
"""

from __future__ import annotations

import importlib.util
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipelines.serving import need_release
from recsys.layout import lay_out

K, N_ASKED = 10, 1_500
Layout = Callable[[np.ndarray], np.ndarray]


def measures(vectors: np.ndarray, places: np.ndarray) -> tuple[float, float]:
    """Trustworthiness, and the share of neighbours that are kept."""
    n = len(vectors)
    asked = np.random.default_rng(1).choice(n, min(N_ASKED, n), replace=False)
    apart = -(vectors[asked] @ vectors.T)
    apart[np.arange(len(asked)), asked] = np.inf
    rank = np.argsort(np.argsort(apart, axis=1), axis=1)
    on_map = ((places[asked][:, None] - places[None]) ** 2).sum(2)
    on_map[np.arange(len(asked)), asked] = np.inf
    near = np.argpartition(on_map, K, axis=1)[:, :K]
    ranks = np.take_along_axis(rank, near, axis=1)
    lost = np.maximum(ranks - K + 1, 0).sum()
    return 1.0 - 2.0 / (len(asked) * K * (2 * n - 3 * K - 1)) * float(lost), float((ranks < K).mean())


def principal(vectors: np.ndarray) -> np.ndarray:
    """The first two principal components."""
    centred = vectors - vectors.mean(0)
    return np.asarray(centred @ np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :2])


def by_umap(vectors: np.ndarray) -> np.ndarray:
    """UMAP as it comes, seeded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import umap

        return np.asarray(umap.UMAP(metric="cosine", random_state=1, n_jobs=1).fit_transform(vectors))


def main() -> None:
    """Print a line a layout."""
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 22_000
    vectors = need_release(Path(sys.argv[1])).vectors
    vectors = vectors[vectors.any(axis=1)][:n]
    ways: dict[str, Layout] = {"principal components": principal, "t-SNE, ours": lambda x: lay_out(x, seed=1)}
    if importlib.util.find_spec("umap") is not None:
        ways["UMAP"] = by_umap
    for name, way in ways.items():
        wall, used = time.perf_counter(), time.process_time()
        places = way(vectors)
        wall, used = time.perf_counter() - wall, time.process_time() - used
        trust, kept = measures(vectors, places)
        print(f"{name:<22} {len(vectors):,} songs: trust {trust:.4f}, kept {kept:.3f}, ", end="")
        print(f"{wall:.0f} s, {used:.0f} s of processor")


if __name__ == "__main__":
    main()
