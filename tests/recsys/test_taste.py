"""A user as an overall direction and some interests."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.interests import find_interests
from recsys.song2vec import unit
from recsys.taste import build_profile, combine, listen_weights

DIM = 16


@pytest.fixture(scope="module")
def three() -> np.ndarray:
    """Thirty unit vectors in three clusters, rows 0..9, 10..19, 20..29; row 0, 10, 20 lie in the middle."""
    rng = np.random.default_rng(0)
    centres = np.repeat(np.eye(3, DIM), 10, axis=0)
    noise = 0.1 * rng.normal(size=(30, DIM))
    noise[::10] = 0.0
    return unit(centres + noise)


def test_a_listen_halves_in_a_half_life_counted_from_the_newest() -> None:
    weights = listen_weights(np.array([400.0, 430.0, 460.0]), np.full(3, np.nan), half_life_days=30.0)
    assert weights.tolist() == [1.0, 0.5, 0.25]


def test_a_skip_counts_a_tenth_and_the_unknown_as_whole() -> None:
    weights = listen_weights(np.zeros(5), np.array([0.0, 0.5, 1.0, 3.0, np.nan]), half_life_days=30.0)
    assert weights == pytest.approx([0.1, 0.5, 1.0, 1.0, 1.0])


def test_no_listens_have_no_weights_and_no_half_life_is_refused() -> None:
    assert listen_weights(np.zeros(0), np.zeros(0), half_life_days=1.0).shape == (0,)
    with pytest.raises(ValueError, match="half_life_days must be positive, got 0"):
        listen_weights(np.ones(1), np.ones(1), half_life_days=0)


def test_three_planted_tastes_are_three_interests_with_their_middle_songs(three: np.ndarray) -> None:
    weights = np.repeat([0.05, 0.03, 0.02], 10)
    found = find_interests(np.arange(30), weights, three)
    assert [interest.medoid for interest in found] == [0, 10, 20]
    assert [interest.weight for interest in found] == pytest.approx([0.5, 0.3, 0.2])
    assert [sorted(interest.rows.tolist()) for interest in found] == [
        list(range(0, 10)), list(range(10, 20)), list(range(20, 30)),
    ]  # fmt: skip
    np.testing.assert_array_equal(found[1].vector, three[10])


def test_the_medoid_leans_to_what_is_heard_most(three: np.ndarray) -> None:
    weights = np.full(10, 0.001)
    weights[7] = 1.0
    assert find_interests(np.arange(10), weights, three)[0].medoid == 7


def test_one_taste_is_one_interest(three: np.ndarray) -> None:
    assert len(find_interests(np.arange(10), np.full(10, 0.1), three)) == 1
    assert len(find_interests(np.array([4]), np.ones(1), three)) == 1


def test_two_songs_are_one_taste_or_two(three: np.ndarray) -> None:
    assert len(find_interests(np.array([1, 2]), np.ones(2), three)) == 1
    assert len(find_interests(np.array([1, 12]), np.ones(2), three)) == 2


@pytest.mark.parametrize("most", [1, 2, 3, 8])
def test_interests_are_at_most_so_many_and_weigh_at_most_one(most: int) -> None:
    rng = np.random.default_rng(1)
    vectors = unit(rng.normal(size=(60, DIM)))
    found = find_interests(np.arange(60), np.full(60, 1 / 60), vectors, max_interests=most)
    assert 1 <= len(found) <= most
    assert 0 < sum(interest.weight for interest in found) <= 1.0 + 1e-6
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)


def test_asked_for_one_interest_it_holds_every_song(three: np.ndarray) -> None:
    (only,) = find_interests(np.arange(30), np.full(30, 1 / 30), three, max_interests=1)
    assert len(only.rows) == 30


def test_a_passing_fancy_is_no_interest(three: np.ndarray) -> None:
    rows, weights = np.array([*range(10), 15]), np.array([0.099] * 10 + [0.01])
    assert [interest.medoid for interest in find_interests(rows, weights, three)] == [0]


def test_songs_without_a_place_are_left_out(three: np.ndarray) -> None:
    vectors = np.vstack([three, np.zeros((1, DIM), np.float32)])
    assert find_interests(np.array([30]), np.ones(1), vectors) == ()
    found = find_interests(np.array([30, 0, 1]), np.ones(3), vectors)
    assert 30 not in found[0].rows


def test_a_profile_adds_up_listens(three: np.ndarray) -> None:
    rows, ones = np.array([12, 3, 12, 3, 3]), np.ones(5)
    profile = build_profile(rows, np.array([4.0, 1.0, 3.0, 1.0, 1.0]), ones, three)
    assert profile.rows.tolist() == [12, 3]
    assert profile.weights == pytest.approx([0.7, 0.3])
    np.testing.assert_allclose(profile.overall, unit(3 * three[3] + 2 * three[12]), atol=1e-6)
    np.testing.assert_allclose(profile.recent, unit(3 * three[3] + 7 * three[12]), atol=1e-6)


def test_dislikes_subtract_and_are_no_songs_of_the_profile(three: np.ndarray) -> None:
    rows, weights = np.array([0, 25]), np.array([1.0, -1.0])
    liked = build_profile(rows[:1], weights[:1], weights[:1], three)
    both = build_profile(rows, weights, weights, three)
    assert both.rows.tolist() == [0]
    assert both.weights.tolist() == [1.0]
    assert both.overall @ three[25] < liked.overall @ three[25]
    assert both.recent @ three[25] < 0


def test_a_user_without_listens_has_no_direction(three: np.ndarray) -> None:
    none = np.zeros(0)
    profile = build_profile(none.astype(int), none, none, three)
    assert not profile.overall.any()
    assert not profile.recent.any()
    assert (profile.rows.shape, profile.weights.shape, profile.interests) == ((0,), (0,), ())


def test_only_dislikes_leave_no_interests(three: np.ndarray) -> None:
    minus = -np.ones(2)
    profile = build_profile(np.array([1, 2]), minus, minus, three)
    assert (len(profile.rows), profile.interests) == (0, ())
    assert profile.overall @ three[1] < 0


def test_a_blend_is_the_direction_of_plus_less_minus(three: np.ndarray) -> None:
    found = combine(np.array([0, 10]), np.array([20]), three)
    np.testing.assert_allclose(found, unit((three[0] + three[10]) / 2 - three[20]), atol=1e-6)
    np.testing.assert_allclose(combine(np.array([5]), np.zeros(0, int), three), three[5], atol=1e-6)


def test_a_blend_of_nothing_is_refused(three: np.ndarray) -> None:
    with pytest.raises(ValueError, match="at least one song to add"):
        combine(np.zeros(0, int), np.array([1]), three)
    with pytest.raises(ValueError, match="cancel out"):
        combine(np.array([1]), np.array([1]), three)
