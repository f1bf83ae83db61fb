"""Continuing a list: the blend of song2vec and co-occurrence that answers `continue` and scores
`recommend`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from recsys.blend import scale_of
from recsys.components import Component
from recsys.query import build_query


@dataclass(frozen=True)
class Continuation:
    """Components and the weight of each.

    Components of weight 0 are never computed.
    """

    components: Mapping[str, Component]
    weights: Mapping[str, float]
    n_songs: int

    def __post_init__(self) -> None:
        unknown = set(self.weights) - set(self.components)
        if unknown:
            raise ValueError(f"weights for unknown components: {sorted(unknown)}")

    def score(
        self,
        seen: Sequence[np.ndarray],
        weights: Sequence[np.ndarray] | None = None,
        *,
        shown: Sequence[np.ndarray] | None = None,
    ) -> np.ndarray:
        """Score every song for each case; float32, shape (n_cases, n_songs).

        `shown` are the rows that are no candidates, by default all that are `seen`: a song that only stands
        in for one of the tail was not shown itself, and is a good candidate. A case without songs gets the
        scores of popularity alone, zeros where popularity has no weight.
        """
        query = build_query(seen, self.n_songs, weights)
        total, _ = self.score_query(query, None if shown is None else build_query(shown, self.n_songs))
        return total

    def __call__(self, seen: Sequence[np.ndarray]) -> np.ndarray:
        """`score` without weights: a `recsys.evaluate.Scorer`."""
        return self.score(seen)

    def score_query(
        self, query: sp.csr_matrix, shown: sp.csr_matrix | None = None
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Score every song, and return the scale of each component, shape (n_cases, 1), for
        `score_columns`.
        """
        total = np.zeros(query.shape, np.float32)
        scales: dict[str, np.ndarray] = {}
        no_candidates = (query if shown is None else shown).nonzero()
        for name, weight in self.weights.items():
            if weight <= 0:
                continue
            scores = self.components[name].scores(query)
            # Songs already shown are no candidates and must not set the scale.
            scores[no_candidates] = 0.0
            scales[name] = scale_of(scores)
            total += (weight / scales[name]) * scores
        return total, scales

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

    def score_candidates(self, query: sp.csr_matrix, columns: np.ndarray) -> np.ndarray:
        """Score some songs only, scaled among themselves; float32, shape (n_cases, n_columns).

        For candidates that hold every case's best songs the order is that of `score`.
        """
        total = np.zeros((query.shape[0], len(columns)), np.float32)
        for name, weight in self.weights.items():
            if weight > 0:
                scores = self.components[name].scores(query, columns)
                total += (weight / scale_of(scores)) * scores
        return total
