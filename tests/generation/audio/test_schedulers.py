"""Schedulers fit the way of mixing: told the truth, every one of them ends at the clean latent."""

from __future__ import annotations

import pytest

from generation.audio.schedulers import (
    PREDICTIONS,
    clean_latent,
    fitting,
    make_scheduler,
    signal_and_noise,
)

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
PAIRS = [(kind, name) for kind in PREDICTIONS for name in fitting(kind)]


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_with_true_predictions_it_ends_at_the_clean_latent(kind: str, name: str) -> None:
    import torch

    scheduler = make_scheduler(name, prediction_type=kind)
    scheduler.set_timesteps(10)
    clean = torch.full((1, 2, 3), 0.7)
    noise = torch.randn(1, 2, 3, generator=torch.Generator().manual_seed(1))
    latent = noise * float(getattr(scheduler, "init_noise_sigma", 1.0))
    for timestep in scheduler.timesteps:
        given = (
            scheduler.scale_model_input(latent, timestep)
            if hasattr(scheduler, "scale_model_input")
            else latent
        )
        if kind == "flow":
            answer = (given - clean) / (timestep / 1000)
        else:
            signal, share = signal_and_noise(scheduler, float(timestep))
            n = (given - signal * clean) / share
            answer = {"epsilon": n, "sample": clean}.get(kind, signal * n - share * clean)
        assert torch.allclose(clean_latent(scheduler, kind, given, answer, timestep), clean, atol=2e-2)
        latent = scheduler.step(answer, timestep, latent, return_dict=False)[0]
    assert torch.allclose(latent, clean, atol=2e-2)


def test_noise_is_mixed_as_in_training() -> None:
    import torch

    from generation.audio.training import noising

    scheduler = make_scheduler("ddim", prediction_type="v_prediction")
    times = torch.tensor([0.0, 123.0, 500.0, 999.0])
    signals, _ = noising.signal_and_noise("v_prediction", times)
    ours = [signal_and_noise(scheduler, float(time))[0] for time in times]
    assert torch.allclose(torch.tensor(ours), signals, atol=1e-6)


def test_an_unknown_scheduler_or_prediction_is_named() -> None:
    with pytest.raises(ValueError, match="'rk9' is not known: expected one of dpm"):
        make_scheduler("rk9", prediction_type="flow")
    with pytest.raises(ValueError, match="predicts one of"):
        make_scheduler(prediction_type="image")
