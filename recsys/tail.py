"""The long tail: songs in too few lists to learn a vector from, stood in for by the songs beside them.

A song in one or two lists gets a noisy vector, and as a candidate it takes the place of songs that are
better known (docs/song2vec.md has the figures). So the models learn a vocabulary, and each song outside it
is described by the vocabulary songs of its lists: as a seed it asks for what they ask for, in the song space
it lies at their mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from recsys.cooccurrence import keep_top
from recsys.corpus import Corpus
from recsys.song2vec import unit

# The vocabulary should keep at least this share of all places in lists.
LEAST_KEPT = 0.3
MIN_COUNTS = (3, 2, 1)
# A mean of songs lies near all of them, so the tail would crowd every neighbourhood: its cosines count in
# part.
TAIL_TRUST = 2.0 / 3.0
NEIGHBOURS = 20
# Songs of the tail that are described together: each has all songs of its lists beside it for a moment.
_SONGS_AT_ONCE = 50_000


@dataclass(frozen=True)
class Tail:
    """Songs outside the vocabulary.

    Attributes
    ----------
    song_ids : int64 array, shape (n_tail,)
        Ascending.
    stand_ins : float32 CSR, shape (n_tail, n_songs)
        Weights of the vocabulary songs that stand in for each; rows sum to 1, or to 0 where there are none.
    """

    song_ids: np.ndarray
    stand_ins: sp.csr_matrix

    def vectors(self, vectors: np.ndarray) -> np.ndarray:
        """Unit vectors of the tail, given those of the vocabulary; zeros for songs without stand-ins."""
        return unit(np.asarray(self.stand_ins @ vectors))

    def save(self, path: Path) -> None:
        """Write to one .npz file."""
        m = self.stand_ins
        np.savez(path, song_ids=self.song_ids, data=m.data, indices=m.indices, indptr=m.indptr, shape=m.shape)

    @classmethod
    def load(cls, path: Path) -> Tail:
        """Read back what `save` wrote."""
        with np.load(path) as a:
            matrix = sp.csr_matrix((a["data"], a["indices"], a["indptr"]), shape=tuple(a["shape"]))
            return cls(a["song_ids"], matrix)


def choose_min_count(corpus: Corpus) -> int:
    """In how many lists a song must stand to be learned: 3, or less where that would drop seven tenths of
    all places.
    """
    counts = corpus.counts()
    for min_count in MIN_COUNTS:
        if counts[counts >= min_count].sum() >= LEAST_KEPT * corpus.n_tokens:
            return min_count
    return MIN_COUNTS[-1]


def trust(counts: np.ndarray) -> np.ndarray:
    """How much a score counts for a song in so many lists: a third, two thirds, all of it from 3 lists on.

    Where even songs in one list had to be learned, what two lists agree on goes before what one says.
    float32.
    """
    return np.asarray(np.minimum(counts / MIN_COUNTS[0], 1.0), dtype=np.float32)


def split_tail(corpus: Corpus, min_count: int) -> tuple[Corpus, Tail]:
    """Part a corpus into the vocabulary, with its lists, and the tail.

    Parameters
    ----------
    corpus : Corpus
        Every list, with every song.
    min_count : int
        Songs in at least so many lists are vocabulary.
    """
    vocabulary = corpus.restrict(min_count)
    in_vocabulary = np.isin(corpus.song_ids, vocabulary.song_ids)
    incidence = corpus.incidence()
    stand_ins = stand_ins_of(corpus, incidence[:, ~in_vocabulary], incidence[:, in_vocabulary])
    return vocabulary, Tail(corpus.song_ids[~in_vocabulary], stand_ins)


def stand_ins_of(corpus: Corpus, in_tail: sp.csr_matrix, in_vocabulary: sp.csr_matrix) -> sp.csr_matrix:
    """Weights of the vocabulary songs beside each song of the tail (`Tail.stand_ins`).

    Parameters
    ----------
    in_tail, in_vocabulary : CSR
        Which songs of each kind stand in each list of the corpus: lists x songs.
    """
    # One weight a list, shared out among its songs: a stand-in from a short list says more.
    weight = corpus.weights() / np.maximum(corpus.lengths, 1)
    weighted = sp.csr_matrix(sp.diags(weight) @ in_vocabulary)
    by_song = sp.csr_matrix(in_tail.T)
    blocks = [
        strongest(sp.csr_matrix(by_song[start : start + _SONGS_AT_ONCE] @ weighted))
        for start in range(0, by_song.shape[0], _SONGS_AT_ONCE)
    ]
    if len(blocks) == 1:
        return blocks[0]
    return sp.csr_matrix(sp.vstack(blocks)) if blocks else strongest(sp.csr_matrix(by_song @ weighted))


def strongest(beside: sp.csr_matrix) -> sp.csr_matrix:
    """The twenty largest weights of each row, summing to 1; rows of nothing stay so."""
    kept = keep_top(beside, NEIGHBOURS)
    total = np.asarray(kept.sum(1)).ravel()
    return sp.csr_matrix(sp.diags(1.0 / np.where(total > 0, total, 1.0)) @ kept, dtype=np.float32)
