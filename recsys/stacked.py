"""Two arrays read as one, the rows of the second behind those of the first: joining them would copy both,
and the first is that of a whole catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np


@dataclass(frozen=True)
class Stacked:
    """Rows of `first`, shape (n, dim), and behind them those of `second`, shape (m, dim)."""

    first: np.ndarray
    second: np.ndarray

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole."""
        return (len(self), *self.first.shape[1:])

    def __getitem__(self, rows: int | slice | np.ndarray) -> np.ndarray:
        """A copy of some rows, which are not negative: one, a slice of them, or as an array of ints says."""
        n = len(self.first)
        if isinstance(rows, int | np.integer):
            return np.array(self.first[rows] if rows < n else self.second[rows - n])
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)))
        beyond = rows >= n
        if not beyond.any():
            return np.asarray(self.first[rows])
        out = np.empty((len(rows), *self.first.shape[1:]), self.first.dtype)
        out[~beyond], out[beyond] = self.first[rows[~beyond]], self.second[rows[beyond] - n]
        return out


Rows: TypeAlias = np.ndarray | Stacked
