"""Protocol `continuation-v1`: given the first songs of an unseen playlist, rank the rest.

Lists are split by group, so no version of a test list is trained on. The vocabulary is what training knows:
songs in at least 3 training lists. A test list has at least 4 known songs; its first max(1, min(n // 2, 10))
are seen, the others hidden; 100 songs are ranked, seen ones left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.corpus import Corpus
from recsys.metrics import hit_rate, ndcg, r_precision, recall

MIN_COUNT = 3
MIN_KNOWN = 4
MAX_SEEN = 10
MAX_CASES = 1500
K = 100
# Groups of test lists that learning asks for.
_FOLD_GROUPS = 1200
# Scores of one model held in memory at once: cases x songs.
_SCORES_AT_ONCE = 30_000_000
METRICS = ("ndcg@100", "r_precision", "recall@20", "hr@10")

Scorer = Callable[[Sequence[np.ndarray]], np.ndarray]
"""Rows of seen songs, one array a case -> scores, float array, shape (n_cases, n_songs); more is better."""


@dataclass(frozen=True)
class Case:
    """One test list: rows of the songs shown and of those to find, and the list's group."""

    seen: np.ndarray
    hidden: np.ndarray
    group: int


@dataclass(frozen=True)
class Split:
    """A training corpus and cases whose groups it does not hold."""

    train: Corpus
    cases: tuple[Case, ...]
    seed: int


def make_split(corpus: Corpus, *, seed: int, max_cases: int = MAX_CASES, share: float | None = None) -> Split:
    """Split by group: 10 % of the groups are test, 20 % where groups hold several lists each.

    Parameters
    ----------
    corpus : Corpus
        Every list, with no song left out (`min_count=1`).
    share : float, optional
        Share of groups for the test instead of the protocol's.

    Returns
    -------
    Split
        With no cases when the corpus is too small.
    """
    rng = np.random.default_rng(seed)
    groups = np.unique(corpus.groups)
    shuffled = rng.permutation(groups)
    train, cases = _held_back(corpus, shuffled[: n_test_groups(corpus, share)])
    if len(cases) > max_cases:
        kept = np.sort(rng.choice(len(cases), max_cases, replace=False))
        cases = [cases[i] for i in kept]
    return Split(train, tuple(cases), seed)


def n_test_groups(corpus: Corpus, share: float | None = None) -> int:
    """How many groups the protocol holds back."""
    n_groups = len(np.unique(corpus.groups))
    if share is None:
        share = 0.2 if n_groups < 0.8 * corpus.n_lists else 0.1
    return min(n_groups, max(1, round(share * n_groups)))


def make_folds(
    corpus: Corpus, *, seed: int, max_folds: int = 4, max_cases: int = MAX_CASES, per_group: int = 12
) -> tuple[Split, ...]:
    """Several splits of the protocol whose test groups are all different, for learning what to trust.

    One split of a small corpus has few groups, and what is learned on it follows their noise; so there are
    as many splits as 1,200 groups take, at most `max_folds`.

    Parameters
    ----------
    max_cases : int
        In all splits together.
    per_group : int
        Of one group: fifty snapshots of a playlist teach little more than twelve.
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(np.unique(corpus.groups))
    n_test = max(1, n_test_groups(corpus))
    n_folds = max(1, min(max_folds, -(-_FOLD_GROUPS // n_test), len(shuffled) // n_test))
    folds = []
    for fold in range(n_folds):
        train, cases = _held_back(corpus, shuffled[fold * n_test : (fold + 1) * n_test])
        order = rng.permutation(len(cases))
        # The first few of each group in a random order.
        group = np.array([cases[i].group for i in order], dtype=np.int64)
        by_group = np.argsort(group, kind="stable")
        start = np.concatenate([[0], np.flatnonzero(np.diff(group[by_group])) + 1]).astype(np.int64)
        nth = np.arange(len(order)) - np.repeat(start, np.diff(np.append(start, len(order))))
        kept = order[np.sort(by_group[nth < per_group])][: max_cases // n_folds]
        folds.append(Split(train, tuple(cases[i] for i in np.sort(kept)), seed))
    return tuple(folds)


def _held_back(corpus: Corpus, test_groups: np.ndarray) -> tuple[Corpus, list[Case]]:
    """The training corpus without these groups, and a case for each of their lists."""
    is_test = np.isin(corpus.groups, test_groups)
    train = corpus.take(np.flatnonzero(~is_test)).restrict(MIN_COUNT)
    cases = [case for i in np.flatnonzero(is_test) if (case := _case(corpus, int(i), train)) is not None]
    return train, cases


def _case(corpus: Corpus, i: int, train: Corpus) -> Case | None:
    """Test list `i` in the rows of the training corpus; None when it knows too few of the songs."""
    songs = corpus.song_ids[corpus.songs_of(i)]
    place = np.searchsorted(train.song_ids, songs)
    known = place < train.n_songs
    known[known] = train.song_ids[place[known]] == songs[known]
    rows = place[known].astype(np.int32)
    if len(rows) < MIN_KNOWN:
        return None
    n_seen = max(1, min(len(rows) // 2, MAX_SEEN))
    return Case(rows[:n_seen], rows[n_seen:], int(corpus.groups[i]))


def rank(scores: np.ndarray, seen: Sequence[np.ndarray], k: int = K) -> np.ndarray:
    """Rows of the k best songs of each case in falling score, seen ones left out; -1 where there are no more.

    Ties go to the smaller row, so that an answer repeats itself.
    """
    n_cases, n_songs = scores.shape
    if n_songs == 0:
        return np.full((n_cases, k), -1, dtype=np.int64)
    scores = np.array(scores, dtype=np.float32)
    for case, rows in enumerate(seen):
        scores[case, rows] = -np.inf
    reach = min(k, n_songs)
    # A stable sort of few: everything at least as good as the k-th best, so ties at the edge are not
    # arbitrary.
    out = np.full((n_cases, k), -1, dtype=np.int64)
    for case in range(n_cases):
        edge = -np.partition(-scores[case], reach - 1)[reach - 1]
        top = np.flatnonzero(scores[case] >= edge) if edge > -np.inf else np.flatnonzero(scores[case] > edge)
        order = top[np.argsort(-scores[case, top], kind="stable")][:reach]
        out[case, : len(order)] = order
    return out


def measure(scorer: Scorer, cases: Sequence[Case], *, batch: int = 128) -> dict[str, np.ndarray]:
    """Every metric of `METRICS`, one value a case; `batch` are scored at once, fewer of very many songs."""
    hits = np.zeros((len(cases), K), dtype=bool)
    start, size = 0, 1
    while start < len(cases):
        part = cases[start : start + size]
        seen = [case.seen for case in part]
        scores = scorer(seen)
        ranked = rank(scores, seen)
        for j, case in enumerate(part):
            hits[start + j] = np.isin(ranked[j], case.hidden)
        start += len(part)
        # How many songs there are, the first case tells.
        size = max(1, min(batch, _SCORES_AT_ONCE // max(1, scores.shape[1])))
    return metrics_of(hits, np.array([len(case.hidden) for case in cases], dtype=np.int64))


def metrics_of(hits: np.ndarray, n_hidden: np.ndarray) -> dict[str, np.ndarray]:
    """Every metric of `METRICS` from the hits of ranked lists, one value a case."""
    return {
        "ndcg@100": ndcg(hits, n_hidden),
        "r_precision": r_precision(hits, n_hidden),
        "recall@20": recall(hits, n_hidden, 20),
        "hr@10": hit_rate(hits, 10),
    }
