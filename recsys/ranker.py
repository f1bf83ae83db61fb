"""The ranker: LambdaMART trees (Burges, MSR-TR-2010-82; LightGBM) that put the blend's best songs in order.

Two forests see features of every (query, song) pair (recsys/features.py) and are trained on held-back lists:
one by LambdaMART, one by cross-entropy, which also learns how sure to be; their standardised scores are
added, for together they are never much worse than the better of the two (docs/ranker.md).
What is served is a mixture of the trees' score and the blend's, both standardised over the candidates of a
query; how much the trees count (`mix`) is chosen on lists that they were not trained on, 0 among the
choices: a ranker that does not beat the blend there is not published.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

# So many of the blend's best songs are put in order; the others follow as they were.
REACH = 300
MIXES = (0.0, 0.5, 0.75, 1.0)
# Queries whose songs are all found, or none, teach nothing about order.
FEWEST_QUERIES = 30


@dataclass(frozen=True)
class RankerSettings:
    """Settings of LightGBM, by its names; a forest is trained for each objective."""

    objectives: tuple[str, ...] = ("lambdarank", "binary")
    rounds: int = 200
    learning_rate: float = 0.05
    num_leaves: int = 15
    min_data_in_leaf: int = 200
    feature_fraction: float = 0.5
    lambda_l2: float = 10.0
    seed: int = 1
    workers: int = 2


@dataclass(frozen=True)
class Queries:
    """Candidates of many queries, for training and measuring.

    Attributes
    ----------
    features : sequence of float32 arrays, shape (n_candidates, n_features)
        In falling order of the blend, whose score is the first column.
    hidden : sequence of bool arrays, shape (n_candidates,)
        The songs that were to be found.
    groups : int array, shape (n_queries,)
    """

    features: Sequence[np.ndarray]
    hidden: Sequence[np.ndarray]
    groups: np.ndarray

    def take(self, chosen: np.ndarray) -> Queries:
        """Keep some queries; `chosen` is a bool array."""
        at = np.flatnonzero(chosen).tolist()
        return Queries([self.features[i] for i in at], [self.hidden[i] for i in at], self.groups[at])


@dataclass(frozen=True)
class Ranker:
    """Forests, what their columns are called, and how much they count beside the blend, 0..1."""

    models: tuple[str, ...]
    names: tuple[str, ...]
    mix: float
    importance: dict[str, float] = field(default_factory=dict)

    @cached_property
    def _boosters(self) -> list[Any]:
        import lightgbm

        return [lightgbm.Booster(model_str=model) for model in self.models]

    def trees(self, features: np.ndarray) -> np.ndarray:
        """The trees' scores of the candidates of one query; float64, shape (n_candidates,)."""
        scores = np.zeros(len(features))
        for booster in self._boosters:
            scores += _standard(np.asarray(booster.predict(features, num_threads=1, raw_score=True)))
        return scores

    def scores(self, features: np.ndarray) -> np.ndarray:
        """What the candidates of one query are ordered by: the mixture, standardised.

        Parameters
        ----------
        features : float32 array, shape (n_candidates, n_features)
            As in `names`, of all candidates of the query.
        """
        return mixed(self.trees(features), features[:, 0], self.mix)

    def save(self, path: Path) -> None:
        """Write to one JSON file."""
        facts = {"names": self.names, "mix": self.mix, "importance": self.importance, "models": self.models}
        path.write_text(json.dumps(facts), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Ranker:
        """Read back what `save` wrote."""
        facts = json.loads(path.read_text(encoding="utf-8"))
        return cls(tuple(facts["models"]), tuple(facts["names"]), float(facts["mix"]), facts["importance"])


def mixed(trees: np.ndarray, blend: np.ndarray, mix: float) -> np.ndarray:
    """Standardise both scores over the candidates of a query and weigh them, `mix` for the trees."""
    return np.asarray(mix * _standard(trees) + (1.0 - mix) * _standard(blend))


def _standard(values: np.ndarray) -> np.ndarray:
    spread = float(values.std()) if len(values) else 0.0
    return np.asarray((values - values.mean()) / spread if spread > 1e-12 else np.zeros(len(values)))


def fit_trees(queries: Queries, names: Sequence[str], settings: RankerSettings) -> Ranker | None:
    """Train the trees on some queries; every group counts as the square root of its queries.

    Returns
    -------
    Ranker
        With `mix` 1; None when fewer than 30 queries have something to put in order.
    """
    import lightgbm

    teaching = np.array([hidden.any() and not hidden.all() for hidden in queries.hidden], dtype=bool)
    if teaching.sum() < FEWEST_QUERIES:
        return None
    part = queries.take(teaching)
    _, group, size = np.unique(part.groups, return_inverse=True, return_counts=True)
    lengths = np.array([len(hidden) for hidden in part.hidden])
    data = lightgbm.Dataset(
        np.concatenate(part.features),
        np.concatenate(part.hidden).astype(np.int8),
        group=lengths,
        weight=np.repeat(size[group] ** -0.5, lengths),
        feature_name=[f"f{i}" for i in range(len(names))],
        params={"max_bin": 63, "verbosity": -1, "num_threads": settings.workers},
    )
    options = {
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": settings.min_data_in_leaf,
        "feature_fraction": settings.feature_fraction,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": settings.lambda_l2,
        "lambdarank_truncation_level": 30,
        "max_bin": 63,
        "seed": settings.seed,
        "num_threads": settings.workers,
        "deterministic": True,
        "verbosity": -1,
    }
    models, shares = [], np.zeros(len(names))
    for objective in settings.objectives:
        booster = lightgbm.train(options | {"objective": objective}, data, num_boost_round=settings.rounds)
        gain = booster.feature_importance("gain")
        shares += gain / max(float(gain.sum()), 1e-12) / len(settings.objectives)
        models.append(booster.model_to_string())
    importance = {name: round(float(share), 5) for name, share in zip(names, shares, strict=True)}
    return Ranker(tuple(models), tuple(names), 1.0, importance)
