"""The sampler: known parts stay, a start is left as far as its strength, by any scheduler."""

from __future__ import annotations

from typing import Any

import pytest

from generation.audio.sampler import Sampler
from generation.audio.schedulers import (
    PREDICTIONS,
    clean_latent,
    fitting,
    make_scheduler,
    noised,
    prediction_of,
    start_within,
)

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
EVERY = [(kind, name) for kind in PREDICTIONS for name in fitting(kind)]
SHAPE = (1, 4, 8)


def drawn(seed: int) -> Any:
    import torch

    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kind", PREDICTIONS)
def test_a_prediction_is_found_from_what_it_says_is_clean(kind: str) -> None:
    import torch

    scheduler = make_scheduler(prediction_type=kind)
    noisy, predicted, time = drawn(0), drawn(1), torch.tensor(400.0)
    clean = clean_latent(scheduler, kind, noisy, predicted, time)
    assert torch.allclose(prediction_of(scheduler, kind, noisy, clean, time), predicted, atol=1e-4)


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k, n in EVERY if n not in ("flow-euler", "flow-heun")])
def test_mixtures_are_those_of_the_scheduler(kind: str, name: str) -> None:
    import torch

    scheduler = make_scheduler(name, prediction_type=kind)
    scheduler.set_timesteps(10)
    time = scheduler.timesteps[4]
    theirs = scheduler.add_noise(drawn(0), drawn(1), time[None])
    assert torch.allclose(noised(scheduler, kind, drawn(0), drawn(1), time), theirs, atol=0.02)


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_known_parts_come_out_as_they_are_and_the_rest_is_made(kind: str, name: str) -> None:
    import torch

    known, seen = drawn(3), []
    sampler = Sampler(make_scheduler(name, prediction_type=kind), kind, 8)

    def settle(clean: Any) -> Any:
        return torch.cat([known[..., :5], clean[..., 5:]], dim=-1)

    made = sampler.run(drawn(0), lambda noisy, _: noisy * 0.1, seen.append, settle=settle)
    assert torch.equal(made[..., :5], known[..., :5])
    assert torch.isfinite(made).all()
    assert len(seen) == sampler.steps()


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_denoiser_that_knows_the_start_comes_back_to_it(kind: str, name: str) -> None:
    import torch

    start, scheduler = drawn(3), make_scheduler(name, prediction_type=kind)
    sampler = Sampler(scheduler, kind, 10)

    def knows(noisy: Any, timestep: Any) -> Any:
        return prediction_of(scheduler, kind, noisy, start, timestep)

    made = sampler.run(drawn(0), knows, lambda _: None, start=start, strength=0.6)
    assert torch.allclose(made, start, atol=0.15)


@pytest.mark.parametrize(("strength", "left"), [(1.0, 10), (0.5, 5), (0.01, 1)])
def test_strength_decides_how_many_steps_are_gone(strength: float, left: int) -> None:
    scheduler = make_scheduler(prediction_type="flow")
    scheduler.set_timesteps(10)
    assert len(scheduler.timesteps) - start_within(scheduler, 10, strength) == left
