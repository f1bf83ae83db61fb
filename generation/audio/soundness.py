"""Whether what a generator made is sound at all; and its ends, which must not click."""

from __future__ import annotations

import numpy as np

FADE_IN_S, FADE_OUT_S = 0.005, 0.03
PEAK = 0.98
"""What would be louder is turned down to this, whole: nothing is cut off."""
_SILENT_RMS = 1e-3  # -60 dB of full scale
_FLAT_SHARE = 1e-3


class UnsoundError(Exception):
    """What came out is no music: not finite, silent, or cut off at the top."""


def check_sound(waveform: np.ndarray, sample_rate: int) -> None:
    """Refuse a waveform that nobody should be handed.

    Parameters
    ----------
    waveform : float array, shape (n_samples,) or (n_samples, channels)

    Raises
    ------
    UnsoundError
        Values that are not finite; no second of it above -60 dB; or more than one sample in a thousand in
        flat tops (three and more in a row at the peak), as clipping leaves them.
    """
    if not waveform.size:
        raise UnsoundError("the generator made no samples")
    if not np.isfinite(waveform).all():
        raise UnsoundError("the generator made values that are not finite")
    mono = np.abs(waveform) if waveform.ndim == 1 else np.abs(waveform).max(axis=1)
    if loudest_rms(waveform, sample_rate) < _SILENT_RMS:
        raise UnsoundError("the generator made silence")
    flat = mono >= 0.9999 * mono.max()
    runs = flat[:-2] & flat[1:-1] & flat[2:]
    if len(runs) and runs.mean() > _FLAT_SHARE:
        raise UnsoundError(f"the generator's sound is clipped: {runs.mean():.1%} of it lies at the peak")


def loudest_rms(waveform: np.ndarray, sample_rate: int) -> float:
    """Root mean square of the loudest second."""
    squares = np.square(waveform.astype(np.float64))
    squares = squares if squares.ndim == 1 else squares.mean(axis=1)
    starts = np.arange(0, len(squares), sample_rate)
    lengths = np.diff(np.append(starts, len(squares)))
    return float(np.sqrt((np.add.reduceat(squares, starts) / lengths).max()))


def finished(waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the waveform within -0.98 .. 0.98, fading in over 5 ms and out over 30 ms; float32."""
    peak = float(np.abs(waveform).max())
    out = waveform.astype(np.float32) * np.float32(min(1.0, PEAK / max(peak, 1e-9)))
    for seconds, part in ((FADE_IN_S, slice(None)), (FADE_OUT_S, slice(None, None, -1))):
        n = min(round(seconds * sample_rate), len(out))
        # Half a period of a cosine: neither its ends nor their slopes jump.
        ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(n) / max(n, 1))).astype(np.float32)
        out[part][:n] *= ramp if out.ndim == 1 else ramp[:, None]
    return out
