"""The training loop of every network of the generator.

A run has one player, or several who take turns on each batch (the two of an adversarial training). A player
is a module, its optimiser, and a function that gives its loss. Batches are a pure function of their number,
and the randomness of a loss is seeded by that number, so the step alone is the position in the data: a run
that goes on from a checkpoint has the very losses of one that never stopped.

    run = train([Player("denoiser", model, loss)], batch_at, LoopConfig(steps=1000), out=folder)
    run.averages["denoiser"].save_pretrained(...)
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from generation.audio.training.averaging import GAMMA, Average
from generation.audio.training.curves import Curves
from generation.audio.training.hardware import Hardware
from generation.audio.training.resume import load_state, random_states, save_state, set_random_states

if TYPE_CHECKING:
    import torch
    from torch import nn

logger = logging.getLogger(__name__)

Loss = Callable[[Any, "torch.Generator"], Mapping[str, "torch.Tensor"]]
"""Takes a batch on the device and a seeded generator there; gives "loss", which is minimised, and figures."""
BatchAt = Callable[[int], Any]
"""Gives batch number n: always the same one."""


class DivergedError(RuntimeError):
    """The loss is no number any more."""


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
    """

    name: str
    module: nn.Module
    loss: Loss
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    averaged: bool = True


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


def train(
    players: Sequence[Player],
    batch_at: BatchAt,
    config: LoopConfig,
    *,
    out: Path,
    run: Mapping[str, Any] | None = None,
    resume: bool = False,
    minutes: float | None = None,
    hardware: Hardware | None = None,
    callbacks: Sequence[Every] = (),
    progress: Callable[[int, str], None] = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train from the modules as they are, or from the checkpoint in `out`, until the steps are done.

    Parameters
    ----------
    run : mapping, optional
        What else the run is (model, data): must be the same when it goes on.
    resume : bool
        Go on from the checkpoint in `out`.
    minutes : float, optional
        Of this call: when they are over, the run ends with a checkpoint, before its last step.
    progress
        Takes the step and a word about it.
    stop
        Asked after each step; true ends the run with a checkpoint.

    Raises
    ------
    ResumeError
        `resume`, and no checkpoint of this run in `out`.
    DivergedError
        The last checkpoint from before is left.
    OSError
        Nothing can be written (a full disk); the last checkpoint is left.
    """
    started = perf_counter()
    machine = _Machine(players, config, hardware or Hardware(), {**(run or {}), **_identity(config, players)})
    step = machine.load(out) if resume else 0
    curves = Curves(out, step=step) if machine.hardware.is_main else None
    tally = _Tally()
    logs: list[dict[str, float]] = []
    over = False
    batches = _batches(batch_at, config, machine.hardware, step)
    try:
        while step < config.steps and not over:
            tally.add(machine.update(step, batches))
            step += 1
            late = minutes is not None and perf_counter() - started >= 60 * minutes
            over = machine.hardware.any(late or stop())
            last = over or step == config.steps
            if step % config.log_every == 0 or last:
                logs.append({"step": step, **tally.means(step), **machine.rates(step)})
                progress(step, f"loss {logs[-1][f'{players[0].name}/loss']:.4f}")
                if curves is not None:
                    curves.add(step, {name: value for name, value in logs[-1].items() if name != "step"})
            if step % config.checkpoint_every == 0 or last:
                tally.check(step)
                machine.save(out, step)
            machine.call(callbacks, step, curves, last=step == config.steps)
    finally:
        batches.close()
        if curves is not None:
            curves.close()
    seconds = perf_counter() - started
    logger.info("training: step %d of %d, %.1f s", step, config.steps, seconds)
    return Trained(step, step >= config.steps, machine.averages(), seconds, tuple(logs))


class _Machine:
    """Players with their optimisers and averages on the hardware."""

    def __init__(
        self, players: Sequence[Player], config: LoopConfig, hardware: Hardware, run: Mapping[str, Any]
    ) -> None:
        import torch

        self.players, self.config, self.hardware, self.run = players, config, hardware, run
        for player in players:
            player.module.to(hardware.device).train()
            hardware.average([weight.data for weight in player.module.parameters()])
        self._averages = {
            player.name: Average(player.module, config.average_gamma) for player in players if player.averaged
        }
        self._optimisers = {
            player.name: torch.optim.AdamW(
                _groups(player), lr=player.learning_rate, betas=player.betas, fused=True
            )
            for player in players
        }

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
                generator.manual_seed(_seed(self.config.seed, number))
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
            for group in optimiser.param_groups:
                group["lr"] = player.learning_rate * share
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            if player.name in self._averages:
                self._averages[player.name].update(player.module, step + 1)
        return found

    def rates(self, step: int) -> dict[str, float]:
        share = self.config.rate_share(step - 1)
        return {f"{player.name}/learning_rate": player.learning_rate * share for player in self.players}

    def averages(self) -> dict[str, nn.Module]:
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
        state = load_state(out, run=self.run)
        for player in self.players:
            player.module.load_state_dict(state["models"][player.name])
            self._optimisers[player.name].load_state_dict(state["optimisers"][player.name])
        for name, one in self._averages.items():
            one.module.load_state_dict(state["averages"][name])
        set_random_states(state["random"])
        return int(state["step"])


class _Tally:
    """Sums of figures between logs, kept on the device: asking a GPU for each would hold it up."""

    def __init__(self) -> None:
        self._sums: dict[str, Any] = {}
        self._count = 0
        self._since = 1

    def add(self, figures: Mapping[str, torch.Tensor]) -> None:
        for name, value in figures.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._count += 1

    def check(self, step: int) -> None:
        """Refuse losses that are no numbers."""
        wrong = [name for name, value in self._sums.items() if not math.isfinite(float(value))]
        if wrong:
            raise DivergedError(
                f"training diverged by step {step}: {', '.join(wrong)} is not finite any more;"
                " resume from the last checkpoint with a lower learning rate"
            )

    def means(self, step: int) -> dict[str, float]:
        self.check(step)
        means = {name: float(value) / self._count for name, value in self._sums.items()}
        self._sums, self._count = {}, 0
        return means


def _batches(
    batch_at: BatchAt, config: LoopConfig, hardware: Hardware, step: int
) -> Generator[tuple[int, Any], None, None]:
    """Yield this process's batches with their numbers, from a step on; the next is made while one is used."""
    number = step * config.accumulate * hardware.n_processes + hardware.rank
    with ThreadPoolExecutor(1) as pool:
        waiting: Future[Any] = pool.submit(batch_at, number)
        while True:
            batch = waiting.result()
            waiting = pool.submit(batch_at, number + hardware.n_processes)
            yield number, hardware.move(batch)
            number += hardware.n_processes


def _groups(player: Player) -> list[dict[str, Any]]:
    """Weights of matrices decay; gains, biases and other vectors do not."""
    weights = [weight for weight in player.module.parameters() if weight.requires_grad]
    return [
        {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": player.weight_decay},
        {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0.0},
    ]


def _seed(seed: int, number: int) -> int:
    """A seed of 63 bits from the run's seed and a batch's number."""
    import numpy as np

    return int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0] >> 1)


def _identity(config: LoopConfig, players: Sequence[Player]) -> dict[str, Any]:
    """Settings that must be the same when a run goes on: all but how often it writes."""
    kept = {name: value for name, value in asdict(config).items() if not name.endswith("_every")}
    if config.schedule == "constant":
        del kept["steps"]  # It can be made longer.
    for player in players:
        kept[f"{player.name}_optimiser"] = [player.learning_rate, *player.betas, player.weight_decay]
    return kept
