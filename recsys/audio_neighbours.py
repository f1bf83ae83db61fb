"""Whether near songs belong together: mean average precision of same-album and same-artist neighbours.

Every song asks once: all others are ranked by cosine, and average precision says how far up those of its
album, or of its artist, come (Flexer, "A closer look on artist filters", ISMIR 2007, on why albums are left
out of the last: they share a mastering as much as a style).
"""

from __future__ import annotations

import numpy as np

from recsys.song2vec import unit

# Songs that ask, at most; all answer.
_MOST_ASKING = 2_000


def average_precision(hits: np.ndarray) -> float:
    """Mean precision at the places of the hits of a ranking, bool array, best first; 0 without hits.

    >>> average_precision(np.array([True, False, True]))
    0.8333333333333333
    """
    places = np.flatnonzero(hits)
    return float(((np.arange(len(places)) + 1) / (places + 1)).mean()) if len(places) else 0.0


def precisions(
    vectors: np.ndarray,
    labels: np.ndarray,
    *,
    rng: np.random.Generator,
    among: np.ndarray | None = None,
    but: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Average precision of each song that asks, by the cosine of vectors.

    Parameters
    ----------
    vectors : float array, shape (n_songs, dim)
    labels : int array, shape (n_songs,)
        What is to be found are songs of the same label; -1 has none.
    among : int array, shape (n_songs,), optional
        Only songs with the same number are ranked: predictions of one fold are comparable with each other.
    but : int array, shape (n_songs,), optional
        Songs with the same number, unless it is -1, are not ranked.

    Returns
    -------
    rows : int array
        Of the songs that have something to find, a sample of 2,000 at most.
    values : float array
    """
    vectors = unit(vectors)
    among = np.zeros(len(labels), np.int64) if among is None else among
    asking = rng.permutation(np.flatnonzero(labels >= 0))
    rows, values = [], []
    for row in asking.tolist():
        ranked = among == among[row]
        ranked[row] = False
        if but is not None and but[row] >= 0:
            ranked &= but != but[row]
        others = np.flatnonzero(ranked)
        wanted = labels[others] == labels[row]
        if not wanted.any():
            continue
        order = np.argsort(-(vectors[others] @ vectors[row]), kind="stable")
        rows.append(row)
        values.append(average_precision(wanted[order]))
        if len(rows) == _MOST_ASKING:
            break
    return np.array(rows, dtype=np.int64), np.array(values)
