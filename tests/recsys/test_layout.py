"""A map keeps near what is near, comes out the same again, and holds any number of songs."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.layout import lay_out, place_beside
from recsys.song2vec import unit


def clusters(n_each: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Draw four clusters of unit vectors; and the cluster of each."""
    rng = np.random.default_rng(0)
    which = np.repeat(np.arange(4), n_each)
    return unit((np.eye(4, 32)[which] + 0.1 * rng.normal(size=(len(which), 32))).astype(np.float32)), which


@pytest.fixture(scope="module")
def places() -> np.ndarray:
    return lay_out(clusters()[0], seed=1)


def test_neighbours_on_the_map_are_of_one_cluster(places: np.ndarray) -> None:
    _, which = clusters()
    apart = ((places[:, None] - places[None]) ** 2).sum(2)
    np.fill_diagonal(apart, np.inf)
    assert (which[apart.argsort(axis=1)[:, :10]] == which[:, None]).mean() > 0.98


def test_the_map_fills_its_frame_and_comes_out_the_same(places: np.ndarray) -> None:
    assert np.abs(places).max() == pytest.approx(1.0)
    np.testing.assert_allclose(places.max(0), -places.min(0), atol=1e-5)
    np.testing.assert_array_equal(lay_out(clusters()[0], seed=1), places)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 11, 12])
def test_few_songs_have_places_too(n: int) -> None:
    places = lay_out(clusters()[0][:n], seed=1)
    assert places.shape == (n, 2)
    assert np.isfinite(places).all()


def test_songs_that_are_all_alike_have_places() -> None:
    assert np.isfinite(lay_out(np.ones((30, 4), np.float32) / 2, seed=1)).all()


def test_a_further_song_stands_beside_its_like(places: np.ndarray) -> None:
    vectors, which = clusters()
    further = unit(np.eye(4, 32, dtype=np.float32))
    spots = place_beside(further, vectors, places)
    nearest = ((spots[:, None] - places[None]) ** 2).sum(2).argmin(1)
    assert which[nearest].tolist() == [0, 1, 2, 3]
    assert place_beside(further[:0], vectors, places).shape == (0, 2)
