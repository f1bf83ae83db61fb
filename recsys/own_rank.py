"""Is what was made for somebody nearer to them than to others? The rank of the right one among all.

For a thing at place p_i that was made for owner o(i), with tastes t_j of m owners, unit vectors,

    rank_i = 1 + |{j : p_i . t_j > p_i . t_o(i)}| + |{j != o(i) : p_i . t_j = p_i . t_o(i)}| / 2

whose mean is (m + 1) / 2 by chance. Where all tastes lean one way, a thing that leans there is near to all of
them, and some owners are near to everything; `centred` takes out the mean of either side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.metrics import Estimate, bootstrap_mean
from recsys.song2vec import unit


@dataclass(frozen=True)
class OwnRank:
    """Mean rank of the right owner with its 95 % interval, and what chance gives; 1 is best.

    Attributes
    ----------
    rank : Estimate
    chance : float
        (n_owners + 1) / 2.
    first : float
        Share of things whose owner comes first; `first_by_chance` is 1 / n_owners.
    n_things, n_owners : int
    """

    rank: Estimate
    chance: float
    first: float
    n_things: int
    n_owners: int

    @property
    def first_by_chance(self) -> float:
        """The share that chance would bring first."""
        return 1.0 / self.n_owners

    @property
    def is_better_than_chance(self) -> bool:
        """Whether chance lies outside the interval, on the worse side."""
        return self.rank.high < self.chance


def own_ranks(places: np.ndarray, tastes: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """The rank of each thing's owner among all by cosine.

    Parameters
    ----------
    places : float array, shape (n_things, dim)
    tastes : float array, shape (n_owners, dim)
    owners : int array, shape (n_things,)
        Row of `tastes` of each thing's owner.

    Returns
    -------
    float array, shape (n_things,)
        1 .. n_owners; those level with the owner count half.

    Raises
    ------
    ValueError
        Fewer than two owners, or rows that are none.
    """
    if len(tastes) < 2 or len(owners) != len(places):
        raise ValueError(f"need two tastes or more and an owner a thing, got {len(tastes)}, {len(owners)}")
    if len(owners) and not 0 <= owners.min() <= owners.max() < len(tastes):
        raise ValueError(f"owners are rows 0..{len(tastes) - 1}, got {owners.min()}..{owners.max()}")
    nearness = unit(places) @ unit(tastes).T
    own = nearness[np.arange(len(owners)), owners][:, None]
    return np.asarray(1.0 + (nearness > own).sum(1) + ((nearness == own).sum(1) - 1) / 2)


def measure_own_rank(
    places: np.ndarray, tastes: np.ndarray, owners: np.ndarray, rng: np.random.Generator
) -> OwnRank:
    """`own_ranks` as a figure; the interval resamples owners with all that was made for them."""
    ranks = own_ranks(places, tastes, owners)
    return OwnRank(
        bootstrap_mean(ranks, owners, rng),
        (len(tastes) + 1) / 2,
        float((ranks < 1.5).mean()) if len(ranks) else 0.0,
        len(places),
        len(tastes),
    )


def centred(vectors: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Vectors less a mean, unit length; float32, the same shape."""
    return unit((vectors - mean).astype(np.float32))
