"""Rows of large sparse matrices, read without a product over whole matrices: what one answer needs of them.

scipy's products and column slices cost as much as the matrix has columns; an answer needs the rows of some
dozen songs, at some hundred columns.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp


def entries(matrix: sp.csr_matrix, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the entries of these rows stand in `matrix.indices` and `matrix.data`, and how many each has."""
    starts = matrix.indptr[rows].astype(np.int64)
    lengths = matrix.indptr[np.asarray(rows) + 1] - starts
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum())), lengths


def sum_rows(matrix: sp.csr_matrix, rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum of these rows, each with its weight; float32, shape (n_columns,)."""
    return np.asarray(matrix[rows].T @ weights.astype(np.float32), dtype=np.float32)


def block(matrix: sp.csr_matrix, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """matrix[rows][:, columns], dense; float32, shape (n_rows, n_columns)."""
    distinct, again = np.unique(columns, return_inverse=True)
    if len(distinct) < len(columns):
        return block(matrix, rows, distinct)[:, again]
    place = np.full(matrix.shape[1], -1, dtype=np.int32)
    place[columns] = np.arange(len(columns), dtype=np.int32)
    at, lengths = entries(matrix, rows)
    to = place[matrix.indices[at]]
    kept = np.flatnonzero(to >= 0)
    out = np.zeros((len(rows), len(columns)), np.float32)
    out[np.repeat(np.arange(len(rows)), lengths)[kept], to[kept]] = matrix.data[at[kept]]
    return out


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
