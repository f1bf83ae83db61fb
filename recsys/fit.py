"""Fitting the continuation blend: choose its weights on held-back lists, then train on everything.

The weights are learned on an inner split of the corpus (by group, protocol `continuation-v1`), so a split
made outside, by `songspace evaluate`, stays unseen. What the inner cases say about accuracy is cross-fitted:
weights learned on one half of their groups are measured on the other, so the figures are honest although
every case teaches.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from recsys.baselines import fit_item_knn
from recsys.blend import DEFAULT_WEIGHTS, FEWEST_CASES, Table, gather, learn_weights, measure_weights
from recsys.components import build_components
from recsys.continuation import Continuation
from recsys.corpus import Corpus, sample_versions, write_corpus_file
from recsys.evaluate import make_split, measure
from recsys.factors import FactorSettings, fit_factors
from recsys.metrics import Estimate, bootstrap_mean, bootstrap_ratio
from recsys.song2vec import PAIRS, SongVectors, settings_for, train_song2vec

logger = logging.getLogger(__name__)

# Enough to choose eight weights; more cases cost time and change nothing.
_INNER_CASES = 500


@dataclass(frozen=True)
class BlendChoice:
    """The weights that were chosen, and what held-back lists say of them.

    Attributes
    ----------
    weights : dict
        By component; the documented defaults when there were fewer than 30 held-back cases.
    n_cases : int
        Held-back cases.
    metrics : dict
        Mean of each metric with its interval, cross-fitted.
    knn_ratio : Estimate
        NDCG@100 over that of item-kNN on the same cases.
    components : dict
        NDCG@100 of each component alone.
    """

    weights: Mapping[str, float]
    n_cases: int
    metrics: Mapping[str, Estimate] = field(default_factory=dict)
    knn_ratio: Estimate = field(default_factory=lambda: Estimate(0.0, 0.0, 0.0))
    components: Mapping[str, float] = field(default_factory=dict)


def train_vectors(
    corpus: Corpus, path: Path, *, seed: int, workers: int, pairs: float = PAIRS
) -> SongVectors:
    """Write the corpus file of a corpus to `path` and train song2vec on it."""
    settings = settings_for(corpus, pairs=pairs, workers=workers, seed=seed)
    lists = sample_versions(corpus, rounds=settings.rounds, rng=np.random.default_rng(seed))
    started = time.perf_counter()
    n_tokens = write_corpus_file(corpus, path, lists)
    vectors = train_song2vec(path, corpus.n_songs, settings)
    logger.info(
        "song2vec: %d songs, %d tokens, %d epochs, %.1f s",
        corpus.n_songs, n_tokens, settings.epochs, time.perf_counter() - started,
    )  # fmt: skip
    return vectors


def choose_blend(
    corpus: Corpus, folder: Path, *, seed: int, workers: int, pairs: float = PAIRS
) -> BlendChoice:
    """Learn the blend's weights on an inner split of the corpus.

    Parameters
    ----------
    corpus : Corpus
        Every list to learn from, all songs in it (`min_count=1`).
    folder : Path
        For the corpus file of the inner training part.
    """
    split = make_split(corpus, seed=seed, max_cases=_INNER_CASES, share=None)
    if len(split.cases) < FEWEST_CASES:
        logger.info("blend: %d held-back cases are too few, default weights", len(split.cases))
        return BlendChoice(dict(DEFAULT_WEIGHTS), len(split.cases))
    path = folder / "inner-corpus.txt"
    vectors = train_vectors(split.train, path, seed=seed, workers=workers, pairs=pairs)
    path.unlink()
    factors = fit_factors(split.train, FactorSettings(seed=seed, workers=workers))
    components = build_components(split.train, vectors, factors)
    table = gather(components, split.cases, split.train.n_songs)
    rng = np.random.default_rng(seed)
    weights = learn_weights(table, rng)
    ours = _cross_fitted(table, rng)
    knn = measure(fit_item_knn(split.train), split.cases)
    return BlendChoice(
        weights={name: float(weight) for name, weight in zip(components, weights, strict=True)},
        n_cases=len(split.cases),
        metrics={name: bootstrap_mean(values, table.groups, rng) for name, values in ours.items()},
        knn_ratio=bootstrap_ratio(ours["ndcg@100"], knn["ndcg@100"], table.groups, rng),
        components={
            name: float(measure_weights(table, one)["ndcg@100"].mean())
            for name, one in zip(components, np.eye(len(components), dtype=np.float32), strict=True)
        },
    )


def _cross_fitted(table: Table, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Metrics of each case under weights learned on the other half of the groups."""
    groups = rng.permutation(np.unique(table.groups))
    first = np.isin(table.groups, groups[: len(groups) // 2])
    if first.all() or not first.any():
        return measure_weights(table, learn_weights(table, rng))
    out: dict[str, np.ndarray] = {}
    for test in (first, ~first):
        learn = Table(table.features[~test], table.hidden[~test], table.n_hidden[~test], table.groups[~test])
        weights = learn_weights(learn, rng, n_samples=4)
        part = Table(table.features[test], table.hidden[test], table.n_hidden[test], table.groups[test])
        for name, values in measure_weights(part, weights).items():
            out.setdefault(name, np.zeros(len(test)))[test] = values
    return out


def fit_continuation(
    corpus: Corpus, folder: Path, *, seed: int, workers: int, pairs: float = PAIRS
) -> Continuation:
    """Choose the weights, then train every component on the whole corpus."""
    choice = choose_blend(corpus, folder, seed=seed, workers=workers, pairs=pairs)
    path = folder / "corpus.txt"
    vectors = train_vectors(corpus, path, seed=seed, workers=workers, pairs=pairs)
    path.unlink()
    factors = fit_factors(corpus, FactorSettings(seed=seed, workers=workers))
    return Continuation(build_components(corpus, vectors, factors), choice.weights, corpus.n_songs)
