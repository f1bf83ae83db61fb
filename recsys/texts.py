"""Texts as models read them: sentence vectors and words, and two ways from either to a place.

A `Ridge` (Hoerl & Kennedy, Technometrics 1970) reads the meaning of a whole sentence and generalises; a
`WordTable` knows what a single word, such as the name of an artist, stood for. Places are deviations from the
mean of the songs, so a word that could mean anything lies near zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

_MOST_WORDS, _LONGEST_WORD = 40_000, 40
_MOST_TAGS = 1_000


@dataclass(frozen=True)
class Texts:
    """Texts as models read them: unit sentence vectors, shape (n, text_dim), words, and weights of tags."""

    vectors: np.ndarray
    words: Sequence[Sequence[str]]
    tags: Sequence[Mapping[str, float]] | None = None

    def __len__(self) -> int:
        return len(self.words)

    def take(self, rows: np.ndarray) -> Texts:
        """The texts of these rows."""
        tags = None if self.tags is None else [self.tags[row] for row in rows]
        return Texts(self.vectors[rows], [self.words[row] for row in rows], tags)


@dataclass(frozen=True)
class Ridge:
    """A linear map from sentence vectors to deviations: (v - mean) @ weights.

    `mean` has shape (text_dim,), `weights` (text_dim, dim), both float32.
    """

    mean: np.ndarray
    weights: np.ndarray

    def place(self, vectors: np.ndarray) -> np.ndarray:
        """Deviations from the mean of the targets, float32, shape (n, dim)."""
        return np.asarray((vectors - self.mean) @ self.weights, dtype=np.float32)


def fit_ridge(vectors: np.ndarray, targets: np.ndarray, weights: np.ndarray, *, shrink: float) -> Ridge:
    """Minimise sum_i w_i |t_i - b - W v_i|^2 + shrink |W|^2; the offset b is not kept (module docstring)."""
    vectors, targets = vectors.astype(np.float64), targets.astype(np.float64)
    total = max(float(weights.sum()), 1e-12)
    mean, offset = weights @ vectors / total, weights @ targets / total
    centred = vectors - mean
    weighted = centred * weights[:, None]
    gram = weighted.T @ centred + shrink * np.eye(vectors.shape[1])
    found = np.linalg.solve(gram, weighted.T @ (targets - offset))
    return Ridge(mean.astype(np.float32), found.astype(np.float32))


@dataclass(frozen=True)
class WordTable:
    """What single words stood for.

    Attributes
    ----------
    words : tuple of str
        Each once.
    vectors : float32 array, shape (n_words, dim)
        Deviations, shrunk towards zero and multiplied by the word's idf.
    """

    words: tuple[str, ...]
    vectors: np.ndarray

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """Row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    def place(self, texts: Sequence[Sequence[str]]) -> np.ndarray:
        """Sum of the vectors of each text's words, float32, shape (n, dim); zero where none is known."""
        return np.asarray(incidence(texts, self.row_of) @ self.vectors, dtype=np.float32)


@dataclass(frozen=True)
class TagRidge:
    """A linear map from the weights of a song's tags to deviations; untagged songs lie nowhere.

    `mean` is the mean weight of each tag among tagged songs, shape (n_tags,).
    """

    table: WordTable
    mean: np.ndarray

    def place(self, tags: Sequence[Mapping[str, float]] | None, n: int) -> np.ndarray:
        """Deviations, float32, shape (n, dim); zero for songs without a known tag."""
        if tags is None or not len(self.mean):
            return np.zeros((n, self.table.vectors.shape[1]), np.float32)
        holds = _weights(tags, self.table.row_of)
        placed = np.asarray(holds @ self.table.vectors) - self.mean @ self.table.vectors
        return np.asarray(placed * (np.diff(holds.indptr) > 0)[:, None], dtype=np.float32)


def fit_tags(tags: Sequence[Mapping[str, float]] | None, places: np.ndarray, *, shrink: float) -> TagRidge:
    """Ridge regression of deviations, shape (n_songs, dim), on the most frequent tags of the tagged songs."""
    counts = Counter(tag for of_song in tags or () for tag in of_song)
    kept = [tag for tag, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_MOST_TAGS]]
    dim = places.shape[1]
    if tags is None or not kept:
        return TagRidge(WordTable((), np.zeros((0, dim), np.float32)), np.zeros(0, np.float32))
    holds = _weights(tags, {tag: row for row, tag in enumerate(kept)})
    tagged = np.flatnonzero(np.diff(holds.indptr))
    holds, n = sp.csr_matrix(holds[tagged], dtype=np.float64), len(tagged)
    mean = np.asarray(holds.sum(0)).ravel() / n
    gram = (holds.T @ holds).toarray() - n * np.outer(mean, mean) + shrink * np.eye(len(kept))
    right = holds.T @ places[tagged] - n * np.outer(mean, places[tagged].mean(0))
    found = np.linalg.solve(gram, right)
    return TagRidge(WordTable(tuple(kept), found.astype(np.float32)), mean.astype(np.float32))


def _weights(tags: Sequence[Mapping[str, float]], row_of: Mapping[str, int]) -> sp.csr_matrix:
    """Songs x tags, the weight of each; tags not in `row_of` are passed over."""
    pairs = [
        (song, row_of[tag], weight)
        for song, of in enumerate(tags)
        for tag, weight in of.items()
        if tag in row_of
    ]
    rows, columns, data = zip(*pairs, strict=True) if pairs else ((), (), ())
    shape = (len(tags), len(row_of))
    return sp.csr_matrix(
        (np.array(data, np.float32), (np.array(rows, int), np.array(columns, int))), shape=shape
    )


def incidence(texts: Sequence[Sequence[str]], row_of: Mapping[str, int]) -> sp.csr_matrix:
    """Texts x words, 1 where the text holds the word; words not in `row_of` are passed over."""
    found = [list(dict.fromkeys(row_of[word] for word in words if word in row_of)) for words in texts]
    indptr = np.concatenate([[0], np.cumsum([len(rows) for rows in found])]).astype(np.int64)
    indices = np.array([row for rows in found for row in rows], dtype=np.int64)
    data = np.ones(len(indices), np.float32)
    return sp.csr_matrix((data, indices, indptr), shape=(len(texts), len(row_of)))


def fit_words(
    songs: Sequence[Sequence[str]],
    song_places: np.ndarray,
    names: Sequence[Sequence[str]] = (),
    name_places: np.ndarray | None = None,
    *,
    name_weight: float = 1.0,
    doubt: float,
) -> WordTable:
    """Learn a vector for every word from the deviations of the songs, and of the names, that hold it.

    A word of n songs and m names gets (S + w T) / (n + w m + d) times its idf, where S and T are the sums of
    the deviations, shape (dim,), w is `name_weight` and d is `doubt`: so many songs' worth of nothing.
    """
    name_places = np.zeros((0, song_places.shape[1])) if name_places is None else name_places
    counts: dict[str, float] = {}
    for texts, weight in ((names, name_weight), (songs, 1.0)):
        for words in texts:
            for word in dict.fromkeys(words):
                if len(word) <= _LONGEST_WORD:
                    counts[word] = counts.get(word, 0.0) + weight
    kept = sorted(sorted(counts), key=lambda word: -counts[word])[:_MOST_WORDS]
    row_of = {word: row for row, word in enumerate(kept)}
    in_names, in_songs = incidence(names, row_of), incidence(songs, row_of)
    evidence = name_weight * np.asarray(in_names.sum(0)).ravel() + np.asarray(in_songs.sum(0)).ravel()
    means = (name_weight * (in_names.T @ name_places) + in_songs.T @ song_places) / (evidence + doubt)[
        :, None
    ]
    idf = np.log1p((name_weight * len(names) + len(songs)) / (evidence + 0.5 * name_weight))
    return WordTable(tuple(kept), np.asarray(means * idf[:, None], dtype=np.float32))
