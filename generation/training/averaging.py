"""The moving average of a model's weights over training, which is what samples and ships.

The profile is a power of the step (Karras et al., "Analyzing and Improving the Training Dynamics of Diffusion
Models", CVPR 2024, eq. 1-2): after update t the average keeps the share (1 - 1/t)^(gamma + 1) of what it was.
It spans the same part of training however long that is, needs no warm-up, and its first update copies.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

GAMMA = 16.97
"""Standard deviation of the profile: a twentieth of the steps so far."""


def kept_share(update: int, gamma: float = GAMMA) -> float:
    """Return what share of the average stays at update number `update`, the first being 1.

    >>> kept_share(1), round(kept_share(1000), 4)
    (0.0, 0.9822)
    """
    if update < 1:
        raise ValueError(f"updates are counted from 1, got {update}")
    return float((1 - 1 / update) ** (gamma + 1))


class Average:
    """A copy of a module whose weights follow the module's.

    Attributes
    ----------
    module : nn.Module
        The averaged model, in evaluation mode, without gradients; buffers are copied as they are.
    """

    def __init__(self, module: nn.Module, gamma: float = GAMMA) -> None:
        self.module = deepcopy(module).eval().requires_grad_(False)
        self._gamma = gamma

    def update(self, module: nn.Module, update: int) -> None:
        """Move towards the module's weights; `update` counts from 1."""
        import torch

        with torch.no_grad():
            pairs = list(zip(self.module.parameters(), module.parameters(), strict=True))
            if pairs:
                averages, weights = map(list, zip(*pairs, strict=True))
                torch._foreach_lerp_(averages, weights, 1 - kept_share(update, self._gamma))
            for mine, its in zip(self.module.buffers(), module.buffers(), strict=True):
                mine.copy_(its)
