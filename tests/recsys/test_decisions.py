"""What a user pins, mutes and forgets, and what becomes of the profile."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.decisions import Decisions, muted_rows
from recsys.song2vec import unit
from recsys.taste import TasteProfile, build_profile

DIM = 16
PLAYS = np.repeat([5.0, 3.0, 2.0], 10)


@pytest.fixture(scope="module")
def three() -> np.ndarray:
    """Forty unit vectors in four clusters of ten, each led by its middle; nobody listens to the last."""
    rng = np.random.default_rng(0)
    noise = 0.1 * rng.normal(size=(40, DIM))
    noise[::10] = 0.0
    return unit(np.repeat(np.eye(4, DIM), 10, axis=0) + noise)


def profile(vectors: np.ndarray, **decided: list[int]) -> TasteProfile:
    decisions = Decisions(**{name: np.array(rows, dtype=np.int64) for name, rows in decided.items()})
    return build_profile(np.arange(30), PLAYS, PLAYS, vectors, decisions=decisions)


def left_out(taste: TasteProfile, vectors: np.ndarray) -> list[int]:
    mask = muted_rows(np.arange(40), taste.interests, taste.muted, taste.rows, vectors)
    return np.flatnonzero(mask).tolist()


def test_a_forgotten_song_was_never_listened_to(three: np.ndarray) -> None:
    taste = profile(three, forgotten=[4])
    others = np.delete(np.arange(30), 4)
    never = build_profile(others, PLAYS[others], PLAYS[others], three)
    np.testing.assert_allclose(taste.overall, never.overall, atol=1e-6)
    np.testing.assert_allclose(taste.recent, never.recent, atol=1e-6)
    assert taste.rows.tolist() == never.rows.tolist()
    assert [one.medoid for one in taste.interests] == [one.medoid for one in never.interests]


def test_a_dislike_of_a_forgotten_song_stays(three: np.ndarray) -> None:
    rows, weights = np.array([0, 25, 25]), np.array([1.0, 1.0, -3.0])
    taste = build_profile(rows, weights, weights, three, decisions=Decisions(forgotten=np.array([25])))
    assert taste.rows.tolist() == [0]
    assert taste.recent @ three[25] < 0


def test_a_muted_interest_adds_nothing_and_what_is_near_it_is_left_out(three: np.ndarray) -> None:
    taste = profile(three, muted_interests=[3])
    assert [one.medoid for one in taste.muted] == [0]
    assert set(taste.rows.tolist()) == set(range(10, 30))
    assert taste.weights.sum() == pytest.approx(1.0)
    assert [one.weight for one in taste.interests] == pytest.approx([0.6, 0.4])
    assert abs(taste.overall @ three[0]) < 0.1
    assert left_out(taste, three) == list(range(10))


def test_a_muted_song_alone_takes_only_what_is_nearest_to_it(three: np.ndarray) -> None:
    taste = profile(three, muted_songs=[3])
    found = left_out(taste, three)
    assert 3 in found
    assert len(found) <= 2
    assert 3 not in taste.rows
    assert len(taste.interests) == 3


def test_with_everything_muted_what_is_far_from_all_of_it_may_still_come(three: np.ndarray) -> None:
    taste = profile(three, muted_interests=[0, 10, 20])
    assert (len(taste.rows), len(taste.interests)) == (0, 0)
    assert not taste.overall.any()
    assert set(range(30)) <= set(left_out(taste, three))
    assert len(left_out(taste, three)) < 40


def test_a_pinned_interest_has_at_least_one_share(three: np.ndarray) -> None:
    taste = profile(three, pinned_interests=[25])
    share = {one.medoid: one.weight for one in taste.interests}
    assert share == pytest.approx({0: 0.5 * (2 / 3) / 0.8, 20: 1 / 3, 10: 0.3 * (2 / 3) / 0.8})
    assert [one.medoid for one in taste.interests if one.pinned] == [20]
    assert taste.weights[np.isin(taste.rows, range(20, 30))].sum() == pytest.approx(1 / 3)


def test_a_pinned_interest_that_is_large_stays_as_it_is(three: np.ndarray) -> None:
    weights = [one.weight for one in profile(three, pinned_interests=[0]).interests]
    assert weights == pytest.approx([one.weight for one in profile(three).interests])


def test_a_pinned_song_is_an_interest_even_if_nobody_played_it(three: np.ndarray) -> None:
    taste = profile(three, pinned_songs=[35])
    (own,) = [one for one in taste.interests if one.pinned]
    assert (own.medoid, own.rows.tolist()) == (35, [35])
    assert own.weight == pytest.approx(1 / 4)
    assert taste.rows[0] == 35


def test_all_pinned_share_alike_where_each_is_too_light(three: np.ndarray) -> None:
    taste = profile(three, pinned_songs=[35, 36, 37])
    assert [one.weight for one in taste.interests if one.pinned] == pytest.approx([1 / 6] * 3)
    assert taste.weights.sum() == pytest.approx(1.0)


def test_never_more_than_eight_interests_and_the_pinned_go_first(three: np.ndarray) -> None:
    taste = profile(three, pinned_songs=list(range(30, 40)))
    assert len(taste.interests) == 8
    assert all(one.pinned for one in taste.interests)


def test_of_a_mute_and_a_pin_in_one_interest_the_mute_holds(three: np.ndarray) -> None:
    taste = profile(three, muted_interests=[1], pinned_interests=[2])
    assert [one.medoid for one in taste.muted] == [0]
    assert 3 not in taste.rows


def test_without_decisions_nothing_is_left_out(three: np.ndarray) -> None:
    assert left_out(profile(three), three) == []


def test_a_known_sum_gives_the_same_overall_vector(three: np.ndarray) -> None:
    rows, decisions = np.arange(30), Decisions(forgotten=np.array([1]), muted_interests=np.array([10]))
    summed = build_profile(rows, PLAYS, PLAYS, three, decisions=decisions, plain_sum=PLAYS @ three[:30])
    plain = build_profile(rows, PLAYS, PLAYS, three, decisions=decisions)
    np.testing.assert_allclose(summed.overall, plain.overall, atol=1e-6)
