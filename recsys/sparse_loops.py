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
def gather_rows(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, rows: np.ndarray, place: np.ndarray,
    out: np.ndarray,
) -> None:  # fmt: skip
    """Write the entries of these rows to `out`, float32, shape (n_rows, n_kept), at the places of their
    columns; -1 is none.
    """
    for i in range(len(rows)):
        for at in range(indptr[rows[i]], indptr[rows[i] + 1]):
            to = place[indices[at]]
            if to >= 0:
                out[i, to] = data[at]
