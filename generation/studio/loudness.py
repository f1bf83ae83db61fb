"""How loud a recording is, in LUFS (ITU-R BS.1770-4), of any length."""

from __future__ import annotations

import numpy as np

GATING_BLOCK_S = 0.4
SILENCE_LUFS = -70.0
"""What is softer counts as silence: the standard's absolute gate."""


def integrated_loudness(waveform: np.ndarray, sample_rate: int) -> float:
    """Return the loudness of a waveform of shape (n_samples,) or (n_samples, channels), in LUFS.

    A recording shorter than the standard's block of 0.4 s is repeated until it fills one. Silence and nothing
    at all are `SILENCE_LUFS`.
    """
    import pyloudnorm

    if not waveform.size or not waveform.any():
        return SILENCE_LUFS
    block = int(np.ceil(GATING_BLOCK_S * sample_rate)) + 1
    if len(waveform) < block:
        waveform = np.resize(waveform, (block, *waveform.shape[1:]))
    # log10 of a block of silence is -inf, which the gate then leaves out.
    with np.errstate(divide="ignore", invalid="ignore"):
        loudness = float(pyloudnorm.Meter(sample_rate).integrated_loudness(waveform))
    return max(loudness, SILENCE_LUFS) if np.isfinite(loudness) else SILENCE_LUFS
