"""What a user plays next: a blend of the song space, of the user's own plays and of other users' plays.

    score(j) = sum_s w_s x_s(j) / scale_s

Signals x_s are those of `SIGNALS`; the scale of one is the mean of its 100 largest values for a user, as in
recsys/blend.py. The weights are learned on the week before the one to be predicted, by coordinate ascent on
NDCG@100, once for each variant of the protocol: where repeats count the own plays speak loudest, and among
songs never heard they say nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.evaluate import K
from recsys.interests import find_interests
from recsys.metrics import ndcg
from recsys.next_listen import (
    DAY_S,
    NEW,
    REPEATS,
    VARIANTS,
    WEEK_DAYS,
    History,
    ListenLog,
    ListenScorer,
    ListenSplit,
    hidden_of,
    split_at,
)
from recsys.repeat import FEATURES, SimilarUsers, decayed_plays, listen_features
from recsys.sparse_rows import SparseRow
from recsys.taste import listen_weights

logger = logging.getLogger(__name__)

# Columns of `recsys.repeat.FEATURES` that are signals as they are: all grow with liking.
_REPEAT = (
    "log plays",
    "plays decayed",
    "plays decayed in a week",
    "share of sessions",
    "artist plays decayed",
)
SIGNALS = ("continuation", "interests", "similar users", "popularity", *_REPEAT)
# Where too few users come back in the week before: the mean of what two sample worlds taught.
DEFAULT_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    REPEATS: {
        "continuation": 0.17,
        "interests": 0.1,
        "similar users": 0.13,
        "popularity": 0.18,
        "log plays": 0.08,
        "plays decayed": 0.03,
        "share of sessions": 0.14,
        "artist plays decayed": 0.17,
    },
    NEW: {
        "continuation": 0.39,
        "interests": 0.17,
        "similar users": 0.11,
        "popularity": 0.2,
        "artist plays decayed": 0.13,
    },
}
FEWEST_CASES = 30
QUERY_SONGS = 60
_POPULAR_DAYS, _NOW_DAYS, _LONG_DAYS = 30.0, 7.0, 120.0
_LEARNING_CASES = 500
_BEST_EACH = 150
_GRID = (0.0, 0.3, 0.6, 1.0, 1.6, 2.4)
_SAMPLES = 4
_VALUES_AT_ONCE = 30_000_000

Base = Callable[[Sequence[np.ndarray], Sequence[np.ndarray]], np.ndarray]
"""Rows of the songs of each profile and their weights -> scores, not negative, shape (n_cases, n_songs)."""


@dataclass(frozen=True)
class ListenModel:
    """What one training log says.

    Attributes
    ----------
    base : Base
        The continuation blend, asked with the songs of the recency-weighted profile.
    vectors : float32 array, shape (n_songs, dim)
        Unit vectors, zeros for songs without a place.
    artists : int array, shape (n_songs,)
    popularity, trend : float32 arrays, shape (n_songs,)
        Log of everybody's recent plays, and how much it is above that of the last months.
    """

    base: Base
    vectors: np.ndarray
    artists: np.ndarray
    popularity: np.ndarray
    trend: np.ndarray
    similar: SimilarUsers
    half_life_days: float

    @classmethod
    def build(
        cls, log: ListenLog, at_s: int, *, base: Base, vectors: np.ndarray, artists: np.ndarray,
        half_life_days: float,
    ) -> ListenModel:  # fmt: skip
        """Gather the signals of a log of listens before `at_s`."""
        popularity = recent_popularity(log, at_s)
        trend = recent_popularity(log, at_s, days=_NOW_DAYS) - recent_popularity(log, at_s, days=_LONG_DAYS)
        return cls(base, vectors, artists, popularity, trend, SimilarUsers.build(log), half_life_days)

    def signals(self, histories: Sequence[History]) -> np.ndarray:
        """Every signal, scaled; float32, shape (n_cases, n_songs, n_signals)."""
        profiles = [self.profile(one) for one in histories]
        base = self.base([rows for rows, _ in profiles], [weights for _, weights in profiles])
        everything = np.arange(len(self.vectors))
        cases = [
            scaled(self.raw_signals(history, self.medoids(*profile), everything, scores)[0])
            for history, profile, scores in zip(histories, profiles, base, strict=True)
        ]
        return np.array(cases, np.float32).reshape(len(cases), len(everything), len(SIGNALS))

    def raw_signals(
        self,
        history: History,
        interests: np.ndarray,
        rows: np.ndarray,
        base: np.ndarray,
        *,
        similar: np.ndarray | SparseRow | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Signals of some songs for one user, not scaled, and their repeat features (recsys/repeat.py).

        Parameters
        ----------
        interests : float array, shape (n_interests, dim)
            As `self.medoids` gives them.
        rows : int array, shape (n_rows,)
        base : float array, shape (n_rows,)
            What the base says of these songs.
        similar : float array, shape (n_songs,), or SparseRow, optional
            `self.similar.plays(history)`, or its `songs`, where that is known already.
        """
        out = np.zeros((len(rows), len(SIGNALS)), np.float32)
        out[:, 0] = base
        if len(interests):
            out[:, 1] = np.maximum((self.vectors[rows] @ interests.T).max(1), 0.0)
        similar = self.similar.plays(history) if similar is None else similar
        out[:, 2] = similar[rows]
        out[:, 3] = self.popularity[rows]
        features = listen_features(
            history, rows, artists=self.artists, half_life_days=self.half_life_days, similar=similar
        )
        out[:, 4:] = features[:, [FEATURES.index(name) for name in _REPEAT]]
        return out, features

    def medoids(self, rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Vectors of the interests of a profile; float32, shape (n_interests, dim)."""
        found = [one.vector for one in find_interests(rows, weights, self.vectors)]
        return np.array(found, dtype=np.float32).reshape(len(found), self.vectors.shape[1])

    def profile(self, history: History) -> tuple[np.ndarray, np.ndarray]:
        """Rows and weights of a history's heaviest songs."""
        weights = listen_weights(history.ages_days, history.completion, half_life_days=self.half_life_days)
        rows, inverse = np.unique(history.rows, return_inverse=True)
        total = np.bincount(inverse, weights=weights, minlength=len(rows)).astype(np.float32)
        order = np.lexsort((rows, -total))[:QUERY_SONGS]
        return rows[order], total[order]

    def scorer(self, weights: Mapping[str, float]) -> ListenScorer:
        """The blend with these weights."""
        vector = np.array([weights.get(name, 0.0) for name in SIGNALS], np.float32)

        def score(histories: Sequence[History]) -> np.ndarray:
            step = batch_of(len(self.vectors))
            parts = [
                self.signals(histories[start : start + step]) @ vector
                for start in range(0, len(histories), step)
            ]
            return np.concatenate(parts) if parts else np.zeros((0, len(self.vectors)), np.float32)

        return score


def scaled(signals: np.ndarray) -> np.ndarray:
    """Each column over the mean of its 100 largest values; float32, same shape."""
    reach = min(K, len(signals))
    if reach == 0:
        return np.asarray(signals, dtype=np.float32)
    best = -np.partition(-signals, reach - 1, axis=0)[:reach]
    return np.asarray(signals / np.maximum(best.mean(0), 1e-9), dtype=np.float32)


def batch_of(n_songs: int) -> int:
    """Users whose signals are held in memory at once."""
    return max(1, _VALUES_AT_ONCE // max(1, n_songs * len(SIGNALS)))


def recent_popularity(log: ListenLog, at_s: int, *, days: float = _POPULAR_DAYS) -> np.ndarray:
    """Log of everybody's plays, halving every so many days; float32, shape (n_songs,)."""
    known = log.rows >= 0
    everybody = History(log.rows[known], (at_s - log.times_s[known]) / DAY_S, log.completion[known])
    plays = decayed_plays(everybody, log.n_songs, half_life_days=days)
    return np.asarray(np.log1p(plays), dtype=np.float32)


FitModel = Callable[[ListenLog, int], ListenModel]
"""Listens before a time, and the time -> the model."""


def fit_listen_blend(train: ListenLog, at_s: int, fit: FitModel, *, seed: int) -> dict[str, ListenScorer]:
    """A scorer for each variant: weights learned on the log's last week, signals from all of it."""
    weights = learn_listen_weights(train, at_s, fit, seed=seed)
    model = fit(train, at_s)
    return {variant: model.scorer(weights[variant]) for variant in VARIANTS}


def learn_listen_weights(
    train: ListenLog, at_s: int, fit: FitModel, *, seed: int
) -> dict[str, dict[str, float]]:
    """Weights of the signals by variant; the documented defaults where there are fewer than 30 cases."""
    inner_s = at_s - WEEK_DAYS * DAY_S
    split = split_at(train, inner_s, seed=seed, max_cases=_LEARNING_CASES, known=train.song_ids)
    found = {variant: dict(DEFAULT_WEIGHTS[variant]) for variant in VARIANTS}
    if len(split.users) < FEWEST_CASES:
        logger.info("next listen: %d users came back are too few, default weights", len(split.users))
        return found
    model = fit(split.train, inner_s)
    for variant in VARIANTS:
        table = _table(model, split, variant)
        if len(table.n_hidden) >= FEWEST_CASES:
            vector = learn_signal_weights(table, np.random.default_rng(seed))
            found[variant] = {n: round(float(w), 4) for n, w in zip(SIGNALS, vector, strict=True) if w > 0}
        logger.info("next listen, %s: %s from %d users", variant, found[variant], len(table.n_hidden))
    return found


@dataclass(frozen=True)
class ListenTable:
    """Candidates of each case: signals (n_cases, n_candidates, n_signals), -1e3 in the padding, and hits."""

    signals: np.ndarray
    hidden: np.ndarray
    n_hidden: np.ndarray

    @classmethod
    def padded(
        cls, signals: Sequence[np.ndarray], hits: Sequence[np.ndarray], n_hidden: np.ndarray
    ) -> ListenTable:
        """Gather cases of any number of candidates."""
        longest = max((len(one) for one in hits), default=1)
        values = np.full((len(hits), longest, len(SIGNALS)), -1e3, np.float32)
        hidden = np.zeros((len(hits), longest), dtype=bool)
        for i, (one, found) in enumerate(zip(signals, hits, strict=True)):
            values[i, : len(one)], hidden[i, : len(one)] = one, found
        return cls(values, hidden, n_hidden)

    def take(self, at: np.ndarray) -> ListenTable:
        """Keep some cases."""
        return ListenTable(self.signals[at], self.hidden[at], self.n_hidden[at])

    def measure(self, weights: np.ndarray) -> np.ndarray:
        """NDCG@100 of each case under these weights."""
        scores = self.signals @ weights
        reach = min(K, scores.shape[1])
        top = np.argpartition(-scores, reach - 1, axis=1)[:, :reach]
        order = np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable")
        hits = np.zeros((len(scores), K), dtype=bool)
        hits[:, :reach] = np.take_along_axis(self.hidden, np.take_along_axis(top, order, 1), 1)
        return ndcg(hits, self.n_hidden)


def _table(model: ListenModel, split: ListenSplit, variant: str) -> ListenTable:
    cases, hidden, left_out = hidden_of(split, variant)
    histories = split.histories()
    kept: list[tuple[np.ndarray, np.ndarray]] = []
    step = batch_of(len(model.vectors))
    for start in range(0, len(cases), step):
        part = range(start, min(start + step, len(cases)))
        signals = model.signals([histories[cases[i]] for i in part])
        for one, i in zip(signals, part, strict=True):
            one[left_out[i]] = 0.0
            reach = min(_BEST_EACH, len(one))
            best = np.argpartition(-one, reach - 1, axis=0)[:reach]
            rows = np.setdiff1d(best, left_out[i])
            kept.append((one[rows], np.isin(rows, hidden[i])))
    n_hidden = np.array([len(rows) for rows in hidden], dtype=np.int64)
    return ListenTable.padded([one for one, _ in kept], [hits for _, hits in kept], n_hidden)


def learn_signal_weights(table: ListenTable, rng: np.random.Generator) -> np.ndarray:
    """Mean weights of coordinate ascents on bootstrap samples of the users; they sum to 1."""
    found = []
    for _ in range(_SAMPLES):
        drawn = rng.integers(0, len(table.n_hidden), len(table.n_hidden))
        found.append(_ascend(ListenTable(table.signals[drawn], table.hidden[drawn], table.n_hidden[drawn])))
    mean = np.mean(found, axis=0)
    mean[mean < 0.02] = 0.0
    return np.asarray(mean / mean.sum(), dtype=np.float32)


def _ascend(table: ListenTable) -> np.ndarray:
    # A signal that says nothing of any candidate, as own plays of songs never heard, gets no weight.
    speaks = np.asarray((table.signals > 0.0).any(axis=(0, 1)))
    weights: np.ndarray = np.where(speaks | ~speaks.any(), 1.0, 0.0).astype(np.float32)
    best = float(table.measure(weights).mean())
    for _ in range(2):
        before = best
        for i in np.flatnonzero(speaks):
            for value in _GRID:
                trial = weights.copy()
                trial[i] = value
                if value == weights[i] or trial.sum() == 0:
                    continue
                score = float(table.measure(trial).mean())
                if score > best + 1e-6:
                    best, weights = score, trial
        if best <= before + 1e-4:
            break
    return np.asarray(weights / weights.sum())
