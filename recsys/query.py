"""A query: the songs that an answer starts from, each with a weight. One row a case, CSR, rows summing to
1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp


def build_query(
    seen: Sequence[np.ndarray], n_songs: int, weights: Sequence[np.ndarray] | None = None
) -> sp.csr_matrix:
    """Gather cases into a query matrix.

    Parameters
    ----------
    seen : sequence of int arrays
        Rows of the songs of each case; may be empty.
    weights : sequence of float arrays, optional
        Weight of each of these songs, not negative; 1 by default.

    Returns
    -------
    float32 CSR, shape (n_cases, n_songs)
        Each row sums to 1, or to 0 for a case without songs or without weight.

    Raises
    ------
    ValueError
        A row outside 0..n_songs-1 (sparse products would read past their arrays), or a weight that is
        negative or not finite.
    """
    lengths = np.array([len(rows) for rows in seen], dtype=np.int64)
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    rows = np.concatenate([*seen, np.zeros(0, np.int64)]).astype(np.int64)
    if len(rows) and not 0 <= rows.min() <= rows.max() < n_songs:
        raise ValueError(f"rows must lie in 0..{n_songs - 1}, got {rows.min()}..{rows.max()}")
    if weights is None:
        data = np.ones(len(rows), dtype=np.float32)
    else:
        data = np.concatenate([*weights, np.zeros(0, np.float32)]).astype(np.float32)
    if not (np.isfinite(data).all() and (data >= 0).all()):
        raise ValueError("weights must be finite and not negative")
    totals = np.add.reduceat(np.append(data, 0.0), indptr[:-1]) if len(seen) else np.zeros(0)
    totals = np.where((lengths > 0) & (totals > 0), totals, 1.0)
    return sp.csr_matrix(
        (data / np.repeat(totals, lengths).astype(np.float32), rows, indptr), shape=(len(seen), n_songs)
    )
