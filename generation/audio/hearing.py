"""What a judge hears of a waveform: how it sounds, how its onsets repeat, and which pitches it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generation.audio import pitch_classes, pulse
from generation.audio.listener import embedding

if TYPE_CHECKING:
    from generation.audio.style_encoder import Heard, StyleEncoder


@dataclass(frozen=True)
class Sound:
    """What is heard of one waveform.

    Attributes
    ----------
    place : float32 array, shape (1506,)
        `generation.audio.listener.embedding`.
    repeats : float32 array, shape (2, n_lags)
        `generation.audio.pulse.repetitions`.
    classes : float32 array, shape (3, 12)
        `generation.audio.pitch_classes.pitch_classes`.
    """

    place: np.ndarray
    repeats: np.ndarray
    classes: np.ndarray


def hear(waveform: np.ndarray, sample_rate: int, encoder: StyleEncoder) -> Sound:
    """Hear a waveform, mono or (n_samples, channels), at any rate.

    Raises
    ------
    ValueError
        No samples, or samples that are not finite.
    """
    fast, slow = at_rates(waveform, sample_rate)
    return sound_of(encoder.hear(fast), slow)


def at_rates(waveform: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """The waveform in mono at 16,000 Hz for the style encoder, and at 22,050 Hz for all else; see `hear`."""
    from generation.audio.style_encoder import SAMPLE_RATE

    if not waveform.size or not np.isfinite(waveform).all():
        raise ValueError("what is heard are finite samples, and at least one")
    mono = np.ascontiguousarray(waveform if waveform.ndim == 1 else waveform.mean(axis=1), np.float32)
    return _resampled(mono, sample_rate, SAMPLE_RATE), _resampled(mono, sample_rate, pulse.SAMPLE_RATE)


def sound_of(heard: Heard, slow: np.ndarray) -> Sound:
    """A sound from what the style encoder heard of it and its waveform at 22,050 Hz."""
    return Sound(embedding([heard]), pulse.repetitions(slow), pitch_classes.pitch_classes(slow))


def _resampled(mono: np.ndarray, sample_rate: int, wanted: int) -> np.ndarray:
    import soxr

    return mono if sample_rate == wanted else np.asarray(soxr.resample(mono, sample_rate, wanted))
