"""The training loop of every network that we train.

A run has one player, or several who take turns on each batch (the two of an adversarial training). A player
is a module, its optimiser, and a function that gives its loss. Batches are a pure function of their number,
and the randomness of a loss is seeded by that number, so the step alone is the position in the data: a run
that goes on from a checkpoint has the very losses of one that never stopped.

    run = train([Player("denoiser", model, loss)], batch_at, LoopConfig(steps=1000), out=folder)
    run.averages["denoiser"].save_pretrained(...)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

from generation.training.curves import Curves
from generation.training.hardware import Hardware
from generation.training.machine import Machine
from generation.training.run import BatchAt, Every, LoopConfig, Player, Trained
from generation.training.tally import DivergedError, Tally

__all__ = ["DivergedError", "Every", "LoopConfig", "Player", "Trained", "train"]

logger = logging.getLogger(__name__)


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
    machine = Machine(players, config, hardware or Hardware(), {**(run or {}), **_identity(config, players)})
    step = machine.load(out) if resume else 0
    curves = Curves(out, step=step) if machine.hardware.is_main else None
    tally = Tally()
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
                tally.average(machine.hardware)
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


def _identity(config: LoopConfig, players: Sequence[Player]) -> dict[str, Any]:
    """Settings that must be the same when a run goes on: all but how often it writes."""
    kept = {name: value for name, value in asdict(config).items() if not name.endswith("_every")}
    if config.schedule == "constant":
        del kept["steps"]  # It can be made longer.
    for player in players:
        kept[f"{player.name}_optimiser"] = [player.learning_rate, *player.betas, player.weight_decay]
        if player.orthogonal:
            kept[f"{player.name}_muon"] = [*sorted(player.orthogonal), player.momentum]
    return kept
