"""Candidates: a thousand songs worth scoring for a user, each with the retriever that found it.

Retrievers, in the order in which they are credited: songs near each interest, songs near the overall taste,
songs that stand beside a listened one in lists, songs that song2vec expects beside them (output vectors),
songs of the same artists, songs of users with a similar taste. What several retrievers find is kept once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from recsys.index import VectorIndex
from recsys.rules import Catalogue
from recsys.sparse_rows import SparseRow, sum_rows_sparsely
from recsys.taste import TasteProfile

RETRIEVERS = ("interest", "taste", "together", "expected", "artist", "similar users")
# How many songs of a profile the list-wise retrievers start from.
_SEEDS = 50
# From so many interests on each of them, and each mean of all songs, brings half as much.
_MANY = 3
# One retriever in six: what it misses another finds.
_EF_SEARCH = 48


@dataclass(frozen=True)
class Candidates:
    """Rows of the vocabulary, ascending, and for each the number of its retriever in `RETRIEVERS`."""

    rows: np.ndarray
    retrievers: np.ndarray


def gather_candidates(
    profile: TasteProfile,
    query: sp.csr_matrix,
    *,
    index: VectorIndex,
    output_index: VectorIndex,
    input_vectors: np.ndarray,
    together: sp.csr_matrix,
    catalogue: Catalogue,
    from_similar_users: np.ndarray,
    each: int = 200,
) -> Candidates:
    """Collect candidates for one profile.

    Parameters
    ----------
    query : CSR, shape (1, n_songs)
        The profile as the blend is asked (recsys/query.py).
    index, output_index : VectorIndex
        Over the unit input vectors (vocabulary, then tail) and over the output vectors.
    input_vectors : float32 array, shape (n_songs, dim)
        As trained, for the output index.
    together : CSR, shape (n_songs, n_songs)
        Similarities by co-occurrence.
    from_similar_users : int array
        Rows of songs that users with a similar taste listen to.
    each : int
        Songs a retriever may bring, for each vector where it has several; by co-occurrence twice as many.
    """
    n_songs = query.shape[1]
    scores = sum_rows_sparsely(together, query.indices, query.data)
    interests = [interest.vector for interest in profile.interests]
    means = [vector for vector in (profile.overall, profile.recent) if vector.any()]
    # What many vectors find overlaps, and a search takes as long as it brings songs.
    few = each if len(interests) < _MANY else each // 2
    found: list[np.ndarray] = [
        _near(interests, index, few, n_songs),
        _near(means, index, few, n_songs),
        _together(scores, each),
        _near([query @ input_vectors] if query.nnz else [], output_index, each, n_songs),
        _same_artists(query, catalogue, scores, each, n_songs),
        from_similar_users[:each],
    ]
    number = np.repeat(np.arange(len(found)), [len(rows) for rows in found])
    every = np.concatenate(found)
    inside = (every >= 0) & (every < n_songs)
    # The first of each row is that of its first retriever: a table of all songs takes longer.
    rows, first = np.unique(every[inside], return_index=True)
    return Candidates(rows, number[inside][first])


def _near(vectors: list[np.ndarray], index: VectorIndex, each: int, n_songs: int) -> np.ndarray:
    """Rows of the vocabulary nearest to each vector; the tail, which crowds the first places, is passed
    over.
    """
    if not vectors or len(index) == 0:
        return np.zeros(0, dtype=np.int64)
    reach = each if len(index) <= n_songs else 4 * each
    rows, _ = index.search(np.vstack(vectors), min(reach, len(index)), ef_search=_EF_SEARCH)
    return np.concatenate([found[(found >= 0) & (found < n_songs)][:each] for found in rows])


def _together(scores: SparseRow, each: int) -> np.ndarray:
    reach = 2 * each
    if len(scores.at) <= reach:
        return scores.at
    return np.asarray(scores.at[np.argpartition(-scores.values, reach - 1)[:reach]])


def _same_artists(
    query: sp.csr_matrix, catalogue: Catalogue, scores: SparseRow, each: int, n_songs: int
) -> np.ndarray:
    """Songs of the profile's artists, those that stand beside it most first: some artists have thousands."""
    heaviest = query.indices[np.argsort(-query.data, kind="stable")[:_SEEDS]]
    songs = np.sort(catalogue.songs_by(catalogue.artists[heaviest]))
    songs = songs[songs < n_songs]
    return np.asarray(songs[np.argsort(-scores[songs], kind="stable")[:each]])
