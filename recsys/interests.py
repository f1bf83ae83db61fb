"""Interests: a user's songs clustered (Ward), each cluster represented by its medoid, a real song
(PinnerSage; Pal et al., KDD 2020). The songs decide how many there are, up to eight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.stacked import Rows

MAX_INTERESTS = 8
# Centres of two interests lie at least so far apart, as a share of the distance between two songs at random:
# with it the number of interests found follows the sample world's true one best.
FAR_APART = 0.45
_SPREAD_SONGS = 2000
# Songs clustered at most: Ward's distances grow with the square.
MAX_CLUSTERED = 400


@dataclass(frozen=True)
class Interest:
    """A cluster of a user's songs: its medoid (a row), its unit vector, its share of the weight, its songs,
    and whether the user pinned it.
    """

    medoid: int
    vector: np.ndarray
    weight: float
    rows: np.ndarray
    pinned: bool = False


def find_interests(
    rows: np.ndarray, weights: np.ndarray, vectors: np.ndarray, *,
    max_interests: int = MAX_INTERESTS, distance: float | None = None,
) -> tuple[Interest, ...]:  # fmt: skip
    """Cluster the songs of a profile by Ward's method and keep those whose centres lie far apart.

    Rows come heaviest first: the 400 first of them are clustered. Songs with zero vectors (unknown to the
    space) are left out. Clusters under 3 % of the weight are dropped, unless nothing else is there.
    `distance` is `spread(vectors)`, where it is known already.

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
        tree = linkage(_distances(points), method="ward")
        far_apart = FAR_APART * (spread(vectors) if distance is None else distance)
        labels = fcluster(tree, _number_of_clusters(tree, max_interests, far_apart), criterion="maxclust")
    total = float(weights.sum())
    found = [
        _interest(rows[labels == c], weights[labels == c], points[labels == c], total)
        for c in np.unique(labels)
    ]
    found.sort(key=lambda interest: (-interest.weight, interest.medoid))
    large = [interest for interest in found if interest.weight >= 0.03]
    return tuple((large or found)[:max_interests])


def _distances(points: np.ndarray) -> np.ndarray:
    """Distances of all pairs of unit vectors, as `linkage` takes them; shape (n (n - 1) / 2,)."""
    from scipy.spatial.distance import squareform

    cosines = (points @ points.T).astype(np.float64)
    distances = np.sqrt(np.maximum(2.0 - 2.0 * cosines, 0.0))
    np.fill_diagonal(distances, 0.0)
    return np.asarray(squareform(distances, checks=False))


def spread(vectors: Rows) -> float:
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
