"""Protocol `next-listen`: given everybody's listens before a date, rank what each plays in the week after.

Listens are split in time, so nothing of the future is trained on: the date is 7 days before the last listen.
The vocabulary is what was played before the date (or is named as known from elsewhere). A case is a user with
at least 5 listens before the date and a known song in the week after, at most 1,500 of them. Two variants:

- `repeats`: hidden is every song played in the week, each once; all songs are ranked;
- `new`: hidden are the songs never heard before by the user; songs heard before are left out of the ranking.

100 songs are ranked and measured as in `continuation-v1` (recsys/evaluate.py). Only distinct songs count: how
often a song comes in the week does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.evaluate import K, metrics_of, rank

DAY_S = 86_400
WEEK_DAYS = 7
MIN_HISTORY = 5
MAX_CASES = 1500
REPEATS, NEW = "repeats", "new"
VARIANTS = (REPEATS, NEW)


@dataclass(frozen=True)
class ListenLog:
    """Listens of many users, by user and time.

    Attributes
    ----------
    song_ids : int64 array, shape (n_songs,)
        The vocabulary, ascending; position = row.
    users : int64 array, shape (n_listens,)
    rows : int64 array, shape (n_listens,)
        -1 for a song outside the vocabulary.
    times_s : int64 array, shape (n_listens,)
    completion : float64 array, shape (n_listens,)
        Share played, NaN when unknown.
    """

    song_ids: np.ndarray
    users: np.ndarray
    rows: np.ndarray
    times_s: np.ndarray
    completion: np.ndarray

    @property
    def n_songs(self) -> int:
        """Size of the vocabulary."""
        return len(self.song_ids)

    @classmethod
    def build(
        cls, users: np.ndarray, songs: np.ndarray, times_s: np.ndarray, completion: np.ndarray, *,
        song_ids: np.ndarray | None = None,
    ) -> ListenLog:  # fmt: skip
        """Sort listens and number their songs, by default all of them.

        Raises
        ------
        ValueError
            Columns of different lengths.
        """
        if not len(users) == len(songs) == len(times_s) == len(completion):
            raise ValueError(
                f"columns of one length are expected, got {len(users)}, {len(songs)}, {len(times_s)} "
                f"and {len(completion)}"
            )
        order = np.lexsort((songs, times_s, users))
        known = np.unique(songs if song_ids is None else song_ids).astype(np.int64)
        songs = np.asarray(songs, dtype=np.int64)[order]
        place = np.minimum(np.searchsorted(known, songs), max(len(known) - 1, 0))
        rows = np.where(known[place] == songs, place, -1) if len(known) else np.full(len(songs), -1)
        return cls(
            known,
            np.asarray(users, dtype=np.int64)[order],
            rows.astype(np.int64),
            np.asarray(times_s, dtype=np.int64)[order],
            np.asarray(completion, dtype=np.float64)[order],
        )

    def take(self, keep: np.ndarray) -> ListenLog:
        """Keep these listens (bool array), over the same songs."""
        return ListenLog(
            self.song_ids, self.users[keep], self.rows[keep], self.times_s[keep], self.completion[keep]
        )

    def histories(self, users: np.ndarray, at_s: int) -> list[History]:
        """What each of these users played before a time; songs outside the vocabulary are left out."""
        before = (self.times_s < at_s) & (self.rows >= 0)
        log = self if before.all() else self.take(before)
        start, stop = (np.searchsorted(log.users, users, side=side) for side in ("left", "right"))
        ages = (at_s - log.times_s) / DAY_S
        return [
            History(log.rows[a:b], ages[a:b], log.completion[a:b])
            for a, b in zip(start.tolist(), stop.tolist(), strict=True)
        ]


@dataclass(frozen=True)
class History:
    """One user's listens, oldest first: row, days ago (at least 0) and completion of each."""

    rows: np.ndarray
    ages_days: np.ndarray
    completion: np.ndarray


ListenScorer = Callable[[Sequence[History]], np.ndarray]
"""Histories -> scores, float array, shape (n_cases, n_songs); more is better."""


@dataclass(frozen=True)
class ListenSplit:
    """A training log, and for each case its user, and the rows played in the week after `at_s`, each once."""

    train: ListenLog
    at_s: int
    users: np.ndarray
    played: tuple[np.ndarray, ...]

    def histories(self) -> list[History]:
        """What each case's user played before."""
        return self.train.histories(self.users, self.at_s)


def split_at(
    log: ListenLog, at_s: int, *, seed: int, days: float = WEEK_DAYS, max_cases: int = MAX_CASES,
    known: np.ndarray | None = None,
) -> ListenSplit:  # fmt: skip
    """Split a log at a time.

    Parameters
    ----------
    known : int array, optional
        Ids of songs that training knows beside those played before.

    Returns
    -------
    ListenSplit
        Without cases where nobody qualifies.
    """
    before = log.times_s < at_s
    week = ~before & (log.times_s < at_s + round(days * DAY_S))
    ids = np.where(log.rows >= 0, log.song_ids[log.rows] if log.n_songs else 0, -1)
    vocabulary = np.setdiff1d(np.union1d(ids[before], known if known is not None else ids[:0]), [-1])

    def over(part: np.ndarray) -> ListenLog:
        columns = (log.users[part], ids[part], log.times_s[part], log.completion[part])
        return ListenLog.build(*columns, song_ids=vocabulary)

    train, test = over(before), over(week)
    users, n_before = np.unique(train.users[train.rows >= 0], return_counts=True)
    test = test.take((test.rows >= 0) & np.isin(test.users, users[n_before >= MIN_HISTORY]))
    cases = np.unique(test.users)
    if len(cases) > max_cases:
        cases = np.sort(np.random.default_rng(seed).choice(cases, max_cases, replace=False))
    start, stop = (np.searchsorted(test.users, cases, side=side) for side in ("left", "right"))
    played = tuple(np.unique(test.rows[a:b]) for a, b in zip(start, stop, strict=True))
    return ListenSplit(train, at_s, cases, played)


def last_week(log: ListenLog) -> int:
    """The time of the split: 7 days before the last listen, which is the week's last second."""
    return int(log.times_s.max()) + 1 - WEEK_DAYS * DAY_S if len(log.times_s) else 0


def make_listen_split(
    log: ListenLog, *, seed: int, at_s: int | None = None, known: np.ndarray | None = None
) -> ListenSplit:
    """The protocol's split: at `at_s`, by default at the beginning of the last week."""
    return split_at(log, last_week(log) if at_s is None else at_s, seed=seed, known=known)


def hidden_of(split: ListenSplit, variant: str) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Cases of a variant, and of each the rows to find and the rows left out of its ranking.

    Raises
    ------
    ValueError
        Another variant than "repeats" and "new".
    """
    if variant not in VARIANTS:
        raise ValueError(f"variant is one of {', '.join(VARIANTS)}, got {variant!r}")
    if variant == REPEATS:
        return np.arange(len(split.users)), list(split.played), [np.zeros(0, np.int64)] * len(split.users)
    heard = [np.unique(history.rows) for history in split.histories()]
    hidden = [np.setdiff1d(played, known) for played, known in zip(split.played, heard, strict=True)]
    cases = [i for i, rows in enumerate(hidden) if len(rows)]
    return np.array(cases, dtype=np.int64), [hidden[i] for i in cases], [heard[i] for i in cases]


def measure_listens(
    scorer: ListenScorer, split: ListenSplit, variant: str, *, batch: int = 128
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Every metric of `recsys.evaluate.METRICS`, one value a case, and the cases' users."""
    cases, hidden, left_out = hidden_of(split, variant)
    histories = split.histories()
    hits = np.zeros((len(cases), K), dtype=bool)
    for start in range(0, len(cases), batch):
        part = cases[start : start + batch]
        scores = scorer([histories[i] for i in part])
        ranked = rank(scores, left_out[start : start + batch])
        for j in range(len(part)):
            hits[start + j] = np.isin(ranked[j], hidden[start + j])
    n_hidden = np.array([len(rows) for rows in hidden], dtype=np.int64)
    return metrics_of(hits, n_hidden), split.users[cases]
