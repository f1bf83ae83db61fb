"""Vectors to index, of any number, in bounded memory: song2vec's, and uniform random ones beside.

No small world has a million songs, and training song2vec on a large one takes longer than all indexes
together. So the vectors of a smaller world, as song2vec learned them, are extended: a new song lies where a
song lies, moved by random differences of that song's neighbours. It keeps the scatter, the directions and the
crowding that the neighbourhood has; what it lacks is neighbourhoods that the small world has not. Queries are
made alike and held back.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.scale_world_model import Size
from benchmarks.scale_world_model import World as ScaleWorld
from recsys.corpus import build_corpus, sample_versions, write_corpus_file
from recsys.song2vec import settings_for, train_song2vec, unit

K = 10
# The world that song2vec is trained on: so many lists, and the songs that stand in three of them.
_LISTS, _MIN_COUNT = 2_000, 3
# Neighbours whose differences move a new song, and how many differences; together they have the variance of
# the neighbourhood.
_NEAR, _TERMS = 12, 4
_AT_ONCE = 100_000
_TRUTH_AT_ONCE = 500_000


@dataclass(frozen=True)
class World:
    """Unit vectors in a file, float32, shape (n, dim), and held-back ones with their true neighbours."""

    path: Path
    queries: np.ndarray
    truth: np.ndarray

    @property
    def vectors(self) -> np.ndarray:
        """The vectors, memory-mapped."""
        return np.asarray(np.load(self.path, mmap_mode="r"))


def song2vec_base(folder: Path, *, seed: int) -> np.ndarray:
    """Unit song2vec vectors of a small scale world, trained as a night trains them; kept in the folder."""
    path = folder / "base.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        slices = list(ScaleWorld(Size.of(_LISTS), seed).slices(0))
        numbers = np.concatenate([np.repeat(one.numbers, np.diff(one.indptr)) for one in slices])
        songs = np.concatenate([one.songs for one in slices])
        corpus = build_corpus(numbers, songs, numbers, min_count=_MIN_COUNT)
        settings = settings_for(corpus, workers=1, seed=seed)
        text = folder / "corpus.txt"
        lists = sample_versions(corpus, rounds=settings.rounds, rng=np.random.default_rng(seed))
        write_corpus_file(corpus, text, lists)
        vectors = unit(train_song2vec(text, corpus.n_songs, settings).input)
        text.unlink()
        np.save(folder / ".base.npy", vectors[vectors.any(1)])
        os.replace(folder / ".base.npy", path)
    return np.asarray(np.load(path))


def extended(base: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """New songs among those of a song space; float32, shape (n, dim).

    Parameters
    ----------
    base : float32 array, shape (n_base, dim)
        Unit vectors, with more of them than neighbours are asked for.
    """
    return _moved(base, _neighbours(base), n, rng)


def _neighbours(base: np.ndarray) -> np.ndarray:
    import faiss

    _, near = faiss.knn(base, base, _NEAR + 1, metric=faiss.METRIC_INNER_PRODUCT)
    return np.asarray(near[:, 1:])


def _moved(
    base: np.ndarray, near: np.ndarray, n: int, rng: np.random.Generator, *, at: np.ndarray | None = None
) -> np.ndarray:
    """Songs moved by differences of their neighbours; `near` has a row for each of `at`, or for all songs."""
    place = rng.integers(0, len(base), n) if at is None else np.arange(n)
    out = base[place if at is None else at].copy()
    for _ in range(_TERMS):
        # Two of the neighbours differ by twice their variance.
        scale = rng.standard_normal((n, 1)).astype(np.float32) / np.float32(np.sqrt(2 * _TERMS))
        one, other = (base[near[place, rng.integers(0, _NEAR, n)]] for _ in range(2))
        out += scale * (one - other)
    return unit(out)


def uniform(n: int, dim: int, rng: np.random.Generator) -> np.ndarray:
    """Unit vectors in any direction, which no index likes."""
    return unit(rng.standard_normal((n, dim), dtype=np.float32))


def build_world(folder: Path, base: np.ndarray | None, n: int, *, n_queries: int, seed: int) -> World:
    """Write a world into a folder, or open the one that is there; without a base it is uniform.

    A base of at least `n + n_queries` songs is taken as it is, some of them held back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, held = folder / "vectors.npy", folder / "held.npz"
    if not held.exists():
        rng = np.random.default_rng(seed)
        queries = _write(path, base, n, n_queries, rng)
        truth = _truth(path, queries)
        np.savez(folder / ".held.npz", queries=queries, truth=truth)
        os.replace(folder / ".held.npz", held)
    with np.load(held) as arrays:
        return World(path, arrays["queries"], arrays["truth"])


def world_of_release(folder: Path, release: Path, *, n_queries: int, seed: int) -> World:
    """The songs of a release without a tail, and its own graph as `HNSW-32.faiss`, which it has been to build
    already; queries are new songs among them (`extended`).
    """
    import faiss

    folder.mkdir(parents=True, exist_ok=True)
    path, held = folder / "vectors.npy", folder / "held.npz"
    if not held.exists():
        given = np.load(release / "input.npy", mmap_mode="r")
        out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=given.shape)
        for start in range(0, len(given), _AT_ONCE):
            out[start : start + _AT_ONCE] = unit(given[start : start + _AT_ONCE])
        graph = faiss.read_index(str(release / "input.faiss"), faiss.IO_FLAG_MMAP_IFC)
        if graph.ntotal != len(given) or not hasattr(graph, "hnsw"):
            raise ValueError(f"{release} has a tail, or no graph")
        rng = np.random.default_rng(seed)
        own = np.sort(rng.choice(len(out), n_queries, replace=False))
        _, near = graph.search(np.ascontiguousarray(out[own]), _NEAR + 1)
        queries = _moved(np.asarray(out), near[:, 1:], n_queries, rng, at=own)
        np.savez(folder / ".held.npz", queries=queries, truth=_truth(path, queries))
        os.replace(folder / ".held.npz", held)
        (folder / "HNSW-32.faiss").symlink_to((release / "input.faiss").resolve())
        # Nobody has noted how long it took to build.
        (folder / "HNSW-32.json").write_text(json.dumps({"seconds": None}))
    with np.load(held) as arrays:
        return World(path, arrays["queries"], arrays["truth"])


def _write(
    path: Path, base: np.ndarray | None, n: int, n_queries: int, rng: np.random.Generator
) -> np.ndarray:
    dim = 128 if base is None else base.shape[1]
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, dim))
    if base is not None and len(base) >= n + n_queries:
        order = rng.permutation(len(base))[: n + n_queries]
        out[:] = base[np.sort(order[:n])]
        return np.asarray(base[order[n:]])
    near = None if base is None else _neighbours(base)

    def draw(count: int) -> np.ndarray:
        if base is None or near is None:
            return uniform(count, dim, rng)
        return _moved(base, near, count, rng)

    for start in range(0, n, _AT_ONCE):
        out[start : start + _AT_ONCE] = draw(min(_AT_ONCE, n - start))
    out.flush()
    return draw(n_queries)


def _truth(path: Path, queries: np.ndarray) -> np.ndarray:
    """The nearest rows of each query, by comparing with all; int64, shape (n_queries, K)."""
    import faiss

    vectors = np.load(path, mmap_mode="r")
    scores, rows = np.zeros((len(queries), 0), np.float32), np.zeros((len(queries), 0), np.int64)
    for start in range(0, len(vectors), _TRUTH_AT_ONCE):
        part = np.ascontiguousarray(vectors[start : start + _TRUTH_AT_ONCE])
        found, at = faiss.knn(queries, part, K, metric=faiss.METRIC_INNER_PRODUCT)
        scores, rows = np.hstack([scores, found]), np.hstack([rows, at + start])
        best = np.argsort(-scores, axis=1, kind="stable")[:, :K]
        scores, rows = np.take_along_axis(scores, best, 1), np.take_along_axis(rows, best, 1)
    return rows
