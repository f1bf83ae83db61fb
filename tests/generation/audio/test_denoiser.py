"""The denoiser at its smallest: shapes, what it may not look at, and that it starts at zero."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch

from generation.audio.conditioning import Conditions
from generation.audio.denoiser import Denoiser, n_parameters
from generation.audio.denoiser_config import PREDICTIONS, DenoiserConfig
from generation.audio.presets import PRESETS, preset
from generation.audio.wishes import TAGS

TINY = replace(PRESETS["tiny"].denoiser, channels=6)
FLAGS = {
    "tokens": "token_mask",
    "tags": "has_tags",
    "tempo_bpm": "has_tempo",
    "bar_phase": "has_bars",
    "beats_per_bar": "has_bars",
    "tonic": "has_tonic",
    "mode": "has_mode",
    "seconds": "has_seconds",
    "style": "has_style",
}


def conditions(n: int = 2, seed: int = 0) -> Conditions:
    """Everything, at random."""
    g = torch.Generator().manual_seed(seed)
    yes = torch.ones(n, dtype=torch.bool)
    return Conditions(
        tokens=torch.randn(n, 5, 384, generator=g),
        token_mask=torch.ones(n, 5, dtype=torch.bool),
        tags=torch.randn(n, len(TAGS), generator=g),
        has_tags=torch.ones(n, len(TAGS), dtype=torch.bool),
        tempo_bpm=60 + 100 * torch.rand(n, generator=g),
        has_tempo=yes,
        bar_phase=torch.rand(n, generator=g),
        beats_per_bar=2 + 3 * torch.rand(n, generator=g),
        has_bars=yes,
        tonic=torch.randint(12, (n,), generator=g),
        has_tonic=yes,
        mode=torch.randint(5, (n,), generator=g),
        has_mode=yes,
        seconds=1 + 20 * torch.rand(n, generator=g),
        has_seconds=yes,
        style=torch.randn(n, 200, generator=g),
        has_style=yes,
    )


def woken(seed: int = 0) -> Denoiser:
    """A denoiser whose zeros are random numbers, as after some training."""
    torch.manual_seed(seed)
    model = Denoiser.of(TINY)
    model.eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.1 * torch.randn(weight.shape))
    return model


def answer(model: Denoiser, told: Conditions, length: int = 9) -> torch.Tensor:
    latent = torch.randn(2, 6, length, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        found: torch.Tensor = model(latent, torch.tensor([300.0, 900.0]), told).clone()
    return found


def test_a_new_denoiser_says_zero() -> None:
    assert not answer(Denoiser.of(TINY), conditions()).any()


@pytest.mark.parametrize("length", [1, 2, 7, 33])
def test_any_length_goes(length: int) -> None:
    found = answer(woken(), conditions(), length)
    assert found.shape == (2, 6, length)
    assert found.isfinite().all()


@pytest.mark.parametrize("name", FLAGS)
def test_conditions_are_listened_to_where_they_are_present_and_only_there(name: str) -> None:
    model, told, others = woken(), conditions(), conditions(seed=9)
    if name == "mode":
        others = replace(others, mode=(told.mode + 1) % 5)
    other = replace(told, **{name: getattr(others, name)})
    assert not torch.equal(answer(model, told), answer(model, other))
    absent = {FLAGS[name]: torch.zeros_like(getattr(told, FLAGS[name]))}
    assert torch.equal(answer(model, replace(told, **absent)), answer(model, replace(other, **absent)))


def test_bars_count_only_with_a_tempo() -> None:
    model, told = woken(), conditions().without("tempo")
    again = replace(told, has_bars=torch.ones(2, dtype=torch.bool))
    assert torch.equal(answer(model, told), answer(model, again))


def test_padding_tokens_do_not_matter() -> None:
    model, told = woken(), conditions()
    padded = replace(
        told,
        tokens=torch.cat([told.tokens, torch.full((2, 4, 384), float("nan"))], dim=1),
        token_mask=torch.cat([told.token_mask, torch.zeros(2, 4, dtype=torch.bool)], dim=1),
    )
    torch.testing.assert_close(answer(model, padded), answer(model, told), atol=1e-5, rtol=1e-4)


def test_rows_of_a_batch_do_not_see_each_other() -> None:
    model, told = woken(), conditions()
    latent = torch.randn(2, 6, 9)
    with torch.inference_mode():
        both = model(latent, torch.tensor([300.0, 900.0]), told)
        one = model(latent[1:], torch.tensor([900.0]), told.rows(slice(1, 2)))
    torch.testing.assert_close(both[1:], one, atol=1e-5, rtol=1e-4)


def test_it_is_saved_and_loaded_with_its_style_constants(tmp_path: Path) -> None:
    model = woken()
    model.set_style_constants(3 + 2 * torch.randn(50, 200))
    model.save_pretrained(tmp_path)
    again = Denoiser.from_pretrained(tmp_path).eval()
    assert torch.equal(again.conditions.style_mean, model.conditions.style_mean)
    assert torch.equal(answer(again, conditions()), answer(model, conditions()))
    assert tuple(again.config.tags) == TAGS


def test_style_vectors_are_standardised() -> None:
    model, told = woken(), conditions()
    plain = answer(model, told)
    model.set_style_constants(torch.stack([torch.full((200,), 2.0), torch.full((200,), 8.0)]))
    spread = 18**0.5
    assert torch.allclose(answer(model, replace(told, style=told.style * spread + 5)), plain, atol=1e-4)


def test_the_small_preset_fits_what_may_ship() -> None:
    assert 6e6 < n_parameters(Denoiser.of(PRESETS["small"].denoiser)) < 6.7e6


def test_half_precision_is_near_full() -> None:
    model, told = woken(), conditions()
    exact = answer(model, told)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = answer(model, told)
    assert float((rough - exact).norm() / exact.norm()) < 0.05


def test_what_cannot_be_built_is_refused() -> None:
    with pytest.raises(ValueError, match="predicts one of"):
        DenoiserConfig(prediction_type="x")
    with pytest.raises(ValueError, match="heads"):
        DenoiserConfig(width=30, heads=4)
    with pytest.raises(ValueError, match="huge"):
        preset("huge")
    assert len(PREDICTIONS) == 4
    assert {one.name for one in fields(Conditions)} == set(FLAGS) | set(FLAGS.values())
