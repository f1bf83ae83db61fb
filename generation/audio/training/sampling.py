"""Latents from a denoiser while it trains: for sample sheets, and for curves over the number of steps.

Each step takes what the prediction says of clean latent and noise, and mixes them anew with less noise: DDIM
(Song et al., ICLR 2021), which for flows is Euler's method. The pipeline samples with diffusers' schedulers.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from generation.audio.conditioning import Conditions, stack_conditions
from generation.audio.training.noising import TIMESTEPS, signal_and_noise, unmix

if TYPE_CHECKING:
    import torch
    from torch import nn


def sample_latents(
    model: nn.Module,
    prediction_type: str,
    conditions: Conditions,
    *,
    shape: tuple[int, int],
    n_steps: int = 25,
    guidance: float = 3.0,
    seed: int = 0,
) -> torch.Tensor:
    """Sample one latent for each row of conditions, float32 (B, C, L); `shape` is (C, L).

    Raises
    ------
    ValueError
        No steps.
    """
    import torch

    if n_steps < 1:
        raise ValueError(f"sampling takes at least one step, got {n_steps}")
    B, device = len(conditions), conditions.tempo_bpm.device
    both = stack_conditions([conditions, conditions.without()]) if guidance != 1 else conditions
    latent = torch.randn((B, *shape), generator=torch.Generator().manual_seed(seed)).to(device)
    first = TIMESTEPS if prediction_type == "flow" else TIMESTEPS - 1
    times = torch.linspace(first, 0, n_steps + 1, device=device)
    with torch.inference_mode():
        for now, then in pairwise(times):
            told = model(latent.repeat(len(both) // B, 1, 1), now.expand(len(both)), both).float()
            if guidance != 1:
                told = told[B:] + guidance * (told[:B] - told[B:])
            clean, noise = unmix(prediction_type, latent, told, now.expand(B))
            signal, left = signal_and_noise(prediction_type, then.expand(1))
            latent = signal * clean + left * noise if then > 0 else clean
    return latent
