"""Which frames, samples and bands are new, and how they fade in.

Times are seconds, frames are latent frames, samples are of the given file. Fades lie inside a window, so that
outside it not a sample changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from generation.audio.edit.edits import HIGHEST_HZ
from generation.audio.spectrogram import SpectrogramConfig, band_edges

FADE_S = 0.03
_EDGE_OCTAVES = 0.125
_LOWEST_EDGE_HZ = 20.0


@dataclass(frozen=True)
class Span:
    """A stretch of samples or frames, `start` up to `end`."""

    start: int
    end: int

    def __len__(self) -> int:
        """How many."""
        return self.end - self.start


def samples_of(start_s: float, end_s: float, sample_rate: int, n_samples: int) -> Span:
    """Return the samples of a window, within a clip."""
    return Span(round(start_s * sample_rate), min(round(end_s * sample_rate), n_samples))


def frames_touching(start_s: float, end_s: float, frame_s: float, n_frames: int) -> Span:
    """Return the latent frames that a window touches: what a frame holds of it is heard in all of the frame.

    >>> frames_touching(1.0, 2.0, 0.3, 20)
    Span(start=3, end=7)
    """
    start = math.floor(start_s / frame_s + 1e-6)
    return Span(max(start, 0), min(math.ceil(end_s / frame_s - 1e-6), n_frames))


def fade(n: int) -> np.ndarray:
    """Return a rise from 0 to 1 over n samples, half a period of a cosine; neither end is in it."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 1) / (n + 1)))


def band_of_mels(low_hz: float, high_hz: float, config: SpectrogramConfig) -> np.ndarray:
    """Return how far each band of a spectrogram lies within a range of frequencies: 0..1, shape (n_mels,)."""
    return _within(band_edges(config)[1:-1], low_hz, high_hz)


def band_part(waveform: np.ndarray, sample_rate: int, low_hz: float, high_hz: float) -> np.ndarray:
    """Return the part of a waveform, shape (n_samples, channels), that lies within a range of frequencies.

    A mask on short Fourier transforms of some 50 ms with soft edges; no phase is turned, so that the waveform
    less its part is the rest.
    """
    from scipy.signal import ShortTimeFFT

    n_fft = 2 ** round(math.log2(0.05 * sample_rate))
    transform = ShortTimeFFT(_hann(n_fft), hop=n_fft // 4, fs=sample_rate, mfft=n_fft)
    # The transform needs a window's length at least; silence before and after keeps the ends whole.
    padded = np.pad(waveform.astype(np.float64).T, ((0, 0), (n_fft, n_fft)))
    spectrum = transform.stft(padded) * _within(transform.f, low_hz, high_hz)[:, None]
    part = np.asarray(transform.istft(spectrum, k1=padded.shape[1]))
    return np.asarray(part[:, n_fft : n_fft + len(waveform)].T)


@lru_cache(maxsize=4)
def _hann(n: int) -> np.ndarray:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n))


def _within(hz: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """1 within a range and 0 beyond, with edges of an eighth of an octave on either side of each end.

    A range from 0 has no lower edge, and one up to 11,025 Hz no upper one.
    """
    octaves = np.log2(np.maximum(hz, 1e-3))

    def above(edge_hz: float) -> np.ndarray:
        if edge_hz < _LOWEST_EDGE_HZ:
            return np.ones_like(octaves)
        distance = (octaves - math.log2(edge_hz)) / (2 * _EDGE_OCTAVES) + 0.5
        return np.asarray(0.5 - 0.5 * np.cos(np.pi * distance.clip(0, 1)))

    # The generator makes nothing above; what the given sound has there goes with the rest of the band.
    up_to_the_top = high_hz >= HIGHEST_HZ
    return above(low_hz) if up_to_the_top else np.asarray(above(low_hz) * (1 - above(high_hz)))
