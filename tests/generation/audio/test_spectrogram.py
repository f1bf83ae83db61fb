"""Log-mel spectrograms: frames and bands where they should be."""

from __future__ import annotations

import numpy as np
import pytest

from generation.audio.compiled_librosa import import_librosa
from generation.audio.spectrogram import (
    FLOOR,
    SpectrogramConfig,
    band_edges,
    hz_to_mel,
    log_mel,
    mel_bands,
    mel_to_hz,
)

CONFIG = SpectrogramConfig()


def sine(hz: float, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * 22_050)) / 22_050)


def test_a_tone_lies_in_its_band() -> None:
    edges = band_edges(CONFIG)
    for hz in (220, 1000, 5000):
        band = int(log_mel(sine(hz))[:, 40].argmax())
        assert edges[band] < hz < edges[band + 2]


def test_frames_are_a_hop_apart() -> None:
    click = np.zeros(22_050)
    click[256 * 30] = 1
    frames = log_mel(click)
    assert frames.shape == (80, CONFIG.n_frames(22_050)) == (80, 87)
    assert frames.sum(axis=0).argmax() == 30


def test_each_semitone_above_the_corner_has_its_own_band() -> None:
    loudest = [int(log_mel(sine(440 * 2 ** (step / 12)))[:, 40].argmax()) for step in range(-9, 40)]
    assert len(set(loudest)) == len(loudest)


def test_no_band_is_narrower_than_a_bin() -> None:
    assert ((mel_bands(CONFIG) > 0).sum(axis=1) >= 2).all()


def test_the_scale_is_undone() -> None:
    hz = np.array([0.0, 30.0, 260.0, 261.0, 11_025.0])
    assert mel_to_hz(hz_to_mel(hz, 260.0), 260.0) == pytest.approx(hz)


def test_its_transform_is_librosas() -> None:
    librosa = import_librosa()
    noise = np.random.default_rng(0).normal(size=22_050).astype(np.float32)
    theirs = np.abs(librosa.stft(noise, n_fft=1536, hop_length=256))
    assert log_mel(noise)[:, 3:-3] == pytest.approx(np.log(mel_bands(CONFIG) @ theirs)[:, 3:-3], abs=1e-4)


def test_twice_the_rate_has_the_same_frames() -> None:
    double = CONFIG.at_rate(44_100)
    assert (double.n_fft, double.frames_per_second) == (3072, CONFIG.frames_per_second)


def test_silence_is_the_floor() -> None:
    assert np.unique(log_mel(np.zeros(5000))) == pytest.approx(np.log(FLOOR))


def test_channels_are_averaged() -> None:
    tone = sine(440)
    assert log_mel(np.stack([tone, tone], axis=1)) == pytest.approx(log_mel(tone), abs=1e-4)


def test_a_sound_shorter_than_a_window_has_a_frame() -> None:
    assert log_mel(np.ones(10)).shape == (80, 1)


def test_no_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="no samples"):
        log_mel(np.zeros(0))


@pytest.mark.parametrize("wrong", [{"fmax_hz": 12_000}, {"fmin_hz": -1}, {"hop_length": 0}])
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"need|must"):
        SpectrogramConfig(**wrong)  # type: ignore[arg-type]
