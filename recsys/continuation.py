"""Continuing a list: the blend of song2vec and co-occurrence, its best songs put in order by the ranker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from recsys.blend import scale_of
from recsys.components import TRANSFORMER, Component
from recsys.features import SongFeatures
from recsys.leaving_out import LeavesOut, Sum
from recsys.query import build_query
from recsys.ranker import REACH, Ranker
from recsys.rules import member
from recsys.sparse_rows import Columns, compact

# Scores held in memory at once: cases x songs x components.
_SCORES_AT_ONCE = 50_000_000
# What subtracting leaves of a weight that was taken out.
_NOTHING = 1e-7


@dataclass(frozen=True)
class Continuation:
    """Components, the weight of each, and the ranker with what it sees; None where it does not count.

    Without a ranker components of weight 0 are never computed.
    """

    components: Mapping[str, Component]
    weights: Mapping[str, float]
    n_songs: int
    features: SongFeatures | None = None
    ranker: Ranker | None = None

    def __post_init__(self) -> None:
        unknown = set(self.weights) - set(self.components)
        if unknown:
            raise ValueError(f"weights for unknown components: {sorted(unknown)}")

    def for_tastes(self) -> Continuation:
        """The same for taste profiles: without the ranker and the transformer, which have learned from lists
        in their order. A taste is longer, and has none.
        """
        components = {name: one for name, one in self.components.items() if name != TRANSFORMER}
        weights = {name: weight for name, weight in self.weights.items() if name != TRANSFORMER}
        return Continuation(components, weights, self.n_songs)

    def score(
        self,
        seen: Sequence[np.ndarray],
        weights: Sequence[np.ndarray] | None = None,
        *,
        shown: Sequence[np.ndarray] | None = None,
        trust: np.ndarray | None = None,
    ) -> np.ndarray:
        """Score every song for each case; float32, shape (n_cases, n_songs).

        The ranker puts the best songs in order; they share out among them the scores that the blend gave
        them, so that scores fall as before and mean what they meant.

        Parameters
        ----------
        seen : sequence of int arrays
            Rows of the songs of each case, in order.
        weights : sequence of float arrays, optional
            Of each of these songs.
        shown : sequence of int arrays, optional
            Rows that are no candidates, by default all that are seen: a song that only stands in for one of
            the tail was not shown itself, and is a good candidate.
        trust : float array, shape (n_songs,), optional
            What the blend's scores are multiplied by.

        A case without songs gets the scores of popularity alone, zeros where popularity has no weight.
        """
        step = max(1, _SCORES_AT_ONCE // max(1, self.n_songs * len(self.components)))
        blocks = []
        for start in range(0, len(seen), step):
            part = slice(start, start + step)
            query = build_query(seen[part], self.n_songs, None if weights is None else weights[part])
            hidden = None if shown is None else build_query(shown[part], self.n_songs)
            signals, scales = self._signals(query, hidden, every=self.ranker is not None)
            total = self._add_up(signals, scales, query.shape)
            if trust is not None:
                total *= trust
            if self.ranker is not None:
                for case in range(query.shape[0]):
                    scaled = [scores[case] / scales[name][case] for name, scores in signals.items()]
                    own = None if weights is None else weights[start + case]
                    not_shown = seen[start + case] if shown is None else shown[start + case]
                    self._put_in_order(total[case], seen[start + case], own, scaled, not_shown)
            blocks.append(total)
        return np.concatenate([*blocks, np.zeros((0, self.n_songs), np.float32)])

    def _put_in_order(
        self,
        total: np.ndarray,
        seen: np.ndarray,
        weights: np.ndarray | None,
        scaled: Sequence[np.ndarray],
        no_candidates: np.ndarray,
    ) -> None:
        """Let the ranker order the best songs of one case, in place."""
        assert self.ranker is not None
        assert self.features is not None
        if len(seen) == 0:
            return
        open_ = total.copy()
        open_[no_candidates] = -np.inf
        reach = min(REACH, len(open_) - len(np.unique(no_candidates)))
        if reach < 2:
            return
        best = np.sort(np.argpartition(-open_, reach - 1)[:reach])
        best = best[np.argsort(-open_[best], kind="stable")]
        signals = np.stack([scores[best] for scores in scaled])
        features = self.features.of(seen, best, signals, total[best], weights=weights)
        order = np.argsort(-self.ranker.scores(features), kind="stable")
        total[best[order]] = total[best]

    def __call__(self, seen: Sequence[np.ndarray]) -> np.ndarray:
        """`score` without weights: a `recsys.evaluate.Scorer`."""
        return self.score(seen)

    def score_query(
        self, query: sp.csr_matrix, shown: sp.csr_matrix | None = None
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Score every song by the blend alone, and return the scale of each component that counts, shape
        (n_cases, 1), for `score_columns`.
        """
        signals, scales = self._signals(query, shown, every=False)
        return self._add_up(signals, scales, query.shape), scales

    def _signals(
        self, query: sp.csr_matrix, shown: sp.csr_matrix | None, *, every: bool
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Scores of every song by each component that counts, or by `every` one, and their scales."""
        signals: dict[str, np.ndarray] = {}
        scales: dict[str, np.ndarray] = {}
        no_candidates = (query if shown is None else shown).nonzero()
        for name, component in self.components.items():
            if not every and self.weights.get(name, 0.0) <= 0:
                continue
            scores = component.scores(query)
            # Songs already shown are no candidates and must not set the scale.
            scores[no_candidates] = 0.0
            scales[name] = scale_of(scores)
            signals[name] = scores
        return signals, scales

    def _add_up(
        self, signals: Mapping[str, np.ndarray], scales: Mapping[str, np.ndarray], shape: tuple[int, int]
    ) -> np.ndarray:
        total = np.zeros(shape, np.float32)
        for name, scores in signals.items():
            if (weight := self.weights.get(name, 0.0)) > 0:
                total += (weight / scales[name]) * scores
        return total

    def score_columns(
        self, query: sp.csr_matrix, columns: np.ndarray, scales: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Each component's share in the score of a few songs, float32, shape (n_cases, n_columns), at given
        scales.
        """
        return {
            name: (self.weights[name] / scale) * self.components[name].scores(query, columns)
            for name, scale in scales.items()
        }

    def leave_out(
        self, parts: sp.csr_matrix, columns: np.ndarray, scales: Mapping[str, np.ndarray], *, most: int
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """`score_columns` of a query, and the scores that are left without each of its first parts.

        Parameters
        ----------
        parts : CSR, shape (n_parts, n_songs)
            The query is their sum.
        most : int
            So many of the parts are left out, one at a time; the rest of the query stays as it is.

        Returns
        -------
        full : dict of float32 arrays, shape (1, n_columns)
        left : float32 array, shape (min(most, n_parts), n_columns)
            The sum over the components.
        """
        rows, added = compact(parts)
        weights = added.sum(0, keepdims=True)
        query = sp.csr_matrix((weights[0], rows, [0, len(rows)]), shape=(1, parts.shape[1]))
        # The first row takes nothing out: its scores are those of the whole query.
        some = parts[:most]
        tried = sp.csr_matrix(
            (some.data, some.indices, np.concatenate([[0], some.indptr])), (len(some.indptr), parts.shape[1])
        )
        added = added[:most]
        at = Columns(columns)
        full, left = {}, np.zeros((len(added), len(columns)), np.float32)
        for name, scale in scales.items():
            component, factor = self.components[name], self.weights[name] / scale
            if isinstance(component, Sum):
                terms = factor * component.terms(rows, at)
                full[name] = weights @ terms
                left += full[name] - added @ terms
                continue
            if isinstance(component, LeavesOut):
                found = factor * component.scores_without(query, tried, columns)
            else:
                found = factor * component.scores(_less(query, tried), columns)
            full[name] = found[:1]
            left += found[1:]
        return full, left

    def score_candidates(
        self, query: sp.csr_matrix, columns: np.ndarray
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Score some songs only, float32, shape (n_cases, n_columns), and return the scales, for
        `score_columns`.

        Scales are those of the candidates that are not in the query. For candidates that hold every case's
        best songs scores and scales are those of `score`.
        """
        total = np.zeros((query.shape[0], len(columns)), np.float32)
        scales: dict[str, np.ndarray] = {}
        cases = range(query.shape[0])
        asked = [query.indices[query.indptr[case] : query.indptr[case + 1]] for case in cases]
        hidden = np.array([member(columns, rows) for rows in asked], dtype=bool).reshape(total.shape)
        for name, weight in self.weights.items():
            if weight > 0:
                scores = self.components[name].scores(query, columns)
                scales[name] = scale_of(np.where(hidden, np.float32(0.0), scores))
                total += (weight / scales[name]) * scores
        return total, scales


def _less(query: sp.csr_matrix, parts: sp.csr_matrix) -> sp.csr_matrix:
    """The query less each of its parts."""
    if not parts.shape[0]:
        return parts
    left = sp.csr_matrix(sp.vstack([query] * parts.shape[0]) - parts)
    left.data[left.data < _NOTHING] = 0.0
    left.eliminate_zeros()
    return left
