"""What a training run is made of: its length and rates, the networks in it, and what is done now and then."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from generation.training.averaging import GAMMA

if TYPE_CHECKING:
    import torch
    from torch import nn

Loss = Callable[[Any, "torch.Generator"], Mapping[str, "torch.Tensor"]]
"""Takes a batch on the device and a seeded generator there; gives "loss", which is minimised, and figures."""
BatchAt = Callable[[int], Any]
"""Gives batch number n: always the same one."""


@dataclass(frozen=True)
class LoopConfig:
    """How a run goes; lengths in steps (updates), one of which takes `accumulate` batches."""

    steps: int
    seed: int = 1
    warmup_steps: int = 200
    schedule: str = "cosine"
    last_share: float = 0.05  # of the learning rate, at the end of a cosine
    accumulate: int = 1
    clip_norm: float = 1.0
    average_gamma: float = GAMMA
    log_every: int = 20
    checkpoint_every: int = 500

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        if (
            min(self.steps, self.accumulate, self.log_every, self.checkpoint_every) < 1
            or self.warmup_steps < 0
        ):
            raise ValueError(f"steps, accumulation and intervals must be positive, got {self}")
        if self.schedule not in ("cosine", "constant"):
            raise ValueError(f"the schedule is cosine or constant, got {self.schedule!r}")

    def rate_share(self, step: int) -> float:
        """What share of the learning rate update number `step`, from 0, takes."""
        if step < self.warmup_steps:
            return (step + 1) / (self.warmup_steps + 1)
        if self.schedule == "constant":
            return 1.0
        done = (step - self.warmup_steps) / max(self.steps - self.warmup_steps, 1)
        return self.last_share + (1 - self.last_share) * (1 + math.cos(math.pi * min(done, 1.0))) / 2


@dataclass(frozen=True)
class Player:
    """A network in training: `loss` computes with `module`, and only its weights are moved.

    Attributes
    ----------
    averaged : bool
        Whether an average of its weights is kept, which callbacks and `Trained` then show.
    orthogonal : set of str
        Names of matrices that Muon moves, with this momentum; AdamW moves all others.
    """

    name: str
    module: nn.Module
    loss: Loss
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    averaged: bool = True
    orthogonal: frozenset[str] = frozenset()
    momentum: float = 0.95


@dataclass(frozen=True)
class Every:
    """What is done now and then: every so many steps, and at the end, `act(step, models)` is called.

    `models` are the averages by player's name (a module itself where it has none); what `act` returns is
    added to the curves. The global random generators are left as they were before.
    """

    steps: int
    act: Callable[[int, Mapping[str, nn.Module]], Mapping[str, float] | None]


@dataclass(frozen=True)
class Trained:
    """Where a run stands: `done` tells whether all its steps were made."""

    step: int
    done: bool
    averages: Mapping[str, nn.Module]
    seconds: float = 0.0
    losses: tuple[Mapping[str, float], ...] = field(default=(), repr=False)
    """Means between logs, with their steps, of this part of the run."""
