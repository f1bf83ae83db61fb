"""Faiss's kinds of index, called bare: how each is built, and how it is asked with more or less effort.

Inverted lists of one world share their coarse centres and the assignment to them, as the same k-means on the
same sample would give them again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.index_worlds import World

_AT_ONCE = 200_000
# Points a centre and rounds of k-means; subquantisers of four bits.
_POINTS, _ROUNDS, _SUB = 32, 6, 64


@dataclass(frozen=True)
class Kind:
    """A kind of index.

    Attributes
    ----------
    make : function of `Building` -> a trained, empty Faiss index
    efforts : efSearch of a graph, lists visited (nprobe) of inverted lists, 0 where there is no choice
    lists : whether it is made of inverted lists
    file : the kind whose file it reads, where it has none of its own
    mapped : whether the file is memory-mapped, not read
    again : so many times ten of its best are compared exactly, read from the vectors' file
    """

    make: Callable[[Building], Any] | None
    efforts: Sequence[int]
    lists: bool = False
    file: str = ""
    mapped: bool = False
    again: int = 0


class Building:
    """What the indexes of one world are built from."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.seed = world, seed
        self.n, self.dim = world.vectors.shape

    @property
    def n_lists(self) -> int:
        """A power of two, about two roots of the number of vectors."""
        return int(min(8192, 2 ** round(np.log2(2 * np.sqrt(self.n)))))

    def sample(self, n: int) -> np.ndarray:
        """Some of the vectors, spread over all."""
        step = max(1, self.n // n)
        return np.ascontiguousarray(self.world.vectors[::step][:n])

    @cached_property
    def coarse(self) -> tuple[Any, float]:
        """The centres as an exact index, and the CPU seconds that k-means took."""
        import faiss

        started = time.process_time()
        centres = faiss.Kmeans(
            self.dim, self.n_lists, niter=_ROUNDS, seed=self.seed, spherical=True,
            min_points_per_centroid=1, max_points_per_centroid=_POINTS,
        )  # fmt: skip
        centres.train(self.sample(_POINTS * self.n_lists))
        index = faiss.IndexFlatIP(self.dim)
        index.add(centres.centroids)
        return index, time.process_time() - started

    @cached_property
    def assigned(self) -> tuple[np.ndarray, float]:
        """The list of each vector, int64, and the CPU seconds that it took."""
        index, _ = self.coarse
        started = time.process_time()
        parts = [
            index.search(np.ascontiguousarray(self.world.vectors[at : at + _AT_ONCE]), 1)[1][:, 0]
            for at in range(0, self.n, _AT_ONCE)
        ]
        return np.concatenate(parts), time.process_time() - started


def _flat(given: Building) -> Any:
    import faiss

    return faiss.IndexFlatIP(given.dim)


def _graph(m: int, ef_construction: int, *, codes: bool = False) -> Callable[[Building], Any]:
    def make(given: Building) -> Any:
        import faiss

        inner = faiss.METRIC_INNER_PRODUCT
        if codes:
            index = faiss.IndexHNSWSQ(given.dim, faiss.ScalarQuantizer.QT_8bit, m, inner)
            index.train(given.sample(50_000))
        else:
            index = faiss.IndexHNSWFlat(given.dim, m, inner)
        index.hnsw.efConstruction = ef_construction
        index.hnsw.rng = type(index.hnsw.rng)(given.seed)
        return index

    return make


def _lists(what: str) -> Callable[[Building], Any]:
    def make(given: Building) -> Any:
        import faiss

        inner, coarse = faiss.METRIC_INNER_PRODUCT, given.coarse[0]
        if what == "flat":
            return faiss.IndexIVFFlat(coarse, given.dim, given.n_lists, inner)
        if what == "sq8":
            kind = faiss.ScalarQuantizer.QT_8bit
            index: Any = faiss.IndexIVFScalarQuantizer(coarse, given.dim, given.n_lists, kind, inner)
        else:
            index = faiss.IndexIVFPQ(coarse, given.dim, given.n_lists, _SUB, 4, inner)
        index.train(given.sample(50_000))
        return index

    return make


_GRAPH, _LISTS = (16, 24, 32, 48, 64, 96), (4, 8, 16, 32)
KINDS: dict[str, Kind] = {
    "exact": Kind(_flat, (0,)),
    "HNSW 16": Kind(_graph(16, 60), _GRAPH),
    "HNSW 32": Kind(_graph(32, 60), _GRAPH),
    "HNSW 32, mapped": Kind(None, (32, 48), file="HNSW 32", mapped=True),
    "HNSW 16, SQ8": Kind(_graph(16, 60, codes=True), _GRAPH),
    "IVF-Flat": Kind(_lists("flat"), _LISTS, lists=True),
    "IVF-Flat, mapped": Kind(None, (8, 16), lists=True, file="IVF-Flat", mapped=True),
    "IVF-SQ8": Kind(_lists("sq8"), _LISTS, lists=True),
    "IVF-SQ8, mapped": Kind(None, (8, 16), lists=True, file="IVF-SQ8", mapped=True),
    "IVF-SQ8, 40 again": Kind(None, _LISTS, lists=True, file="IVF-SQ8", again=4),
    "IVF-PQ": Kind(_lists("pq"), (8, 16, 32), lists=True),
    "IVF-PQ, 40 again": Kind(None, _LISTS, lists=True, file="IVF-PQ", again=4),
    "IVF-PQ, 100 again": Kind(None, _LISTS, lists=True, file="IVF-PQ", again=10),
}


def build(kind: Kind, given: Building, path: Path) -> float:
    """Build an index into a file and return the CPU seconds, which are kept beside it."""
    import faiss

    note = path.with_suffix(".json")
    if path.exists() and note.exists():
        return float(json.loads(note.read_text())["seconds"] or np.nan)
    assert kind.make is not None
    before = given.coarse[1] + given.assigned[1] if kind.lists else 0.0
    started = time.process_time()
    index = kind.make(given)
    for at in range(0, given.n, _AT_ONCE):
        part = np.ascontiguousarray(given.world.vectors[at : at + _AT_ONCE])
        if kind.lists:
            own = np.ascontiguousarray(given.assigned[0][at : at + _AT_ONCE])
            index.add_core(len(part), faiss.swig_ptr(part), None, faiss.swig_ptr(own))
        else:
            index.add(part)
    if isinstance(index, faiss.IndexIVFPQ):
        # The same codes in the order in which they are scanned quickly.
        index = faiss.IndexIVFPQFastScan(index)
    seconds = before + time.process_time() - started
    temporary = path.with_suffix(".tmp")
    faiss.write_index(index, str(temporary))
    temporary.replace(path)
    note.write_text(json.dumps({"seconds": seconds}))
    return seconds


def opened(kind: Kind, path: Path) -> Any:
    """Read an index, or map it into memory."""
    import faiss

    if not kind.mapped:
        return faiss.read_index(str(path))
    # Inverted lists are mapped by one flag, graphs and the vectors in them by another.
    index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP if kind.lists else faiss.IO_FLAG_MMAP_IFC)
    if kind.lists:
        # By default it starts threads for each query, which read ahead.
        faiss.downcast_InvertedLists(index.invlists).prefetch_nthread = 0
    return index


def asker(kind: Kind, index: Any, effort: int, k: int, vectors: np.ndarray) -> Callable[[np.ndarray], Any]:
    """What answers one query, shape (1, dim), with k rows, as bare as it can be called."""
    import faiss

    params: Any = None
    if kind.lists:
        index.nprobe = effort
    elif effort:
        params = faiss.SearchParametersHNSW(efSearch=max(effort, k))
    if not kind.again:
        return lambda query: index.search(query, k, params=params)[1][0]

    def ask(query: np.ndarray) -> np.ndarray:
        rows = index.search(query, k * kind.again)[1][0]
        rows = rows[rows >= 0]
        return np.asarray(rows[np.argsort(-(vectors[rows] @ query[0]))[:k]])

    return ask
