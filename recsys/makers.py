"""Artists and albums as signals: who stands beside whom, and more of the same.

Songs in few lists have hardly a neighbour of their own, but their artists have many. Three components of the
blend (recsys/components.py):

- `artists`  sum_i q_i S[a_i, a_j] * share_j ** .7, S the cosine co-occurrence of different artists in lists,
  share_j the song's part of its artist's places in lists
- `same artist`, `same album`  the share of the query by song j's artist (album), times share_j ** .5

An artist that is not known is nobody else's: such songs score 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from recsys.cooccurrence import count_together, similarity, song_weights
from recsys.corpus import Corpus
from recsys.facts import numbered
from recsys.leaving_out import Sum
from recsys.sparse_rows import Columns, block, compact, sum_rows_at

_AMONG_ARTISTS, _SAME = 0.7, 0.5
_SHRINK = 2.0


@dataclass(frozen=True)
class Makers(Sum):
    """One of the signals.

    Attributes
    ----------
    membership : float32 CSR, shape (n_songs, n_makers)
        1 where the song is by this maker.
    makers : int64 array, shape (n_songs,)
        The column of each song.
    share : float32 array, shape (n_songs,)
        What the maker's score is multiplied by; 0 where the maker is unknown.
    beside : float32 CSR, shape (n_makers, n_makers), or None
        Similarity of different makers; None asks for the same one.
    """

    membership: sp.csr_matrix
    makers: np.ndarray
    share: np.ndarray
    beside: sp.csr_matrix | None

    def scores(self, query: sp.csr_matrix, columns: np.ndarray | None = None) -> np.ndarray:
        """Scores of the songs in `columns` (all by default) for each case; float32."""
        if columns is not None:
            return self._some(*compact(query), columns)
        asked = sp.csr_matrix(query @ self.membership)
        found = asked if self.beside is None else sp.csr_matrix(asked @ self.beside)
        return np.asarray(found.toarray()[:, self.makers] * self.share, dtype=np.float32)

    def _some(self, rows: np.ndarray, weights: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """`scores` of a few songs: first each maker's part of the query, then what stands beside it."""
        known = self.membership.indptr[rows + 1] > self.membership.indptr[rows]
        asked, place = np.unique(self.makers[rows[known]], return_inverse=True)
        if not len(asked):
            return np.zeros((len(weights), len(columns)), np.float32)
        weights_of = np.zeros((len(weights), len(asked)), np.float32)
        np.add.at(weights_of.T, place, weights[:, known].T)
        makers = self.makers[columns]
        if self.beside is None:
            at = np.minimum(np.searchsorted(asked, makers), len(asked) - 1)
            found = np.where(asked[at] == makers, weights_of[:, at], 0.0)
        elif len(weights) == 1:
            found = sum_rows_at(self.beside, asked, weights_of[0], makers)[None]
        else:
            wanted, place = np.unique(makers, return_inverse=True)
            found = (weights_of @ block(self.beside, asked, wanted))[:, place]
        return np.asarray(found * self.share[columns], dtype=np.float32)

    def terms(self, rows: np.ndarray, columns: Columns) -> np.ndarray:
        """See `Sum`: a song has one maker at most, so rows of `beside` are enough."""
        asked, makers = self.makers[rows], self.makers[columns.at]
        if self.beside is None:
            found = np.asarray(asked[:, None] == makers, dtype=np.float32)
        else:
            distinct, place = np.unique(makers, return_inverse=True)
            by, again = np.unique(asked, return_inverse=True)
            found = Columns(distinct).of(self.beside, by)[again][:, place]
        found *= self.share[columns.at]
        # An unknown maker has a number, but no song.
        found[self.membership.indptr[rows + 1] == self.membership.indptr[rows]] = 0.0
        return np.asarray(found)


def same_maker(corpus: Corpus, makers: np.ndarray) -> Makers:
    """More by the same artist, or from the same album.

    Parameters
    ----------
    makers : int array, shape (n_songs,)
        Of each song of the corpus; negative is unknown.
    """
    return _makers(corpus, makers, _SAME, None)


def beside_makers(corpus: Corpus, makers: np.ndarray) -> Makers:
    """More by the artists that stand in the same lists."""
    found = _makers(corpus, makers, _AMONG_ARTISTS, None)
    lists = _lists_of_makers(corpus, found)
    beside = similarity(count_together(lists), song_weights(lists), alpha=0.5, shrink=_SHRINK)
    return Makers(found.membership, found.makers, found.share, beside)


def _lists_of_makers(corpus: Corpus, found: Makers) -> Corpus:
    """The lists with known makers in the place of songs, each once."""
    known = np.diff(found.membership.indptr)[corpus.rows] > 0
    bounds = np.concatenate([[0], np.cumsum(known)])[corpus.indptr]
    makers = found.makers[corpus.rows[known]].astype(np.int32)
    n_makers = found.membership.shape[1]
    held = sp.csr_matrix((np.ones(len(makers), np.int8), makers, bounds), shape=(corpus.n_lists, n_makers))
    held.sum_duplicates()
    return Corpus(np.arange(n_makers), held.indptr, held.indices, corpus.groups, corpus.sources)


def _makers(corpus: Corpus, makers: np.ndarray, power: float, beside: sp.csr_matrix | None) -> Makers:
    own = numbered(makers)
    n_songs, n_makers = len(own), int(own.max(initial=-1)) + 1
    known = np.flatnonzero(makers >= 0)
    membership = sp.csr_matrix(
        (np.ones(len(known), np.float32), (known, own[known])), shape=(n_songs, n_makers)
    )
    weights = song_weights(corpus)
    total = np.bincount(own, weights=weights, minlength=n_makers)
    share = np.where(makers >= 0, weights / np.maximum(total[own], 1e-6), 0.0) ** power
    return Makers(membership, own, share.astype(np.float32), beside)
