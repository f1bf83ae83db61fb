"""Checkpoints of a training run, from which it goes on as if it had never stopped.

One file holds everything: models, averages, optimisers, schedules, the step (which is the position in the
data, too), and the state of every random generator. It is written beside and moved into place, so there is
always the old one or the new one, whole. Weights that ship are saved elsewhere (`save_pretrained`).
"""

from __future__ import annotations

import io
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

STATE = "training.pt"
"""The checkpoint's name in a run's folder."""
_FORMAT = 1


class ResumeError(ValueError):
    """There is no checkpoint to go on from, a damaged one, or one of another training run."""


def save_state(folder: Path, state: Mapping[str, Any], *, run: Mapping[str, Any]) -> None:
    """Write a run's state in the place of the last one.

    Parameters
    ----------
    state : mapping
        Tensors, numbers, strings, and containers of them.
    run : mapping
        What the run is: settings that must be the same when it goes on.

    Raises
    ------
    OSError
        It cannot be written (a full disk); the old checkpoint is untouched.
    """
    import torch

    content = io.BytesIO()
    torch.save({"format": _FORMAT, "run": dict(run), **state}, content)
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".part-{os.getpid()}-{STATE}"
    try:
        with beside.open("wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())  # A name must not outlive its content when the power goes.
        os.replace(beside, folder / STATE)
    finally:
        beside.unlink(missing_ok=True)


def load_state(folder: Path, *, run: Mapping[str, Any]) -> dict[str, Any]:
    """Read what `save_state` wrote, on the CPU.

    Raises
    ------
    ResumeError
    """
    import torch

    path = folder / STATE
    if not path.is_file():
        raise ResumeError(f"there is no training run to go on with in {folder}")
    try:
        found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        format, made_by = found.pop("format"), found.pop("run")
    except Exception as error:  # torch raises many kinds for one damaged file
        raise ResumeError(f"{path} is damaged: {str(error).splitlines()[0]}") from None
    if format != _FORMAT:
        raise ResumeError(f"{path} has format {format!r}, this version reads {_FORMAT}")
    for name, value in run.items():
        if made_by.get(name) != value:
            raise ResumeError(
                f"{folder} holds a training run with another {name.replace('_', ' ')}"
                f" ({made_by.get(name)}, not {value}): name a new folder, or ask for the same"
            )
    return found


def random_states() -> dict[str, Any]:
    """The states of all global random generators, as a checkpoint can hold them."""
    import torch

    name, keys, *rest = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": [name, torch.from_numpy(np.asarray(keys).astype(np.int64)), *rest],
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def set_random_states(states: Mapping[str, Any]) -> None:
    """Set all global random generators to what `random_states` gave; CUDA's for as many devices."""
    import torch

    version, internal, gauss = states["python"]
    random.setstate((version, tuple(internal), gauss))
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(states["torch"])
    if torch.cuda.is_available() and len(states["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(states["cuda"])
