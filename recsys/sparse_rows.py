"""Rows of large sparse matrices, read without a product over whole matrices: what one answer needs of them.

scipy's products and column slices cost as much as the matrix has columns; an answer needs the rows of some
dozen songs, at some hundred columns.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp


def sum_rows(matrix: sp.csr_matrix, rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum of these rows, each with its weight; float32, shape (n_columns,)."""
    from recsys.sparse_loops import add_rows

    out = np.zeros(matrix.shape[1], np.float32)
    add_rows(matrix.indptr, matrix.indices, matrix.data, rows, weights.astype(np.float32), out)
    return out


class Columns:
    """Columns at which the rows of several matrices are read, for one answer.

    Attributes
    ----------
    at : int array, shape (n_columns,)
        Any order; a column may come twice.
    """

    def __init__(self, at: np.ndarray, n: int) -> None:
        self.at = at
        self._place = np.full(n, -1, dtype=np.int32)
        self._place[at] = np.arange(len(at), dtype=np.int32)
        # The last place of each column: other than its own where a column comes twice.
        last = self._place[at]
        self._again = None if (last == np.arange(len(at))).all() else last

    def __len__(self) -> int:
        return len(self.at)

    def of(self, matrix: sp.csr_matrix, rows: np.ndarray) -> np.ndarray:
        """matrix[rows][:, columns], dense; float32, shape (n_rows, n_columns)."""
        from recsys.sparse_loops import gather_rows

        out = np.zeros((len(rows), len(self)), np.float32)
        gather_rows(matrix.indptr, matrix.indices, matrix.data, rows, self._place, out)
        return out if self._again is None else out[:, self._again]


def block(matrix: sp.csr_matrix, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """matrix[rows][:, columns], dense; float32, shape (n_rows, n_columns)."""
    return Columns(columns, matrix.shape[1]).of(matrix, rows)


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
