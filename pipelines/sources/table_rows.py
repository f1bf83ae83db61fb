"""Which rows of a piece of a table are good, and the problems of the others, each with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.columns import DTYPES
from pipelines.sources.batch import Problem
from pipelines.sources.tables import Piece
from pipelines.sources.values import clean_text

MAX_NAMED = 1000  # Rows of a piece that are named for one reason; the others are counted.


class RowCheck:
    """The good rows of a piece so far, and what was wrong with the others."""

    def __init__(self, file: Path, piece: Piece) -> None:
        self.good: npt.NDArray[np.bool_] = np.ones(len(piece.frame), dtype=bool)
        self.problems: list[Problem] = []
        self._file = file
        self._places = piece.places.to_numpy()
        self._unit = piece.unit

    def refuse(self, bad: pd.Series | npt.NDArray[np.bool_], reason: str, cells: pd.Series) -> None:
        """Take rows out, those only that were good until now, and name each with its cell."""
        mask = np.asarray(bad, dtype=bool) & self.good
        self.note(mask, reason, cells)
        self.good &= ~mask

    def note(self, bad: pd.Series | npt.NDArray[np.bool_], reason: str, cells: pd.Series) -> None:
        """Name rows that stay in."""
        rows = np.flatnonzero(np.asarray(bad, dtype=bool) & self.good)
        for row in rows[:MAX_NAMED]:
            place = f"{self._unit} {self._places[row]}"
            self.problems.append(Problem(self._file, place, f"{reason}: {_shown(cells.iloc[row])}"))
        if len(rows) > MAX_NAMED:
            last = f"{self._unit} {self._places[rows[-1]]}"
            self.problems.append(
                Problem(self._file, f"up to {last}", f"{reason}: {len(rows) - MAX_NAMED} more rows")
            )


def missing_column(piece: Piece, names: Sequence[str]) -> str:
    """Return the first of the names that is no column of the piece, or ""."""
    return next((name for name in names if name not in piece.frame), "")


def typed(columns: Sequence[str], cells: Mapping[str, object]) -> pd.DataFrame:
    """Return the cells as a frame of these columns in the dtypes of `pipelines.columns`, rows numbered from
    0.
    """
    made: dict[str, pd.Series] = {}
    for name in columns:
        values: Any = cells[name]
        kind: Any = DTYPES[name]
        made[name] = pd.Series(values.array if isinstance(values, pd.Series) else values).astype(kind)
    return pd.DataFrame(made)


def _shown(cell: object) -> str:
    if cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
        return "nothing there"
    return repr(clean_text(str(cell), 80))
