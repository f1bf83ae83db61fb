"""Mixing a clean latent with noise, and what a denoiser is to say of the mixture.

    flow                            noisy = (1 - s) clean + s noise, s = t / 1000;  target  noise - clean
    v_prediction, epsilon, sample   noisy = a clean + b noise, a^2 + b^2 = 1;       target  a noise - b clean,
                                                                                    noise,  clean

a^2 is the cosine schedule of Nichol & Dhariwal (ICML 2021), tabulated for t = 0 .. 999 just as diffusers does
it ("squaredcos_cap_v2"). v is of Salimans & Ho (ICLR 2022), flows of Lipman et al. (ICLR 2023). Each target
is a linear function of the others, given the mixture; they differ in which errors weigh how much.

Weights: min-SNR-gamma (Hang et al., ICCV 2023), which is the same loss of the clean latent, weighted by
min(a^2 / b^2, gamma), whatever is predicted. Flows draw t from a logistic normal instead (Esser et al., ICML
2024).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    Tensor = torch.Tensor

TIMESTEPS = 1000
GAMMA = 5.0
_MOST_BETA = 0.999


def signal_and_noise(prediction_type: str, timestep: Tensor) -> tuple[Tensor, Tensor]:
    """How much of a mixture is clean latent and how much is noise, each shape (B,).

    Parameters
    ----------
    timestep : tensor, shape (B,)
        0 .. 1000; all but flows take the next whole one below, up to 999.
    """
    import torch

    if prediction_type == "flow":
        share = timestep.float() / TIMESTEPS
        return 1 - share, share
    table = torch.tensor(_kept(), device=timestep.device)[timestep.long().clamp(0, TIMESTEPS - 1)]
    return table.sqrt(), (1 - table).sqrt()


def mix(prediction_type: str, clean: Tensor, noise: Tensor, timestep: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mixture of clean latents and noise, and the target; all (B, C, L)."""
    a, b = (part.to(clean.dtype)[:, None, None] for part in signal_and_noise(prediction_type, timestep))
    targets = {
        "flow": lambda: noise - clean,
        "v_prediction": lambda: a * noise - b * clean,
        "epsilon": lambda: noise,
        "sample": lambda: clean,
    }
    return a * clean + b * noise, targets[prediction_type]()


def unmix(prediction_type: str, noisy: Tensor, predicted: Tensor, timestep: Tensor) -> tuple[Tensor, Tensor]:
    """Return what a prediction says that clean latent and noise are; undoes `mix` for a right one.

    Where the mixture has next to none of what is asked for, the answer is as unsure as that.
    """
    a, b = (part.to(noisy.dtype)[:, None, None] for part in signal_and_noise(prediction_type, timestep))
    if prediction_type == "flow":
        return noisy - b * predicted, noisy + a * predicted
    if prediction_type == "v_prediction":
        return a * noisy - b * predicted, b * noisy + a * predicted
    if prediction_type == "epsilon":
        return (noisy - b * predicted) / a.clamp(min=1e-4), predicted
    return predicted, (noisy - a * predicted) / b.clamp(min=1e-4)


def loss_weight(prediction_type: str, timestep: Tensor, gamma: float = GAMMA) -> Tensor:
    """What the squared error at each timestep counts, shape (B,)."""
    import torch

    a, b = signal_and_noise(prediction_type, timestep)
    if prediction_type == "flow":
        return torch.ones_like(a)
    snr = a.square() / b.square().clamp(min=1e-8)
    counted = snr.clamp(max=gamma)
    if prediction_type == "v_prediction":
        return counted / (snr + 1)
    return counted / snr.clamp(min=1e-8) if prediction_type == "epsilon" else counted


def draw_timesteps(
    prediction_type: str, n: int, generator: torch.Generator, *, mean: float = 0.0, spread: float = 1.0
) -> Tensor:
    """Draw timesteps of a batch, shape (n,): for flows from a logistic normal, else evenly of 0 .. 999.

    One is drawn from each n-th of the distribution, so that a batch covers it.
    """
    import torch

    device = generator.device
    even = torch.rand(n, generator=generator, device=device) + torch.arange(n, device=device)
    even = (even / n).clamp(1e-5, 1 - 1e-5)
    if prediction_type != "flow":
        return (even * TIMESTEPS).floor().clamp(max=TIMESTEPS - 1)
    return TIMESTEPS * torch.sigmoid(mean + spread * torch.special.ndtri(even))


@lru_cache(maxsize=1)
def _kept() -> tuple[float, ...]:
    """Return a^2 at each timestep."""

    def of(share: float) -> float:
        return math.cos((share + 0.008) / 1.008 * math.pi / 2) ** 2

    kept, found = 1.0, []
    for step in range(TIMESTEPS):
        kept *= 1 - min(1 - of((step + 1) / TIMESTEPS) / of(step / TIMESTEPS), _MOST_BETA)
        found.append(kept)
    return tuple(found)
