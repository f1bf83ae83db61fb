"""Rows of large sparse matrices, read without a product over whole matrices: what one answer needs of them.

scipy's products and column slices cost as much as the matrix has columns, and so does an array of them; an
answer needs the rows of some dozen songs, at some hundred columns. Where a column is kept is looked up in a
table, of which each thread has its own for all matrices.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp


class _Tables(threading.local):
    """-1 everywhere but while a loop of recsys/sparse_loops.py runs."""

    def __init__(self) -> None:
        self.place = np.full(0, -1, dtype=np.int32)

    def of(self, n: int) -> np.ndarray:
        if len(self.place) < n:
            # Releases grow a little from night to night.
            self.place = np.full(n + n // 8, -1, dtype=np.int32)
        return self.place


_TABLES = _Tables()


@dataclass(frozen=True)
class SparseRow:
    """A row that is 0 nearly everywhere.

    Attributes
    ----------
    at : int64 array, shape (n,)
        Each column once; in no order, which would take as long as the sum itself.
    values : float32 array, shape (n,), all positive
    n_columns : int
    """

    at: np.ndarray
    values: np.ndarray
    n_columns: int

    @classmethod
    def nothing(cls, n_columns: int) -> SparseRow:
        """Zeros."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.float32), n_columns)

    def __getitem__(self, columns: np.ndarray) -> np.ndarray:
        """The values at these columns; float32."""
        from recsys.sparse_loops import look_up

        out = np.zeros(len(columns), np.float32)
        look_up(self.at, self.values, columns, _TABLES.of(self.n_columns), out)
        return out


def sum_rows_at(
    matrix: sp.csr_matrix, rows: np.ndarray, weights: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Sum of these rows, each with its weight, at some columns, which may come twice; float32, shape
    (n_columns,).
    """
    from recsys.sparse_loops import add_rows_at

    out = np.zeros(len(columns), np.float32)
    weights = weights.astype(np.float32)
    place = _TABLES.of(matrix.shape[1])
    add_rows_at(matrix.indptr, matrix.indices, matrix.data, rows, weights, columns, place, out)
    return out


def sum_rows_sparsely(matrix: sp.csr_matrix, rows: np.ndarray, weights: np.ndarray) -> SparseRow:
    """Sum of these rows, each with its weight: what is positive of it."""
    from recsys.sparse_loops import add_rows_sparsely

    room = min(int((matrix.indptr[rows + 1] - matrix.indptr[rows]).sum()), matrix.shape[1])
    at, values = np.empty(room, dtype=np.int64), np.empty(room, np.float32)
    weights = weights.astype(np.float32)
    place = _TABLES.of(matrix.shape[1])
    n = add_rows_sparsely(matrix.indptr, matrix.indices, matrix.data, rows, weights, place, at, values)
    positive = values[:n] > 0
    return SparseRow(at[:n][positive], values[:n][positive], matrix.shape[1])


def totals_of_rows(matrix: sp.csr_matrix, rows: np.ndarray, row: SparseRow) -> np.ndarray:
    """For each of these rows the sum of what `row` holds at its columns; float32, shape (n_rows,)."""
    from recsys.sparse_loops import total_of_rows

    out = np.zeros(len(rows), np.float32)
    place = _TABLES.of(matrix.shape[1])
    total_of_rows(matrix.indptr, matrix.indices, rows, row.at, row.values, place, out)
    return out


def left_of_lists(
    by_song: sp.csr_matrix, parts: sp.csr_matrix, columns: np.ndarray, shared: SparseRow,
    weights: np.ndarray, root_lengths: np.ndarray, sharpness: float,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Similarities of lists to a query less each of its parts, added up for each song that a list holds.

    Parameters
    ----------
    by_song : CSR, shape (n_songs, n_lists)
    parts : CSR, shape (n_parts, n_songs)
    columns : int array, shape (n_columns,)
        Songs, each once.
    shared : SparseRow
        What each list shares with the whole query.
    weights, root_lengths : float32 arrays
        Of those lists; similarity is weight times (what is shared over the root) ** sharpness.

    Returns
    -------
    found : float32 array, shape (n_parts, n_columns)
        Sum over the lists that hold the song.
    total : float64 array, shape (n_parts,)
        Sum over all lists.
    """
    from recsys.sparse_loops import leave_parts_out

    found = np.zeros((parts.shape[0], len(columns)), np.float64)
    total = np.zeros(parts.shape[0], np.float64)
    place = _TABLES.of(by_song.shape[1])
    matrix = (by_song.indptr, by_song.indices, by_song.data)
    leave_parts_out(
        *matrix, parts.indptr, parts.indices, parts.data, np.asarray(columns, dtype=np.int64), place,
        shared.at, shared.values, weights, root_lengths, sharpness, found, total,
    )  # fmt: skip
    return np.maximum(found, 0.0).astype(np.float32), np.maximum(total, 0.0)


class Columns:
    """Columns at which the rows of several matrices are read, for one answer.

    Attributes
    ----------
    at : int array, shape (n_columns,)
        Any order; a column may come twice.
    """

    def __init__(self, at: np.ndarray) -> None:
        self.at = np.asarray(at, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.at)

    def of(self, matrix: sp.csr_matrix, rows: np.ndarray) -> np.ndarray:
        """matrix[rows][:, columns], dense; float32, shape (n_rows, n_columns)."""
        from recsys.sparse_loops import gather_rows_at

        out = np.zeros((len(rows), len(self)), np.float32)
        place = _TABLES.of(matrix.shape[1])
        gather_rows_at(matrix.indptr, matrix.indices, matrix.data, rows, self.at, place, out)
        return out


def block(matrix: sp.csr_matrix, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """matrix[rows][:, columns], dense; float32, shape (n_rows, n_columns)."""
    return Columns(columns).of(matrix, rows)


def compact(query: sp.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """The rows that any case asks with, and their weights in each case; int64, and float32 of shape
    (n_cases, n_rows).
    """
    if query.shape[0] == 1:
        order = np.argsort(query.indices)
        rows = query.indices[order]
        if not (rows[1:] == rows[:-1]).any():
            return rows.astype(np.int64), query.data[None, order].astype(np.float32)
    rows, place = np.unique(query.indices, return_inverse=True)
    weights = np.zeros((query.shape[0], len(rows)), np.float32)
    case = np.repeat(np.arange(query.shape[0]), np.diff(query.indptr))
    np.add.at(weights, (case, place), query.data)
    return rows.astype(np.int64), weights
