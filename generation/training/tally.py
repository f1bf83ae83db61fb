"""Sums of a run's figures between two lines of its log, and the end of a run whose figures are none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from generation.training.hardware import Hardware


class DivergedError(RuntimeError):
    """The loss is no number any more."""


class Tally:
    """Sums of figures between logs, kept on the device: asking a GPU for each would hold it up."""

    def __init__(self) -> None:
        self._sums: dict[str, Any] = {}
        self._count = 0
        self._since = 1

    def add(self, figures: Mapping[str, torch.Tensor]) -> None:
        """Count the figures of one step."""
        for name, value in figures.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._count += 1

    def average(self, hardware: Hardware) -> None:
        """Make the sums those of all processes: their mean."""
        hardware.average(self._sums.values())

    def check(self, step: int) -> None:
        """Refuse losses that are no numbers."""
        wrong = [name for name, value in self._sums.items() if not math.isfinite(float(value))]
        if wrong:
            raise DivergedError(
                f"training diverged by step {step}: {', '.join(wrong)} is not finite any more;"
                " resume from the last checkpoint with a lower learning rate"
            )

    def means(self, step: int) -> dict[str, float]:
        """The means since the last call, which are then forgotten."""
        self.check(step)
        means = {name: float(value) / self._count for name, value in self._sums.items()}
        self._sums, self._count = {}, 0
        return means
