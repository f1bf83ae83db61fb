"""Axes are learned one by one, from what is known, and only where they hold on artists not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.axes import Axes, fit_axes, user_scores
from recsys.calibration import auc, ece
from recsys.logistic import sigmoid
from recsys.song2vec import unit

N, DIM = 800, 16
NAMES = ("rock", "classical")


def world(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw unit vectors, two tags along the first two coordinates, and 100 artists."""
    rng = np.random.default_rng(seed)
    vectors = unit(rng.normal(size=(N, DIM)).astype(np.float32))
    truth = sigmoid(12 * vectors[:, :2])
    labels = (rng.random(truth.shape) < truth).astype(np.float32)
    return vectors, labels, rng.integers(0, 100, N)


def fit(vectors: np.ndarray, labels: np.ndarray, artists: np.ndarray, seed: int = 1) -> Axes:
    names = [*NAMES, *(f"tag {i}" for i in range(2, labels.shape[1]))][: labels.shape[1]]
    return fit_axes(vectors, labels, names, artists=artists, rng=np.random.default_rng(seed))


@pytest.fixture(scope="module")
def axes() -> Axes:
    return fit(*world())


def test_directions_are_those_that_drew_the_tags(axes: Axes) -> None:
    order = [axes.names.index(name) for name in NAMES]
    assert (np.diag(axes.directions[order][:, :2]) > 0.9).all()
    np.testing.assert_allclose(np.linalg.norm(axes.directions, axis=1), 1.0, rtol=1e-5)


def test_a_song_may_be_high_on_both(axes: Axes) -> None:
    both = unit(np.eye(DIM, dtype=np.float32)[:1] + np.eye(DIM, dtype=np.float32)[1:2])
    assert (axes.scores(both) > 0.97).all()


def test_scores_are_calibrated_on_other_songs(axes: Axes) -> None:
    vectors, labels, _ = world(seed=5)
    scores = axes.scores(vectors)[:, [axes.names.index(name) for name in NAMES]]
    for a in range(2):
        assert auc(scores[:, a], labels[:, a]) > 0.9
        assert ece(scores[:, a], labels[:, a]) < 0.05
    assert all(m.ece < 0.05 and m.auc > 0.9 and m.brier < m.base_brier / 2 for m in axes.measures)


def test_an_untagged_song_is_unknown_and_not_a_no() -> None:
    vectors, labels, artists = world()
    half = labels.copy()
    half[np.random.default_rng(2).random(N) < 0.5] = np.nan
    as_no = np.nan_to_num(half)
    order = [fit(vectors, half, artists).names.index(name) for name in NAMES]
    mean = fit(vectors, half, artists).scores(vectors)[:, order].mean(0)
    np.testing.assert_allclose(mean, labels.mean(0), atol=0.06)
    assert (fit(vectors, as_no, artists).scores(vectors).mean(0) < 0.35).all()


def test_weighted_tags_are_scored_as_weights() -> None:
    vectors, _, artists = world()
    truth = sigmoid(6 * vectors[:, :2])
    fitted = fit(vectors, truth, artists)
    scores = fitted.scores(vectors)[:, [fitted.names.index(name) for name in NAMES]]
    assert np.abs(scores - truth).mean() < 0.04


def test_tags_at_random_become_no_axes() -> None:
    vectors, _, artists = world()
    noise = (np.random.default_rng(3).random((N, 40)) < 0.2).astype(np.float32)
    fitted = fit(vectors, noise, artists)
    assert len(fitted) == 0
    assert all("not surely better than chance" in reason for _, reason in fitted.left_out)


def test_a_tag_that_only_tells_the_artist_is_no_axis() -> None:
    rng = np.random.default_rng(4)
    artists = np.repeat(np.arange(40), 20)
    centres = rng.normal(size=(40, DIM))
    vectors = unit((centres[artists] + 0.1 * rng.normal(size=(N, DIM))).astype(np.float32))
    labels = np.isin(artists, rng.choice(40, 12, replace=False)).astype(np.float32)[:, None]
    assert fit(vectors, np.repeat(labels, 2, axis=1), artists).names == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("few", "19 songs bear it, 20 are needed"),
        ("all", "0 songs are known not to bear it"),
        ("one artist", "by 1 artists, 5 are needed"),
    ],
)
def test_too_little_is_told(change: str, reason: str) -> None:
    vectors, labels, artists = world()
    labels[:, 1] = 1.0 if change == "all" else 0.0
    labels[:19, 1] = 1.0
    if change == "one artist":
        labels[artists == 7, 1] = 1.0
        labels[:, 1] *= artists == 7
        artists = np.where(np.arange(N) < 40, 7, artists)
        labels[:40, 1] = 1.0
    fitted = fit(vectors, labels, artists)
    assert fitted.names == ("rock",)
    assert reason in dict(fitted.left_out)["classical"]


def test_songs_without_a_place_teach_nothing_and_score_finitely(axes: Axes) -> None:
    vectors, labels, artists = world()
    zeros = np.zeros((300, DIM), np.float32)
    wrong = np.ones((300, 2), np.float32)
    more = fit(
        np.concatenate([vectors, zeros]), np.concatenate([labels, wrong]), np.r_[artists, np.full(300, -1)]
    )
    assert sum(m.songs + m.others for m in more.measures) == 2 * N
    assert np.isfinite(more.scores(zeros)).all()


def test_the_same_seed_gives_the_same_axes(axes: Axes) -> None:
    again = fit(*world())
    assert again.names == axes.names
    np.testing.assert_array_equal(again.directions, axes.directions)


def test_no_tags_are_no_axes() -> None:
    vectors, _, artists = world()
    none = fit_axes(vectors, np.zeros((N, 0)), (), artists=artists, rng=np.random.default_rng(0))
    assert (len(none), none.scores(vectors).shape) == (0, (N, 0))


@pytest.mark.parametrize("which", ["axes", "none"])
def test_what_is_saved_comes_back(axes: Axes, which: str, tmp_path: Path) -> None:
    saved = axes if which == "axes" else Axes((), np.zeros((0, DIM)), np.zeros(0), np.zeros(0), ())
    saved.save(tmp_path / "axes.npz")
    loaded = Axes.load(tmp_path / "axes.npz")
    assert (loaded.names, loaded.measures, loaded.left_out) == (saved.names, saved.measures, saved.left_out)
    vectors = world()[0]
    np.testing.assert_array_equal(loaded.scores(vectors), saved.scores(vectors))


@pytest.mark.parametrize(
    ("labels", "artists"),
    [
        (np.zeros((N, 3)), np.zeros(N)),
        (np.zeros((N, 2)), np.zeros(N - 1)),
        (np.full((N, 2), 1.5), np.zeros(N)),
    ],
)
def test_malformed_labels_are_refused(labels: np.ndarray, artists: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"shapes|labels"):
        fit_axes(world()[0], labels, NAMES, artists=artists, rng=np.random.default_rng(0))


def test_a_user_scores_the_weighted_mean_of_their_songs() -> None:
    songs = np.array([[1.0, 0.0], [0.0, 0.5], [0.3, 0.3]])
    np.testing.assert_allclose(user_scores(songs, np.array([0, 1]), np.array([3.0, 1.0])), [0.75, 0.125])
    np.testing.assert_array_equal(user_scores(songs, np.array([], int), np.array([])), [0.0, 0.0])


def test_a_weight_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="weight"):
        user_scores(np.ones((2, 1)), np.array([0]), np.array([-1.0]))
