"""New sound beside given sound: at its rate and channels, as loud, where waves meet, and crossfaded.

The new sound is mono at 22,050 Hz. Shapes: waveforms (n_samples, channels).
"""

from __future__ import annotations

import numpy as np

from generation.audio.edit.masks import fade
from generation.audio.mastering import limited

MOST_LAG_S = 0.008
_MOST_GAIN_DB, _MOST_CORRECTION_DB = 24.0, 3.0
_TINY = 1e-9


def resampled(mono: np.ndarray, from_rate: int, to_rate: int) -> np.ndarray:
    """Return a waveform, shape (n_samples,), at another rate; float64."""
    import soxr

    if from_rate == to_rate:
        return mono.astype(np.float64)
    return np.asarray(soxr.resample(mono.astype(np.float64), from_rate, to_rate))


def rms(waveform: np.ndarray) -> float:
    """Root mean square; of nothing, 0."""
    return float(np.sqrt(np.mean(np.square(waveform, dtype=np.float64)))) if waveform.size else 0.0


def channel_levels(given: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """How much louder each channel is than what the generator made of the same sound, shape (channels,).

    Parameters
    ----------
    given : float array, shape (n_samples, channels)
        The sound around the new part.
    heard : float array, shape (n_samples,)
        The same through encoder and vocoder.
    """
    most = 10 ** (_MOST_GAIN_DB / 20)
    levels = np.array([rms(channel) for channel in given.T]) / max(rms(heard), _TINY)
    return np.asarray(levels.clip(0.0, most))


def levelled(new: np.ndarray, reference_rms: float, part: slice, sample_rate: int) -> np.ndarray:
    """Return new sound whose `part` is within 3 dB of a level; peaks beyond -1 dB are limited."""
    level, most = rms(new[part]), 10 ** (_MOST_CORRECTION_DB / 20)
    gain = 1.0
    if level > 0 and reference_rms > 0:
        gain = float(np.clip(level, reference_rms / most, reference_rms * most)) / level
    return limited(new * gain, sample_rate)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """How alike two waveforms are, 0 (or opposite) to 1."""
    power = float(np.sqrt(np.sum(np.square(one)) * np.sum(np.square(other))))
    return max(0.0, float(np.sum(one * other)) / power) if power > _TINY else 0.0


def crossfaded(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return old sound going over into new sound, both of one shape, at an even loudness.

    Amplitudes add where waves are alike, powers where they are not; the weights take account of how alike
    these are (Fink, Holters & Zoelzer, "Signal-matched power-complementary cross-fading", DAFx 2016).
    """
    rising = fade(len(old))
    falling = 1 - rising
    r = correlation(old, new)
    norm = np.sqrt(rising**2 + falling**2 + 2 * r * rising * falling)
    rising, falling = (ramp / norm for ramp in (rising, falling))
    if old.ndim == 2:
        rising, falling = rising[:, None], falling[:, None]
    return np.asarray(old * falling + new * rising)


def best_lag(given: np.ndarray, heard: np.ndarray, most: int) -> int:
    """By how many samples `heard` comes late: where, shifted back by that, it is most like `given`.

    Parameters
    ----------
    given : float array, shape (n,)
    heard : float array, shape (n + 2 * most,)
        Its sample `most` is meant to be the first of `given`.

    Returns
    -------
    int
        From -most to most.
    """
    from scipy.signal import correlate

    scores = correlate(heard, given, mode="valid")
    squares = np.concatenate([[0.0], np.cumsum(np.square(heard))])
    power = squares[len(given) :] - squares[: -len(given)]
    return int(np.argmax(scores / np.sqrt(np.maximum(power, _TINY)))) - most
