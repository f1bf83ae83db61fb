"""Metrics of a ranked list against a set of hidden songs, and their intervals.

Conventions: `hits` is a bool array, shape (n_cases, k), True where the song at that rank was hidden;
`n_hidden` is an int array, shape (n_cases,), at least 1. Each function returns one value a case, float64,
shape (n_cases,), 0..1.

>>> hits = np.array([[True, False, True, False]])
>>> n_hidden = np.array([2])
>>> float(r_precision(hits, n_hidden)[0]), float(recall(hits, n_hidden, 4)[0]), float(hit_rate(hits, 1)[0])
(0.5, 1.0, 1.0)
>>> round(float(ndcg(hits, n_hidden)[0]), 4)  # (1 + 1 / log2(4)) / (1 + 1 / log2(3))
0.9197
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def ndcg(hits: np.ndarray, n_hidden: np.ndarray) -> np.ndarray:
    """Discounted gain of the hits over that of the best list possible (Jarvelin & Kekalainen, TOIS 2002)."""
    k = hits.shape[1]
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discount)[np.minimum(n_hidden, k) - 1]
    return np.asarray((hits * discount).sum(1) / ideal)


def r_precision(hits: np.ndarray, n_hidden: np.ndarray) -> np.ndarray:
    """Share of hits among the first n_hidden places; of k places where more are hidden."""
    reach = np.minimum(n_hidden, hits.shape[1])
    within = np.arange(hits.shape[1])[None, :] < reach[:, None]
    return np.asarray((hits & within).sum(1) / reach)


def recall(hits: np.ndarray, n_hidden: np.ndarray, k: int) -> np.ndarray:
    """Hits among the first k places over min(n_hidden, k), so that a perfect list scores 1."""
    return np.asarray(hits[:, :k].sum(1) / np.minimum(n_hidden, k))


def hit_rate(hits: np.ndarray, k: int) -> np.ndarray:
    """Whether there is a hit among the first k places: 1.0 or 0.0."""
    return np.asarray(hits[:, :k].any(1), dtype=np.float64)


@dataclass(frozen=True)
class Estimate:
    """A mean with the 2.5 % and 97.5 % quantiles of its bootstrap distribution."""

    mean: float
    low: float
    high: float


def bootstrap_mean(
    values: np.ndarray, groups: np.ndarray, rng: np.random.Generator, *, n_resamples: int = 1000
) -> Estimate:
    """Estimate a mean over cases, resampling whole groups: cases of one group are not independent.

    Returns
    -------
    Estimate
        All zeros without cases.
    """
    return bootstrap_ratio(
        values, np.ones_like(values, dtype=np.float64), groups, rng, n_resamples=n_resamples
    )


def bootstrap_ratio(
    numerator: np.ndarray,
    denominator: np.ndarray,
    groups: np.ndarray,
    rng: np.random.Generator,
    *,
    n_resamples: int = 1000,
) -> Estimate:
    """Estimate sum(numerator) / sum(denominator) over paired cases, resampling whole groups."""
    if len(numerator) == 0:
        return Estimate(0.0, 0.0, 0.0)
    _, group = np.unique(groups, return_inverse=True)
    top = np.bincount(group, weights=numerator)
    bottom = np.bincount(group, weights=denominator)
    draws = rng.integers(0, len(top), size=(n_resamples, len(top)))
    sums = bottom[draws].sum(1)
    ratios = np.divide(top[draws].sum(1), sums, out=np.zeros(n_resamples), where=sums > 0)
    mean = float(top.sum() / bottom.sum()) if bottom.sum() > 0 else 0.0
    return Estimate(mean, float(np.quantile(ratios, 0.025)), float(np.quantile(ratios, 0.975)))
