"""How edited music is measured: change at joins, drift over minutes, clicks in loops, the course of a blend.

Change is spectral flux: how far the bands of a log-mel spectrogram rise from one frame to the next, summed.
A join is audible where it changes more than music does by itself, so the change near a join is given as a
quantile of that near every other moment: 1 is more than anywhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.studio_truth import is_tempo, key_in, tempo_of
from generation.audio.spectrogram import SpectrogramConfig, log_mel
from generation.studio.loudness import integrated_loudness

PART_S = 10.0
_NEAR = 4
_AUDIBLE = 1e-3


def flux(mono: np.ndarray, sample_rate: int) -> np.ndarray:
    """How far the spectrum rises at each frame, shape (n_frames,); frames every 256 samples of 22,050 Hz."""
    import soxr

    config = SpectrogramConfig()
    at_rate = (
        mono if sample_rate == config.sample_rate else soxr.resample(mono, sample_rate, config.sample_rate)
    )
    # Below -60 dB no rise is heard.
    heard = np.log(np.exp(log_mel(np.asarray(at_rate), config)) + _AUDIBLE)
    return np.asarray(np.maximum(np.diff(heard, axis=1, prepend=heard[:, :1]), 0).sum(axis=0))


def change_at(changes: np.ndarray, joins_s: Sequence[float]) -> list[float]:
    """The largest change near each join, as a quantile of the largest near every moment that is near none.

    Raises
    ------
    ValueError
        No moment is far from all joins.
    """
    per_s = SpectrogramConfig().frames_per_second
    largest = np.array([changes[max(0, at - _NEAR) : at + _NEAR + 1].max() for at in range(len(changes))])
    frames = [min(round(join * per_s), len(changes) - 1) for join in joins_s]
    elsewhere = np.ones(len(changes), dtype=bool)
    for frame in frames:
        elsewhere[max(0, frame - 2 * _NEAR) : frame + 2 * _NEAR + 1] = False
    if not elsewhere.any():
        raise ValueError("joins are everywhere: there is nothing to compare them with")
    rest = np.sort(largest[elsewhere])
    return [float(np.searchsorted(rest, largest[frame], side="left") / len(rest)) for frame in frames]


@dataclass(frozen=True)
class Drift:
    """How music holds over its parts of ten seconds.

    Attributes
    ----------
    in_tempo : float
        Share of the parts in the tempo asked for (or its double or half), within 3 %.
    in_key : float
        Share of the parts in the key asked for, or else in the first part's.
    loudness_range_db, loudness_slope_db : float
        Loudest less softest part; the trend, in dB a minute.
    """

    in_tempo: float
    in_key: float
    loudness_range_db: float
    loudness_slope_db: float


def drift(mono: np.ndarray, sample_rate: int, *, tempo_bpm: float, key: str = "") -> Drift:
    """Measure parts of ten seconds; a rest of less than half of one is left out.

    Raises
    ------
    ValueError
        Less than two parts.
    """
    size = round(PART_S * sample_rate)
    parts = [mono[at : at + size] for at in range(0, len(mono) - size // 2, size)]
    if len(parts) < 2:
        raise ValueError(f"drift needs two parts of {PART_S:g} s, got {len(mono) / sample_rate:.1f} s")
    keys = [key_in(part, sample_rate) for part in parts]
    levels = np.array([integrated_loudness(part, sample_rate) for part in parts])
    minutes = np.arange(len(parts)) * PART_S / 60
    return Drift(
        float(np.mean([is_tempo(tempo_of(part, sample_rate), tempo_bpm) for part in parts])),
        float(np.mean([found == (key or keys[0]) for found in keys])),
        float(np.ptp(levels)),
        float(np.polyfit(minutes, levels, 1)[0]),
    )


def step_at_seam(loop: np.ndarray) -> float:
    """The step from a loop's last sample to its first, as a quantile of the steps within it."""
    steps = np.sort(np.abs(np.diff(loop)))
    return float(np.searchsorted(steps, abs(float(loop[0]) - float(loop[-1])), side="left") / len(steps))


def is_monotonic(course: Sequence[float]) -> bool:
    """Whether it never goes back."""
    return bool((np.diff(course) >= 0).all())
