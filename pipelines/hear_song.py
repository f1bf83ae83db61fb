"""The waveform of a song's file, for looking at."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipelines.sources.audio_stream import open_audio

# Of a longer file the beginning is drawn.
LONGEST_S = 1_200.0


def whole_waveform(path: Path, sample_rate: int) -> np.ndarray:
    """Decode a file at a sampling rate; float32, mono, shape (n_samples,), the first 20 minutes.

    Raises
    ------
    AudioError
        It cannot be decoded.
    OSError
    """
    import soxr

    with open_audio(path) as stream:
        waveform = stream.read(0, round(LONGEST_S * stream.sample_rate))
        rate = stream.sample_rate
    return waveform if rate == sample_rate else np.asarray(soxr.resample(waveform, rate, sample_rate))
