"""Training by several processes of a Ray cluster, data-parallel: Ray Train makes the group, we train as ever.

Each process learns from batches of its own, and gradients are averaged before every update
(generation/training/hardware.py), so n processes are one process whose steps take n batches. The run's folder
is on a shared path: the first process writes checkpoint and curves there as any run does. A group that lost a
process is made anew and goes on from the last checkpoint.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from generation.training.curves import read_curves
from generation.training.resume import STATE
from pipelines.engine import ATTEMPTS, Engine, EngineError

if TYPE_CHECKING:
    from generation.training.loop import Trained

_STOP = ".stop"
_DONE = ".done.json"
_RAY = ".ray"
_LOOK_S = 2.0

Progress = Callable[[int, str], None]


class Learn(Protocol):
    """A training run into a folder that every process sees; picklable."""

    def __call__(self, *, resume: bool, stop: Callable[[], bool]) -> Trained:
        """Train, from the checkpoint where `resume`, until the end or until `stop`."""
        ...


def train_together(
    engine: Engine,
    learn: Learn,
    out: Path,
    *,
    processes: int | None = None,
    resume: bool = False,
    progress: Progress = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train in so many processes, by default one a GPU, or one a node where there are none.

    Parameters
    ----------
    out : Path
        The run's folder, on a path that is the same on every node.

    Returns
    -------
    Trained
        Without the networks: those lie in `out`.

    Raises
    ------
    EngineError
        The engine is no cluster; or a group was lost `ATTEMPTS` times, or `learn` failed in it. The last
        checkpoint is left.
    """
    from generation.training.run import Trained

    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    for left in (_STOP, _DONE, *(() if resume else (STATE,))):
        (out / left).unlink(missing_ok=True)
    try:
        # In a thread of its own: in the main one Ray would take Ctrl-C for an order to break off at once.
        with ThreadPoolExecutor(1) as pool:
            fitted = pool.submit(_fit, engine, partial(_learn_in_group, learn, out), out / _RAY, processes)
            told = 0
            try:
                while not wait([fitted], _LOOK_S).done:
                    if stop():
                        (out / _STOP).touch()
                    told = _tell(out, told, progress)
            except KeyboardInterrupt:
                (out / _STOP).touch()  # Else the pool would wait for the end.
                raise
            fitted.result()
        said = json.loads((out / _DONE).read_text(encoding="utf-8"))
    finally:
        for left in (_STOP, _DONE):
            (out / left).unlink(missing_ok=True)
        shutil.rmtree(out / _RAY, ignore_errors=True)
    return Trained(said["step"], said["done"], {}, said["seconds"], tuple(said["losses"]))


def _fit(engine: Engine, learn: Callable[[], None], folder: Path, processes: int | None) -> None:
    """Have Ray Train run it in a group of processes."""
    from pipelines.engine_ray import Ray

    if not isinstance(engine, Ray):
        raise EngineError("several processes train on a Ray cluster: --engine ray or ray:ADDRESS")
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    gpus, nodes = engine.gpus, engine.nodes
    trainer = TorchTrainer(
        lambda: learn(),
        scaling_config=ScalingConfig(num_workers=processes or gpus or nodes, use_gpu=gpus > 0),
        run_config=RunConfig(
            name="run", storage_path=str(folder), failure_config=FailureConfig(max_failures=ATTEMPTS - 1)
        ),
    )
    try:
        trainer.fit()
    except Exception as error:  # Ray wraps whatever a process raised in errors of its own, of many kinds.
        raise EngineError(f"the training on the cluster ended: {_cause(error)}") from error


def _learn_in_group(learn: Learn, out: Path) -> None:
    """What each process of a group does."""
    import torch.distributed

    is_first = torch.distributed.get_rank() == 0
    trained = learn(resume=(out / STATE).is_file(), stop=lambda: is_first and (out / _STOP).exists())
    if is_first:
        said = {
            "step": trained.step,
            "done": trained.done,
            "seconds": trained.seconds,
            "losses": [dict(row) for row in trained.losses],
        }
        beside = out / f".part-{os.getpid()}-done"
        beside.write_text(json.dumps(said), encoding="utf-8")
        os.replace(beside, out / _DONE)


def _tell(out: Path, told: int, progress: Progress) -> int:
    """Pass on what the run's curves say behind a step; return the last one that they tell of."""
    with suppress(OSError, ValueError):
        for row in read_curves(out):
            losses = [value for name, value in row.items() if name.endswith("/loss")]
            if losses and row["step"] > told:
                told = int(row["step"])
                progress(told, f"loss {losses[0]:.4f}")
    return told


def _cause(error: BaseException) -> str:
    """The last line of what a process of the group said."""
    found = next(iter(getattr(error, "worker_failures", {}).values()), error)
    return next(iter(reversed(str(found).strip().splitlines())), type(found).__name__)
