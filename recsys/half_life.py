"""In how many days a listen should lose half its weight: measured on the listens themselves.

Four weeks in a row are predicted, each from the listens before it: the songs that a user has never heard
before, ranked by their cosine to the recency-weighted mean of the songs heard. The half-life with the best
NDCG@100 is chosen, but the default stays unless the best is better beyond the bootstrap interval of the
paired ratio, users resampled whole; and it stays where there are too few cases.
Repeated songs are not looked at: plays say more of those than any mean (recsys/repeat.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from recsys.evaluate import metrics_of, rank
from recsys.metrics import Estimate, bootstrap_mean, bootstrap_ratio
from recsys.next_listen import DAY_S, NEW, WEEK_DAYS, History, ListenLog, hidden_of, last_week, split_at
from recsys.song2vec import unit
from recsys.taste import listen_weights

DEFAULT_DAYS = 60.0
GRID: tuple[float, ...] = (7.0, 14.0, 30.0, 60.0, 120.0, 365.0, math.inf)
WEEKS = 4
FEWEST_CASES = 100
_MAX_CASES = 400
_BATCH = 128


@dataclass(frozen=True)
class HalfLifeChoice:
    """The half-life that was chosen, and what was measured.

    Attributes
    ----------
    days : float or None
        None stands for never: every listen counts alike.
    n_cases : int
        User-weeks that were predicted.
    ndcg : mapping
        NDCG@100 with its interval, by half-life ("7", ..., "never").
    over_default : mapping
        Its paired ratio to the default's.
    """

    days: float | None
    n_cases: int
    ndcg: Mapping[str, Estimate] = field(default_factory=dict)
    over_default: Mapping[str, Estimate] = field(default_factory=dict)


def name_of(days: float) -> str:
    """A half-life as a word: "30", "never"."""
    return "never" if math.isinf(days) else f"{days:g}"


def choose_half_life(
    log: ListenLog, vectors: np.ndarray, *, seed: int, grid: Sequence[float] = GRID,
    default: float = DEFAULT_DAYS,
) -> HalfLifeChoice:  # fmt: skip
    """Choose the half-life of listens (module docstring).

    Parameters
    ----------
    log : ListenLog
        All listens; row i of `vectors` is song i of its vocabulary.
    vectors : float32 array, shape (n_songs, dim)
        Unit vectors; zeros for songs without a place.

    Raises
    ------
    ValueError
        Vectors and songs differ in number, or the default is not in the grid.
    """
    if len(vectors) != log.n_songs or default not in grid:
        raise ValueError(
            f"one vector a song and a default out of the grid are expected, got {len(vectors)} for "
            f"{log.n_songs} songs, {default} in {list(grid)}"
        )
    values, users = _measured(log, vectors, grid, seed)
    if len(users) < FEWEST_CASES:
        return HalfLifeChoice(None if math.isinf(default) else default, len(users))
    rng = np.random.default_rng(seed)
    base = values[list(grid).index(default)]
    ratios = [bootstrap_ratio(one, base, users, rng) for one in values]
    best = int(np.argmax([one.mean() for one in values]))
    days = grid[best] if ratios[best].low > 1.0 else default
    names = [name_of(one) for one in grid]
    return HalfLifeChoice(
        None if math.isinf(days) else days,
        len(users),
        dict(zip(names, (bootstrap_mean(one, users, rng) for one in values), strict=True)),
        dict(zip(names, ratios, strict=True)),
    )


def _measured(
    log: ListenLog, vectors: np.ndarray, grid: Sequence[float], seed: int
) -> tuple[list[np.ndarray], np.ndarray]:
    """NDCG@100 of each case for each half-life, and the cases' users."""
    found: list[list[np.ndarray]] = [[] for _ in grid]
    users: list[np.ndarray] = []
    end = last_week(log)
    for week in range(WEEKS):
        at_s = end - week * WEEK_DAYS * DAY_S
        split = split_at(log, at_s, seed=seed + week, max_cases=_MAX_CASES, known=log.song_ids)
        cases, hidden, heard = hidden_of(split, NEW)
        if not len(cases):
            continue
        # The vocabulary of the split is the whole log's: rows stay as they are.
        histories = split.histories()
        own = [histories[i] for i in cases]
        n_hidden = np.array([len(rows) for rows in hidden], dtype=np.int64)
        users.append(split.users[cases])
        for part, days in zip(found, grid, strict=True):
            hits = [
                np.isin(ranked, rows)
                for start in range(0, len(own), _BATCH)
                for ranked, rows in zip(
                    rank(_cosines(own[start : start + _BATCH], vectors, days), heard[start : start + _BATCH]),
                    hidden[start : start + _BATCH],
                    strict=True,
                )
            ]
            part.append(metrics_of(np.array(hits), n_hidden)["ndcg@100"])
    if not users:
        return [np.zeros(0) for _ in grid], np.zeros(0, np.int64)
    return [np.concatenate(part) for part in found], np.concatenate(users)


def _cosines(histories: Sequence[History], vectors: np.ndarray, days: float) -> np.ndarray:
    means = [
        listen_weights(one.ages_days, one.completion, half_life_days=days) @ vectors[one.rows]
        for one in histories
    ]
    return np.asarray(unit(np.array(means, dtype=np.float32)) @ vectors.T)
