"""Axes: named directions of the song space, and scores from 0 to 1 on each.

An axis is learned from a tag. Every axis is a model by itself (equation 1 of `recsys.logistic`), so scores do
not compete: a song may be .99 rock and .99 classical. With x_s the unit vector of song s:

    score_a(s) = sigmoid(slope_a (direction_a . x_s) + offset_a),   |direction_a| = 1                    (1)

Slope and offset are Platt's, fitted to songs by artists whom the model did not see; docs/axes.md has the
measured comparison with isotonic calibration. A tag becomes an axis only if on those songs it is surely
better than chance, and its scores nearer to the truth than the share of songs that bear it.

A song without a tag is not a song to which it does not apply: `labels` are NaN for what nobody looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.calibration import auc, auc_error, brier, ece, fit_platt
from recsys.logistic import fit_logistic, sigmoid

# Songs with and without the tag that an axis needs at least, and artists among the former.
BEARS = 0.5  # A song bears a tag of this weight or more.
MIN_SONGS = 20
MIN_ARTISTS = 5
# Axes at most, those of most songs; songs that one of them is learned from at most.
MAX_AXES = 64
MAX_SONGS = 10_000
N_FOLDS = 5
PENALTIES = (0.03, 0.1, 0.3, 1.0)
# How many standard errors of its AUC an axis must be above chance. Of many tags some look good by chance.
SURE = 2.6
_PENALTY_AXES = 12
_PENALTY_SONGS = 4_000


@dataclass(frozen=True)
class AxisMeasure:
    """How well an axis does on held-back artists.

    `songs` bear the tag (weight .5 or more), `others` do not; `auc`, `brier` and `ece` as in
    `recsys.calibration`; `base_brier` is that of the tag's share alone.
    """

    songs: int
    others: int
    auc: float
    brier: float
    base_brier: float
    ece: float


@dataclass(frozen=True)
class Axes:
    """Named directions with their calibration (equation 1).

    Attributes
    ----------
    names : tuple of str
    directions : float32 array, shape (n_axes, dim), unit rows
    slopes, offsets : float32 arrays, shape (n_axes,)
    measures : tuple of AxisMeasure, one an axis
    left_out : tuple of (name, reason)
        Tags that did not become axes.
    """

    names: tuple[str, ...]
    directions: np.ndarray
    slopes: np.ndarray
    offsets: np.ndarray
    measures: tuple[AxisMeasure, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def scores(self, vectors: np.ndarray) -> np.ndarray:
        """Scores of songs on every axis, each by itself.

        Parameters
        ----------
        vectors : float array, shape (n_songs, dim)
            Unit rows; a zero row, a song without a place, gets what nothing is known of.

        Returns
        -------
        float32 array, shape (n_songs, n_axes), 0..1
        """
        along = np.asarray(vectors, np.float32) @ self.directions.T
        return np.asarray(sigmoid(along * self.slopes + self.offsets), dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write to one .npz file, without pickle."""
        measures = [(m.songs, m.others, m.auc, m.brier, m.base_brier, m.ece) for m in self.measures]
        np.savez(
            path,
            names=np.array(self.names, dtype=np.str_),
            directions=self.directions,
            slopes=self.slopes,
            offsets=self.offsets,
            measures=np.array(measures, dtype=np.float64).reshape(-1, 6),
            left_out=np.array(self.left_out, dtype=np.str_).reshape(-1, 2),
        )

    @classmethod
    def load(cls, path: Path) -> Axes:
        """Read back what `save` wrote."""
        with np.load(path, allow_pickle=False) as a:
            return cls(
                names=tuple(str(name) for name in a["names"]),
                directions=a["directions"],
                slopes=a["slopes"],
                offsets=a["offsets"],
                measures=tuple(AxisMeasure(int(m[0]), int(m[1]), *map(float, m[2:])) for m in a["measures"]),
                left_out=tuple((str(name), str(reason)) for name, reason in a["left_out"]),
            )


def user_scores(song_scores: np.ndarray, rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A user's scores: the weighted mean of their songs' scores.

    Parameters
    ----------
    song_scores : float array, shape (n_songs, n_axes)
    rows : int array, shape (n,)
        The user's songs.
    weights : float array, shape (n,), not negative

    Returns
    -------
    float32 array, shape (n_axes,)
        Zeros where the weights sum to 0: nothing is known.
    """
    if len(rows) != len(weights) or (np.asarray(weights) < 0).any():
        raise ValueError(f"need a weight of 0 or more for each of {len(rows)} songs, got {len(weights)}")
    total = float(np.sum(weights))
    if total <= 0:
        return np.zeros(song_scores.shape[1], np.float32)
    return np.asarray(weights @ song_scores[rows] / total, dtype=np.float32)


def fit_axes(
    vectors: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    *,
    artists: np.ndarray,
    rng: np.random.Generator,
) -> Axes:
    """Learn an axis from every tag that can be learned.

    Parameters
    ----------
    vectors : float array, shape (n_songs, dim)
        Unit rows; songs with a zero row are left aside.
    labels : float array, shape (n_songs, n_tags)
        How much a tag fits a song, 0..1; NaN where nobody looked.
    names : one of each tag
    artists : int array, shape (n_songs,)
        Songs of one artist are held back together; -1 is an artist of the song's own.
    rng : numpy Generator

    Returns
    -------
    Axes
        By falling number of songs; none of it where no tag can be learned.

    Raises
    ------
    ValueError
        Shapes that disagree, labels outside 0..1.
    """
    if labels.shape != (len(vectors), len(names)) or len(artists) != len(vectors):
        raise ValueError(
            f"shapes disagree: {len(vectors)} vectors, labels {labels.shape}, {len(names)} names, "
            f"{len(artists)} artists"
        )
    known = ~np.isnan(labels)
    if ((labels[known] < 0) | (labels[known] > 1)).any():
        raise ValueError("labels must lie from 0 to 1, or be NaN")
    placed = np.linalg.norm(vectors, axis=1) > 0.5
    known &= placed[:, None]
    group = np.where(artists < 0, artists.max(initial=0) + 1 + np.arange(len(artists)), artists)
    reasons = [_too_few(labels[:, tag], known[:, tag], group) for tag in range(len(names))]
    left_out = [(name, reason) for name, reason in zip(names, reasons, strict=True) if reason]
    frequency = ((labels >= BEARS) & known).sum(0)
    tags = [tag for tag in np.argsort(-frequency, kind="stable").tolist() if not reasons[tag]]
    left_out += [
        (names[tag], f"only the {MAX_AXES} tags of most songs are learned") for tag in tags[MAX_AXES:]
    ]
    cases = [case_of(vectors, labels[:, tag], known[:, tag], group, rng) for tag in tags[:MAX_AXES]]
    l2 = _choose_penalty(cases)
    found = []
    for tag, case in zip(tags, cases, strict=False):
        axis = _fit_axis(case, l2)
        if isinstance(axis, str):
            left_out.append((names[tag], axis))
        else:
            found.append((names[tag], *axis))
    dim = vectors.shape[1]
    return Axes(
        names=tuple(one[0] for one in found),
        directions=np.array([one[1] for one in found], dtype=np.float32).reshape(-1, dim),
        slopes=np.array([one[2] for one in found], dtype=np.float32),
        offsets=np.array([one[3] for one in found], dtype=np.float32),
        measures=tuple(one[4] for one in found),
        left_out=tuple(left_out),
    )


@dataclass(frozen=True)
class Case:
    """The songs that one axis is learned from, with the fold of each; artists are whole in a fold."""

    vectors: np.ndarray
    targets: np.ndarray
    artists: np.ndarray
    folds: np.ndarray


def _too_few(label: np.ndarray, known: np.ndarray, artists: np.ndarray) -> str:
    bears = known & (label >= BEARS)
    songs, others, by = int(bears.sum()), int((known & ~bears).sum()), len(np.unique(artists[bears]))
    if songs < MIN_SONGS:
        return f"{songs} songs bear it, {MIN_SONGS} are needed"
    if others < MIN_SONGS:
        return f"{others} songs are known not to bear it, {MIN_SONGS} are needed"
    if by < MIN_ARTISTS:
        return f"its songs are by {by} artists, {MIN_ARTISTS} are needed"
    return ""


def case_of(
    vectors: np.ndarray, label: np.ndarray, known: np.ndarray, artists: np.ndarray, rng: np.random.Generator
) -> Case:
    """Gather the songs of which a tag is known, `MAX_SONGS` at most, and deal their artists out to folds."""
    songs = np.flatnonzero(known)
    if len(songs) > MAX_SONGS:
        songs = np.sort(rng.choice(songs, MAX_SONGS, replace=False))
    _, own = np.unique(artists[songs], return_inverse=True)
    folds = rng.permutation(int(own.max()) + 1)[own] % N_FOLDS
    return Case(vectors[songs].astype(np.float64), label[songs].astype(np.float64), own, folds)


def held_back_logits(case: Case, l2: float) -> np.ndarray:
    """What models of the other folds say of each song, before calibration; shape (n,)."""
    z = np.empty(len(case.targets))
    for fold in np.unique(case.folds):
        out = case.folds == fold
        w, b = fit_logistic(case.vectors[~out], case.targets[~out], l2=l2)
        z[out] = case.vectors[out] @ w + b
    return z


def _choose_penalty(cases: Sequence[Case]) -> float:
    """The penalty under which held-back songs surprise least, over some tags from frequent to rare."""
    if not cases:
        return PENALTIES[0]
    some = [cases[i] for i in np.unique(np.linspace(0, len(cases) - 1, _PENALTY_AXES).astype(int))]
    few = [
        Case(*(part[:_PENALTY_SONGS] for part in (c.vectors, c.targets, c.artists, c.folds))) for c in some
    ]
    surprise = []
    for l2 in PENALTIES:
        logits = [held_back_logits(case, l2) for case in few]
        surprise.append(
            sum(
                float(np.mean(np.logaddexp(0.0, z) - c.targets * z)) for z, c in zip(logits, few, strict=True)
            )
        )
    return PENALTIES[int(np.argmin(surprise))]


def _fit_axis(case: Case, l2: float) -> tuple[np.ndarray, float, float, AxisMeasure] | str:
    """Direction, slope, offset and measure of one axis; or why it is none."""
    z, y = held_back_logits(case, l2), case.targets
    held_back, base = np.empty(len(y)), np.empty(len(y))
    for fold in np.unique(case.folds):  # The calibration is measured on artists that it did not see, too.
        out = case.folds == fold
        slope, offset = fit_platt(z[~out], y[~out])
        held_back[out] = sigmoid(slope * z[out] + offset)
        base[out] = y[~out].mean()
    measure = AxisMeasure(
        songs=int((y >= BEARS).sum()),
        others=int((y < BEARS).sum()),
        auc=auc(held_back, (y >= BEARS).astype(np.float64)),
        brier=brier(held_back, y),
        base_brier=brier(base, y),
        ece=ece(held_back, y),
    )
    bears = (y >= BEARS).astype(np.float64)
    sure = measure.auc - 0.5 > SURE * auc_error(held_back, bears, case.artists)
    if not sure or measure.brier >= measure.base_brier:
        return f"on held-back songs it is not surely better than chance (AUC {measure.auc:.2f})"
    w, b = fit_logistic(case.vectors, y, l2=l2)
    slope, offset = fit_platt(z, y)
    length = float(np.linalg.norm(w))
    if slope <= 0 or length <= 0:
        return f"on held-back songs it is not surely better than chance (AUC {measure.auc:.2f})"
    return w / length, slope * length, slope * b + offset, measure
