"""Loops over rows of sparse matrices, compiled: numpy and scipy pass over the same numbers several times.

Compiled by numba when first called, and kept beside this file, so that it takes a second once a machine.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def add_rows(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, rows: np.ndarray, weights: np.ndarray,
    out: np.ndarray,
) -> None:  # fmt: skip
    """Add each of these rows, times its weight, to `out`, float32, shape (n_columns,)."""
    for i in range(len(rows)):
        weight = weights[i]
        for at in range(indptr[rows[i]], indptr[rows[i] + 1]):
            out[indices[at]] += weight * data[at]


@njit(cache=True, nogil=True)
def gather_rows_at(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, rows: np.ndarray, columns: np.ndarray,
    place: np.ndarray, out: np.ndarray,
) -> None:  # fmt: skip
    """Write the entries of these rows at these columns to `out`, float32, shape (n_rows, n_kept); a column
    may come twice.

    `place`, int32, is as long as the matrix is wide, and -1 everywhere before and after.
    """
    for j in range(len(columns)):
        place[columns[j]] = j
    for i in range(len(rows)):
        for at in range(indptr[rows[i]], indptr[rows[i] + 1]):
            to = place[indices[at]]
            if to >= 0:
                out[i, to] = data[at]
        for j in range(len(columns)):
            out[i, j] = out[i, place[columns[j]]]
    for j in range(len(columns)):
        place[columns[j]] = -1


@njit(cache=True, nogil=True)
def add_rows_at(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, rows: np.ndarray, weights: np.ndarray,
    columns: np.ndarray, place: np.ndarray, out: np.ndarray,
) -> None:  # fmt: skip
    """Add each of these rows, times its weight, to `out`, float32, shape (n_kept,); see `gather_rows_at`."""
    for j in range(len(columns)):
        place[columns[j]] = j
    for i in range(len(rows)):
        weight = weights[i]
        for at in range(indptr[rows[i]], indptr[rows[i] + 1]):
            to = place[indices[at]]
            if to >= 0:
                out[to] += weight * data[at]
    for j in range(len(columns)):
        out[j] = out[place[columns[j]]]
    for j in range(len(columns)):
        place[columns[j]] = -1


@njit(cache=True, nogil=True)
def add_rows_sparsely(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, rows: np.ndarray, weights: np.ndarray,
    place: np.ndarray, columns: np.ndarray, sums: np.ndarray,
) -> int:  # fmt: skip
    """Add each of these rows, times its weight, and return how many columns that touches.

    Those are written to `columns`, and what they come to to `sums`, in the order in which they are met; both
    have room for all entries of the rows. `place` as in `gather_rows_at`.
    """
    n = 0
    for i in range(len(rows)):
        weight = weights[i]
        for at in range(indptr[rows[i]], indptr[rows[i] + 1]):
            to = place[indices[at]]
            if to < 0:
                to = n
                place[indices[at]] = n
                columns[n] = indices[at]
                sums[n] = 0.0
                n += 1
            sums[to] += weight * data[at]
    for j in range(n):
        place[columns[j]] = -1
    return n


@njit(cache=True, nogil=True)
def look_up(
    at: np.ndarray, values: np.ndarray, columns: np.ndarray, place: np.ndarray, out: np.ndarray
) -> None:
    """Write to `out` the value at each column, of values that stand at `at`, each once; others stay. `place`
    as in `gather_rows_at`.
    """
    for j in range(len(at)):
        place[at[j]] = j
    for j in range(len(columns)):
        where = place[columns[j]]
        if where >= 0:
            out[j] = values[where]
    for j in range(len(at)):
        place[at[j]] = -1


@njit(cache=True, nogil=True)
def total_of_rows(
    indptr: np.ndarray, indices: np.ndarray, rows: np.ndarray, at: np.ndarray, values: np.ndarray,
    place: np.ndarray, out: np.ndarray,
) -> None:  # fmt: skip
    """For each row the sum of the values at its columns, float32, shape (n_rows,); `values` stand at the
    columns `at`, each once, and are 0 elsewhere. `place` as in `gather_rows_at`.
    """
    for j in range(len(at)):
        place[at[j]] = j
    for i in range(len(rows)):
        total = np.float32(0.0)
        for one in range(indptr[rows[i]], indptr[rows[i] + 1]):
            where = place[indices[one]]
            if where >= 0:
                total += values[where]
        out[i] = total
    for j in range(len(at)):
        place[at[j]] = -1
