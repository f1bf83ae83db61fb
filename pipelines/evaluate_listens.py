"""The table of protocol `next-listen`: Songspace beside its peers on what users play in a week.

Everything is learned from listens before the date: sessions, counts, weights and the peers' settings, these
on the week before it. Playlists may teach too; they bear no date, so they are the caller's to give. Ratios
are paired by user and bootstrapped over users.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.clean import LISTS, session_lists
from pipelines.columns import COMPLETION, LISTENED_AT_S, SONG_ID, USER_ID
from pipelines.evaluate import OURS, Row
from pipelines.list_table import ListTable, table_of, with_sessions
from recsys.components import Vectors
from recsys.cooccurrence import count_together, similarity, song_weights
from recsys.corpus import Corpus
from recsys.evaluate import METRICS
from recsys.half_life import DEFAULT_DAYS
from recsys.listen_blend import Base, ListenModel, fit_listen_blend, recent_popularity
from recsys.metrics import bootstrap_mean, bootstrap_ratio
from recsys.next_listen import (
    DAY_S,
    VARIANTS,
    WEEK_DAYS,
    History,
    ListenLog,
    ListenScorer,
    ListenSplit,
    make_listen_split,
    measure_listens,
    split_at,
)
from recsys.query import build_query
from recsys.repeat import decayed_plays

logger = logging.getLogger(__name__)

_TUNING_CASES = 300
_NEVER = float("inf")
GRIDS: Mapping[str, Sequence[Mapping[str, float]]] = {
    "popularity": ({},),
    "own plays": ({},),
    "own plays, decayed": tuple({"half_life_days": days} for days in (7.0, 30.0, 90.0)),
    "item-kNN": tuple(
        {"alpha": alpha, "half_life_days": days} for alpha in (0.5, 0.3) for days in (_NEVER, 30.0)
    ),
}

Fit = Callable[[ListenLog, int], Mapping[str, ListenScorer]]
"""Listens before a time, and the time -> a scorer for each variant of the protocol."""
FitBase = Callable[[Corpus], tuple[Base, np.ndarray]]
"""Lists -> the continuation's scores, and unit song vectors, both over the corpus's songs."""


@dataclass(frozen=True)
class ListenEvaluation:
    """The tables of both variants, Songspace first, and on what they were measured."""

    rows: Mapping[str, tuple[Row, ...]]
    n_songs: int
    n_listens: int
    n_cases: Mapping[str, int]
    at_s: int
    seed: int


class TooFewListensError(ValueError):
    """Nobody with a history plays anything known in the last week."""


def evaluate_listens(
    listens: pd.DataFrame,
    fit: Fit,
    *,
    seed: int = 0,
    at_s: int | None = None,
    known: np.ndarray | None = None,
    progress: Callable[[str], None] | None = None,
) -> ListenEvaluation:
    """Measure Songspace and its peers on one temporal split.

    Parameters
    ----------
    listens : frame of user_id, song_id, listened_at_s, completion
    fit : Fit
        Songspace, as `songspace_fit`.
    at_s : int, optional
        The date; by default 7 days before the last listen.
    known : int array, optional
        Ids of songs that are known from playlists.

    Raises
    ------
    TooFewListensError
    """
    columns = (listens[name].to_numpy() for name in (USER_ID, SONG_ID, LISTENED_AT_S, COMPLETION))
    split = make_listen_split(ListenLog.build(*columns), seed=seed, at_s=at_s, known=known)
    if not len(split.users):
        raise TooFewListensError("nobody with five listens before the last week plays a known song in it")
    _say(progress, OURS)
    started = time.perf_counter()
    scorers = fit(split.train, split.at_s)
    ours = {variant: measure_listens(scorers[variant], split, variant) for variant in VARIANTS}
    seconds = time.perf_counter() - started
    rows = {v: [_row(OURS, ours[v], None, {}, seed, seconds)] for v in VARIANTS}
    inner_s = split.at_s - WEEK_DAYS * DAY_S
    inner = split_at(split.train, inner_s, seed=seed + 1, max_cases=_TUNING_CASES, known=split.train.song_ids)
    for name, grid in GRIDS.items():
        _say(progress, name)
        for variant in VARIANTS:
            started = time.perf_counter()
            settings = _tuned(name, grid, inner, variant)
            found = measure_listens(peer(name, split, **settings), split, variant)
            shown = {key: None if value == _NEVER else value for key, value in settings.items()}
            seconds = time.perf_counter() - started
            rows[variant].append(_row(name, found, ours[variant][0], shown, seed, seconds))
    return ListenEvaluation(
        {variant: tuple(found) for variant, found in rows.items()},
        split.train.n_songs,
        len(split.train.rows),
        {variant: len(ours[variant][1]) for variant in VARIANTS},
        split.at_s,
        seed,
    )


def peer(name: str, split: ListenSplit, **settings: float) -> ListenScorer:
    """Fit one of the baselines on a split's training log.

    Raises
    ------
    ValueError
        A name that is not in `GRIDS`.
    """
    log, popularity = split.train, recent_popularity(split.train, split.at_s)
    # Songs never played follow by popularity, below all that were.
    little = 1e-6 * popularity / max(float(popularity.max(initial=0.0)), 1e-9)
    if name == "popularity":
        return lambda histories: np.tile(popularity, (len(histories), 1))
    if name in ("own plays", "own plays, decayed"):
        days = settings.get("half_life_days", _NEVER)

        def own(histories: Sequence[History]) -> np.ndarray:
            plays = [decayed_plays(one, log.n_songs, half_life_days=days) for one in histories]
            return np.array(plays).reshape(len(plays), log.n_songs) + little

        return own
    if name == "item-kNN":
        return _item_knn(log, little, **settings)
    raise ValueError(f"a peer is one of {', '.join(GRIDS)}, got {name!r}")


def _item_knn(log: ListenLog, little: np.ndarray, *, alpha: float, half_life_days: float) -> ListenScorer:
    corpus = _corpus(log, None)
    matrix = similarity(count_together(corpus), song_weights(corpus), alpha=alpha, shrink=5.0)
    place = np.searchsorted(log.song_ids, corpus.song_ids)
    row_of = np.full(log.n_songs, -1, dtype=np.int64)
    row_of[place] = np.arange(corpus.n_songs)

    def score(histories: Sequence[History]) -> np.ndarray:
        rows, weights = [], []
        for one in histories:
            plays = decayed_plays(one, log.n_songs, half_life_days=half_life_days)
            heard = np.flatnonzero((plays > 0) & (row_of >= 0))
            rows.append(row_of[heard])
            # How often counts by itself only where the plays decay: plain item-kNN knows what, not how much.
            weights.append(np.ones(len(heard)) if half_life_days == _NEVER else plays[heard])
        out = np.tile(little, (len(histories), 1))
        out[:, place] += (build_query(rows, corpus.n_songs, weights) @ matrix).toarray()
        return out

    return score


def _tuned(
    name: str, grid: Sequence[Mapping[str, float]], inner: ListenSplit, variant: str
) -> Mapping[str, float]:
    """The settings with the best NDCG@100 in the week before; the first where nobody came back."""
    if len(grid) == 1 or not len(inner.users):
        return grid[0]
    found = [measure_listens(peer(name, inner, **s), inner, variant)[0]["ndcg@100"] for s in grid]
    return grid[int(np.argmax([one.mean() if len(one) else 0.0 for one in found]))]


def songspace_fit(
    fit_base: FitBase,
    *,
    artist_of: Mapping[int, int],
    playlists: ListTable | None = None,
    half_life_days: float = DEFAULT_DAYS,
    seed: int = 0,
) -> Fit:
    """Songspace as `evaluate_listens` fits it: the continuation on sessions and playlists, in a listen blend.

    Parameters
    ----------
    fit_base : FitBase
        As `continuation_base`; it is called twice, for the weights and for the answers.
    artist_of : mapping
        Artist by song id.
    playlists : ListTable, optional
        Lists that teach beside the sessions.
    """

    def model(log: ListenLog, at_s: int) -> ListenModel:
        return listen_model(
            log, at_s, fit_base, artist_of=artist_of, playlists=playlists, half_life_days=half_life_days
        )

    return lambda train, at_s: fit_listen_blend(train, at_s, model, seed=seed)


def listen_model(
    log: ListenLog,
    at_s: int,
    fit_base: FitBase,
    *,
    artist_of: Mapping[int, int],
    playlists: ListTable | None,
    half_life_days: float,
) -> ListenModel:
    """What a log of listens before a time says, with playlists beside; parameters as `songspace_fit`."""
    corpus = _corpus(log, playlists)
    base, vectors = fit_base(corpus)
    artists = np.array([artist_of.get(int(song), -1) for song in log.song_ids], dtype=np.int64)
    over_log = _Moved.build(corpus, log)
    return ListenModel.build(
        log, at_s, base=over_log.base(base), vectors=over_log.vectors(vectors), artists=artists,
        half_life_days=half_life_days,
    )  # fmt: skip


def continuation_base(folder: Path, *, seed: int, workers: int, **settings: Any) -> FitBase:
    """The continuation blend as the base of `songspace_fit`; `folder` is for corpus files while training."""
    from recsys.fit import fit_continuation
    from recsys.song2vec import unit

    def fit(corpus: Corpus) -> tuple[Base, np.ndarray]:
        fitted, _ = fit_continuation(corpus, folder, seed=seed, workers=workers, **settings)
        blend = fitted.for_tastes()
        nothing = np.zeros(0, dtype=np.int64)

        def base(rows: Sequence[np.ndarray], weights: Sequence[np.ndarray]) -> np.ndarray:
            # Songs heard before are candidates: they may be played again.
            return blend.score(rows, weights, shown=[nothing] * len(rows))

        song2vec = blend.components["song2vec"]
        assert isinstance(song2vec, Vectors)
        return base, unit(song2vec.input)

    return fit


def _corpus(log: ListenLog, playlists: ListTable | None) -> Corpus:
    """Sessions of a log, and playlists, in a corpus of database ids."""
    known = log.rows >= 0
    heard = pd.DataFrame(
        {
            USER_ID: log.users[known],
            SONG_ID: log.song_ids[log.rows[known]],
            LISTENED_AT_S: log.times_s[known],
            COMPLETION: log.completion[known],
        }
    )
    lists = table_of(pd.DataFrame(columns=LISTS, dtype="int64")) if playlists is None else playlists
    return with_sessions(lists, session_lists(heard, first_list=0, first_group=0)).corpus()


@dataclass(frozen=True)
class _Moved:
    """From a corpus's rows to a log's and back: `of_log` is the corpus row of each song of the log, or -1."""

    of_log: np.ndarray
    n_songs: int

    @classmethod
    def build(cls, corpus: Corpus, log: ListenLog) -> _Moved:
        if not corpus.n_songs:
            return cls(np.full(log.n_songs, -1), 0)
        place = np.minimum(np.searchsorted(corpus.song_ids, log.song_ids), corpus.n_songs - 1)
        return cls(np.where(corpus.song_ids[place] == log.song_ids, place, -1), corpus.n_songs)

    def base(self, base: Base) -> Base:
        there = np.flatnonzero(self.of_log >= 0)

        def moved(rows: Sequence[np.ndarray], weights: Sequence[np.ndarray]) -> np.ndarray:
            asked = [self.of_log[one] for one in rows]
            kept = [one >= 0 for one in asked]
            scores = base(
                [one[k] for one, k in zip(asked, kept, strict=True)],
                [w[k] for w, k in zip(weights, kept, strict=True)],
            )
            out = np.zeros((len(rows), len(self.of_log)), np.float32)
            out[:, there] = scores[:, self.of_log[there]]
            return out

        return moved

    def vectors(self, vectors: np.ndarray) -> np.ndarray:
        out = np.zeros((len(self.of_log), vectors.shape[1]), np.float32)
        there = self.of_log >= 0
        out[there] = vectors[self.of_log[there]]
        return out


def _row(
    name: str, found: tuple[dict[str, np.ndarray], np.ndarray], ours: Mapping[str, np.ndarray] | None,
    settings: Mapping[str, Any], seed: int, seconds: float,
) -> Row:  # fmt: skip
    values, users = found
    rng = np.random.default_rng(seed)
    ratio = None if ours is None else bootstrap_ratio(ours["ndcg@100"], values["ndcg@100"], users, rng)
    metrics = {metric: bootstrap_mean(values[metric], users, rng) for metric in METRICS}
    logger.info("next-listen: %s %.4f, %.1f s", name, metrics["ndcg@100"].mean, seconds)
    return Row(name, metrics, ratio, settings, round(seconds, 1))


def _say(progress: Callable[[str], None] | None, name: str) -> None:
    if progress is not None:
        progress(name)
