"""The last hand at a track: ends that fade, the usual loudness, and peaks that no decoder clips.

Loudness is integrated loudness after ITU-R BS.1770-4, in LUFS. Peaks are true peaks: those of the wave
between the samples, found at four times the sample rate (Annex 2 of the same). What they exceed the ceiling
by, a look-ahead limiter takes away: the gain that each moment needs, held over a window and smoothed by it (a
minimum, then a Hann mean of the same length, so that the smoothed gain never exceeds what is needed). The
window is longer than a period of the deepest note, so the gain follows the notes and not their waves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LOUDNESS_LUFS = -14.0
CEILING = 10 ** (-1.0 / 20)
"""-1 dB of full scale, true peak. MP3 and Ogg Vorbis mostly decode to peaks of up to some 4 % more; of noise
it may be a fifth more, which `generation.audio_files.encoded` turns down by itself."""
MOST_LIMITING_DB = 12.0
"""A track that would need more of the limiter than this stays softer."""
FADE_IN_S, FADE_OUT_S, FADE_OUT_SHARE = 0.005, 2.0, 0.1
_OVERSAMPLING = 4
_WINDOW_S = 0.04
_NEAR_LU = 0.05
_ROUNDS = 8


@dataclass(frozen=True)
class Mastering:
    """What was done to a track, and what it measures now.

    Attributes
    ----------
    waveform : float32 array, shape (n_samples,) or (n_samples, channels)
    gain_db, limited_db : float
        Of the whole, and the most that the limiter took off anywhere.
    fade_in_s, fade_out_s : float
    loudness_lufs, true_peak : float
        Measured afterwards; the peak is linear, 1 is full scale.
    """

    waveform: np.ndarray
    gain_db: float
    limited_db: float
    fade_in_s: float
    fade_out_s: float
    loudness_lufs: float
    true_peak: float


def master(
    waveform: np.ndarray, sample_rate: int, *, keep_level: bool = False, keep_ends: bool = False
) -> Mastering:
    """Fade a track's ends, bring it to -14 LUFS and its true peaks to -1 dB.

    Parameters
    ----------
    waveform : float array, shape (n_samples,) or (n_samples, channels)
        Finite, and not silent.
    keep_level : bool
        Neither gain nor limiter: samples of a given file are in it, which are to stay as they are.
    keep_ends : bool
        No fades: it goes round in a loop.

    Raises
    ------
    ValueError
        Values that are not finite, or no samples.
    """
    from generation.studio.loudness import integrated_loudness

    if not waveform.size or not np.isfinite(waveform).all():
        raise ValueError("a track to be mastered has samples, all of them finite")
    out = waveform.astype(np.float64)
    seconds = len(out) / sample_rate
    fades = (0.0, 0.0) if keep_ends else (FADE_IN_S, min(FADE_OUT_S, FADE_OUT_SHARE * seconds))
    out = faded(out, sample_rate, *fades)
    gain_db = limited_db = 0.0
    if not keep_level and np.any(out):
        out, gain_db, limited_db = _levelled(out, sample_rate)
    finished = out.astype(np.float32)
    return Mastering(
        finished,
        gain_db,
        limited_db,
        *fades,
        loudness_lufs=integrated_loudness(finished, sample_rate),
        true_peak=true_peak(finished),
    )


def faded(waveform: np.ndarray, sample_rate: int, fade_in_s: float, fade_out_s: float) -> np.ndarray:
    """Return it with ends that rise and fall by half a period of a cosine; the last sample is 0."""
    out = waveform.copy()
    for seconds, part in ((fade_in_s, slice(None)), (fade_out_s, slice(None, None, -1))):
        n = min(round(seconds * sample_rate), len(out))
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(n) / max(n, 1))
        out[part][:n] *= ramp if out.ndim == 1 else ramp[:, None]
    return out


def limited(waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return it with its peaks, between samples nearly too, at -1 dB at most; float64."""
    held = _limiting(_peaks(waveform), sample_rate)
    return np.asarray(waveform * (held if waveform.ndim == 1 else held[:, None]), dtype=np.float64)


def true_peak(waveform: np.ndarray) -> float:
    """The highest true peak of any channel; 0 of no samples."""
    return float(_peaks(waveform.astype(np.float64)).max(initial=0.0))


def _levelled(waveform: np.ndarray, sample_rate: int) -> tuple[np.ndarray, float, float]:
    """Return it at the loudness and below the ceiling, the gain, and how much was limited, both in dB."""
    from generation.studio.loudness import integrated_loudness

    peaks = _peaks(waveform)
    most_db = 20 * np.log10(CEILING / peaks.max()) + MOST_LIMITING_DB
    gain_db = min(LOUDNESS_LUFS - integrated_loudness(waveform, sample_rate), most_db)
    for _ in range(_ROUNDS):
        gain = 10 ** (gain_db / 20)
        held = _limiting(peaks * gain, sample_rate)
        out = waveform * (gain * (held if waveform.ndim == 1 else held[:, None]))
        missing = LOUDNESS_LUFS - integrated_loudness(out, sample_rate)
        # The limiter takes loudness, too: what is missing is added until nothing is, or it does its most.
        if abs(missing) < _NEAR_LU or (missing > 0 and gain_db >= most_db):
            break
        gain_db = min(gain_db + missing, most_db)
    # A moving gain bends the wave between samples a little; the whole gives way by that.
    over = true_peak(out) / CEILING
    if over > 1:
        out, gain_db = out / over, gain_db - 20 * np.log10(over)
    return out, float(gain_db), float(max(0.0, -20 * np.log10(held.min())))


def _peaks(waveform: np.ndarray) -> np.ndarray:
    """The true peak near each sample, over all channels, shape (n_samples,)."""
    from scipy.signal import resample_poly

    if not len(waveform):
        return np.zeros(0)
    between = np.abs(resample_poly(waveform, _OVERSAMPLING, 1, axis=0))
    at, between = np.abs(waveform), between.reshape(len(waveform), -1)  # all channels at once
    return np.asarray(np.maximum(between.max(axis=1), at if at.ndim == 1 else at.max(axis=1)))


def _limiting(peaks: np.ndarray, sample_rate: int) -> np.ndarray:
    """The gain of the limiter at each sample, at most 1, for peaks of that height."""
    from scipy.ndimage import convolve1d, minimum_filter1d

    needed: np.ndarray = CEILING / np.maximum(peaks, CEILING)
    if needed.min() >= 1:
        return needed
    length = 2 * round(_WINDOW_S * sample_rate / 2) + 1
    window = np.hanning(length + 2)[1:-1]
    held = minimum_filter1d(needed, length, mode="nearest")
    return np.asarray(np.minimum(convolve1d(held, window / window.sum(), mode="nearest"), 1.0))
