"""Scores for songs that no list holds: what known songs of the same nearness to the taste score.

The nearness of a song is the mean of its cosines with the songs of the query, negative ones being 0, each
with the query's weight: linear in the query, so a listen's part in it is its own term.
"""

from __future__ import annotations

import numpy as np

# Known candidates are averaged in so many classes of nearness.
_CLASSES = 20


def nearness(query_vectors: np.ndarray, weights: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Weighted mean of the cosines, negative ones as 0; float32, shape (n,).

    Parameters
    ----------
    query_vectors : float32 array, shape (n_query, dim)
        Of length 1.
    weights : float array, shape (n_query,)
    vectors : float32 array, shape (n, dim)
        Of length 1.
    """
    total = float(weights.sum())
    if not len(weights) or total <= 0:
        return np.zeros(len(vectors), np.float32)
    return np.asarray(np.maximum(vectors @ query_vectors.T, 0.0) @ (weights / total), dtype=np.float32)


def score_newcomers(
    near: np.ndarray, trust: np.ndarray, known_near: np.ndarray, known_scores: np.ndarray
) -> np.ndarray:
    """Scores of new songs on the scale of the known candidates; float32, shape (n_new,).

    Parameters
    ----------
    near, trust : float arrays, shape (n_new,)
        Nearness by the place that was guessed, and the expected cosine of guess and truth, 0..1: a guess is
        worth so much less.
    known_near, known_scores : float arrays, shape (n_known,)
        Of the known candidates; without any, new songs score their nearness times their trust.
    """
    believed = near * trust
    if not len(known_near):
        return np.asarray(believed, dtype=np.float32)
    order = np.argsort(known_near, kind="stable")
    n_classes = min(_CLASSES, len(order))
    bounds = np.arange(n_classes + 1) * len(order) // n_classes
    sizes = np.diff(bounds)
    at = np.add.reduceat(known_near[order], bounds[:-1]) / sizes
    # Nearer is never worse, whatever few songs say.
    mean = np.maximum.accumulate(np.add.reduceat(known_scores[order], bounds[:-1]) / sizes)
    return np.asarray(np.interp(believed, at, mean), dtype=np.float32)


def match_scores(near: np.ndarray, known_near: np.ndarray, known_scores: np.ndarray) -> np.ndarray:
    """Scores for who asks with new songs: those of the known candidates of the same rank in nearness.

    Where the question itself is a guess, the known songs' scores are worth no more than nearness is, and a
    new song that is nearer than all of them goes before all of them. float32, shape (n_new,).
    """
    if not len(known_near):
        return np.asarray(near, dtype=np.float32)
    highest = max(float(known_near.max()), 1e-6)
    matched = np.interp(near, np.sort(known_near), np.sort(known_scores))
    return np.asarray(matched * np.maximum(near / highest, 1.0), dtype=np.float32)
