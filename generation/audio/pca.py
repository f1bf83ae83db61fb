"""Principal components of spectrogram patches: the linear codec the autoencoder begins as and has to beat.

A patch is `factor` frames of all bands, side by side. Its coordinates along the directions of most variance
(Pearson, 1901; Hotelling, 1933), each divided by its standard deviation, are its code: mean 0 and variance 1,
uncorrelated, over what it was fitted to. Among linear codes of as many numbers none loses less in squares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PatchPca:
    """The fitted code.

    Attributes
    ----------
    factor : int
        Frames a patch.
    mean : float32 array, shape (n_mels * factor,)
        Of the patches.
    components : float32 array, shape (channels, n_mels * factor)
        Orthonormal rows, of most variance first.
    scales : float32 array, shape (channels,)
        Standard deviation along each.
    band_mean, band_std : float
        Of all numbers of all spectrograms.
    """

    factor: int
    mean: np.ndarray
    components: np.ndarray
    scales: np.ndarray
    band_mean: float
    band_std: float

    def encode(self, log_mel: np.ndarray) -> np.ndarray:
        """Code of shape (channels, T / factor) of a spectrogram (n_mels, T)."""
        centred = patches(log_mel, self.factor) - self.mean
        return np.asarray((centred @ self.components.T / self.scales).T, dtype=np.float32)

    def decode(self, code: np.ndarray) -> np.ndarray:
        """Spectrogram (n_mels, T) of a code (channels, T / factor)."""
        flat = (code.T * self.scales) @ self.components + self.mean
        n_mels = len(self.mean) // self.factor
        spectrogram = flat.reshape(len(flat), n_mels, self.factor).transpose(1, 0, 2).reshape(n_mels, -1)
        return np.asarray(spectrogram, dtype=np.float32)


def patches(log_mel: np.ndarray, factor: int) -> np.ndarray:
    """Cut a spectrogram (n_mels, T) into patches (T // factor, n_mels * factor); the rest is dropped."""
    n_mels, n_frames = log_mel.shape
    whole = log_mel[:, : n_frames // factor * factor].reshape(n_mels, -1, factor)
    return np.asarray(whole.transpose(1, 0, 2).reshape(-1, n_mels * factor), dtype=np.float32)


def fit_pca(log_mels: Iterable[np.ndarray], *, channels: int, factor: int = 8) -> PatchPca:
    """Fit a code to spectrograms, each (n_mels, T), in one pass.

    Raises
    ------
    ValueError
        Fewer patches than channels, or more channels than a patch has numbers.
    """
    count, total, squares = 0, np.zeros(0), np.zeros((0, 0))
    for log_mel in log_mels:
        rows = patches(log_mel, factor).astype(np.float64)
        if not count:
            total, squares = np.zeros(rows.shape[1]), np.zeros((rows.shape[1],) * 2)
        count += len(rows)
        total += rows.sum(axis=0)
        squares += rows.T @ rows
    if count <= channels or channels > len(total):
        raise ValueError(
            f"{channels} components need more patches, of more numbers: got {count} of {len(total)}"
        )
    mean = total / count
    values, vectors = np.linalg.eigh(squares / count - np.outer(mean, mean))
    rows = vectors[:, ::-1][:, :channels].T
    # A component and its opposite are one; the largest weight is made positive, so that runs agree.
    rows = rows * np.sign(rows[np.arange(channels), np.abs(rows).argmax(axis=1)])[:, None]
    band_mean = float(mean.mean())
    band_std = float(np.sqrt(np.trace(squares) / count / len(mean) - band_mean**2))
    scales = np.sqrt(np.maximum(values[::-1][:channels], 1e-8))
    return PatchPca(
        factor,
        mean.astype(np.float32),
        rows.astype(np.float32),
        scales.astype(np.float32),
        band_mean,
        band_std,
    )
