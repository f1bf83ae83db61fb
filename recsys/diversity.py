"""What lists are like beside their accuracy: how much of the catalogue they show, how evenly, how novel, how
varied.

Conventions: a list is an int array of rows, best first; lists of different lengths are fine, empty ones
count for nothing. Definitions after Vargas & Castells (RecSys 2011) and Castells, Hurley & Vargas
(Recommender Systems Handbook, 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ListMeasures:
    """Measures of a set of lists, one a user.

    Attributes
    ----------
    coverage : float, 0..1
        Share of the catalogue's songs that stand in at least one list.
    artist_gini : float, 0..1
        How unevenly the places are shared out among the catalogue's artists: 0 all alike, near 1 one has all.
    novelty : float, bits
        Mean over lists of the songs' mean -log2 of the share of training lists that hold them.
    similarity : float, -1..1
        Mean over lists of the mean cosine of two of their songs.
    """

    coverage: float
    artist_gini: float
    novelty: float
    similarity: float


def measure_lists(
    lists: Sequence[np.ndarray], *, artists: np.ndarray, counts: np.ndarray, n_lists: int, vectors: np.ndarray
) -> ListMeasures:
    """Measure lists.

    Parameters
    ----------
    artists : int array, shape (n_songs,)
        Artist of each song; a negative one is unknown and left out of the Gini coefficient.
    counts : int array, shape (n_songs,)
        In how many of the `n_lists` training lists each song stands.
    vectors : float32 array, shape (n_songs, dim)
        Unit song vectors.

    Returns
    -------
    ListMeasures
        All zeros without lists.
    """
    full = [rows for rows in lists if len(rows)]
    if not full:
        return ListMeasures(0.0, 0.0, 0.0, 0.0)
    shown = np.concatenate(full)
    known = np.unique(artists[artists >= 0])
    of_artist = artists[shown][artists[shown] >= 0]
    places = np.bincount(np.searchsorted(known, of_artist), minlength=len(known))
    return ListMeasures(
        coverage=len(np.unique(shown)) / len(artists),
        artist_gini=gini(places),
        novelty=float(np.mean([novelty(rows, counts, n_lists) for rows in full])),
        similarity=float(np.mean([intra_list_similarity(rows, vectors) for rows in full])),
    )


def gini(counts: np.ndarray) -> float:
    """Gini coefficient of non-negative counts, 0..1; 0 without any.

    >>> gini(np.array([1, 1, 1, 1])), gini(np.array([0, 0, 0, 4]))
    (0.0, 0.75)
    """
    n, total = len(counts), float(counts.sum())
    if total <= 0:
        return 0.0
    ranks = np.arange(1, n + 1)
    return float(2.0 * (ranks @ np.sort(counts)) / (n * total) - (n + 1) / n)


def novelty(rows: np.ndarray, counts: np.ndarray, n_lists: int) -> float:
    """Mean self-information of a list's songs in bits, of count + 1 in n_lists + 1, so that a song in no list
    has its place too.

    >>> novelty(np.array([0, 1]), np.array([3, 0]), 15)
    3.0
    """
    return float(np.mean(-np.log2((counts[rows] + 1.0) / (n_lists + 1.0))))


def intra_list_similarity(rows: np.ndarray, vectors: np.ndarray) -> float:
    """Mean cosine of two different songs of a list (Ziegler et al., WWW 2005); 0 for fewer than two."""
    n = len(rows)
    if n < 2:
        return 0.0
    total = vectors[rows].sum(0, dtype=np.float64)
    own = float((vectors[rows].astype(np.float64) ** 2).sum())
    return float((total @ total - own) / (n * (n - 1)))
