"""How well an embedding predicts places, and places it: ridges on artists that took no part in them.

The audio tower's ridges (`recsys.audio_tower.fit_map`), with two changes. The strength is chosen for each
fold on the others, so that embeddings of 200 and of 1,500 numbers are compared fairly. And no column is
stretched because it hardly varies: a unit that was silent for all artists but one would throw that one far
away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from recsys.audio_tower import LinearMap
from recsys.metrics import Estimate, bootstrap_ratio
from recsys.song2vec import unit

# Wider than the tower's: a ridge on 1,506 columns wants more than one on 200.
SHRINKS = tuple(base * 10.0**power for power in range(1, 6) for base in (1.0, 3.0))

LEAST_SPREAD = 0.1
"""Of the root mean square of all columns' spreads: what a column is divided by at least."""
_SMALLEST = 1e-6


@dataclass(frozen=True)
class Target:
    """Where songs lie, float array (n, dim), and how far each is from the mean of all, squared."""

    values: np.ndarray

    @property
    def spread(self) -> np.ndarray:
        """Shape (n,)."""
        return np.asarray(((self.values - self.values.mean(0)) ** 2).sum(1))


@dataclass(frozen=True)
class CrossFit:
    """What maps of the other folds predict, (n, dim), and the map that each fold was predicted by."""

    predicted: np.ndarray
    maps: Mapping[int, LinearMap]


def ridges(inputs: np.ndarray, targets: np.ndarray, least_spread: float = LEAST_SPREAD) -> list[LinearMap]:
    """Maps of each strength of `SHRINKS`; with a `least_spread` of 0 they are those of `fit_map`."""
    inputs, targets = inputs.astype(np.float64), targets.astype(np.float64)
    mean, spread, offset = inputs.mean(0), inputs.std(0), targets.mean(0)
    spread = np.maximum(spread, least_spread * np.sqrt((spread**2).mean()))
    spread = np.where(spread < _SMALLEST, 1.0, spread)
    standard = (inputs - mean) / spread
    values, axes = np.linalg.eigh(standard.T @ standard)
    turned = axes.T @ (standard.T @ (targets - offset))
    weights = [axes @ (turned / (np.maximum(values, 0.0) + shrink)[:, None]) for shrink in SHRINKS]
    small = [one.astype(np.float32) for one in (mean, spread, offset)]
    return [LinearMap(small[0], small[1], one.astype(np.float32), small[2]) for one in weights]


def cross_fit(
    inputs: np.ndarray,
    targets: Sequence[np.ndarray],
    fold: np.ndarray,
    least_spread: float = LEAST_SPREAD,
) -> list[CrossFit]:
    """Predict each fold by a ridge of the others, for each of the targets, float arrays (n, dim).

    A ridge is as strong as suits the other folds' own held-out songs best. The targets share what is costly.
    """
    folds = np.unique(fold).tolist()
    every = np.concatenate(targets, axis=1)
    maps = {number: ridges(inputs[fold != number], every[fold != number], least_spread) for number in folds}
    starts = np.cumsum([0, *(target.shape[1] for target in targets)]).tolist()
    return [
        _chosen(
            {number: [_part(one, slice(*ends)) for one in found] for number, found in maps.items()},
            inputs,
            target,
            fold,
        )
        for ends, target in zip(pairwise(starts), targets, strict=True)
    ]


def _part(one: LinearMap, columns: slice) -> LinearMap:
    return LinearMap(one.mean, one.spread, one.weights[:, columns], one.offset[columns])


def _chosen(
    maps: Mapping[int, Sequence[LinearMap]], inputs: np.ndarray, targets: np.ndarray, fold: np.ndarray
) -> CrossFit:
    """Of each fold's maps, of every strength, the one that suits the other folds."""
    every = np.zeros((len(SHRINKS), *targets.shape), np.float32)
    for number, found in maps.items():
        for i, one in enumerate(found):
            every[i, fold == number] = one(inputs[fold == number])
    missed = ((every - targets) ** 2).sum(2)
    predicted, chosen = np.zeros(targets.shape, np.float32), {}
    for number in maps:
        best = int(missed[:, fold != number].sum(1).argmin())
        chosen[number], predicted[fold == number] = maps[number][best], every[best, fold == number]
    return CrossFit(predicted, chosen)


def cosines(predicted: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Cosine of each prediction with what is true, shape (n,)."""
    return np.asarray((unit(predicted) * unit(targets)).sum(1))


def misses(predicted: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Squared distance of each prediction from what is true, shape (n,)."""
    return np.asarray(((predicted - targets) ** 2).sum(1))


def share_predicted(missed: np.ndarray, spread: np.ndarray, artists: np.ndarray, seed: int) -> Estimate:
    """R2 with its interval, from the squared misses and squared distances from the mean of each song."""
    return bootstrap_ratio(spread - missed, spread, artists, np.random.default_rng(seed))


@dataclass(frozen=True)
class Verdict:
    """What a candidate is worth: of each song, over all rounds of folds.

    `cosine` and `missed` are of song2vec's places, `missed_truth` of the world's truth; `back` and
    `back_spread` of the embedding from the place; `maps` are those of the first round's folds.
    """

    cosine: np.ndarray
    missed: np.ndarray
    missed_truth: np.ndarray
    back: np.ndarray
    back_spread: np.ndarray
    maps: Mapping[int, LinearMap]


def judge(
    values: np.ndarray,
    places: Target,
    truth: Target,
    folds: Sequence[np.ndarray],
    least_spread: float = LEAST_SPREAD,
) -> Verdict:
    """Cross-fit there and back, for every round of folds."""
    both = [cross_fit(values, (places.values, truth.values), fold, least_spread) for fold in folds]
    there, of_truth = [one for one, _ in both], [one for _, one in both]
    standard = (values - values.mean(0)) / np.maximum(values.std(0), 1e-6)
    back = [cross_fit(places.values, (standard,), fold)[0] for fold in folds]
    return Verdict(
        np.mean([cosines(one.predicted, places.values) for one in there], axis=0),
        np.mean([misses(one.predicted, places.values) for one in there], axis=0),
        np.mean([misses(one.predicted, truth.values) for one in of_truth], axis=0),
        np.mean([misses(one.predicted, standard) for one in back], axis=0),
        Target(standard).spread,
        there[0].maps,
    )


def by_maps(maps: Mapping[int, LinearMap], values: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """What each song's fold's map predicts of an embedding; float32 (n, dim)."""
    return np.stack([maps[int(number)](row[None])[0] for row, number in zip(values, fold, strict=True)])
