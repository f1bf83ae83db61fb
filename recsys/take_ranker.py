"""Which of several tracks will people like? Learned from what they said of others, by how those sound.

p(like) = sigmoid(w . z + b), where z is the style embedding, standardised, over the root of its length, so
that it is about as long as 1. Fitted by logistic regression with an L2 penalty (recsys/logistic.py). How well
it tells what is liked from what is not is measured on songs that took no part in the fit, by the area under
the ROC curve: the share of (liked, not liked) pairs that it has the right way round (Hanley & McNeil, 1982).
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.logistic import fit_logistic, sigmoid
from recsys.metrics import Estimate

FEWEST_RATINGS = 40
"""With fewer, chance alone reaches areas that no taste does."""
FEWEST_OF_A_KIND = 10
FOLDS = 5
PENALTY = 10.0
"""One for all: chosen among several on the same few ratings, the best would beat chance by luck."""
_LEAST_SPREAD = 0.1
_RESAMPLES = 500
DEALS = 39


@dataclass(frozen=True)
class TakeRanker:
    """A fitted ranker, and how it measured.

    Attributes
    ----------
    mean, spread, weights : float32 arrays, shape (n_in,)
    offset : float
    area : Estimate
        On held-out songs, with an interval over songs.
    by_chance : float
        The most that the area came to when sounds were dealt out among the songs by lot, `DEALS` times: more
        than that happens by chance one time in forty. The interval alone would say too much, since the folds
        learn from one another's songs (Bengio & Grandvalet, JMLR 2004).
    n_ratings, n_songs : int
    """

    mean: np.ndarray
    spread: np.ndarray
    weights: np.ndarray
    offset: float
    area: Estimate
    by_chance: float
    n_ratings: int
    n_songs: int

    @property
    def is_proven(self) -> bool:
        """Whether the area is larger than chance makes it."""
        return self.area.mean > self.by_chance

    def __call__(self, embeddings: np.ndarray) -> np.ndarray:
        """How likely each is to be liked, 0..1, shape (n,), of style embeddings, shape (n, n_in)."""
        return sigmoid(_standard(embeddings, self.mean, self.spread) @ self.weights + self.offset)

    def save(self, path: Path) -> None:
        """Write to one .npz file."""
        area = (self.area.mean, self.area.low, self.area.high, self.by_chance)
        np.savez(
            path, mean=self.mean, spread=self.spread, weights=self.weights, offset=self.offset,
            area=np.array(area), counts=np.array([self.n_ratings, self.n_songs]),
        )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> TakeRanker:
        """Read back what `save` wrote; a damaged file raises OSError, ValueError or KeyError."""
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as a:
                counts = a["counts"].tolist()
                *area, by_chance = a["area"].tolist()
                fitted = a["mean"], a["spread"], a["weights"], float(a["offset"])
                return cls(*fitted, Estimate(*area), by_chance, *counts)
        except (zipfile.BadZipFile, EOFError) as error:
            raise ValueError(f"{path} is damaged: {error}") from error


def fit_take_ranker(
    embeddings: np.ndarray, liked: np.ndarray, songs: np.ndarray, rng: np.random.Generator
) -> TakeRanker | None:
    """Learn from ratings.

    Parameters
    ----------
    embeddings : float array, shape (n_ratings, n_in)
        Of the song of each rating.
    liked : bool array, shape (n_ratings,)
    songs : int array, shape (n_ratings,)
        The song of each; all ratings of a song are held out together.

    Returns
    -------
    TakeRanker, or None with fewer than `FEWEST_RATINGS`, or than `FEWEST_OF_A_KIND` of either.
    """
    liked = np.asarray(liked, dtype=bool)
    if len(liked) < FEWEST_RATINGS or min(liked.sum(), (~liked).sum()) < FEWEST_OF_A_KIND:
        return None
    mean, spread = embeddings.mean(0), embeddings.std(0)
    typical = float(np.sqrt((spread**2).mean()))
    spread = np.maximum(spread, _LEAST_SPREAD * typical if typical > 0 else 1.0)
    inputs = _standard(embeddings, mean, spread)
    _, number = np.unique(songs, return_inverse=True)
    fold = (rng.permutation(int(number.max()) + 1) % FOLDS)[number]
    scores = _held_out(inputs, liked, fold)
    weights, offset = fit_logistic(inputs, liked.astype(np.float64), l2=PENALTY)
    return TakeRanker(
        mean.astype(np.float32), spread.astype(np.float32), weights.astype(np.float32), offset,
        _interval(scores, liked, number, rng), _by_chance(inputs, liked, fold, number, rng),
        len(liked), int(number.max()) + 1,
    )  # fmt: skip


def roc_area(liked: np.ndarray, other: np.ndarray) -> float:
    """The share of pairs in which the liked one scores higher; a tie is half, .5 without pairs."""
    if not len(liked) or not len(other):
        return 0.5
    differences = liked[:, None] - other[None]
    return float(((differences > 0) + 0.5 * (differences == 0)).mean())


def _standard(embeddings: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    return np.asarray((embeddings - mean) / (spread * np.sqrt(embeddings.shape[1])))


def _held_out(inputs: np.ndarray, liked: np.ndarray, fold: np.ndarray) -> np.ndarray:
    found = np.zeros(len(liked))
    for one in np.unique(fold):
        test = fold == one
        weights, _ = fit_logistic(inputs[~test], liked[~test].astype(np.float64), l2=PENALTY)
        # Without the offset, which differs between folds: only the order counts.
        found[test] = inputs[test] @ weights
    return found


def _interval(
    scores: np.ndarray, liked: np.ndarray, number: np.ndarray, rng: np.random.Generator
) -> Estimate:
    """The area with its 95 % interval, whole songs resampled."""
    n_songs = int(number.max()) + 1
    rows = [np.flatnonzero(number == song) for song in range(n_songs)]
    areas = []
    for _ in range(_RESAMPLES):
        drawn = np.concatenate([rows[song] for song in rng.integers(0, n_songs, n_songs)])
        areas.append(roc_area(scores[drawn][liked[drawn]], scores[drawn][~liked[drawn]]))
    low, high = np.quantile(areas, [0.025, 0.975])
    return Estimate(roc_area(scores[liked], scores[~liked]), float(low), float(high))


def _by_chance(
    inputs: np.ndarray, liked: np.ndarray, fold: np.ndarray, number: np.ndarray, rng: np.random.Generator
) -> float:
    """The largest area when sounds are dealt out among the songs by lot; a song's ratings stay together."""
    _, first = np.unique(number, return_index=True)
    areas = []
    for _ in range(DEALS):
        dealt = inputs[rng.permutation(first)][number]
        scores = _held_out(dealt, liked, fold)
        areas.append(roc_area(scores[liked], scores[~liked]))
    return max(areas)
