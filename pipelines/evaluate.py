"""The table: Songspace beside its peers on held-back playlists, protocol `continuation-v1`.

Songspace chooses its blend and trains its ranker on folds of the training part, as a night does; the peers'
settings are chosen on an inner split of it (`tuned`). Ratios are paired by case and bootstrapped by group.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recsys.baselines import (
    ease_fits,
    fit_bpr,
    fit_ease,
    fit_gensim_defaults,
    fit_ials,
    fit_item_knn,
    fit_popularity,
)
from recsys.corpus import Corpus
from recsys.evaluate import METRICS, Scorer, Split, make_split, measure
from recsys.facts import SongFacts
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


def evaluate(
    corpus: Corpus,
    facts: SongFacts,
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
    facts : SongFacts
        Artists, albums and recordings of the songs, which a night knows too.
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
    model, _ = fit_continuation(split.train, folder, seed=seed, workers=workers, pairs=pairs, facts=facts)
    ours = measure(model, split.cases)
    ours_settings = {**model.weights, "ranker": 0.0 if model.ranker is None else model.ranker.mix}
    rows = [_row(OURS, ours, None, ours_settings, groups, seed, time.perf_counter() - started)]
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
