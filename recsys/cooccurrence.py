"""Sparse co-occurrence: which songs stand in the same lists, and which come after which.

`count_together` gives C[i, j], the weighted number of lists with both songs; `count_after` gives D[i, j],
those in which j comes after i, so D + D.T = C off the diagonal. A set list or a broadcast is read forwards,
a bag of favourites is not: both counts are kept and the blend decides (recsys/continuation.py). Counts
become similarities by

    S[i, j] = C[i, j] / (c_i ** (1 - alpha) * c_j ** alpha + shrink)

which is the conditional p(j | i) for alpha = 0 and the cosine for alpha = .5 (Aiolli, RecSys 2013,
asymmetric cosine).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys.corpus import Corpus

# Pairs held in memory at once while counting what comes after what: some 40 bytes each.
_PAIRS_AT_ONCE = 4_000_000


def song_weights(corpus: Corpus) -> np.ndarray:
    """Weighted number of lists that hold each song, float32, shape (n_songs,)."""
    tokens = np.repeat(corpus.weights(), corpus.lengths)
    return np.bincount(corpus.rows, weights=tokens, minlength=corpus.n_songs).astype(np.float32)


def count_together(corpus: Corpus) -> sp.csr_matrix:
    """Weighted number of lists that hold both songs; float32 CSR, sorted, symmetric, empty diagonal."""
    incidence = corpus.incidence()
    weighted = sp.csr_matrix(sp.diags(corpus.weights()) @ incidence)
    together = sp.csr_matrix(weighted.T @ incidence, dtype=np.float32)
    together = sp.csr_matrix(together - sp.diags(together.diagonal()), dtype=np.float32)
    together.eliminate_zeros()
    together.sort_indices()
    return together


def count_after(corpus: Corpus) -> sp.csr_matrix:
    """Weighted number of lists in which the column's song comes after the row's; float32 CSR, sorted."""
    n = corpus.n_songs
    total: Any = sp.csr_matrix((n, n), dtype=np.float32)  # type: ignore[arg-type]
    weights = np.repeat(corpus.weights(), corpus.lengths)
    following = np.repeat(corpus.indptr[1:], corpus.lengths) - np.arange(corpus.n_tokens) - 1
    pairs = np.concatenate([[0], np.cumsum(following)])
    start = 0
    # Blocks of places, not of lists: one very long list is counted in parts.
    while start < corpus.n_tokens:
        stop = int(np.searchsorted(pairs, pairs[start] + _PAIRS_AT_ONCE, side="right")) - 1
        stop = max(start + 1, stop)
        each = following[start:stop]
        first = np.arange(start, stop) + 1 - (pairs[start:stop] - pairs[start])
        after = corpus.rows[np.repeat(first, each) + np.arange(pairs[stop] - pairs[start])]
        before = np.repeat(corpus.rows[start:stop], each)
        data = np.repeat(weights[start:stop], each)
        total = total + sp.csr_matrix((data, (before, after)), shape=(n, n))
        start = stop
    total.sort_indices()
    return sp.csr_matrix(total)


def similarity(
    counts: sp.csr_matrix, weights: np.ndarray, *, alpha: float, shrink: float, top: int | None = None
) -> sp.csr_matrix:
    """Normalise co-occurrence counts (module docstring) and keep the `top` neighbours of each row.

    Without `top` the answer shares the positions of its entries with `counts`: several similarities of one
    count cost one array each.

    Parameters
    ----------
    counts : CSR, shape (n_songs, n_songs)
    weights : float array, shape (n_songs,)
        Weighted number of lists that hold each song.
    """
    safe = np.maximum(weights, 1e-6).astype(np.float32)
    scale = np.repeat(safe ** (1.0 - alpha), np.diff(counts.indptr))
    scale *= (safe**alpha)[counts.indices]
    scale += shrink
    values = np.asarray(np.divide(counts.data, scale, out=scale), dtype=np.float32)
    scaled = sp.csr_matrix((values, counts.indices, counts.indptr), shape=counts.shape)
    return scaled if top is None else keep_top(scaled, top)


def keep_top(matrix: sp.csr_matrix, top: int) -> sp.csr_matrix:
    """Keep the `top` largest entries of each row; ties go to the smaller column."""
    matrix = matrix.sorted_indices()
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, row))
    rank = np.arange(len(order)) - matrix.indptr[row[order]]
    kept = order[rank < top]
    return sp.csr_matrix((matrix.data[kept], (row[kept], matrix.indices[kept])), shape=matrix.shape)
