"""Facts about what is measured in waveforms: known tempos, keys and loudnesses, and silence."""

from __future__ import annotations

import numpy as np
import pytest

from generation.audio.compiled_librosa import import_librosa
from pipelines.features import (
    N_TIMBRE,
    SAMPLE_RATE,
    TEMPO_HOP,
    key_of,
    key_of_chroma,
    loudness_lufs,
    measure,
    tempo_bpm,
    timbre,
)

A_MINOR = (9, 0, 4)


def clicks(bpm: float, *, seconds: float = 10.0) -> np.ndarray:
    """Give a short burst of noise on every beat."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(0).normal(size=len(time))
    return (0.3 * noise * np.exp(-40 * (time % (60 / bpm)))).astype(np.float32)


def chords(*chords: tuple[int, ...], seconds: float = 2.0) -> np.ndarray:
    """Give chords of pitch classes (C is 0), one after the other, around middle C."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tones = [[261.63 * 2 ** (pitch / 12) for pitch in chord] for chord in chords]
    parts = [sum(np.sin(2 * np.pi * hz * time) for hz in chord) for chord in tones]
    return np.asarray(0.1 * np.concatenate(parts), dtype=np.float32)


@pytest.mark.parametrize("bpm", [80.0, 97.0, 120.0, 143.0])
def test_clicks_have_their_tempo(bpm: float) -> None:
    found = tempo_bpm([clicks(bpm)])
    assert found is not None
    assert min(abs(found / bpm - octave) for octave in (0.5, 1.0, 2.0)) < 0.03


def test_tempo_is_that_of_librosa() -> None:
    librosa = import_librosa()
    waveform = clicks(104.0) + chords(A_MINOR, (2, 5, 9), A_MINOR, (4, 7, 11), A_MINOR)
    expected = librosa.feature.tempo(y=waveform, sr=SAMPLE_RATE, hop_length=TEMPO_HOP)[0]
    assert tempo_bpm([waveform]) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("progression", "expected"),
    [
        (((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)), "C major"),
        ((A_MINOR, (2, 5, 9), (4, 8, 11), A_MINOR), "A minor"),
        (((3, 7, 10), (8, 12, 15), (10, 14, 17), (3, 7, 10)), "Eb major"),
    ],
)
def test_cadences_have_their_key(progression: tuple[tuple[int, ...], ...], expected: str) -> None:
    key = key_of([chords(*progression)])
    assert str(key) == expected
    assert key is not None
    assert key.confidence > 0


def test_pitch_classes_that_are_all_alike_have_no_key() -> None:
    assert key_of_chroma(np.ones(12)) is None


def test_half_the_amplitude_is_six_decibels_less() -> None:
    loud = loudness_lufs([chords(A_MINOR)])
    soft = loudness_lufs([0.5 * chords(A_MINOR)])
    assert loud is not None
    assert soft is not None
    assert loud - soft == pytest.approx(6.02, abs=0.05)


def test_a_full_sine_at_1_khz_is_as_loud_as_the_standard_says() -> None:
    time = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE
    assert loudness_lufs([np.sin(2 * np.pi * 997 * time)]) == pytest.approx(-3.01, abs=0.15)


@pytest.mark.parametrize("seconds", [0.01, 0.3, 5.0])
def test_silence_has_no_tempo_no_key_and_no_loudness(seconds: float) -> None:
    found = measure([np.zeros(int(seconds * SAMPLE_RATE), np.float32)])
    assert found.is_silent
    assert (found.tempo_bpm, found.key, found.loudness_lufs) == (None, None, None)
    assert np.isfinite(found.timbre).all()


@pytest.mark.parametrize("n", [1, 100, 2047, 9000, 30_000])
def test_a_moment_of_sound_is_measured_as_far_as_it_goes(n: int) -> None:
    found = measure([np.random.default_rng(0).normal(scale=0.1, size=n).astype(np.float32)])
    assert found.timbre.shape == (N_TIMBRE,)
    assert np.isfinite(found.timbre).all()
    assert found.tempo_bpm is None


@pytest.mark.parametrize("waveform", [np.full(50_000, 0.5), np.sign(np.sin(np.arange(90_000))) * 8.0])
def test_a_constant_and_a_clipped_waveform_are_measured_without_nan(waveform: np.ndarray) -> None:
    found = measure([waveform.astype(np.float32)])
    numbers = [found.tempo_bpm, found.loudness_lufs, found.key and found.key.confidence]
    assert all(number is None or np.isfinite(number) for number in numbers)
    assert np.isfinite(found.timbre).all()


def test_timbre_tells_noise_from_tones() -> None:
    noise = np.random.default_rng(0).normal(scale=0.1, size=40_000).astype(np.float32)
    near = np.linalg.norm(timbre([chords(A_MINOR)]) - timbre([chords((0, 4, 7))]))
    assert near < np.linalg.norm(timbre([chords(A_MINOR)]) - timbre([noise])) / 2


@pytest.mark.parametrize("excerpts", [[], [np.zeros(0)], [np.zeros((2, 10))], [np.array([np.nan])]])
def test_what_is_no_waveform_raises(excerpts: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match=r"excerpt|waveform"):
        measure(excerpts)
