"""Log-mel spectrograms: one setting for data sets, models and vocoder.

A frame is the magnitude of a Hann-windowed Fourier transform, gathered into bands that are evenly spaced on
the mel scale of Slaney's Auditory Toolbox (linear below 1 kHz, logarithmic above; bands of unit area), and
its natural logarithm. The numbers equal those of `librosa.feature.melspectrogram` with `power=1`; no BLAS is
called, so they do not depend on the number of threads.
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
    n_fft: int = 1024
    hop_length: int = 256
    n_mels: int = 80
    fmin_hz: float = 30.0
    fmax_hz: float = 11_025.0

    def __post_init__(self) -> None:
        """Refuse what cannot be computed."""
        if not 0 <= self.fmin_hz < self.fmax_hz <= self.sample_rate / 2:
            raise ValueError(
                f"bands need 0 <= fmin_hz < fmax_hz <= half of {self.sample_rate} Hz,"
                f" got {self.fmin_hz} and {self.fmax_hz}"
            )
        if min(self.n_fft, self.hop_length, self.n_mels) < 1:
            raise ValueError("n_fft, hop_length and n_mels must be positive")

    @property
    def frames_per_second(self) -> float:
        """How many frames a second of sound has."""
        return self.sample_rate / self.hop_length

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

    edges = mel_to_hz(
        np.linspace(
            hz_to_mel(np.array(config.fmin_hz)), hz_to_mel(np.array(config.fmax_hz)), config.n_mels + 2
        )
    )
    frequencies = np.fft.rfftfreq(config.n_fft, 1 / config.sample_rate)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((frequencies - low) / (centre - low), (high - frequencies) / (high - centre)).clip(
        min=0
    )
    return sp.csr_array((triangles * 2 / (high - low)).astype(np.float32))


def hz_to_mel(hz: np.ndarray) -> np.ndarray:
    """Turn Hz into mel: 15 a kilohertz up to 1 kHz, then 27 each factor of 6.4."""
    linear = np.asarray(hz) * 3 / 200
    return np.where(linear < 15, linear, 15 + np.log(np.maximum(hz, 1e-9) / 1000) * 27 / np.log(6.4))


def mel_to_hz(mel: np.ndarray) -> np.ndarray:
    """Turn mel into Hz; undoes `hz_to_mel`."""
    mel = np.asarray(mel)
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


@lru_cache(maxsize=8)
def _window(n_fft: int) -> np.ndarray:
    """The periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)
