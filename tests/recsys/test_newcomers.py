"""New songs score as known songs of the same nearness do."""

from __future__ import annotations

import numpy as np

from recsys.newcomers import match_scores, nearness, score_newcomers

KNOWN = np.linspace(0.0, 1.0, 200)


def test_nearness_is_the_weighted_mean_of_cosines() -> None:
    query = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    songs = np.array([[1.0, 0.0], [0.6, 0.8], [-1.0, 0.0]], np.float32)
    np.testing.assert_allclose(nearness(query, np.array([3.0, 1.0]), songs), [0.75, 0.65, 0.0], rtol=1e-6)
    assert nearness(query[:0], np.zeros(0), songs).tolist() == [0, 0, 0]


def test_a_new_song_scores_as_known_ones_as_near() -> None:
    found = score_newcomers(np.array([0.2, 0.8]), np.ones(2), KNOWN, 5 * KNOWN)
    np.testing.assert_allclose(found, [1.0, 4.0], atol=0.05)


def test_a_doubtful_place_is_worth_less() -> None:
    sure, doubtful = score_newcomers(np.array([0.8, 0.8]), np.array([1.0, 0.5]), KNOWN, KNOWN)
    np.testing.assert_allclose([sure, doubtful], [0.8, 0.4], atol=0.05)


def test_nearer_is_never_worse() -> None:
    scores = np.random.default_rng(0).random(200)
    found = score_newcomers(np.linspace(0, 1, 50), np.ones(50), KNOWN, scores)
    assert (np.diff(found) >= 0).all()


def test_without_known_songs_nearness_speaks() -> None:
    found = score_newcomers(np.array([0.5]), np.array([0.5]), np.zeros(0), np.zeros(0))
    assert found.tolist() == [0.25]


def test_new_songs_nearer_than_all_known_ones_go_before_them() -> None:
    found = match_scores(np.array([0.9, 0.8, 0.3]), np.array([0.2, 0.6, 0.4]), np.array([5.0, 1.0, 3.0]))
    assert found[0] > found[1] > 5.0
    assert 1.0 < found[2] < 3.0
    assert match_scores(np.array([0.5]), np.zeros(0), np.zeros(0)).tolist() == [0.5]
