"""Measures of lists: known answers for the even, the uneven, the alike and the empty."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.diversity import ListMeasures, gini, intra_list_similarity, measure_lists, novelty


def test_gini_knows_the_even_and_the_uneven() -> None:
    assert gini(np.full(8, 3)) == pytest.approx(0.0)
    assert gini(np.array([0] * 99 + [7])) == pytest.approx(0.99)
    assert gini(np.array([5, 1, 3])) == gini(np.array([3, 5, 1]))


@pytest.mark.parametrize("counts", [np.zeros(0, int), np.zeros(4, int)])
def test_without_any_places_nothing_is_uneven(counts: np.ndarray) -> None:
    assert gini(counts) == 0.0


def test_a_song_in_half_of_all_lists_is_worth_a_bit() -> None:
    assert novelty(np.array([0]), np.array([7]), 15) == 1.0


def test_alike_songs_have_similarity_1_and_a_single_song_none() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    assert intra_list_similarity(np.array([0, 1]), vectors) == pytest.approx(1.0)
    assert intra_list_similarity(np.array([0, 1, 2]), vectors) == pytest.approx(1 / 3)
    assert intra_list_similarity(np.array([0]), vectors) == 0.0


def test_lists_are_measured_together() -> None:
    found = measure_lists(
        [np.array([0, 1]), np.array([], int), np.array([1, 2])],
        artists=np.array([4, 4, 9, -1]),
        counts=np.array([7, 7, 7, 0]),
        n_lists=15,
        vectors=np.eye(4, dtype=np.float32),
    )
    assert (found.coverage, found.novelty, found.similarity) == (0.75, 1.0, 0.0)
    assert found.artist_gini == pytest.approx(0.25)


def test_no_lists_measure_nothing() -> None:
    nothing = np.zeros(0, int)
    assert measure_lists([], artists=nothing, counts=nothing, n_lists=0, vectors=np.zeros((0, 2))) == (
        ListMeasures(0.0, 0.0, 0.0, 0.0)
    )
