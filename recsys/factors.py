"""Latent factors of lists and songs: implicit ALS (Hu, Koren & Volinsky, ICDM 2008), weighted by group.

A low-rank view of the same co-occurrence: it links songs that never stood in one list through others. The
`implicit` library fits the songs' factors; a query is folded in as an unseen list, by the same normal
equations:

    u = (Y'Y + l2 I + sum_i (c_i - 1) y_i y_i')^-1 sum_i c_i y_i,      c_i = alpha times the song's weight in
    the query
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from recsys.corpus import Corpus
from recsys.leaving_out import LeavesOut
from recsys.sparse_rows import compact

# What subtracting leaves of a weight that was taken out.
_NOTHING = 1e-7
# When systems count as solved: the square of what is left over that of what was asked.
_CLOSE = np.float32(1e-11)
_MOST_STEPS = 30


@dataclass(frozen=True)
class FactorSettings:
    """Settings of implicit ALS, by its names (`l2` is its `regularization`)."""

    factors: int = 128
    l2: float = 10.0
    alpha: float = 40.0
    iterations: int = 15
    seed: int = 1
    workers: int = 2


@dataclass(frozen=True)
class Factors(LeavesOut):
    """Songs' factors, float32, shape (n_songs, factors): a component of the blend (recsys/components.py)."""

    songs: np.ndarray
    l2: float
    alpha: float

    def scores(self, query: sp.csr_matrix, columns: np.ndarray | None = None) -> np.ndarray:
        """Predicted preference for each song, cut off below 0; float32, shape (n_cases, n_columns)."""
        songs = self.songs if columns is None else self.songs[columns]
        lists = self.fold_in(query)
        return np.asarray(np.maximum(lists @ songs.T, 0.0), dtype=np.float32)

    def scores_without(self, query: sp.csr_matrix, parts: sp.csr_matrix, columns: np.ndarray) -> np.ndarray:
        """See `LeavesOut`: all cases are solved together, in the space of the query's songs.

        With A the inverse of Y'Y + l2 I, G = Y A Y', z = (c - 1) ** .5 and Woodbury's identity a song's score
        is y'AY' (c - z (I + z G z)^-1 z G c).
        """
        rows, weights = compact(query)
        left = np.repeat(weights.astype(np.float64), parts.shape[0], axis=0)
        case = np.repeat(np.arange(parts.shape[0]), np.diff(parts.indptr))
        np.add.at(left, (case, np.searchsorted(rows, parts.indices)), -parts.data)
        left[left < _NOTHING] = 0.0
        mean = left.sum(1, keepdims=True) / np.maximum((left > 0).sum(1, keepdims=True), 1)
        confidence = self.alpha * left / np.where(mean > 0, mean, 1.0)
        more = np.where(left > 0, np.maximum(confidence - 1.0, 0.0), 0.0)
        y, songs = self.songs[rows].astype(np.float64), self.songs[columns].astype(np.float64)
        if len(rows) > y.shape[1]:
            asked = zip(more, confidence @ y, strict=True)
            lists = np.array([np.linalg.solve(self._gram + (y.T * one) @ y, to) for one, to in asked])
            return np.asarray(np.maximum(lists.reshape(-1, y.shape[1]) @ songs.T, 0.0), dtype=np.float32)
        turned = y @ self._inverse
        gram, z = turned @ y.T, np.sqrt(more)
        # I plus a positive semidefinite matrix is well enough conditioned for float32, twice as quick.
        some, small = gram.astype(np.float32), z.astype(np.float32)
        to = (z * (confidence @ gram)).astype(np.float32)
        solved = _solve_alike(some, small, to)
        found = (confidence - z * solved) @ (turned @ songs.T)
        return np.asarray(np.maximum(found, 0.0), dtype=np.float32)

    @classmethod
    def of_nothing(cls, n_songs: int) -> Factors:
        """Factors where there are no lists: every song scores 0."""
        return cls(np.zeros((n_songs, 1), np.float32), FactorSettings.l2, FactorSettings.alpha)

    def save(self, path: Path) -> None:
        """Write to one .npz file."""
        np.savez(path, songs=self.songs, l2=self.l2, alpha=self.alpha)

    @classmethod
    def load(cls, path: Path) -> Factors:
        """Read back what `save` wrote."""
        with np.load(path) as arrays:
            return cls(arrays["songs"], float(arrays["l2"]), float(arrays["alpha"]))

    @cached_property
    def _gram(self) -> np.ndarray:
        """Y'Y + l2 I, which every query starts from."""
        songs = self.songs.astype(np.float64)
        return np.asarray(songs.T @ songs + self.l2 * np.eye(songs.shape[1]))

    @cached_property
    def _inverse(self) -> np.ndarray:
        return np.asarray(np.linalg.inv(self._gram))

    def fold_in(self, query: sp.csr_matrix) -> np.ndarray:
        """Factors of each case, float32, shape (n_cases, factors); zeros for a case without weight."""
        size = self.songs.shape[1]
        lists = np.zeros((query.shape[0], size), np.float32)
        for case in range(query.shape[0]):
            part = slice(query.indptr[case], query.indptr[case + 1])
            rows, weights = query.indices[part], query.data[part]
            if weights.sum() <= 0:
                continue
            confidence = self.alpha * weights / weights.mean()
            y = self.songs[rows].astype(np.float64)
            if len(rows) > self.songs.shape[1]:
                left = self._gram + (y.T * np.maximum(confidence - 1.0, 0.0)) @ y
                lists[case] = np.linalg.solve(left, confidence @ y)
                continue
            start = self._inverse @ (confidence @ y)
            # Woodbury's identity: a system of as many equations as songs, ten or so, not as factors.
            z = np.sqrt(np.maximum(confidence - 1.0, 0.0))[:, None] * y
            turned = z @ self._inverse
            inner = np.eye(len(rows)) + turned @ z.T
            lists[case] = start - turned.T @ np.linalg.solve(inner, z @ start)
        return lists


def _solve_alike(gram: np.ndarray, z: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Solve (I + z_p gram z_p) x_p = to_p for systems that are nearly the same; float32, shape (n, size).

    Conjugate gradients on all of them at once, two products of small matrices a step, helped by the inverse
    for the mean of the z (Hestenes & Stiefel, 1952). Each is solved by itself where that does not come to an
    end.

    Parameters
    ----------
    gram : float32 array, shape (size, size)
        Positive semidefinite.
    z, to : float32 arrays, shape (n, size)
    """
    eye = np.eye(len(gram), dtype=np.float32)
    middle = z.mean(0) if len(z) else eye[:0].sum(0)
    helper = np.linalg.inv(eye + middle[:, None] * gram * middle)
    found, left = np.zeros_like(to), to.copy()
    step = helped = left @ helper
    size = (left * helped).sum(1)
    goal = _CLOSE * np.maximum((to * to).sum(1), np.float32(1e-30))
    for _ in range(_MOST_STEPS):
        if ((left * left).sum(1) <= goal).all():
            return found
        turned = step + z * ((z * step) @ gram)
        length = (size / np.maximum((step * turned).sum(1), np.float32(1e-30)))[:, None]
        found += length * step
        left -= length * turned
        helped = left @ helper
        before, size = size, (left * helped).sum(1)
        step = helped + (size / np.maximum(before, np.float32(1e-30)))[:, None] * step
    inner = eye + z[:, :, None] * gram * z[:, None, :]
    return np.asarray(np.linalg.solve(inner, to[:, :, None])[:, :, 0])


def fit_factors(corpus: Corpus, settings: FactorSettings | None = None) -> Factors:
    """Fit the songs' factors on the lists of a corpus, each with its group weight.

    The same seed gives the same factors on the same machine and number of workers, up to rounding.
    """
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    settings = settings or FactorSettings()
    size = max(1, min(settings.factors, corpus.n_songs - 1, corpus.n_lists))
    weighted = sp.csr_matrix(sp.diags(corpus.weights()) @ corpus.incidence(), dtype=np.float32)
    # implicit runs its own threads; BLAS threads under them only get in the way.
    with threadpool_limits(limits=1, user_api="blas"):
        model = AlternatingLeastSquares(
            factors=size,
            regularization=settings.l2,
            alpha=settings.alpha,
            iterations=settings.iterations,
            random_state=settings.seed,
            num_threads=settings.workers,
        )
        model.fit(weighted, show_progress=False)
    return Factors(np.asarray(model.item_factors, dtype=np.float32), settings.l2, settings.alpha)
