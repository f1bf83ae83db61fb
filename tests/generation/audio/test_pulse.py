"""Tempo from clicks, and key from chords, by networks that learned it from other clicks and chords."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from generation.audio.pitch_classes import key_shares, pitch_classes, turned
from generation.audio.pulse import (
    N_FEATURES,
    N_LAGS,
    TEMPOS,
    repetitions,
    tempo_evidence,
    tempo_features,
    tempo_shares,
)
from generation.audio.training.judging import fit_key, fit_tempo

RATE = 22_050
MAJOR, MINOR = (0, 4, 7), (0, 3, 7)


def clicks(bpm: float, seconds: float = 8.0) -> np.ndarray:
    """A short burst of noise on every beat."""
    waveform = np.zeros(round(seconds * RATE), np.float32)
    burst = np.random.default_rng(0).normal(size=600) * np.linspace(1, 0, 600)
    for beat in np.arange(0.1, seconds - 0.1, 60 / bpm):
        start = round(beat * RATE)
        waveform[start : start + 600] += burst
    return 0.3 * waveform


def chord(pitches: tuple[int, ...], seconds: float = 1.0) -> np.ndarray:
    """Sines around middle C."""
    t = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(sum(np.sin(2 * np.pi * 261.63 * 2 ** (p / 12) * t) for p in pitches), np.float32) / 4


@lru_cache(maxsize=1)
def tempo_weights() -> dict[str, np.ndarray]:
    bpms = np.linspace(60, 180, 25)
    return fit_tempo(np.stack([repetitions(clicks(bpm)) for bpm in bpms]), bpms, seed=0, hidden=8, steps=120)


@pytest.mark.parametrize("bpm", [72.0, 99.0, 131.0, 167.0])
def test_clicks_have_their_tempo(bpm: float) -> None:
    shares = tempo_shares(repetitions(clicks(bpm)), tempo_weights())
    assert TEMPOS[shares.argmax()] == pytest.approx(bpm, rel=0.03)
    assert shares.sum() == pytest.approx(1)


def test_evidence_is_for_the_tempo_that_is_there_and_its_octaves() -> None:
    weights = tempo_weights()
    shares = tempo_shares(repetitions(clicks(99.0)), weights)
    told = [tempo_evidence(shares, bpm, weights["prior"]) for bpm in (99.0, 49.5, 198.0, 130.0)]
    assert min(told[:3]) > 0.5
    assert told[3] < -0.5


def test_silence_and_a_moment_of_sound_have_features_all_the_same() -> None:
    for waveform in (np.zeros(RATE, np.float32), np.ones(100, np.float32), np.zeros(1, np.float32)):
        repeats = repetitions(waveform)
        assert repeats.shape == (2, N_LAGS)
        assert np.isfinite(repeats).all()
        assert tempo_features(repeats).shape == (len(TEMPOS), N_FEATURES)
        assert np.isfinite(pitch_classes(waveform)).all()


def test_a_chord_is_its_pitch_classes() -> None:
    classes = pitch_classes(chord(MAJOR))[1]
    assert set(np.argsort(-classes)[:3].tolist()) == {0, 4, 7}
    assert classes.sum() == pytest.approx(1)


def test_turning_by_the_tonic_makes_all_keys_one() -> None:
    classes = np.random.default_rng(0).random((3, 12)).astype(np.float32)
    up = np.roll(classes, 5, axis=1)
    assert turned(up)[5] == pytest.approx(turned(classes)[0])


def test_a_key_that_was_never_heard_is_known_from_the_others() -> None:
    heard = [(tonic, mode) for tonic in (0, 2, 5) for mode in (0, 1)]
    third = np.stack([pitch_classes(chord(tuple(p + t for p in (MAJOR, MINOR)[m]))) for t, m in heard])
    tonics, modes = np.array(heard).T
    weights = fit_key(third, tonics, modes, 2, seed=0, hidden=8, steps=150)
    shares = key_shares(pitch_classes(chord(tuple(p - 3 for p in MINOR))), weights)
    assert np.unravel_index(shares.argmax(), (12, 2)) == (9, 1)
