"""The table: Songspace beside its peers on held-back playlists, protocol `continuation-v1`.

The corpus comes from a folder in the tabular layout or from the database. Songspace chooses its blend on an
inner split of the training part, as a night does; the peers' settings are chosen on the same kind of inner
split (`tuned`). Ratios are paired by case and bootstrapped by group.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from db.repositories import listens as listens_repository
from db.repositories import playlists as playlists_repository
from db.session import SessionFactory
from pipelines.clean import kinship, training_lists
from pipelines.columns import ATTRIBUTES, ENTRIES, PLAYLIST_REF, PLAYLISTS, SONG_REF, empty
from pipelines.corpora import corpus_of_lists
from pipelines.sources.batch import Problem
from pipelines.sources.detect import read_any
from recsys.baselines import (
    ease_fits,
    fit_bpr,
    fit_ease,
    fit_gensim_defaults,
    fit_ials,
    fit_item_knn,
    fit_popularity,
)
from recsys.corpus import Corpus, build_corpus
from recsys.evaluate import METRICS, Scorer, Split, make_split, measure
from recsys.fit import fit_continuation
from recsys.metrics import Estimate, bootstrap_mean, bootstrap_ratio
from recsys.song2vec import PAIRS

logger = logging.getLogger(__name__)

OURS = "songspace"
# Cases of the inner split on which a peer's settings are compared.
_TUNING_CASES = 300

Fit = Callable[..., Scorer]
# A few settings each, from small to large; every one was the best somewhere on development sets.
GRIDS: Mapping[str, tuple[Fit, Sequence[Mapping[str, Any]]]] = {
    "popularity": (fit_popularity, ({},)),
    # Before BPR: once implicit's BPR has run in a process, gensim learns other vectors from the same seed.
    "gensim defaults": (fit_gensim_defaults, ({},)),
    "item-kNN": (fit_item_knn, ({"alpha": 0.5}, {"alpha": 0.3}, {"alpha": 0.3, "shrink": 2.0})),
    "EASE": (fit_ease, ({"l2": 100.0}, {"l2": 300.0}, {"l2": 1000.0})),
    "iALS": (
        fit_ials,
        (
            {"regularization": 10.0, "alpha": 40.0},
            {"regularization": 1.0, "alpha": 10.0},
            {"factors": 64, "regularization": 10.0, "alpha": 2.0},
        ),
    ),
    "BPR": (fit_bpr, ({}, {"regularization": 0.001})),
}


@dataclass(frozen=True)
class Row:
    """One model's line of the table.

    `ours_over_it` is Songspace's NDCG@100 over this model's, None for Songspace itself.
    """

    model: str
    metrics: Mapping[str, Estimate]
    ours_over_it: Estimate | None
    settings: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True)
class Evaluation:
    """The whole table, and on what it was measured. `left_out` says which peer could not be fitted, and
    why.
    """

    rows: tuple[Row, ...]
    n_songs: int
    n_train: int
    n_cases: int
    n_groups: int
    seed: int
    left_out: Mapping[str, str]


class TooLittleDataError(ValueError):
    """Not one test list has four songs that training knows."""


def corpus_of_folder(
    path: Path, *, group_column: str | None = None, format: str | None = None
) -> tuple[Corpus, tuple[Problem, ...]]:
    """Read playlists from files, past the database.

    Parameters
    ----------
    group_column : str, optional
        Playlists with the same value of this attribute are one group, as `spotify_playlist_id`; by default
        the source playlist where the files name one, else each playlist alone.

    Raises
    ------
    ValueError
        No playlist has the column.
    """
    playlists: list[pd.DataFrame] = []
    entries: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for batch in read_any(path, format=format):
        playlists.append(batch.playlists)
        entries.append(batch.entries)
        problems.extend(batch.problems)
    listed, pairs = _last_of_each(playlists, entries)
    keys = _keys(listed, group_column)
    of_playlist = pd.Series(pd.factorize(keys)[0], index=listed[PLAYLIST_REF])
    lists, _ = pd.factorize(pairs[PLAYLIST_REF])
    songs, _ = pd.factorize(pairs[SONG_REF])
    order = np.lexsort((pairs["position"].to_numpy(), lists))
    groups = of_playlist.reindex(pairs[PLAYLIST_REF]).to_numpy(np.int64)
    source_of = pd.Series(pd.factorize(_keys(listed, None))[0], index=listed[PLAYLIST_REF])
    sources = source_of.reindex(pairs[PLAYLIST_REF]).to_numpy(np.int64)
    corpus = build_corpus(lists[order], songs[order], groups[order], sources=sources[order])
    return corpus, tuple(problems)


def _last_of_each(
    playlists: Sequence[pd.DataFrame], entries: Sequence[pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All playlists with their entries; of one that comes several times the last, as in an ingest."""
    last = {ref: number for number, frame in enumerate(playlists) for ref in frame[PLAYLIST_REF]}

    def kept(frames: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
        return [frame[frame[PLAYLIST_REF].map(last) == number] for number, frame in enumerate(frames)]

    listed = pd.concat([empty(PLAYLISTS), *kept(playlists)], ignore_index=True)
    return listed, pd.concat([empty(ENTRIES), *kept(entries)], ignore_index=True)


def _keys(playlists: pd.DataFrame, group_column: str | None) -> pd.Series:
    own = playlists[PLAYLIST_REF]
    if group_column is None:
        return playlists["source_key"].where(playlists["source_key"] != "", own)
    attributes = [json.loads(text) for text in playlists[ATTRIBUTES]]
    values = [facts.get(group_column) for facts in attributes]
    if not any(value is not None for value in values):
        known = sorted({name for facts in attributes[:1000] for name in facts})
        raise ValueError(f"no playlist has a column {group_column!r}; there are {', '.join(known) or 'none'}")
    return pd.Series([str(v) if v is not None else ref for v, ref in zip(values, own, strict=True)])


def corpus_of_database(session_factory: SessionFactory) -> Corpus:
    """Every playlist and session of the database, as a night would learn from them."""
    with session_factory() as session:
        entries = playlists_repository.read_entries(session)
        playlists = playlists_repository.read_playlists(session)
        listens = listens_repository.read_listens(session)
    lists = training_lists(entries, kinship(playlists), listens)
    return corpus_of_lists(lists)


def evaluate(
    corpus: Corpus,
    *,
    folder: Path,
    seed: int = 0,
    workers: int = 2,
    pairs: float = PAIRS,
    progress: Callable[[str], None] | None = None,
) -> Evaluation:
    """Fit Songspace and its peers on one split and measure them on the same cases.

    Parameters
    ----------
    corpus : Corpus
        Every list, every song.
    folder : Path
        For corpus files while training.
    pairs : float
        How much song2vec trains at most (`recsys.song2vec.settings_for`).

    Raises
    ------
    TooLittleDataError
    """
    split = make_split(corpus, seed=seed)
    if not split.cases:
        raise TooLittleDataError("no held-back playlist has four songs that stand in three others")
    groups = np.array([case.group for case in split.cases])
    _say(progress, OURS)
    started = time.perf_counter()
    model = fit_continuation(split.train, folder, seed=seed, workers=workers, pairs=pairs)
    ours = measure(model, split.cases)
    rows = [_row(OURS, ours, None, dict(model.weights), groups, seed, time.perf_counter() - started)]
    inner = make_split(split.train, seed=seed + 1, max_cases=_TUNING_CASES)
    left_out = {}
    for name, (fit, grid) in GRIDS.items():
        if fit is fit_ease and not ease_fits(split.train):
            left_out[name] = (
                f"{split.train.n_songs} songs and {split.train.n_lists} lists are too many to invert"
            )
            continue
        _say(progress, name)
        started = time.perf_counter()
        settings = tuned(fit, grid, inner)
        found = measure(fit(split.train, **settings), split.cases)
        rows.append(_row(name, found, ours, settings, groups, seed, time.perf_counter() - started))
    return Evaluation(
        tuple(rows),
        split.train.n_songs,
        split.train.n_lists,
        len(split.cases),
        len(np.unique(groups)),
        seed,
        left_out,
    )


def tuned(fit: Fit, grid: Sequence[Mapping[str, Any]], inner: Split) -> Mapping[str, Any]:
    """The settings of a grid with the best NDCG@100 on an inner split; the first where there are no cases."""
    if len(grid) == 1 or not inner.cases:
        return grid[0]
    found = [measure(fit(inner.train, **settings), inner.cases)["ndcg@100"].mean() for settings in grid]
    return grid[int(np.argmax(found))]


def _row(
    name: str, found: Mapping[str, np.ndarray], ours: Mapping[str, np.ndarray] | None,
    settings: Mapping[str, Any], groups: np.ndarray, seed: int, seconds: float,
) -> Row:  # fmt: skip
    rng = np.random.default_rng(seed)
    ratio = None if ours is None else bootstrap_ratio(ours["ndcg@100"], found["ndcg@100"], groups, rng)
    metrics = {metric: bootstrap_mean(found[metric], groups, rng) for metric in METRICS}
    logger.info("evaluate: %s %.4f, %.1f s", name, metrics["ndcg@100"].mean, seconds)
    return Row(name, metrics, ratio, settings, round(seconds, 1))


def _say(progress: Callable[[str], None] | None, name: str) -> None:
    if progress is not None:
        progress(name)
