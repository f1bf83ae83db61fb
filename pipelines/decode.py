"""What of an audio file is analysed: excerpts spread over it, decoded where they lie and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.sources.audio_stream import AudioError, open_audio

SECONDS, N_EXCERPTS = 10.0, 3
# Of what should be there, less than this is a file that was cut off.
_LEAST_DECODED = 0.5
_SHORTEST_S = 0.1


@dataclass(frozen=True)
class Excerpts:
    """Parts of one file.

    Attributes
    ----------
    waveforms : tuple of float32 arrays, shape (n_samples,)
        Mono at `sample_rate`, in their order in the file.
    sample_rate : int
        The file's own.
    duration_s : float
        Of the whole file, as its header says.
    """

    waveforms: tuple[np.ndarray, ...]
    sample_rate: int
    duration_s: float

    def at(self, sample_rate: int) -> list[np.ndarray]:
        """The excerpts at another sampling rate."""
        import soxr

        if sample_rate == self.sample_rate:
            return list(self.waveforms)
        return [soxr.resample(waveform, self.sample_rate, sample_rate) for waveform in self.waveforms]


def read_excerpts(path: Path, *, seconds: float = SECONDS, n: int = N_EXCERPTS) -> Excerpts:
    """Decode n excerpts of so many seconds, or the whole file where it is not longer than these together.

    With n of 3 their middles lie at 1/6, 1/2 and 5/6 of the file.

    Raises
    ------
    AudioError
        There is no audio in it, or it cannot be decoded; `AudioDecoderMissingError` where a decoder would
        help.
    OSError
    """
    with open_audio(path) as stream:
        rate = stream.sample_rate
        length = round(seconds * rate)
        if stream.n_frames <= n * length:
            # A length that the header does not tell is found by reading.
            asked = [(0, n * length)]
        else:
            asked = [(round((2 * i + 1) * stream.n_frames / (2 * n) - length / 2), length) for i in range(n)]
        waveforms = [stream.read(start, size) for start, size in asked]
        duration_s = max(stream.n_frames, len(waveforms[0])) / rate
    n_samples = sum(map(len, waveforms))
    expected = min(stream.n_frames, n * length)
    if n_samples < _SHORTEST_S * rate:
        raise AudioError("there is no audio in it")
    if n_samples < _LEAST_DECODED * expected:
        raise AudioError(f"cut off: {n_samples / rate:.1f} s of {expected / rate:.1f} s can be decoded")
    return Excerpts(tuple(part for part in waveforms if len(part)), rate, duration_s)
