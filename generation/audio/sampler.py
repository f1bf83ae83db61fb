"""The one sampler: from noise to a clean latent, step by step, by any scheduler of diffusers that fits.

What has to stay is told to it by `settle`: a function that is given what the denoiser takes the clean latent
to be and returns it with the known parts put in. The prediction is changed to fit, so that solvers that look
back at earlier steps (DPM-Solver++, UniPC) see one story. With a `start` it begins in the middle: at that
latent, noised up to a strength (Meng et al., "SDEdit", ICLR 2022).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generation.audio.schedulers import clean_latent, noised, prediction_of, start_within

if TYPE_CHECKING:
    import torch

    Predict = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    Settle = Callable[[torch.Tensor], torch.Tensor]
    Watch = Callable[[torch.Tensor], None]


@dataclass(frozen=True)
class Sampler:
    """A scheduler, what kind of prediction it is given, and how many steps it takes.

    Attributes
    ----------
    scheduler
        As it is before a run: each run has a copy, since schedulers remember steps.
    """

    scheduler: Any
    prediction_type: str
    n_steps: int

    def steps(self, strength: float = 1.0) -> int:
        """How many steps a run of that strength takes (second-order schedulers evaluate twice in one)."""
        scheduler = copy.deepcopy(self.scheduler)
        scheduler.set_timesteps(self.n_steps)
        return len(scheduler.timesteps) - start_within(scheduler, self.n_steps, strength)

    def run(
        self,
        noise: torch.Tensor,
        predict: Predict,
        watch: Watch,
        *,
        settle: Settle | None = None,
        start: torch.Tensor | None = None,
        strength: float = 1.0,
    ) -> torch.Tensor:
        """Return a clean latent, shape (1, C, L).

        Parameters
        ----------
        noise : float tensor, shape (1, C, L)
        predict : callable
            Noisy latent and timestep -> what the denoiser says of it.
        watch : callable
            Is given, after each step, what the clean latent seems to be.
        settle : callable, optional
        start : float tensor, shape (1, C, L), optional
            Counts only with a strength below 1.
        """
        scheduler = copy.deepcopy(self.scheduler)
        scheduler.set_timesteps(self.n_steps, device=noise.device)
        first = 0
        latent = noise * float(getattr(scheduler, "init_noise_sigma", 1.0))
        if start is not None and strength < 1:
            first = start_within(scheduler, self.n_steps, strength)
            latent = noised(scheduler, self.prediction_type, start, noise, scheduler.timesteps[first])
        for timestep in scheduler.timesteps[first:]:
            latent, clean = self._step(scheduler, latent, timestep, predict, settle)
            watch(clean)
        return latent if settle is None else settle(latent)

    def _step(
        self,
        scheduler: Any,
        latent: torch.Tensor,
        timestep: torch.Tensor,
        predict: Predict,
        settle: Settle | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Go one step; return the less noisy latent, and what the clean one seems to be."""
        given = latent
        if hasattr(scheduler, "scale_model_input"):  # not every scheduler of flows has it
            given = scheduler.scale_model_input(latent, timestep)
        predicted = predict(given, timestep)
        clean = clean_latent(scheduler, self.prediction_type, given, predicted, timestep)
        if settle is not None:
            clean = settle(clean)
            predicted = prediction_of(scheduler, self.prediction_type, given, clean, timestep)
        return scheduler.step(predicted, timestep, latent, return_dict=False)[0], clean
