"""The networks of a run with their optimisers and averages, on the hardware: one update, one checkpoint."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.training.averaging import Average
from generation.training.curves import Curves
from generation.training.hardware import Hardware
from generation.training.optimiser import Optimiser
from generation.training.resume import load_state, random_states, save_state, set_random_states
from generation.training.run import Every, LoopConfig, Player

if TYPE_CHECKING:
    import torch
    from torch import nn


class Machine:
    """Players with their optimisers and averages on the hardware."""

    def __init__(
        self, players: Sequence[Player], config: LoopConfig, hardware: Hardware, run: Mapping[str, Any]
    ) -> None:
        self.players, self.config, self.hardware, self.run = players, config, hardware, run
        for player in players:
            player.module.to(hardware.device).train()
            hardware.average([weight.data for weight in player.module.parameters()])
        self._averages = {
            player.name: Average(player.module, config.average_gamma) for player in players if player.averaged
        }
        self._optimisers = {player.name: Optimiser(player) for player in players}

    def update(self, step: int, batches: Iterator[tuple[int, Any]]) -> dict[str, torch.Tensor]:
        """Let each player take its turn on the next batches; return figures."""
        import torch

        found: dict[str, torch.Tensor] = {}
        share, parts = self.config.rate_share(step), self.config.accumulate
        pairs = [next(batches) for _ in range(parts)]
        for player in self.players:
            weights = [weight for weight in player.module.parameters() if weight.requires_grad]
            for number, batch in pairs:
                generator = torch.Generator(self.hardware.device)
                generator.manual_seed(batch_seed(self.config.seed, number))
                with self.hardware.autocast():
                    losses = player.loss(batch, generator)
                # Only this player's weights: the other one's gradients would be left over for its turn.
                (losses["loss"] / parts).backward(inputs=weights)
                for name, value in losses.items():
                    key = f"{player.name}/{name}"
                    found[key] = found.get(key, 0.0) + value.detach().float() / parts
            self.hardware.average([weight.grad for weight in weights if weight.grad is not None])
            norm = torch.nn.utils.clip_grad_norm_(weights, self.config.clip_norm or math.inf)
            found[f"{player.name}/gradient"] = norm.detach()
            optimiser = self._optimisers[player.name]
            optimiser.step(share)
            if player.name in self._averages:
                self._averages[player.name].update(player.module, step + 1)
        return found

    def rates(self, step: int) -> dict[str, float]:
        """The learning rates that made this step."""
        share = self.config.rate_share(step - 1)
        return {f"{player.name}/learning_rate": player.learning_rate * share for player in self.players}

    def averages(self) -> dict[str, nn.Module]:
        """The averaged networks by player's name; a network itself where it has no average."""
        return {
            player.name: self._averages[player.name].module if player.averaged else player.module
            for player in self.players
        }

    def call(self, callbacks: Sequence[Every], step: int, curves: Curves | None, *, last: bool) -> None:
        """Do what is due, in the main process, without a trace in the random generators."""
        due = [one for one in callbacks if step % one.steps == 0 or last]
        if not due:
            return
        if curves is not None:
            states = random_states()
            for one in due:
                figures = one.act(step, self.averages())
                if figures:
                    curves.add(step, figures)
            set_random_states(states)
        self.hardware.wait()

    def save(self, out: Path, step: int) -> None:
        """Write a checkpoint of everything, in the main process."""
        if self.hardware.is_main:
            save_state(
                out,
                {
                    "step": step,
                    "random": random_states(),
                    "models": {player.name: player.module.state_dict() for player in self.players},
                    "averages": {name: one.module.state_dict() for name, one in self._averages.items()},
                    "optimisers": {name: one.state_dict() for name, one in self._optimisers.items()},
                },
                run=self.run,
            )
        self.hardware.wait()

    def load(self, out: Path) -> int:
        """Take everything from a checkpoint; return its step."""
        state = load_state(out, run=self.run)
        for player in self.players:
            player.module.load_state_dict(state["models"][player.name])
            self._optimisers[player.name].load_state_dict(state["optimisers"][player.name])
        for name, one in self._averages.items():
            one.module.load_state_dict(state["averages"][name])
        set_random_states(state["random"])
        return int(state["step"])


def batch_seed(seed: int, number: int) -> int:
    """A seed of 63 bits from the run's seed and a batch's number."""
    import numpy as np

    return int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0] >> 1)
