"""The signals that the continuation blend adds up, each a score of every song for a query of songs.

A component answers `scores(query, columns)`: query CSR (n_cases, n_songs) with rows summing to 1
(recsys/query.py), columns an int array or None for all songs -> float32, shape (n_cases, n_columns), not
negative, larger is better. All are plain functions of what stands together in lists:

- `Popularity`  log(1 + weighted number of lists that hold j)
- `Neighbours`  sum_i q_i S[i, j], S the normalised co-occurrence (recsys/cooccurrence.py): of what stands
  together, and of what comes after what
- `Lists`       playlists as neighbours: sum_u s_u X[u, j], s_u the similarity of list u to the query
- `Vectors`     song2vec, input against output: sum_i q_i p(j | i), a mixture of softmaxes at temperature T
- `Factors`     implicit ALS, the query folded in as an unseen list (recsys/factors.py)
- `Makers`      the artists beside the query's, the same artist, the same album (recsys/makers.py)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.sparse as sp

from recsys.cooccurrence import count_after, count_together, similarity, song_weights
from recsys.corpus import Corpus
from recsys.factors import Factors
from recsys.facts import SongFacts
from recsys.leaving_out import LeavesOut, Sum
from recsys.makers import beside_makers, same_maker
from recsys.song2vec import SongVectors
from recsys.sparse_rows import (
    Columns,
    SparseRow,
    compact,
    left_of_lists,
    sum_rows_at,
    sum_rows_sparsely,
    totals_of_rows,
)

# The one signal that reads a list in its order, there only where it helps (recsys/song_transformer.py).
TRANSFORMER = "transformer"


class Component(Protocol):
    """One signal of the blend."""

    def scores(self, query: sp.csr_matrix, columns: np.ndarray | None = None) -> np.ndarray:
        """Scores of the songs in `columns` (all by default) for each case."""
        ...


@dataclass(frozen=True)
class Popularity(LeavesOut):
    """The same order for everybody, flattened by the logarithm."""

    weights: np.ndarray

    def scores(self, query: sp.csr_matrix, columns: np.ndarray | None = None) -> np.ndarray:
        """See the module docstring."""
        values = np.log1p(self.weights if columns is None else self.weights[columns]).astype(np.float32)
        return np.tile(values, (query.shape[0], 1))

    def scores_without(self, query: sp.csr_matrix, parts: sp.csr_matrix, columns: np.ndarray) -> np.ndarray:
        """See `LeavesOut`: nothing changes."""
        return self.scores(parts, columns)


@dataclass(frozen=True)
class Neighbours(Sum):
    """Songs that stand in the same lists as the query's, or after them: linear in the query."""

    matrix: sp.csr_matrix

    def scores(self, query: sp.csr_matrix, columns: np.ndarray | None = None) -> np.ndarray:
        """See the module docstring."""
        if columns is None:
            return np.asarray(sp.csr_matrix(query @ self.matrix).toarray())
        rows, weights = compact(query)
        if len(weights) == 1:
            # Adding up whole rows is quicker than picking many columns out of each.
            return sum_rows_at(self.matrix, rows, weights[0], columns)[None]
        return np.asarray(weights @ self.terms(rows, Columns(columns)))

    def terms(self, rows: np.ndarray, columns: Columns) -> np.ndarray:
        """See `Sum`."""
        return columns.of(self.matrix, rows)


@dataclass(frozen=True)
class Lists(LeavesOut):
    """Playlists like the query (neighbourhood by user; Jannach & Ludewig, RecSys 2017).

    Similarity of list u is (sum_i q_i idf_i X[u, i] / sqrt(|u|)) ** sharpness, times the list's weight:
    sharp, so that lists with several of the query's songs count far more than those with one.
    """

    incidence: sp.csr_matrix
    by_song: sp.csr_matrix
    lengths: np.ndarray
    weights: np.ndarray
    popularity: np.ndarray
    sharpness: float = 3.0
    damping: float = 0.2

    @classmethod
    def build(cls, corpus: Corpus) -> Lists:
        """Prepare the lists of a corpus."""
        incidence = corpus.incidence()
        document_frequency = np.maximum(corpus.counts(), 1)
        idf = np.log1p(corpus.n_lists / document_frequency).astype(np.float32)
        by_song = sp.csr_matrix((incidence @ sp.diags(idf)).T, dtype=np.float32)
        lengths = np.maximum(corpus.lengths, 1).astype(np.float32)
        return cls(incidence, by_song, lengths, corpus.weights(), song_weights(corpus))

    def scores(self, query: sp.csr_matrix, columns: np.ndarray | None = None) -> np.ndarray:
        """See the module docstring."""
        if columns is not None and query.shape[0] == 1:
            shared = sum_rows_sparsely(self.by_song, query.indices, query.data)
            alike = SparseRow(shared.at, self._similar(shared.values, shared.at), shared.n_columns)
            held = totals_of_rows(self.by_song, columns, alike)
            return self._scaled(held[None], alike.values.sum(keepdims=True, dtype=np.float64), columns)
        overlap = sp.csr_matrix(query @ self.by_song)
        closeness = self._similar(overlap.data, overlap.indices)
        similar = sp.csr_matrix((closeness, overlap.indices, overlap.indptr), shape=overlap.shape)
        total = np.asarray(similar.sum(1)).ravel()
        found = sp.csr_matrix(similar @ self.incidence)
        return self._scaled((found if columns is None else found[:, columns]).toarray(), total, columns)

    def scores_without(self, query: sp.csr_matrix, parts: sp.csr_matrix, columns: np.ndarray) -> np.ndarray:
        """See `LeavesOut`: only the lists that hold a song of a part are weighed anew."""
        shared = sum_rows_sparsely(self.by_song, query.indices, query.data)
        lists = shared.at
        found, total = left_of_lists(
            self.by_song, parts, columns, shared, self.weights[lists], np.sqrt(self.lengths[lists]),
            self.sharpness,
        )  # fmt: skip
        return self._scaled(found, total, columns)

    def _scaled(self, found: np.ndarray, total: np.ndarray, columns: np.ndarray | None) -> np.ndarray:
        popularity = self.popularity if columns is None else self.popularity[columns]
        found = found / np.maximum(total, 1e-20)[:, None]
        return np.asarray(found / np.maximum(popularity, 1.0) ** self.damping, dtype=np.float32)

    def _similar(self, overlap: np.ndarray, lists: np.ndarray | None = None) -> np.ndarray:
        """How much each list counts that shares so much with the query."""
        lengths = self.lengths if lists is None else self.lengths[lists]
        weights = self.weights if lists is None else self.weights[lists]
        close = overlap / np.sqrt(lengths)
        # A power of 3 by products: ten times as quick.
        sharp = close * close * close if self.sharpness == 3.0 else close**self.sharpness
        return np.asarray(sharp * weights, dtype=np.float32)


@dataclass(frozen=True)
class Vectors(Sum):
    """song2vec's conditional distribution, averaged over the query's songs.

    `log_normaliser[i]` is log sum_j exp(logit_ij / temperature), kept so that a few columns can be scored
    alone.
    """

    input: np.ndarray
    output: np.ndarray
    prior: np.ndarray
    log_normaliser: np.ndarray
    temperature: float = 2.0

    @classmethod
    def build(cls, vectors: SongVectors, *, temperature: float = 2.0) -> Vectors:
        """Prepare the vectors; the normaliser costs n_songs ** 2 products, on a sample of songs when there
        are many.
        """
        prior = (vectors.ns_exponent * np.log(np.maximum(vectors.counts, 0.5))).astype(np.float32)
        # A zero output vector would score a song that was never trained on above all that do not fit.
        prior[vectors.counts == 0] = _NEVER
        n_songs = len(prior)
        step = max(1, n_songs // _NORMALISER_SONGS)
        output, part = vectors.output[::step], prior[::step]
        log_normaliser = np.empty(n_songs, np.float32)
        for start, stop in _blocks(n_songs, 1024):
            logits = (vectors.input[start:stop] @ output.T + part) / temperature
            peak = logits.max(1, keepdims=True)
            log_normaliser[start:stop] = (peak[:, 0] + np.log(np.exp(logits - peak).sum(1))) + np.log(step)
        return cls(vectors.input, vectors.output, prior, log_normaliser, temperature)

    def scores(self, query: sp.csr_matrix, columns: np.ndarray | None = None) -> np.ndarray:
        """See the module docstring."""
        n_columns = len(self.output) if columns is None else len(columns)
        out = np.zeros((query.shape[0], n_columns), np.float32)
        if columns is not None:
            rows, weights = compact(query)
            for start, stop in _blocks(len(rows), 64):
                out += weights[:, start:stop] @ self.pairs(rows[start:stop], columns)
            return out
        for case in range(query.shape[0]):
            part = slice(query.indptr[case], query.indptr[case + 1])
            rows, weights = query.indices[part], query.data[part]
            for start, stop in _blocks(len(rows), 64):
                out[case] += weights[start:stop] @ self.pairs(rows[start:stop], columns)
        return out

    def terms(self, rows: np.ndarray, columns: Columns) -> np.ndarray:
        """See `Sum`."""
        return self.pairs(rows, columns.at)

    def pairs(self, rows: np.ndarray, columns: np.ndarray | None = None) -> np.ndarray:
        """p(column | row), float32, shape (n_rows, n_columns)."""
        output = self.output if columns is None else self.output[columns]
        prior = self.prior if columns is None else self.prior[columns]
        # In place: at a thousand columns making the arrays costs more than filling them.
        logits = np.asarray(self.input[rows] @ output.T, dtype=np.float32)
        logits += prior
        logits /= np.float32(self.temperature)
        logits -= self.log_normaliser[rows, None]
        np.minimum(logits, 0.0, out=logits)
        return np.exp(logits, out=logits)


# The softmax's normaliser is summed over so many songs to twice as many: exact below, sampled above.
_NORMALISER_SONGS = 20_000
# Logit of a song that song2vec has not seen: its probability is zero.
_NEVER = np.float32(-1e4)


def _blocks(n: int, size: int) -> Iterator[tuple[int, int]]:
    for start in range(0, n, size):
        yield start, min(start + size, n)


def build_components(
    corpus: Corpus,
    facts: SongFacts,
    vectors: Vectors,
    factors: Factors,
    *,
    together: sp.csr_matrix | None = None,
    after: sp.csr_matrix | None = None,
) -> dict[str, Component]:
    """Every component of the blend by name.

    Parameters
    ----------
    facts : SongFacts
        Of the corpus's songs, in its order.
    vectors, factors
        Fitted on the corpus.
    together, after : CSR, optional
        Its counts (recsys/cooccurrence.py) where they are there already.
    """
    weights = song_weights(corpus)
    together = count_together(corpus) if together is None else together
    after = count_after(corpus) if after is None else after
    return {
        "popularity": Popularity(weights),
        "together": Neighbours(similarity(together, weights, alpha=0.3, shrink=2.0)),
        "together_cosine": Neighbours(similarity(together, weights, alpha=0.5, shrink=2.0)),
        "after": Neighbours(similarity(after, weights, alpha=0.3, shrink=2.0)),
        "after_cosine": Neighbours(similarity(after, weights, alpha=0.5, shrink=2.0)),
        "lists": Lists.build(corpus),
        "song2vec": vectors,
        "factors": factors,
        "artists": beside_makers(corpus, facts.artists),
        "same_artist": same_maker(corpus, facts.artists),
        "same_album": same_maker(corpus, facts.albums),
    }
