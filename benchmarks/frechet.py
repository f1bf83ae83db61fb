"""The Frechet distance between sets of spectrograms, in a space of their statistics.

Of each spectrogram the mean, spread and change of every band are taken, standardised over real music, and
put on its first principal components. Between the Gaussians of two sets lies (Frechet, 1957; as in FID,
Heusel et al., 2017)  |m - n|^2 + tr(A + B - 2 (A B)^(1/2)). It is good for comparisons within one run and no
more: real music against other real music is the floor.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

N_COMPONENTS = 16


def statistics(log_mel: np.ndarray) -> np.ndarray:
    """Means, spreads and changes of the bands of a spectrogram (n_mels, T), shape (3 n_mels,)."""
    change = np.abs(np.diff(log_mel, axis=1))
    return np.concatenate([log_mel.mean(1), log_mel.std(1), change.mean(1)])


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """Distance between the Gaussians of two sets of points, each (n, d)."""
    from scipy.linalg import sqrtm

    gap = a.mean(0) - b.mean(0)
    A, B = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    return float(gap @ gap + np.trace(A + B - 2 * np.real(sqrtm(A @ B))))


class Space:
    """Where sets are compared: learned from real music."""

    def __init__(self, log_mels: Sequence[np.ndarray]) -> None:
        points = np.stack([statistics(one) for one in log_mels])
        self._mean, self._scale = points.mean(0), points.std(0) + 1e-6
        self._axes = np.linalg.svd((points - self._mean) / self._scale, full_matrices=False)[2][:N_COMPONENTS]
        self._real = self._placed(points)

    def distance(self, log_mels: Sequence[np.ndarray]) -> float:
        """Frechet distance of a set to the real music."""
        return frechet(self._real, self._placed(np.stack([statistics(one) for one in log_mels])))

    def _placed(self, points: np.ndarray) -> np.ndarray:
        placed: np.ndarray = ((points - self._mean) / self._scale) @ self._axes.T
        return placed
