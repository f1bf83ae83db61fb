"""What can be measured in a waveform: timbre, tempo, key and loudness. Waveforms in, numbers out.

Waveforms are mono float32 at 22,050 Hz. Several excerpts of one piece are measured together. What silence has
none of (tempo, key, loudness) is None, and never NaN.

- Timbre: mean, spread and movement of 64 log-mel bands, the baseline that a learned embedding has to beat.
- Tempo: `librosa.feature.tempo` with hop_length 128, whose local autocorrelations are taken at every 16th
  frame: it averages over frames, which are 8 s long, so that neighbours say the same.
- Key: Krumhansl & Schmuckler's profile correlation (Krumhansl, "Cognitive foundations of musical pitch",
  1990) on `librosa.feature.chroma_cqt`; its confidence is how far the best of 24 keys is before the second.
- Loudness: LUFS after ITU-R BS.1770-4, by pyloudnorm.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generation.audio.compiled_librosa import import_librosa

SAMPLE_RATE = 22_050
N_MELS, _MEL_HOP, _MEL_FFT = 64, 512, 2048
N_TIMBRE = 4 * N_MELS
TEMPO_HOP, _TEMPO_STEP = 128, 16
_CHROMA_HOP = 2048
_TEMPOGRAM_S = 8.0
_SHORTEST_TEMPO_S = 3.0
_SHORTEST_CHROMA_S = 0.5
_SILENT = 1e-4  # -80 dB of full scale: under this is no music.
_FLOOR = 1e-10

KEYS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MAJOR, MINOR = "major", "minor"
# Krumhansl & Kessler's probe-tone ratings, from the tonic upwards.
_MAJOR_PROFILE = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR_PROFILE = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


@dataclass(frozen=True)
class Key:
    """A key and how sure it is: 0 where another fits as well, up to about 0.5."""

    tonic: str
    mode: str
    confidence: float

    def __str__(self) -> str:
        return f"{self.tonic} {self.mode}"


@dataclass(frozen=True)
class Measures:
    """What was measured in a piece of music.

    Attributes
    ----------
    timbre : float32 array, shape (256,)
        Of 64 bands' log-mel powers in dB: the means, the standard deviations, then the means of the
        absolute values and the standard deviations of the steps between frames.
    tempo_bpm : float or None
    key : Key or None
    loudness_lufs : float or None
    is_silent : bool
        Nothing louder than -80 dB of full scale.
    """

    timbre: np.ndarray
    tempo_bpm: float | None
    key: Key | None
    loudness_lufs: float | None
    is_silent: bool


def measure(excerpts: Sequence[np.ndarray]) -> Measures:
    """Measure excerpts of one piece, float arrays, each of shape (n_samples,), at 22,050 Hz.

    Raises
    ------
    ValueError
        No excerpts, an empty one, or samples that are not finite.
    """
    parts = [_checked(excerpt) for excerpt in excerpts]
    if not parts:
        raise ValueError("need at least one excerpt")
    is_silent = max(float(np.abs(part).max()) for part in parts) < _SILENT
    if is_silent:
        return Measures(timbre(parts), None, None, None, True)
    return Measures(timbre(parts), tempo_bpm(parts), key_of(parts), loudness_lufs(parts), False)


def timbre(excerpts: Sequence[np.ndarray]) -> np.ndarray:
    """Statistics of log-mel bands over all frames, float32, shape (256,); see `Measures`."""
    librosa = import_librosa()
    bands, steps = [], []
    for excerpt in excerpts:
        filled = np.pad(excerpt, (0, max(0, _MEL_FFT - len(excerpt))))
        mel = librosa.feature.melspectrogram(
            y=filled, sr=SAMPLE_RATE, n_fft=_MEL_FFT, hop_length=_MEL_HOP, n_mels=N_MELS
        )
        decibels = 10 * np.log10(np.maximum(mel, _FLOOR))
        bands.append(decibels)
        steps.append(np.diff(decibels, axis=1))
    every, moved = np.concatenate(bands, axis=1), np.concatenate(steps, axis=1)
    if not moved.shape[1]:
        moved = np.zeros((N_MELS, 1))
    parts = (every.mean(1), every.std(1), np.abs(moved).mean(1), moved.std(1))
    return np.concatenate(parts).astype(np.float32)


def tempo_bpm(excerpts: Sequence[np.ndarray]) -> float | None:
    """Beats a minute; None where nothing begins, or less than three seconds are heard."""
    librosa = import_librosa()
    window = int(librosa.time_to_frames(_TEMPOGRAM_S, sr=SAMPLE_RATE, hop_length=TEMPO_HOP))
    grams = []
    for excerpt in excerpts:
        if len(excerpt) < _SHORTEST_TEMPO_S * SAMPLE_RATE:
            continue
        onsets = librosa.onset.onset_strength(y=excerpt, sr=SAMPLE_RATE, hop_length=TEMPO_HOP)
        if onsets.max() > 0:
            grams.append(_tempogram(onsets, window))
    if not grams:
        return None
    gram = np.concatenate(grams, axis=1)
    bpm = float(librosa.feature.tempo(tg=gram, sr=SAMPLE_RATE, hop_length=TEMPO_HOP)[0])
    return bpm if np.isfinite(bpm) and bpm > 0 else None


def key_of(excerpts: Sequence[np.ndarray]) -> Key | None:
    """The key that pitch classes fit best; None where none stands out, or under half a second is heard."""
    librosa = import_librosa()
    waveform = np.concatenate(list(excerpts))  # At once: most of the cost is in making the filters.
    if len(waveform) < _SHORTEST_CHROMA_S * SAMPLE_RATE:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of short waveforms, and of those without any pitch.
        chroma = librosa.feature.chroma_cqt(y=waveform, sr=SAMPLE_RATE, hop_length=_CHROMA_HOP)
    return key_of_chroma(np.nan_to_num(chroma).sum(1))


def key_of_chroma(chroma: np.ndarray) -> Key | None:
    """The key of pitch classes, float array, shape (12,), from C upwards.

    >>> str(key_of_chroma(np.array([1.0, 0, 0.5, 0, 0.8, 0.4, 0, 1, 0, 0.5, 0, 0.3])))
    'C major'
    """
    if chroma.std() < 1e-9:
        return None
    scores = [
        (float(np.corrcoef(np.roll(profile, tonic), chroma)[0, 1]), -tonic, mode)
        for profile, mode in ((_MAJOR_PROFILE, MAJOR), (_MINOR_PROFILE, MINOR))
        for tonic in range(12)
    ]
    best, second = sorted(scores, reverse=True)[:2]
    return Key(KEYS[-best[1]], best[2], round(best[0] - second[0], 4))


def loudness_lufs(excerpts: Sequence[np.ndarray]) -> float | None:
    """Integrated loudness; None where nothing passes the gate.

    Under 0.4 s, the length of a block, the excerpts are repeated to fill one.
    """
    import pyloudnorm

    waveform = np.concatenate(list(excerpts))
    block = int(0.4 * SAMPLE_RATE) + 1
    if len(waveform) < block:
        waveform = np.resize(waveform, block)
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore")  # Of blocks that are all silent.
        lufs = float(pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(waveform.astype(np.float64)))
    return lufs if np.isfinite(lufs) else None


def _checked(excerpt: np.ndarray) -> np.ndarray:
    if excerpt.ndim != 1 or not len(excerpt):
        raise ValueError(f"a mono waveform with samples is needed, got shape {excerpt.shape}")
    if not np.isfinite(excerpt).all():
        raise ValueError("the waveform holds samples that are not finite")
    return excerpt.astype(np.float32, copy=False)


def _tempogram(onsets: np.ndarray, window: int) -> np.ndarray:
    """Local autocorrelations, shape (window, n): `librosa.feature.tempogram` at every 16th frame."""
    from scipy.signal import get_window

    librosa = import_librosa()

    padded = np.pad(onsets, window // 2, mode="linear_ramp", end_values=0)
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[: len(onsets) : _TEMPO_STEP]
    weighted = frames * get_window("hann", window, fftbins=True)
    gram = librosa.autocorrelate(weighted, axis=-1)
    return np.asarray(librosa.util.normalize(gram, norm=np.inf, axis=-1)).T
