"""The equations of the model of taste, on points whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.sample_world import model as m
from pipelines.sample_world.listens import YEAR_END_S, YEAR_START_S, session_sizes, session_starts


def _point(**scores: float) -> m.Floats:
    """No genre, indifferent attributes, and what is given."""
    rest = [0.0] * len(m.GENRES) + [0.5] * len(m.ATTRIBUTES)
    return np.array([scores.get(name, other) for name, other in zip(m.AXES, rest, strict=True)])


def test_care_sums_to_one_and_is_greatest_for_what_is_wanted() -> None:
    weights = m.care(_point(rock=0.95, guitar=0.8), base_care=0.05)
    assert weights.sum() == pytest.approx(1.0)
    assert weights.argmax() == m.axis("rock")


def test_an_unwanted_attribute_is_cared_about_but_an_absent_genre_is_not() -> None:
    weights = m.care(_point(rock=0.9, guitar=0.0), base_care=0.05)
    assert weights[m.axis("guitar")] > 5 * weights[m.axis("jazz")]


def test_appeal_is_greatest_at_the_target_itself() -> None:
    target = _point(jazz=0.9, piano=0.9)
    songs = np.stack([_point(metal=0.9, guitar=0.9), target])
    appeal = m.log_appeal(songs, target[None], model=m.TasteModel())[0]
    assert appeal[1] == pytest.approx(0.0, abs=1e-9)
    assert appeal[0] < -3.0


def test_a_song_of_two_genres_appeals_to_those_who_want_either() -> None:
    song = _point(rock=0.99, classical=0.99)
    targets = np.stack([_point(rock=0.95), _point(classical=0.95), _point(jazz=0.95)])
    rock, classical, jazz = m.log_appeal(song[None], targets, model=m.TasteModel())[:, 0]
    assert min(rock, classical) > jazz + 3.0


def test_log_appeal_is_the_sum_that_equation_4_writes() -> None:
    rng = np.random.default_rng(3)
    songs, targets = rng.random((5, len(m.AXES))), rng.random((2, len(m.AXES)))
    model = m.TasteModel()
    weights = m.care(targets, base_care=model.base_care)
    distance = (weights[:, None] * (songs[None] - targets[:, None]) ** 2).sum(axis=2)
    expected = -distance / (2.0 * model.width**2)
    np.testing.assert_allclose(m.log_appeal(songs, targets, model=model), expected, atol=1e-9)


def test_drawing_without_replacement_never_repeats_and_never_takes_what_has_no_weight() -> None:
    log_weights = np.array([0.0, -np.inf, 0.0, 0.0])
    drawn = m.draw_without_replacement(log_weights, 4, rng=np.random.default_rng(0))
    assert sorted(drawn.tolist()) == [0, 2, 3]


def test_drawing_follows_the_weights() -> None:
    rng = np.random.default_rng(0)
    log_weights = np.log([0.7, 0.2, 0.1])
    first = [int(m.draw_without_replacement(log_weights, 1, rng=rng)[0]) for _ in range(4000)]
    np.testing.assert_allclose(np.bincount(first) / 4000, [0.7, 0.2, 0.1], atol=0.03)


def test_an_order_that_drifts_keeps_neighbours_closer_than_chance() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((200, 1))
    ordered = points[m.drifting_order(points, wobble=0.2, rng=rng)]
    assert np.abs(np.diff(ordered[:, 0])).mean() < 0.5 * np.abs(np.diff(points[:, 0])).mean()


@pytest.mark.parametrize("n_listens", [5, 24, 25, 26, 60, 171, 400])
def test_sessions_hold_5_to_25_songs_and_add_up(n_listens: int) -> None:
    sizes = session_sizes(n_listens, rng=np.random.default_rng(n_listens))
    assert sum(sizes) == n_listens
    assert min(sizes) >= 5
    assert max(sizes) <= 25


def test_sessions_start_on_different_days_and_rather_on_weekends() -> None:
    starts = session_starts(300, rng=np.random.default_rng(0))
    days = (starts - YEAR_START_S) // 86_400
    assert len(set(days.tolist())) == 300
    assert starts.min() >= YEAR_START_S
    assert starts.max() < YEAR_END_S - 86_400
    few = session_starts(60, rng=np.random.default_rng(1))
    assert np.mean((few - YEAR_START_S) // 86_400 % 7 < 2) > 2 / 7
