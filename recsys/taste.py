"""Taste profiles: a user as an overall vector and up to eight interests.

The overall vector is the weighted mean of the songs listened to. One mean of several tastes lies between
them, near nothing that the user likes; so the same songs are clustered (recsys/interests.py). The weight of
a listen halves every `half_life_days` (Ding & Li, CIKM 2005) and shrinks with what was skipped. What the user
decided about the profile is obeyed (recsys/decisions.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.decisions import Decisions, decide
from recsys.interests import MAX_INTERESTS, Interest, find_interests
from recsys.song2vec import unit

_CANCELLED = 1e-3


@dataclass(frozen=True)
class TasteProfile:
    """What is known of one user's taste in one song space.

    Attributes
    ----------
    overall, recent : float32 arrays, shape (dim,)
        Unit means of all listens ever, and of recent ones (zeros for a user without listens).
    rows : int64 array
        Rows of the songs listened to, each once, heaviest first.
    weights : float32 array
        Recency-weighted listens of each, summing to 1.
    interests, muted : tuples of Interest
        By falling weight; what is muted is in none of the others.
    """

    overall: np.ndarray
    recent: np.ndarray
    rows: np.ndarray
    weights: np.ndarray
    interests: tuple[Interest, ...]
    muted: tuple[Interest, ...] = ()


def listen_weights(ages_days: np.ndarray, completion: np.ndarray, *, half_life_days: float) -> np.ndarray:
    """Weight of each listen: half of it goes every half-life, and a song skipped at once counts a tenth.

    Parameters
    ----------
    ages_days : float array, shape (n_listens,)
        Days since each listen; measured from the newest, so a user back after years is not lost.
    completion : float array, shape (n_listens,)
        Share played, 0..1; NaN (unknown) counts as whole.
    """
    if half_life_days <= 0:
        raise ValueError(f"half_life_days must be positive, got {half_life_days}")
    if len(ages_days) == 0:
        return np.zeros(0, np.float32)
    recency = 0.5 ** ((ages_days - ages_days.min()) / half_life_days)
    played = np.clip(np.nan_to_num(completion, nan=1.0), 0.1, 1.0)
    return np.asarray(recency * played, dtype=np.float32)


def build_profile(
    rows: np.ndarray,
    weights: np.ndarray,
    plain_weights: np.ndarray,
    vectors: np.ndarray,
    *,
    max_interests: int = MAX_INTERESTS,
    decisions: Decisions | None = None,
    plain_sum: np.ndarray | None = None,
    distance: float | None = None,
) -> TasteProfile:
    """Summarise a user's listens.

    Parameters
    ----------
    rows : int array, shape (n_listens,)
        Song of each listen, any order; the same song may come often.
    weights : float array, shape (n_listens,)
        Recency weights; negative for dislikes.
    plain_weights : float array, shape (n_listens,)
        Weights in the all-time overall vector (1 a listen, negative for dislikes).
    vectors : float32 array, shape (n_songs, dim)
        Unit song vectors.
    decisions : Decisions, optional
        What the user pinned, muted and forgot. Dislikes of forgotten songs stay.
    plain_sum : float array, shape (dim,), optional
        `plain_weights @ vectors[rows]` where it is known already: the listens need not be added up again.
    distance : float, optional
        `recsys.interests.spread(vectors)` where it is known already.
    """
    decisions = decisions or Decisions()
    gone = np.isin(rows, decisions.forgotten) & (plain_weights > 0)
    total = plain_weights @ vectors[rows] if plain_sum is None else plain_sum
    total = total - plain_weights[gone] @ vectors[rows[gone]]
    songs, inverse = np.unique(rows[~gone], return_inverse=True)
    weight = np.bincount(inverse, weights=weights[~gone], minlength=len(songs)).astype(np.float32)
    plain = np.bincount(inverse, weights=plain_weights[~gone], minlength=len(songs)).astype(np.float32)
    liked = weight > 0
    order = np.lexsort((songs[liked], -weight[liked]))
    own, share = songs[liked][order].astype(np.int64), weight[liked][order]
    if len(own):
        share = share / share.sum()
    muted: tuple[Interest, ...] = ()
    audible = np.ones(len(songs), dtype=bool)
    if decisions.shape_interests:
        decided = decide(own, share, vectors, decisions)
        audible = np.isin(songs, decided.rows) | ~liked
        own, share, interests, muted = decided.rows, decided.weights, decided.interests, decided.muted
    else:
        interests = find_interests(own, share, vectors, max_interests=max_interests, distance=distance)
    overall = _direction(total - plain[~audible] @ vectors[songs[~audible]])
    recent = _direction(weight[audible] @ vectors[songs[audible]])
    return TasteProfile(overall, recent, own, share, interests, muted)


def _direction(vector: np.ndarray) -> np.ndarray:
    # A mean that cancels out has no direction: zeros, which no search takes for one; what subtracting left of
    # a sum is rounding, no taste.
    if np.linalg.norm(vector) < _CANCELLED:
        return np.zeros(len(vector), np.float32)
    return unit(vector.astype(np.float32))


def combine(plus: np.ndarray, minus: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Song arithmetic: the unit direction of mean(plus) - mean(minus).

    Parameters
    ----------
    plus, minus : int arrays
        Rows to add and to subtract; at least one to add.
    vectors : float32 array, shape (n_songs, dim)
        Unit song vectors.

    Raises
    ------
    ValueError
        Nothing to add, or the songs cancel out.
    """
    if len(plus) == 0:
        raise ValueError("name at least one song to add")
    direction = vectors[plus].mean(0)
    if len(minus):
        direction = direction - vectors[minus].mean(0)
    if np.linalg.norm(direction) < 1e-6:
        raise ValueError("these songs cancel out: nothing is left to search for")
    return unit(direction)
