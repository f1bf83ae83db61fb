"""Log-mel spectrograms: one setting for data sets, models and vocoder.

A frame is the magnitude of a Hann-windowed Fourier transform, gathered into bands that are evenly spaced on
a mel scale (linear below a corner, logarithmic above; bands of unit area), and its natural logarithm. The
usual corner of 1 kHz is for speech: bands are wider than a semitone below, and what key a piece is in cannot
be told from them (`benchmarks.band_scales`). Ours is lower, where a semitone is as wide as a bin of the
transform: each semitone above has a band, and below no band is narrower than a bin. No BLAS is called, so
the numbers do not depend on the number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import scipy.sparse as sp

FLOOR = 1e-5
"""Magnitudes below this count as this: -100 dB of full scale, logarithm -11.5."""


@dataclass(frozen=True)
class SpectrogramConfig:
    """Every number of a log-mel spectrogram; frequencies in Hz, lengths in samples."""

    sample_rate: int = 22_050
    n_fft: int = 1536
    hop_length: int = 256
    n_mels: int = 80
    fmin_hz: float = 30.0
    fmax_hz: float = 11_025.0
    corner_hz: float = 260.0

    def __post_init__(self) -> None:
        """Refuse what cannot be computed."""
        if not 0 <= self.fmin_hz < self.fmax_hz <= self.sample_rate / 2:
            raise ValueError(
                f"bands need 0 <= fmin_hz < fmax_hz <= half of {self.sample_rate} Hz,"
                f" got {self.fmin_hz} and {self.fmax_hz}"
            )
        if min(self.n_fft, self.hop_length, self.n_mels, self.corner_hz) < 1:
            raise ValueError("n_fft, hop_length, n_mels and corner_hz must be positive")

    @property
    def frames_per_second(self) -> float:
        """How many frames a second of sound has."""
        return self.sample_rate / self.hop_length

    def at_rate(self, sample_rate: int) -> SpectrogramConfig:
        """Return the same of sound at another rate in Hz: windows and steps as long, in seconds."""
        scale = max(1, round(sample_rate / self.sample_rate))
        return SpectrogramConfig(
            sample_rate,
            scale * self.n_fft,
            scale * self.hop_length,
            self.n_mels,
            self.fmin_hz,
            min(self.fmax_hz, sample_rate / 2),
            self.corner_hz,
        )

    def n_frames(self, n_samples: int) -> int:
        """How many frames so many samples have: the first at sample 0, then one every hop."""
        return 1 + n_samples // self.hop_length


def log_mel(waveform: np.ndarray, config: SpectrogramConfig | None = None) -> np.ndarray:
    """Return the log-mel spectrogram of a waveform.

    Parameters
    ----------
    waveform : float array, shape (n_samples,) or (n_samples, channels)
        Channels are averaged.
    config : SpectrogramConfig, optional

    Returns
    -------
    float32 array, shape (n_mels, n_frames)
        Natural logarithms, not below ln(FLOOR). Frame t is centred on sample t * hop_length; beyond the ends
        there is silence.

    Raises
    ------
    ValueError
        No samples.
    """
    from scipy.fft import rfft

    config = config or SpectrogramConfig()
    mono = waveform if waveform.ndim == 1 else waveform.mean(axis=1)
    if not mono.size:
        raise ValueError("there are no samples to make a spectrogram of")
    padded = np.pad(mono.astype(np.float32), config.n_fft // 2)
    padded = np.pad(padded, (0, max(config.n_fft - len(padded), 0)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, config.n_fft)[:: config.hop_length]
    frames = frames[: config.n_frames(len(mono))]
    magnitudes = np.abs(rfft(frames * _window(config.n_fft), axis=1))
    return np.asarray(np.log(np.maximum(mel_bands(config) @ magnitudes.T, FLOOR)), dtype=np.float32)


@lru_cache(maxsize=8)
def mel_bands(config: SpectrogramConfig) -> sp.csr_array:
    """Return the weights that gather frequencies into bands: sparse, shape (n_mels, n_fft // 2 + 1)."""
    import scipy.sparse as sp

    edges = band_edges(config)
    frequencies = np.fft.rfftfreq(config.n_fft, 1 / config.sample_rate)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((frequencies - low) / (centre - low), (high - frequencies) / (high - centre)).clip(
        min=0
    )
    return sp.csr_array((triangles * 2 / (high - low)).astype(np.float32))


def band_edges(config: SpectrogramConfig) -> np.ndarray:
    """Return where bands begin, are loudest and end, in Hz: shape (n_mels + 2,), three in a row for each."""
    low, high = hz_to_mel(np.array([config.fmin_hz, config.fmax_hz]), config.corner_hz)
    return mel_to_hz(np.linspace(low, high, config.n_mels + 2), config.corner_hz)


def hz_to_mel(hz: np.ndarray, corner_hz: float) -> np.ndarray:
    """Turn Hz into mel: as many as Hz up to the corner, then as many for each factor, without a kink."""
    hz = np.asarray(hz, dtype=np.float64)
    return np.where(hz < corner_hz, hz, corner_hz * (1 + np.log(np.maximum(hz, corner_hz) / corner_hz)))


def mel_to_hz(mel: np.ndarray, corner_hz: float) -> np.ndarray:
    """Turn mel into Hz; undoes `hz_to_mel`."""
    mel = np.asarray(mel, dtype=np.float64)
    return np.where(mel < corner_hz, mel, corner_hz * np.exp(np.maximum(mel, corner_hz) / corner_hz - 1))


@lru_cache(maxsize=8)
def _window(n_fft: int) -> np.ndarray:
    """The periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)
