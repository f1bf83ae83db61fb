"""Features of (query, song): what the ranker's trees see of a candidate (recsys/ranker.py).

A query is a list of songs in their order, or a taste profile. Four blocks of pairs (song of the query,
candidate) are each summed up over the query: co-occurrence, what comes after what, song2vec's conditional
probability, and the cosine in the song space. `mean` weighs a song of the query as the query does, `late`
prefers the end of the list, `last` is its last song alone, `best` the largest, `support` the share of the
query with any evidence. Beside them stand the blend's own signals, what is known of the candidate alone, and
facts of the whole query, which let a tree trust one signal in short lists and another in long ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from recsys.blend import scale_of
from recsys.components import Component, Neighbours, Vectors
from recsys.cooccurrence import song_weights
from recsys.corpus import Corpus
from recsys.facts import SongFacts, numbered
from recsys.song2vec import unit

# A song so many places before the end of a list counts this much less than the one after it.
LATE = 0.7
_SPARSE = ("together_cosine", "after_cosine")
_ALONE = (
    "log lists",
    "log artist's lists",
    "log artist's songs",
    "share of artist",
    "log length of its lists",
)
_PAIR = ("same artist", "same artist as last", "same album", "other version")
_QUERY = ("songs", "log lists of songs", "different artists", "coherence", "evidence")

GROUPS: Mapping[str, str] = {
    "blend": "the blend's score and place",
    "signals": "each signal of the blend",
    "order": "late, last and best of the query's songs",
    "space": "places in the song space",
    "song": "popularity and what is known of the song alone",
    "makers": "artist, album and version beside the query's",
    "query": "facts of the whole query",
}


@dataclass(frozen=True)
class SongFeatures:
    """Everything that features are made of, for one vocabulary.

    Attributes
    ----------
    components : mapping
        Of the blend, by name.
    weights : float32 array, shape (n_songs,)
        Weighted number of lists that hold each song.
    mean_length : float32 array, shape (n_songs,)
        Mean length of these lists.
    vectors : float32 array, shape (n_songs, dim)
        Unit vectors.
    """

    components: Mapping[str, Component]
    facts: SongFacts
    weights: np.ndarray
    mean_length: np.ndarray
    vectors: np.ndarray

    @classmethod
    def build(
        cls, components: Mapping[str, Component], corpus: Corpus, facts: SongFacts, input_vectors: np.ndarray
    ) -> SongFeatures:
        """Prepare the features of a corpus's songs; `facts` in the order of its songs."""
        incidence = corpus.incidence()
        lengths = corpus.lengths.astype(np.float32)
        mean_length = (incidence.T @ lengths) / np.maximum(corpus.counts(), 1)
        return cls(
            components, facts, song_weights(corpus), mean_length.astype(np.float32), unit(input_vectors)
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each column of `of` holds."""
        return tuple(name for name, _ in self._named)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The group (key of `GROUPS`) of each column of `of`."""
        return tuple(group for _, group in self._named)

    @cached_property
    def _named(self) -> list[tuple[str, str]]:
        named = [("blend", "blend"), ("log place", "blend")]
        named += [(name, "signals") for name in self.components]
        named += [(f"{one} {how}", "order") for one in _SPARSE for how in ("late", "last", "best", "support")]
        named += [(f"song2vec {how}", "order") for how in ("late", "last", "best")]
        named += [(f"cosine {how}", "space") for how in ("mean", "late", "last", "best")]
        named += [(name, "song") for name in _ALONE]
        named += [(name, "makers") for name in _PAIR]
        return named + [(f"query: {name}", "query") for name in _QUERY]

    @cached_property
    def _alone(self) -> np.ndarray:
        artists = numbered(self.facts.artists)
        total = np.bincount(artists, weights=self.weights)
        songs = np.bincount(artists)
        share = self.weights / np.maximum(total[artists], 1e-6)
        columns = (
            np.log1p(self.weights), np.log1p(total[artists]), np.log1p(songs[artists]), share,
            np.log1p(self.mean_length),
        )  # fmt: skip
        return np.column_stack(columns).astype(np.float32)

    def of(
        self,
        seen: np.ndarray,
        rows: np.ndarray,
        signals: np.ndarray,
        blend: np.ndarray,
        *,
        weights: np.ndarray | None = None,
        late: np.ndarray | None = None,
    ) -> np.ndarray:
        """Features of the candidates of one query.

        Parameters
        ----------
        seen : int array, shape (n_seen,)
            Rows of the query's songs, in order; at least one.
        rows : int array, shape (n_rows,)
            Candidates, in falling `blend`.
        signals : float32 array, shape (n_components, n_rows)
            Scores by the components, each divided by its scale (`recsys.blend.scale_of`).
        blend : float32 array, shape (n_rows,)
            The blend's scores.
        weights, late : float arrays, shape (n_seen,), optional
            How much each song of the query counts in all, and for what comes next; by default equally, and
            falling by 0.7 from the end.

        Returns
        -------
        float32 array, shape (n_rows, n_features)
        """
        n = len(seen)
        weights = np.full(n, 1.0 / n, np.float32) if weights is None else weights / weights.sum()
        late = LATE ** np.arange(n - 1, -1, -1) if late is None else late
        late = (late / late.sum()).astype(np.float32)
        last = int(np.argmax(late)) if late[-1] < late.max() else n - 1
        columns = [blend, np.log1p(np.arange(len(rows), dtype=np.float32)), *signals]
        position = np.full(len(self.weights), -1, dtype=np.int64)
        position[rows] = np.arange(len(rows))
        evidence = np.zeros(n, dtype=bool)
        for name in _SPARSE:
            component = self.components[name]
            assert isinstance(component, Neighbours)
            block = _block(component.matrix, seen, position, len(rows))
            scale = _scale(weights @ block)
            there = block > 0
            evidence |= there.any(1)
            columns += [late @ block / scale, block[last] / scale, block.max(0), weights @ there]
        song2vec = self.components["song2vec"]
        assert isinstance(song2vec, Vectors)
        block = song2vec.pairs(seen, rows)
        scale = _scale(weights @ block)
        columns += [late @ block / scale, block[last] / scale, block.max(0) / scale]
        cosine = self.vectors[seen] @ self.vectors[rows].T
        columns += [weights @ cosine, late @ cosine, cosine[last], cosine.max(0)]
        columns += list(self._alone[rows].T)
        columns += self._pairs(seen, rows, weights, last)
        columns += [np.full(len(rows), value) for value in self._query(seen, weights, evidence)]
        return np.column_stack(columns).astype(np.float32)

    def _pairs(self, seen: np.ndarray, rows: np.ndarray, weights: np.ndarray, last: int) -> list[np.ndarray]:
        facts = self.facts

        def same(values: np.ndarray) -> np.ndarray:
            return np.asarray((values[seen][:, None] == values[rows]) & (values[rows] >= 0))

        artist = same(facts.artists)
        version = same(facts.recordings).any(0)
        return [weights @ artist, artist[last], weights @ same(facts.albums), version]

    def _query(self, seen: np.ndarray, weights: np.ndarray, evidence: np.ndarray) -> list[float]:
        artists = self.facts.artists[seen]
        different = (len(np.unique(artists[artists >= 0])) + int((artists < 0).sum())) / len(seen)
        centre = weights @ self.vectors[seen]
        return [
            float(len(seen)),
            float(weights @ np.log1p(self.weights[seen])),
            different,
            float(centre @ centre),
            float(evidence.mean()),
        ]


def _scale(mean: np.ndarray) -> float:
    return float(scale_of(np.asarray(mean, dtype=np.float32)[None])[0, 0])


def _block(matrix: sp.csr_matrix, seen: np.ndarray, position: np.ndarray, n_rows: int) -> np.ndarray:
    """The rows `seen` of a sparse matrix at the columns that have a position; dense float32."""
    starts, stops = matrix.indptr[seen], matrix.indptr[seen + 1]
    lengths = stops - starts
    at = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) + np.arange(
        lengths.sum()
    )
    column = position[matrix.indices[at]]
    kept = column >= 0
    block = np.zeros((len(seen), n_rows), np.float32)
    block[np.repeat(np.arange(len(seen)), lengths)[kept], column[kept]] = matrix.data[at[kept]]
    return block
