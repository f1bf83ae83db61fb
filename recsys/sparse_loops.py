"""Loops over rows of sparse matrices, compiled: numpy and scipy pass over the same numbers several times.

Compiled by numba when first called, and kept beside this file, so that it takes a second once a machine.
"""

from __future__ import annotations

import numpy as np
from numba import njit


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


@njit(cache=True, nogil=True)
def leave_parts_out(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray,
    part_indptr: np.ndarray, part_indices: np.ndarray, part_data: np.ndarray,
    columns: np.ndarray, place: np.ndarray, at: np.ndarray, shared: np.ndarray, weights: np.ndarray,
    root_lengths: np.ndarray, sharpness: float, found: np.ndarray, total: np.ndarray,
) -> None:  # fmt: skip
    """See `recsys.sparse_rows.left_of_lists`; writes `found` and `total`. `place` as in `gather_rows_at`."""
    n, n_columns = len(at), len(columns)
    close = np.empty(n, np.float64)
    for t in range(n):
        place[at[t]] = t
        close[t] = weights[t] * (shared[t] / root_lengths[t]) ** sharpness
    # Which of the columns each list holds: chains through `following`, for songs stand in few lists.
    n_held = 0
    for j in range(n_columns):
        n_held += indptr[columns[j] + 1] - indptr[columns[j]]
    first = np.full(n, -1, np.int64)
    following = np.empty(n_held, np.int64)
    column_of = np.empty(n_held, np.int64)
    n_held = 0
    everything = close.sum()
    whole = np.zeros(n_columns, np.float64)
    for j in range(n_columns):
        for one in range(indptr[columns[j]], indptr[columns[j] + 1]):
            t = place[indices[one]]
            if t >= 0:
                whole[j] += close[t]
                column_of[n_held] = j
                following[n_held] = first[t]
                first[t] = n_held
                n_held += 1
    own = np.zeros(n, np.float64)
    for p in range(len(total)):
        total[p] = everything
        for j in range(n_columns):
            found[p, j] = whole[j]
        # A part may be of several songs, and a list may hold more than one of them.
        for i in range(part_indptr[p], part_indptr[p + 1]):
            song = part_indices[i]
            for one in range(indptr[song], indptr[song + 1]):
                t = place[indices[one]]
                if t >= 0:
                    own[t] += part_data[i] * data[one]
        for i in range(part_indptr[p], part_indptr[p + 1]):
            song = part_indices[i]
            for one in range(indptr[song], indptr[song + 1]):
                t = place[indices[one]]
                if t < 0 or own[t] == 0.0:
                    continue
                rest = max(shared[t] - own[t], 0.0)
                own[t] = 0.0
                lost = close[t] - weights[t] * (rest / root_lengths[t]) ** sharpness
                total[p] -= lost
                held = first[t]
                while held >= 0:
                    found[p, column_of[held]] -= lost
                    held = following[held]
        if total[p] <= 1e-12 * everything:  # Nothing is left but what rounding leaves.
            total[p] = 0.0
            found[p] = 0.0
    for t in range(n):
        place[at[t]] = -1
