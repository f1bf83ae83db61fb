"""Vocoder: shapes, its head, and what it starts as."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from generation.audio.griffin_lim import istft, stft
from generation.audio.spectrogram import log_mel
from generation.audio.vocoder import Vocoder, VocoderConfig, build_vocoder, corrected

TINY = VocoderConfig(width=24, hidden=48, depth=1, rounds=1, phase_bins=16)
N_SAMPLES = 64 * 256


def sine(hz: float = 440.0) -> torch.Tensor:
    return torch.sin(2 * torch.pi * hz * torch.arange(N_SAMPLES) / 22_050)[None] * 0.3


@pytest.mark.parametrize("n_frames", [8, 64, 136])
def test_every_frame_makes_a_hop_of_sound(n_frames: int) -> None:
    assert build_vocoder(TINY)(torch.full((2, 80, n_frames), -6.0)).shape == (2, n_frames * 256)


def test_the_head_gives_a_tone_back_from_its_magnitudes_and_phases() -> None:
    config = build_vocoder(TINY).spectrogram
    true = stft(sine(), config)
    louder = torch.log(torch.tensor(2.0)).expand(true.shape)
    spectrum = corrected(true.abs() / 2, true, torch.cat([louder, torch.zeros(true.shape)], dim=1))
    # Corrections are bent a little, so that none is endless.
    assert istft(spectrum, N_SAMPLES, config) == pytest.approx(sine(), abs=0.01)


def test_a_turn_of_all_phases_turns_the_sound() -> None:
    config = build_vocoder(TINY).spectrogram
    true = stft(sine(), config)
    half = torch.cat([torch.zeros(true.shape), torch.full(true.shape, torch.pi)], dim=1)
    turned = istft(corrected(true.abs(), true, half), N_SAMPLES, config)
    assert turned == pytest.approx(-sine(), abs=1e-4)


def test_it_begins_as_griffin_lim_and_keeps_a_tones_pitch() -> None:
    given = torch.from_numpy(log_mel(sine().numpy()[0])[None, :, :64])
    with torch.no_grad():
        wave = build_vocoder(TINY).eval()(given)[0].numpy()
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(N_SAMPLES)))
    assert spectrum.argmax() * 22_050 / N_SAMPLES == pytest.approx(440, abs=45)
    assert np.abs(wave).max() < 1.2


def test_it_is_saved_and_loaded_bit_for_bit(tmp_path: Path) -> None:
    model = build_vocoder(TINY).eval()
    torch.nn.init.normal_(model.network.leave.weight, std=0.02)
    model.save_pretrained(tmp_path)
    given = torch.randn(1, 80, 24) - 5
    with torch.no_grad():
        assert torch.equal(Vocoder.from_pretrained(tmp_path)(given), model(given))


def test_it_is_small_enough_to_ship() -> None:
    model = build_vocoder(VocoderConfig())
    assert sum(weight.numel() for weight in model.parameters()) * 2 < 4 * 2**20
