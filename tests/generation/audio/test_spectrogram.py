"""Log-mel spectrograms: frames and bands where they should be."""

from __future__ import annotations

import numpy as np
import pytest

from generation.audio.compiled_librosa import import_librosa
from generation.audio.spectrogram import FLOOR, SpectrogramConfig, hz_to_mel, log_mel, mel_to_hz

CONFIG = SpectrogramConfig()


def sine(hz: float, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * 22_050)) / 22_050)


def test_a_tone_lies_in_its_band() -> None:
    edges = mel_to_hz(np.linspace(float(hz_to_mel(np.array(30.0))), float(hz_to_mel(np.array(11_025.0))), 82))
    for hz in (220, 1000, 5000):
        band = int(log_mel(sine(hz))[:, 40].argmax())
        assert edges[band] < hz < edges[band + 2]


def test_frames_are_a_hop_apart() -> None:
    click = np.zeros(22_050)
    click[256 * 30] = 1
    frames = log_mel(click)
    assert frames.shape == (80, CONFIG.n_frames(22_050)) == (80, 87)
    assert frames.sum(axis=0).argmax() == 30


def test_it_agrees_with_librosa() -> None:
    librosa = import_librosa()
    noise = np.random.default_rng(0).normal(size=22_050).astype(np.float32)
    theirs = librosa.feature.melspectrogram(
        y=noise, sr=22_050, n_fft=1024, hop_length=256, n_mels=80, fmin=30, fmax=11_025, power=1
    )
    assert log_mel(noise)[:, 3:-3] == pytest.approx(np.log(theirs)[:, 3:-3], abs=1e-4)


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
