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

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

from recsys.corpus import Corpus

# Pairs of places held in memory at once: some 40 bytes each.
_PAIRS_AT_ONCE = 8_000_000
# With more pairs of places than this each song keeps its strongest neighbours alone, so that all together are
# no more than `_KEPT` (8 bytes each): a million lists of 66 songs have some 9e9 pairs.
_EXACT_PAIRS = 200_000_000
_KEPT = 100_000_000
_KEPT_AT_LEAST = 64


def song_weights(corpus: Corpus) -> np.ndarray:
    """Weighted number of lists that hold each song, float32, shape (n_songs,)."""
    tokens = np.repeat(corpus.weights(), corpus.lengths)
    return np.bincount(corpus.rows, weights=tokens, minlength=corpus.n_songs).astype(np.float32)


def count_together(corpus: Corpus) -> sp.csr_matrix:
    """Weighted number of lists that hold both songs; float32 CSR, sorted, symmetric, empty diagonal.

    On very large corpora a row holds its strongest neighbours (`strongest_kept`), and is not symmetric.
    """
    incidence = corpus.incidence()
    weighted = sp.csr_matrix((sp.diags(corpus.weights()) @ incidence).T, dtype=np.float32)
    pairs = incidence.T @ corpus.lengths
    most, counts = strongest_kept(float(pairs.sum()), corpus.n_songs), corpus.counts()
    blocks = []
    for start, stop in _blocks(pairs):
        block = sp.csr_matrix(weighted[start:stop] @ incidence, dtype=np.float32)
        row = np.repeat(np.arange(start, stop), np.diff(block.indptr))
        blocks.append(_kept(block, block.indices != row, counts, most))
    return _stacked(blocks, corpus.n_songs)


def count_after(corpus: Corpus) -> sp.csr_matrix:
    """Weighted number of lists in which the column's song comes after the row's; float32 CSR, sorted.

    On very large corpora a row holds its strongest neighbours, as in `count_together`.
    """
    n = corpus.n_songs
    weights = np.repeat(corpus.weights(), corpus.lengths)
    following = np.repeat(corpus.indptr[1:], corpus.lengths) - np.arange(corpus.n_tokens) - 1
    pairs = np.bincount(corpus.rows, weights=following, minlength=n)
    most, counts = strongest_kept(float(2 * pairs.sum()), n), corpus.counts()
    by_song = np.argsort(corpus.rows, kind="stable")
    first = np.concatenate([[0], np.cumsum(counts)])
    blocks = []
    for start, stop in _blocks(pairs):
        places = by_song[first[start] : first[stop]]
        each = following[places]
        begins = np.cumsum(each) - each
        after = corpus.rows[np.repeat(places + 1 - begins, each) + np.arange(each.sum())]
        row = np.repeat(corpus.rows[places] - start, each)
        data = np.repeat(weights[places], each)
        block = sp.csr_matrix((data, (row, after)), shape=(stop - start, n), dtype=np.float32)
        blocks.append(_kept(block, None, counts, most))
    return _stacked(blocks, n)


def strongest_kept(n_pairs: float, n_songs: int) -> int | None:
    """How many neighbours a song keeps in a corpus of so many pairs of places; None for all of them."""
    return None if n_pairs <= _EXACT_PAIRS else max(_KEPT_AT_LEAST, _KEPT // max(n_songs, 1))


def _blocks(pairs: np.ndarray) -> Iterator[tuple[int, int]]:
    """Ranges of songs with so many pairs together as are held at once, or of one song with more."""
    ends = np.cumsum(pairs)
    start = 0
    while start < len(ends):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _PAIRS_AT_ONCE, side="right")))
        yield start, stop
        start = stop


def _kept(
    block: sp.csr_matrix, mask: np.ndarray | None, counts: np.ndarray, most: int | None
) -> sp.csr_matrix:
    """The entries of a block that stay: those of the mask, and of each row the `most` with the largest
    cosine.
    """
    lengths = np.diff(block.indptr)
    kept = np.ones(block.nnz, dtype=bool) if mask is None else mask
    if most is not None:
        closeness = block.data / np.sqrt(np.maximum(counts[block.indices], 1))
        closeness[~kept] = -1.0
        for row in np.flatnonzero(lengths > most).tolist():
            part = slice(block.indptr[row], block.indptr[row + 1])
            dropped = np.argpartition(-closeness[part], most - 1)[most:]
            kept[part.start + dropped] = False
    held = np.concatenate([[0], np.cumsum(kept)])
    indptr = held[block.indptr]
    own = sp.csr_matrix((block.data[kept], block.indices[kept], indptr), shape=block.shape)
    own.sort_indices()
    return own


def _stacked(blocks: list[sp.csr_matrix], n: int) -> sp.csr_matrix:
    if not blocks:
        return sp.csr_matrix((n, n), dtype=np.float32)  # type: ignore[arg-type]
    return sp.csr_matrix(blocks[0] if len(blocks) == 1 else sp.vstack(blocks, format="csr"))


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
