"""Fitting what continues lists: choose on held-back lists, then train on everything.

On folds of the corpus (protocol `continuation-v1`, by group) every component is fitted, the blend's weights
are learned, and the ranker is trained; a split made outside, by `songspace evaluate`, stays unseen. What the
folds say about accuracy is cross-fitted: weights and trees learned on one half of the groups are measured on
the other, so the figures are honest although every case teaches. On the same halves it is chosen how much the
ranker counts beside the blend, if at all.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recsys.baselines import fit_item_knn
from recsys.blend import (
    DEFAULT_WEIGHTS,
    FEWEST_CASES,
    Table,
    gather,
    join_tables,
    learn_weights,
    measure_weights,
)
from recsys.components import TRANSFORMER, Component, Vectors, build_components
from recsys.continuation import Continuation
from recsys.corpus import Corpus, sample_versions, write_corpus_file
from recsys.evaluate import Case, K, Split, make_folds, measure, metrics_of
from recsys.factors import FactorSettings, fit_factors
from recsys.facts import SongFacts
from recsys.features import SongFeatures
from recsys.metrics import Estimate, bootstrap_mean, bootstrap_ratio
from recsys.ranker import MIXES, REACH, Queries, Ranker, RankerSettings, fit_trees, mixed
from recsys.song2vec import PAIRS, SongVectors, settings_for, train_song2vec

if TYPE_CHECKING:
    from recsys.song_transformer import Transformer

logger = logging.getLogger(__name__)

# A fold's song2vec gets this share of the training: its part in the blend is small, and there are four.
FOLD_SHARE = 0.5
# Where the transformer alone stays below this share of item-kNN on the first fold it is not trained on the
# others: on the development sets it lies at .8 to .98, and is worth nothing, or above 1.1, and is worth a lot
# (docs/transformer.md).
_PROMISING = 1.0
# The transformer reads no list more often than this.
_MOST_PASSES = 40
_NOTHING, _AS_BEFORE = Estimate(0.0, 0.0, 0.0), Estimate(1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Choice:
    """What was chosen, and what held-back lists say of it.

    Attributes
    ----------
    weights : dict
        Of the blend, by component; the documented defaults when there were fewer than 30 held-back cases.
        "transformer" is among them only where the blend is better with it.
    n_cases, n_groups : int
        Held-back cases, and their groups.
    metrics : dict
        Mean of each metric with its interval, cross-fitted, of what is served.
    knn_ratio : Estimate
        NDCG@100 over that of item-kNN on the same cases.
    ranker_ratio : Estimate
        NDCG@100 of blend and ranker over the blend's alone, cross-fitted; 1 where the ranker does not count.
    mixes : dict
        The same ratio for each weight of the ranker that was tried.
    components : dict
        NDCG@100 of each component alone.
    """

    weights: Mapping[str, float]
    n_cases: int
    n_groups: int = 0
    metrics: Mapping[str, Estimate] = field(default_factory=dict)
    knn_ratio: Estimate = _NOTHING
    ranker_ratio: Estimate = _AS_BEFORE
    mixes: Mapping[str, float] = field(default_factory=dict)
    components: Mapping[str, float] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The choice as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True)
class Fold:
    """One split with everything fitted on its training part; `with_order` says whether the transformer is
    among it, `knn` is item-kNN's NDCG@100 of each case.
    """

    split: Split
    features: SongFeatures
    table: Table
    with_order: bool = False
    knn: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def without_order(self) -> Fold:
        """The same without the transformer."""
        if not self.with_order:
            return self
        names = list(self.features.components)
        kept = [i for i, name in enumerate(names) if name != TRANSFORMER]
        components = {names[i]: self.features.components[names[i]] for i in kept}
        table = replace(self.table, features=self.table.features[:, :, kept])
        features = replace(self.features, components=components)
        return replace(self, features=features, table=table, with_order=False)


@dataclass(frozen=True)
class Outcome:
    """What one half of the groups taught about the other: metrics of each case, and of each mixture."""

    blend: dict[str, np.ndarray]
    mixes: dict[float, dict[str, np.ndarray]]


def train_vectors(
    corpus: Corpus, path: Path, *, seed: int, workers: int, pairs: float = PAIRS, share: float = 1.0
) -> SongVectors:
    """Write the corpus file of a corpus to `path` and train song2vec on it."""
    settings = settings_for(corpus, pairs=pairs, workers=workers, seed=seed, share=share)
    lists = sample_versions(corpus, rounds=settings.rounds, rng=np.random.default_rng(seed))
    started = time.perf_counter()
    n_tokens = write_corpus_file(corpus, path, lists)
    vectors = train_song2vec(path, corpus.n_songs, settings)
    logger.info(
        "song2vec: %d songs, %d tokens, %d epochs, %.1f s",
        corpus.n_songs, n_tokens, settings.epochs, time.perf_counter() - started,
    )  # fmt: skip
    return vectors


def fit_components(
    corpus: Corpus, facts: SongFacts, folder: Path, *, seed: int, workers: int, pairs: float = PAIRS,
    share: float = 1.0,
) -> dict[str, Component]:  # fmt: skip
    """Train every component of the blend on a corpus; `facts` of its songs, in its order. `share` is that of
    song2vec's epochs.
    """
    path = folder / "corpus.txt"
    vectors = train_vectors(corpus, path, seed=seed, workers=workers, pairs=pairs, share=share)
    path.unlink()
    factors = fit_factors(corpus, FactorSettings(seed=seed, workers=workers))
    return build_components(corpus, facts, Vectors.build(vectors), factors)


def features_of(components: Mapping[str, Component], corpus: Corpus, facts: SongFacts) -> SongFeatures:
    """What the ranker sees, for components fitted on a corpus."""
    song2vec = components["song2vec"]
    assert isinstance(song2vec, Vectors)
    return SongFeatures.build(components, corpus, facts, song2vec.input)


def fit_folds(
    corpus: Corpus, facts: SongFacts, folder: Path, *, seed: int, workers: int, pairs: float = PAIRS
) -> tuple[Fold, ...]:
    """Fit everything on each fold of a corpus; none where there are too few cases to learn from."""
    splits = make_folds(corpus, seed=seed)
    n_cases = sum(len(split.cases) for split in splits)
    if n_cases < FEWEST_CASES:
        logger.info("blend: %d held-back cases are too few, default weights", n_cases)
        return ()
    folds: list[Fold] = []
    for split in splits:
        if not split.cases:
            continue
        # Before all else, and let go: on a large corpus its neighbours take gigabytes.
        knn = measure(fit_item_knn(split.train), split.cases)["ndcg@100"]
        own = facts.of(split.train.song_ids)
        components = fit_components(
            split.train, own, folder, seed=seed, workers=workers, pairs=pairs, share=FOLD_SHARE
        )
        order = not folds or folds[0].with_order
        if order:
            components[TRANSFORMER] = fit_transformer(split.train, seed=seed, pairs=pairs)
        table = gather(components, split.cases, split.train.n_songs)
        fold = Fold(split, features_of(components, split.train, own), table, order, knn)
        folds.append(fold if folds or _promising(fold) else fold.without_order())
    return tuple(folds)


def fit_transformer(corpus: Corpus, *, seed: int, pairs: float = PAIRS) -> Transformer:
    """Train the transformer over the lists of a corpus, as long as song2vec is told to: where that is given a
    tenth of the pairs, this is given a tenth of the steps.
    """
    from recsys.song_transformer import TransformerSettings, train_transformer

    settings = TransformerSettings(seed=seed)
    most = _MOST_PASSES * -(-corpus.n_lists // settings.batch_lists)
    steps = min(settings.steps, most, round(settings.steps * pairs / PAIRS))
    return train_transformer(corpus, replace(settings, steps=max(1, steps)))


def _promising(fold: Fold) -> bool:
    """Whether the transformer alone is as good as item-kNN."""
    names = list(fold.features.components)
    alone = np.array([name == TRANSFORMER for name in names], dtype=np.float32)
    ours = float(measure_weights(fold.table, alone)["ndcg@100"].mean())
    knn = float(fold.knn.mean())
    logger.info("transformer: NDCG@100 %.4f on the first fold, item-kNN %.4f", ours, knn)
    return ours >= _PROMISING * knn


def with_order_if_better(folds: tuple[Fold, ...], seed: int) -> tuple[Fold, ...]:
    """The folds with the transformer where the blend with it beats the blend without it, cross-fitted."""
    if not folds[0].with_order:
        return folds
    plain = tuple(fold.without_order() for fold in folds)
    with_it, without_it = (
        float(_blend_of_halves(join_tables([fold.table for fold in some]), seed).mean())
        for some in (folds, plain)
    )
    logger.info("transformer: the blend has %.4f with it, %.4f without", with_it, without_it)
    return folds if with_it > without_it else plain


def _blend_of_halves(table: Table, seed: int) -> np.ndarray:
    """NDCG@100 of each case under weights learned on the other half of the groups."""
    rng = np.random.default_rng(seed)
    found: dict[str, np.ndarray] = {}
    for test, learn in _halves(table.groups, rng):
        weights = learn_weights(table.take(learn), rng, n_samples=4)
        _put(found, measure_weights(table.take(test), weights), test)
    return found["ndcg@100"]


def _halves(groups: np.ndarray, rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each half of the groups to measure on, with the other to learn from."""
    shuffled = rng.permutation(np.unique(groups))
    first = np.isin(groups, shuffled[: len(shuffled) // 2])
    if first.all() or not first.any():
        return [(np.ones_like(first), np.ones_like(first))]
    return [(first, ~first), (~first, first)]


def choose(
    corpus: Corpus, facts: SongFacts, folder: Path, *, seed: int, workers: int, pairs: float = PAIRS
) -> tuple[Choice, Ranker | None]:
    """Learn the blend's weights and train the ranker on folds of the corpus.

    Parameters
    ----------
    corpus : Corpus
        Every list to learn from, all songs in it (`min_count=1`).
    facts : SongFacts
        Of any songs; unknown ones are.
    folder : Path
        For the corpus files of the folds.

    Returns
    -------
    Choice
    Ranker, or None
        None where it does not beat the blend on lists that it was not trained on.
    """
    folds = fit_folds(corpus, facts, folder, seed=seed, workers=workers, pairs=pairs)
    if not folds:
        n_cases = sum(len(split.cases) for split in make_folds(corpus, seed=seed))
        return Choice(dict(DEFAULT_WEIGHTS), n_cases), None
    folds = with_order_if_better(folds, seed)
    rng = np.random.default_rng(seed)
    table = join_tables([fold.table for fold in folds])
    names = tuple(folds[0].features.components)
    weights = learn_weights(table, rng)
    settings = RankerSettings(seed=seed, workers=workers)
    outcome = _cross_fitted(folds, table, rng, settings)
    groups = table.groups
    mix = _best_mix(outcome, groups)
    ranker = None
    if mix > 0:
        trees = fit_trees(gather_queries(folds, weights), folds[0].features.names, settings)
        ranker = None if trees is None else replace(trees, mix=mix)
    served = outcome.blend if ranker is None else outcome.mixes[mix]
    knn = np.concatenate([fold.knn for fold in folds])
    choice = Choice(
        weights={name: float(weight) for name, weight in zip(names, weights, strict=True)},
        n_cases=len(groups),
        n_groups=len(np.unique(groups)),
        metrics={name: bootstrap_mean(values, groups, rng) for name, values in served.items()},
        knn_ratio=bootstrap_ratio(served["ndcg@100"], knn, groups, rng),
        ranker_ratio=bootstrap_ratio(served["ndcg@100"], outcome.blend["ndcg@100"], groups, rng),
        mixes={
            str(tried): bootstrap_ratio(found["ndcg@100"], outcome.blend["ndcg@100"], groups, rng).mean
            for tried, found in outcome.mixes.items()
        },
        components={
            name: float(measure_weights(table, one)["ndcg@100"].mean())
            for name, one in zip(names, np.eye(len(names), dtype=np.float32), strict=True)
        },
    )
    return choice, ranker


def gather_queries(folds: Sequence[Fold], weights: np.ndarray, chosen: np.ndarray | None = None) -> Queries:
    """Features of the blend's best songs for the folds' cases.

    Parameters
    ----------
    weights : float array, shape (n_components,)
        Of the blend.
    chosen : bool array, optional
        Which cases of all folds together; all by default.
    """
    features, hidden, groups = [], [], []
    number = 0
    for fold in folds:
        for j, case in enumerate(fold.split.cases):
            if chosen is None or chosen[number]:
                found, to_find = _query(fold, j, case, weights)
                features.append(found)
                hidden.append(to_find)
                groups.append(case.group)
            number += 1
    return Queries(features, hidden, np.array(groups, dtype=np.int64))


def _query(fold: Fold, j: int, case: Case, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    table = fold.table
    blend = table.features[j] @ weights
    best = np.argsort(-blend, kind="stable")[:REACH]
    best = best[table.rows[j, best] >= 0]
    features = fold.features.of(case.seen, table.rows[j, best], table.features[j, best].T, blend[best])
    return features, table.hidden[j, best]


def _cross_fitted(
    folds: Sequence[Fold], table: Table, rng: np.random.Generator, settings: RankerSettings
) -> Outcome:
    """Metrics of each case under weights and trees learned on the other half of the groups."""
    outcome = Outcome({}, {mix: {} for mix in MIXES if mix > 0})
    names = folds[0].features.names
    for test, learn in _halves(table.groups, rng):
        weights = learn_weights(table.take(learn), rng, n_samples=4)
        _put(outcome.blend, measure_weights(table.take(test), weights), test)
        trees = fit_trees(gather_queries(folds, weights, learn), names, settings)
        queries = gather_queries(folds, weights, test)
        n_hidden = table.n_hidden[test]
        scores = [None if trees is None else trees.trees(features) for features in queries.features]
        for mix, found in outcome.mixes.items():
            hits = np.zeros((len(n_hidden), K), dtype=bool)
            for i, (features, hidden, own) in enumerate(
                zip(queries.features, queries.hidden, scores, strict=True)
            ):
                order = (
                    np.arange(len(hidden))
                    if own is None
                    else np.argsort(-mixed(own, features[:, 0], mix), kind="stable")
                )
                top = hidden[order][:K]
                hits[i, : len(top)] = top
            _put(found, metrics_of(hits, n_hidden), test)
    return outcome


def _put(into: dict[str, np.ndarray], values: Mapping[str, np.ndarray], at: np.ndarray) -> None:
    for name, part in values.items():
        into.setdefault(name, np.zeros(len(at)))[at] = part


def _best_mix(outcome: Outcome, groups: np.ndarray) -> float:
    """The weight of the trees with the best NDCG@100, every group counting as the square root of its cases;
    0 where none is better than the blend.
    """
    _, group, size = np.unique(groups, return_inverse=True, return_counts=True)
    share = size[group] ** -0.5
    best, score = 0.0, float(outcome.blend["ndcg@100"] @ share)
    for mix, found in outcome.mixes.items():
        if (value := float(found["ndcg@100"] @ share)) > score:
            best, score = mix, value
    return best


def fit_continuation(
    corpus: Corpus,
    folder: Path,
    *,
    seed: int,
    workers: int,
    pairs: float = PAIRS,
    facts: SongFacts | None = None,
) -> tuple[Continuation, Choice]:
    """Choose the weights and the ranker, then train every component on the whole corpus."""
    facts = SongFacts.unknown(corpus.song_ids) if facts is None else facts
    choice, ranker = choose(corpus, facts, folder, seed=seed, workers=workers, pairs=pairs)
    own = facts.of(corpus.song_ids)
    components = fit_components(corpus, own, folder, seed=seed, workers=workers, pairs=pairs)
    if TRANSFORMER in choice.weights:
        components[TRANSFORMER] = fit_transformer(corpus, seed=seed, pairs=pairs)
    features = features_of(components, corpus, own)
    return Continuation(components, choice.weights, corpus.n_songs, features, ranker), choice
