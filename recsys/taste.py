"""Taste profiles: a user as an overall vector and up to eight interests.

The overall vector is the weighted mean of the songs listened to. One mean of several tastes lies between
them, near nothing that the user likes; so the same songs are clustered (Ward), and each cluster is
represented by its medoid, a real song (PinnerSage; Pal et al., KDD 2020). The weight of a listen halves
every `half_life_days` (Ding & Li, CIKM 2005) and shrinks with what was skipped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.song2vec import unit

MAX_INTERESTS = 8
# Centres of two interests lie at least so far apart, as a share of the distance between two songs at random:
# with it the number of interests found follows the sample world's true one best.
FAR_APART = 0.45
_SPREAD_SONGS = 2000
# Songs clustered at most: Ward's distances grow with the square.
MAX_CLUSTERED = 400


@dataclass(frozen=True)
class Interest:
    """A cluster of a user's songs: its medoid (a row), its unit vector, its share of the weight, and its
    songs.
    """

    medoid: int
    vector: np.ndarray
    weight: float
    rows: np.ndarray


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
    interests : tuple of Interest
        By falling weight.
    """

    overall: np.ndarray
    recent: np.ndarray
    rows: np.ndarray
    weights: np.ndarray
    interests: tuple[Interest, ...]


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
    """
    songs, inverse = np.unique(rows, return_inverse=True)
    weight = np.bincount(inverse, weights=weights, minlength=len(songs)).astype(np.float32)
    plain = np.bincount(inverse, weights=plain_weights, minlength=len(songs)).astype(np.float32)
    overall = _direction(plain @ vectors[songs]) if len(songs) else np.zeros(vectors.shape[1], np.float32)
    recent = _direction(weight @ vectors[songs]) if len(songs) else overall
    liked = weight > 0
    songs, weight = songs[liked], weight[liked]
    order = np.lexsort((songs, -weight))
    songs, weight = songs[order], weight[order]
    if len(songs):
        weight = weight / weight.sum()
    interests = find_interests(songs, weight, vectors, max_interests=max_interests)
    return TasteProfile(overall, recent, songs.astype(np.int64), weight, interests)


def _direction(vector: np.ndarray) -> np.ndarray:
    # A mean that cancels out has no direction: zeros, which no search takes for one.
    return unit(vector.astype(np.float32))


def find_interests(
    rows: np.ndarray, weights: np.ndarray, vectors: np.ndarray, *, max_interests: int = MAX_INTERESTS
) -> tuple[Interest, ...]:
    """Cluster the songs of a profile by Ward's method and keep those whose centres lie far apart.

    Rows come heaviest first: the 400 first of them are clustered. Songs with zero vectors (unknown to the
    space) are left out. Clusters under 3 % of the weight are dropped, unless nothing else is there.

    Returns
    -------
    tuple of Interest
        At most `max_interests`, by falling weight; empty without songs.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    known = np.linalg.norm(vectors[rows], axis=1) > 0.5
    rows, weights = rows[known][:MAX_CLUSTERED], weights[known][:MAX_CLUSTERED]
    if len(rows) == 0:
        return ()
    points = vectors[rows]
    if len(rows) == 1:
        labels: np.ndarray = np.ones(1, dtype=np.int64)
    else:
        tree = linkage(points, method="ward")
        labels = fcluster(
            tree, _number_of_clusters(tree, max_interests, FAR_APART * _spread(vectors)), criterion="maxclust"
        )
    total = float(weights.sum())
    found = [
        _interest(rows[labels == c], weights[labels == c], points[labels == c], total)
        for c in np.unique(labels)
    ]
    found.sort(key=lambda interest: (-interest.weight, interest.medoid))
    large = [interest for interest in found if interest.weight >= 0.03]
    return tuple((large or found)[:max_interests])


def _spread(vectors: np.ndarray) -> float:
    """Root mean square distance of two songs at random, estimated on some of them."""
    some = vectors[:: max(1, len(vectors) // _SPREAD_SONGS)]
    some = some[np.linalg.norm(some, axis=1) > 0.5]
    centre = some.mean(0) if len(some) else np.zeros(vectors.shape[1])
    return float(np.sqrt(2.0 * max(1.0 - float(centre @ centre), 0.0)))


def _number_of_clusters(tree: np.ndarray, most: int, far_apart: float) -> int:
    """One more than the topmost merges of Ward's tree that join clusters whose centres lie far apart.

    Ward's height of joining a and b songs is sqrt(2ab / (a + b)) times the distance of their centres, so it
    grows with the listening; the distance itself does not. Centres of few songs scatter, so they have to lie
    farther apart.
    """
    n = len(tree) + 1
    sizes = np.concatenate([np.ones(n), tree[:, 3]])
    a, b = sizes[tree[:, 0].astype(np.int64)], sizes[tree[:, 1].astype(np.int64)]
    distance = tree[:, 2] / np.sqrt(2.0 * a * b / (a + b))
    apart = distance > far_apart * np.sqrt(1.0 + 1.0 / a + 1.0 / b)
    far = apart[-(most - 1) :][::-1] if most > 1 else apart[:0]
    return 1 + (len(far) if far.all() else int(np.argmin(far)))


def _interest(rows: np.ndarray, weights: np.ndarray, points: np.ndarray, total: float) -> Interest:
    # The medoid has the largest weighted similarity to its cluster: the smallest squared distance for unit
    # vectors.
    medoid = int(np.argmax(points @ (weights @ points)))
    return Interest(int(rows[medoid]), points[medoid], float(weights.sum()) / total, rows)


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
