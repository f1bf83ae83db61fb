"""How much to trust each component: weights of a linear blend, learned on held-back lists.

A case's scores of one component are divided by the mean of their 100 best, so that components of any scale
can be added; the blend is their weighted sum. The weights are those that maximise NDCG@100 on held-back
cases, by coordinate ascent from equal weights, averaged over bootstrap samples of the cases' groups
(bagging; Breiman, 1996): with few groups a single ascent follows their noise (docs/song2vec.md has the
figures).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.components import Component
from recsys.evaluate import Case, K, metrics_of
from recsys.query import build_query

# Used where there are too few held-back cases to learn from: about what development data sets agree on.
DEFAULT_WEIGHTS: dict[str, float] = {
    "popularity": 0.03,
    "together": 0.1,
    "together_cosine": 0.1,
    "after": 0.08,
    "after_cosine": 0.13,
    "lists": 0.3,
    "song2vec": 0.1,
    "factors": 0.1,
    "artists": 0.02,
    "same_artist": 0.03,
    "same_album": 0.01,
}
FEWEST_CASES = 30
_GRID = (0.0, 0.3, 0.6, 1.0, 1.6, 2.4, 4.0)
_CANDIDATES_EACH = 300
# Scores held in memory at once: cases x songs x components, of 4 bytes, twice.
_SCORES_AT_ONCE = 100_000_000
_LEAST_WEIGHT = 0.02
# Lower than any score.
_PADDING = -1e3


def scale_of(scores: np.ndarray) -> np.ndarray:
    """Mean of the 100 largest scores of each case, shape (n_cases, 1); at least 1e-12."""
    reach = min(K, scores.shape[1])
    if reach == 0:
        return np.ones((len(scores), 1), np.float32)
    # Of the negative: partitioning for the largest is many times slower where most scores are 0.
    best = -np.partition(-scores, reach - 1, axis=1)[:, :reach]
    return np.asarray(np.maximum(best.mean(1, keepdims=True), 1e-12), dtype=np.float32)


@dataclass(frozen=True)
class Table:
    """Candidates of each case with their scaled component scores.

    Attributes
    ----------
    features : float32 array, shape (n_cases, n_candidates, n_components)
        -1e3 in the padding.
    rows : int64 array, shape (n_cases, n_candidates)
        -1 in the padding.
    hidden : bool array, shape (n_cases, n_candidates)
    n_hidden, groups : int arrays, shape (n_cases,)
    """

    features: np.ndarray
    rows: np.ndarray
    hidden: np.ndarray
    n_hidden: np.ndarray
    groups: np.ndarray

    def take(self, chosen: np.ndarray) -> Table:
        """Keep some cases; `chosen` is a bool or int array."""
        return Table(
            self.features[chosen], self.rows[chosen], self.hidden[chosen],
            self.n_hidden[chosen], self.groups[chosen],
        )  # fmt: skip


def join_tables(tables: Sequence[Table]) -> Table:
    """The cases of several tables, padded alike."""
    longest = max(table.rows.shape[1] for table in tables)

    def padded(values: np.ndarray, fill: float) -> np.ndarray:
        width = ((0, 0), (0, longest - values.shape[1]), *(((0, 0),) * (values.ndim - 2)))
        return np.pad(values, width, constant_values=fill)

    return Table(
        np.concatenate([padded(table.features, _PADDING) for table in tables]),
        np.concatenate([padded(table.rows, -1) for table in tables]),
        np.concatenate([padded(table.hidden, False) for table in tables]),
        np.concatenate([table.n_hidden for table in tables]),
        np.concatenate([table.groups for table in tables]),
    )


def gather(
    components: Mapping[str, Component], cases: Sequence[Case], n_songs: int, *, batch: int = 64
) -> Table:
    """Score the best 300 songs of every component for each case, at most `batch` cases at once."""
    batch = max(1, min(batch, _SCORES_AT_ONCE // max(1, n_songs * len(components))))
    features: list[tuple[np.ndarray, np.ndarray]] = []
    for start in range(0, len(cases), batch):
        part = cases[start : start + batch]
        query = build_query([case.seen for case in part], n_songs)
        scaled = []
        for component in components.values():
            scores = component.scores(query)
            for j, case in enumerate(part):
                scores[j, case.seen] = 0.0
            scaled.append(scores / scale_of(scores))
        features.extend(
            _candidates(np.stack([one[j] for one in scaled]), part[j].seen) for j in range(len(part))
        )
    return _pad(features, cases, len(components))


def _candidates(scaled: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One case: rows of the songs among the best of any component, and their scores, (n, n_components)."""
    reach = min(_CANDIDATES_EACH, scaled.shape[1])
    best = np.argpartition(-scaled, reach - 1, axis=1)[:, :reach]
    rows = np.setdiff1d(best, seen)
    return rows, scaled[:, rows].T


def _pad(features: list[tuple[np.ndarray, np.ndarray]], cases: Sequence[Case], n_components: int) -> Table:
    longest = max((len(rows) for rows, _ in features), default=0)
    padded = np.full((len(cases), longest, n_components), _PADDING, np.float32)
    rows = np.full((len(cases), longest), -1, dtype=np.int64)
    hidden = np.zeros((len(cases), longest), dtype=bool)
    for j, ((candidates, one), case) in enumerate(zip(features, cases, strict=True)):
        padded[j, : len(one)] = one
        rows[j, : len(one)] = candidates
        hidden[j, : len(one)] = np.isin(candidates, case.hidden)
    n_hidden = np.array([len(case.hidden) for case in cases], dtype=np.int64)
    return Table(padded, rows, hidden, n_hidden, np.array([case.group for case in cases], dtype=np.int64))


def measure_weights(table: Table, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Metrics of each case when candidates are ranked with these weights; ties go to the smaller row."""
    scores = table.features @ weights
    reach = min(K, scores.shape[1])
    top = np.sort(np.argpartition(-scores, reach - 1, axis=1)[:, :reach], axis=1)
    order = np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable")
    ranked = np.take_along_axis(top, order, 1)
    hits = np.zeros((len(scores), K), dtype=bool)
    hits[:, :reach] = np.take_along_axis(table.hidden, ranked, 1)
    return metrics_of(hits, table.n_hidden)


def learn_weights(table: Table, rng: np.random.Generator, *, n_samples: int = 8) -> np.ndarray:
    """Learn the blend's weights (module docstring); float32, summing to 1, in the components' order."""
    _, group, size = np.unique(table.groups, return_inverse=True, return_counts=True)
    share = size[group] ** -0.5
    found = []
    for _ in range(n_samples):
        drawn = np.bincount(rng.integers(0, len(size), len(size)), minlength=len(size))
        found.append(_ascend(table, share * drawn[group]))
    mean = np.mean(found, axis=0)
    # A signal that has nothing to say (no albums are known, say) changes no score and gets no weight.
    mean[~(table.features > 0).any((0, 1))] = 0.0
    # A component that hardly speaks is not worth its time at every answer.
    mean[mean < _LEAST_WEIGHT] = 0.0
    return np.asarray(mean / max(float(mean.sum()), 1e-12), dtype=np.float32)


def _ascend(table: Table, share: np.ndarray) -> np.ndarray:
    """One round of coordinate ascent on the weighted mean NDCG; the weights sum to 1."""
    used = share > 0
    part = table.take(used)
    share = share[used] / share[used].sum()
    weights = np.ones(table.features.shape[2], np.float32)
    best = float(measure_weights(part, weights)["ndcg@100"] @ share)
    for i in range(len(weights)):
        for value in _GRID:
            trial = weights.copy()
            trial[i] = value
            if trial.sum() == 0 or value == weights[i]:
                continue
            score = float(measure_weights(part, trial)["ndcg@100"] @ share)
            if score > best + 1e-6:
                best, weights = score, trial
    return np.asarray(weights / weights.sum())
