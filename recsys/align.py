"""Rotating one release's song space onto the last one's (orthogonal Procrustes; Schoenemann, Psychometrika
1966).

Every training starts from random vectors, so two nights' spaces differ by a rotation and by what was
learned. Taking the rotation out keeps saved taste vectors, maps and side indexes valid from night to night.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Alignment:
    """The rotation, shape (dim, dim), the songs it was fitted on, and their mean cosine before and after."""

    rotation: np.ndarray
    n_common: int
    cosine_before: float
    cosine_after: float


def fit_rotation(new: np.ndarray, old: np.ndarray) -> Alignment:
    """Find the orthogonal R that minimises |new R - old| over the same songs.

    Parameters
    ----------
    new, old : float arrays, shape (n_common, dim)
        Unit vectors of the songs that both releases know, in the same order.

    Returns
    -------
    Alignment
        The identity when there are fewer common songs than dimensions: the fit would be arbitrary.
    """
    if new.shape != old.shape:
        raise ValueError(f"one vector a song in both spaces, got shapes {new.shape} and {old.shape}")
    n, dim = new.shape
    before = float((new * old).sum(1).mean()) if n else 0.0
    if n < dim:
        return Alignment(np.eye(dim, dtype=np.float32), n, before, before)
    u, _, vt = np.linalg.svd(new.astype(np.float64).T @ old.astype(np.float64))
    rotation = (u @ vt).astype(np.float32)
    return Alignment(rotation, n, before, float(((new @ rotation) * old).sum(1).mean()))
