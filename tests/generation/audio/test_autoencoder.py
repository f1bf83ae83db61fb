"""Autoencoder and its linear beginning: shapes, standardised latents, and what it starts as."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from generation.audio.autoencoder import Autoencoder, AutoencoderConfig, build_autoencoder
from generation.audio.pca import fit_pca
from generation.audio.spectrogram import FLOOR

TINY = AutoencoderConfig(channels=16, width=24, hidden=48, depth=1)


def music(n: int = 6, n_frames: int = 160, rank: int = 40) -> list[np.ndarray]:
    """Spectrograms whose patches vary in `rank` directions."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(rank, 640)) * np.linspace(1, 0.05, rank)[:, None]
    rows = [rng.normal(size=(n_frames // 8, rank)) @ directions * 0.3 - 4 for _ in range(n)]
    return [one.reshape(-1, 80, 8).transpose(1, 0, 2).reshape(80, -1).astype(np.float32) for one in rows]


def tensor(log_mel: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(log_mel)[None]


@pytest.mark.parametrize("n_frames", [8, 64, 136, 864])
def test_any_multiple_of_eight_frames_goes_through(n_frames: int) -> None:
    model = build_autoencoder(TINY).eval()
    latent = model.encode(torch.zeros(2, 80, n_frames))
    assert latent.shape == (2, 16, n_frames // 8)
    assert model.decode(latent).shape == (2, 80, n_frames)


def test_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 8 frames, got 80 and 100"):
        build_autoencoder(TINY).encode(torch.zeros(1, 80, 100))


def test_it_begins_as_principal_components() -> None:
    pca = fit_pca(music(), channels=16)
    model = build_autoencoder(TINY, pca).eval()
    one = music()[0]
    with torch.no_grad():
        latent = model.encode(tensor(one))
        assert latent[0].numpy() == pytest.approx(pca.encode(one), abs=1e-4)
        assert model.decode(latent)[0].numpy() == pytest.approx(
            pca.decode(pca.encode(one)).clip(min=np.log(FLOOR)), abs=1e-4
        )


def test_as_many_components_as_directions_lose_nothing() -> None:
    one = music(rank=12)[0]
    pca = fit_pca(music(rank=12), channels=13)
    assert pca.decode(pca.encode(one)) == pytest.approx(one, abs=1e-3)


def test_codes_have_mean_0_and_variance_1_where_they_were_fitted() -> None:
    pca = fit_pca(music(), channels=16)
    codes = np.concatenate([pca.encode(one) for one in music()], axis=1)
    assert codes.mean(axis=1) == pytest.approx(0, abs=1e-4)
    assert codes.std(axis=1) == pytest.approx(1, abs=1e-4)


def test_too_few_patches_are_refused() -> None:
    with pytest.raises(ValueError, match="64 components need more patches"):
        fit_pca([np.zeros((80, 80), np.float32)], channels=64)


def test_silence_decodes_to_no_less_than_the_floor() -> None:
    model = build_autoencoder(TINY, fit_pca(music(), channels=16)).eval()
    assert model(torch.full((1, 80, 64), -30.0)).min() >= np.float32(np.log(FLOOR))


def test_it_is_saved_and_loaded_bit_for_bit(tmp_path: Path) -> None:
    model = build_autoencoder(TINY, fit_pca(music(), channels=16)).eval()
    model.standardise(torch.randn(16), torch.rand(16) + 0.5)
    model.save_pretrained(tmp_path)
    again = Autoencoder.from_pretrained(tmp_path)
    one = tensor(music()[1])
    assert torch.equal(again.encode(one), model.encode(one))
    assert torch.equal(again(one), model(one))


def test_the_standing_configuration_is_what_the_model_defaults_to() -> None:
    from dataclasses import asdict

    model = Autoencoder()
    assert {name: model.config[name] for name in asdict(AutoencoderConfig())} == asdict(AutoencoderConfig())
    assert sum(weight.numel() for weight in model.parameters()) < 1_100_000
