"""Curves of a training run: a line of JSON a measurement, and TensorBoard's files where it is installed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CURVES = "curves.jsonl"


class Curves:
    """Writer of a run's curves; what lies behind `step`, of a run that was killed, is taken back."""

    def __init__(self, folder: Path, *, step: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / CURVES
        kept = [json.dumps(row) + "\n" for row in read_curves(folder) if row["step"] <= step]
        beside = folder / f".part-{os.getpid()}-{CURVES}"
        try:
            beside.write_text("".join(kept), encoding="utf-8")
            os.replace(beside, self._path)
        finally:
            beside.unlink(missing_ok=True)
        self._board: Any = None
        if find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """Add measurements at a step."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **figures}) + "\n")
        if self._board is not None:
            for name, value in figures.items():
                self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """Write out what TensorBoard holds back."""
        if self._board is not None:
            self._board.close()


def read_curves(folder: Path) -> Iterator[dict[str, float]]:
    """Yield the measurements of a run in order: `step` and figures by name; lines cut short are left out."""
    path = folder / CURVES
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row: dict[str, float] = json.loads(line)
        except ValueError:
            continue
        yield row
