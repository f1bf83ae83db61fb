"""A map of the song space: songs in the plane, such that what is near in 128 dimensions stays near.

t-SNE (van der Maaten, "Accelerating t-SNE using tree-based algorithms", JMLR 2014), begun from the principal
components so that the large lie of the land stays too (Kobak & Berens, 2019). docs/axes.md has the figures
beside those of UMAP. With one seed the map comes out the same.
"""

from __future__ import annotations

import numpy as np

PERPLEXITY = 30.0
# Steps for as many songs as are drawn by default, and for many more, where each takes long.
STEPS, STEPS_OF_MANY, MANY = 500, 350, 10_000
# Fewer songs than this have no neighbourhoods to keep; their principal components do.
_FEW = 10
_BEGINNING = 1e-4
# More threads add up in any order, and the map would differ from one time to the next. For few songs two
# threads wait for each other longer than they work.
_THREADS, _WORTH_THREADS = 2, 3_000


def lay_out(vectors: np.ndarray, *, seed: int) -> np.ndarray:
    """Place songs in the plane.

    Parameters
    ----------
    vectors : float array, shape (n, dim)
        Unit rows.

    Returns
    -------
    float32 array, shape (n, 2)
        Within -1..1, centred.
    """
    x = np.ascontiguousarray(vectors, dtype=np.float32)
    begin = _principal(x)
    if len(x) <= _FEW:
        return _framed(begin)
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    model = TSNE(
        perplexity=min(PERPLEXITY, (len(x) - 1) / 3.0),
        init=begin / max(float(begin[:, 0].std()), 1e-9) * _BEGINNING,
        max_iter=STEPS if len(x) <= MANY else STEPS_OF_MANY,
        learning_rate="auto",
        random_state=seed,
    )
    with threadpool_limits(_THREADS if len(x) >= _WORTH_THREADS else 1):
        return _framed(np.asarray(model.fit_transform(x)))


def place_beside(vectors: np.ndarray, shown: np.ndarray, positions: np.ndarray, *, k: int = 5) -> np.ndarray:
    """Place further songs on a map that stands: among the k songs of it that are nearest.

    Parameters
    ----------
    vectors : float array, shape (n, dim)
    shown : float array, shape (n_shown, dim), at least 1
        Vectors of the songs on the map, whose places are `positions`, shape (n_shown, 2).

    Returns
    -------
    float32 array, shape (n, 2)
        Where the songs differ in place, the middle one of them by each coordinate, so never in empty sea
        between two coasts by a mean alone.
    """
    k = min(k, len(shown))
    nearest = np.argpartition(-(vectors @ shown.T), k - 1, axis=1)[:, :k]
    return np.asarray(np.median(positions[nearest], axis=1), dtype=np.float32).reshape(len(vectors), 2)


def _principal(x: np.ndarray) -> np.ndarray:
    """The first two principal components, scaled to at most 1; each turned so that its largest is above 0."""
    if len(x) == 0:
        return np.zeros((0, 2), np.float32)
    centred = x - x.mean(0)
    _, directions = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    places = centred @ directions[:, ::-1][:, :2]
    turned = np.sign(places[np.abs(places).argmax(0), np.arange(places.shape[1])])
    places = np.pad(places * np.where(turned == 0, 1.0, turned), ((0, 0), (0, 2 - places.shape[1])))
    return np.asarray(places / max(float(np.abs(places).max()), 1e-9), dtype=np.float32)


def _framed(places: np.ndarray) -> np.ndarray:
    """Centre places and scale them to -1..1."""
    if len(places) == 0:
        return np.zeros((0, 2), np.float32)
    centred = places - (places.max(0) + places.min(0)) / 2.0
    return np.asarray(centred / max(float(np.abs(centred).max()), 1e-9), dtype=np.float32)
