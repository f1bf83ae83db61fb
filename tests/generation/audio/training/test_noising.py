"""Mixtures and targets: known answers, and one prediction turned into any other."""

from __future__ import annotations

import pytest
import torch

from generation.audio.conditioning import conditions_of
from generation.audio.training.noising import (
    TIMESTEPS,
    draw_timesteps,
    loss_weight,
    mix,
    signal_and_noise,
    unmix,
)
from generation.audio.training.sampling import sample_latents
from generation.audio.wishes import Wishes

KINDS = ("flow", "v_prediction", "epsilon", "sample")
CLEAN, NOISE = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0)).unbind(0)


def times(time: float) -> torch.Tensor:
    return torch.full((len(CLEAN),), time)


def test_a_flow_is_a_straight_line() -> None:
    noisy, target = mix("flow", CLEAN, NOISE, times(250.0))
    assert torch.allclose(noisy, 0.75 * CLEAN + 0.25 * NOISE)
    assert torch.equal(target, NOISE - CLEAN)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("time", [20.0, 500.0, 900.0])
def test_a_right_prediction_says_what_was_mixed(kind: str, time: float) -> None:
    noisy, target = mix(kind, CLEAN, NOISE, times(time))
    clean, noise = unmix(kind, noisy, target, times(time))
    torch.testing.assert_close(clean, CLEAN, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(noise, NOISE, atol=1e-4, rtol=1e-3)


def test_v_is_what_noise_and_latent_say_it_is() -> None:
    noisy, v = mix("v_prediction", CLEAN, NOISE, times(400.0))
    _, epsilon = mix("epsilon", CLEAN, NOISE, times(400.0))
    a, b = (float(part[0]) for part in signal_and_noise("epsilon", times(400.0)))
    torch.testing.assert_close(v, (epsilon - b * noisy) / a, atol=1e-5, rtol=1e-4)
    assert a**2 + b**2 == pytest.approx(1)


def test_the_schedule_is_that_of_diffusers() -> None:
    from diffusers.schedulers.scheduling_ddim import DDIMScheduler

    theirs = DDIMScheduler(beta_schedule="squaredcos_cap_v2").alphas_cumprod
    signal, _ = signal_and_noise("epsilon", torch.arange(1000))
    torch.testing.assert_close(signal.square(), theirs, atol=1e-6, rtol=1e-3)


@pytest.mark.parametrize("time", [100.0, 600.0])
def test_weights_make_the_same_loss_of_the_clean_latent(time: float) -> None:
    rough = CLEAN + 0.1 * NOISE.roll(1, 0)
    losses = []
    for kind in ("v_prediction", "epsilon", "sample"):
        noisy, target = mix(kind, CLEAN, NOISE, times(time))
        a, b = (part[:, None, None] for part in signal_and_noise(kind, times(time)))
        implied = (noisy - a * rough) / b
        predicted = {"sample": rough, "epsilon": implied, "v_prediction": a * implied - b * rough}[kind]
        losses.append(float(loss_weight(kind, times(time))[0] * (predicted - target).square().mean()))
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-3)


def test_timesteps_cover_their_distribution() -> None:
    even = draw_timesteps("v_prediction", 1000, torch.Generator().manual_seed(0))
    assert sorted(even.tolist())[::250] == [0, 250, 500, 750]
    flow = draw_timesteps("flow", 1001, torch.Generator().manual_seed(0)) / TIMESTEPS
    assert float(flow.median()) == pytest.approx(0.5, abs=0.002)
    assert float(torch.logit(flow).std()) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_a_denoiser_that_knows_the_answer_samples_it(kind: str) -> None:
    answer = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(3))

    def knows(noisy: torch.Tensor, timestep: torch.Tensor, conditions: object) -> torch.Tensor:
        a, b = (part[:, None, None] for part in signal_and_noise(kind, timestep))
        return mix(kind, answer, (noisy - a * answer) / b, timestep)[1]

    told = conditions_of([Wishes()] * 2)
    found = sample_latents(knows, kind, told, shape=(3, 8), n_steps=10, guidance=1.0)  # type: ignore[arg-type]
    torch.testing.assert_close(found, answer, atol=1e-3, rtol=1e-3)
