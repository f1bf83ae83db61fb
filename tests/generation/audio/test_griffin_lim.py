"""Spectrogram to sound without a network, and how far two sounds are apart."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from generation.audio.griffin_lim import bands_to_envelope, griffin_lim, istft, mel_to_magnitudes, stft
from generation.audio.losses import torch_log_mel
from generation.audio.spectrogram import SpectrogramConfig, log_mel
from generation.audio.stft_distance import stft_distance

CONFIG = SpectrogramConfig()
N_SAMPLES = 64 * 256


def sine(hz: float = 440.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(N_SAMPLES) / 22_050)).astype(np.float32)


def noise(seed: int = 0) -> torch.Tensor:
    return torch.randn(2, N_SAMPLES, generator=torch.Generator().manual_seed(seed)) * 0.1


def test_a_spectrum_gives_its_sound_back() -> None:
    wave = torch.from_numpy(sine())[None]
    assert istft(stft(wave, CONFIG), N_SAMPLES, CONFIG) == pytest.approx(wave, abs=1e-5)


@pytest.mark.parametrize("n_frames", [1, 8, 64])
def test_so_many_frames_make_so_many_hops(n_frames: int) -> None:
    assert griffin_lim(torch.full((2, 80, n_frames), -6.0), n_iterations=2).shape == (2, n_frames * 256)


@pytest.mark.parametrize("hz", [220, 1000, 3000])
def test_a_tone_keeps_its_pitch(hz: float) -> None:
    given = torch.from_numpy(log_mel(sine(hz))[None, :, :64])
    spectrum = np.abs(np.fft.rfft(griffin_lim(given)[0].numpy() * np.hanning(N_SAMPLES)))
    assert spectrum.argmax() * 22_050 / N_SAMPLES == pytest.approx(hz, abs=45)


def test_silence_stays_silent() -> None:
    assert griffin_lim(torch.full((1, 80, 32), -11.52)).abs().max() < 1e-3


def test_the_same_spectrogram_gives_the_same_bytes() -> None:
    given = torch_log_mel(noise())
    assert torch.equal(griffin_lim(given, n_iterations=3), griffin_lim(given, n_iterations=3))


def test_magnitudes_have_the_bands_they_were_made_of() -> None:
    given = torch_log_mel(noise())[..., :64]
    bands = torch.from_numpy(
        __import__("generation.audio.spectrogram", fromlist=["x"]).mel_bands(CONFIG).toarray()
    )
    assert (torch.log(bands @ mel_to_magnitudes(given)) - given).abs().mean() < 0.1
    assert bands_to_envelope(given).min() >= 0


def test_griffin_lim_is_not_perfect_and_equal_sounds_are() -> None:
    true = noise()
    made = griffin_lim(torch_log_mel(true)[..., :64])
    assert stft_distance(true, true) == 0
    assert 0.1 < stft_distance(made, true) < 3


def test_distance_grows_with_what_was_added() -> None:
    true = noise()
    assert stft_distance(true + 0.1 * noise(1), true) < stft_distance(true + noise(1), true)


def test_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        stft_distance(noise(), noise()[:, 1:])


def test_spectrograms_with_gradient_equal_those_without() -> None:
    wave = noise()[0]
    assert torch_log_mel(wave[None])[0].numpy() == pytest.approx(log_mel(wave.numpy()), abs=1e-3)
