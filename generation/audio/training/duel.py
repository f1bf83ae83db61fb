"""Two networks in training against each other: one makes, the other learns to tell that from the truth.

The second player joins when a share of the steps is done: what is made must be near before its finer faults
are worth a verdict. Its cost is only paid from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generation.audio.losses import Heard, deceive_loss, features_loss, tell_loss

if TYPE_CHECKING:
    import torch
    from torch import nn

Make = Callable[[Any, "torch.Generator"], "tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]"]
"""Takes a batch and a generator; gives what was made, what is true, and the loss before any duel."""


@dataclass(frozen=True)
class DuelConfig:
    """When the second player joins, as a share of the steps, and what its word weighs."""

    joins_at: float = 0.6
    deceive: float = 0.02
    features: float = 0.2


class Duel:
    """The losses of both players; batches are mappings that hold their `step`."""

    def __init__(self, make: Make, second: nn.Module, config: DuelConfig, *, steps: int) -> None:
        self._make, self._second, self._config = make, second, config
        self._joins = round(config.joins_at * steps)
        # What the first player made in its turn, until the second one has had its own.
        self._made: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def first_loss(self, batch: Mapping[str, Any], generator: torch.Generator) -> dict[str, torch.Tensor]:
        """Loss of the player that makes."""
        made, true, losses = self._make(batch, generator)
        if batch["step"] < self._joins:
            return losses
        self._made[id(batch)] = (made.detach(), true)
        fake: Heard = self._second(made)
        real: Heard = self._second(true)
        deceive, features = deceive_loss(fake), features_loss(real, fake)
        total = losses["loss"] + self._config.deceive * deceive + self._config.features * features
        return {**losses, "loss": total, "deceive": deceive, "features": features}

    def second_loss(self, batch: Mapping[str, Any], generator: torch.Generator) -> dict[str, torch.Tensor]:
        """Loss of the player that tells; nothing to learn before it has joined."""
        if batch["step"] < self._joins:
            import torch

            return {"loss": torch.stack([weight.sum() * 0 for weight in self._second.parameters()]).sum()}
        made, true = self._made.pop(id(batch))
        return {"loss": tell_loss(self._second(true), self._second(made))}
