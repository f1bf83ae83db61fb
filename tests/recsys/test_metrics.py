"""Metrics with worked numbers, and intervals that cover."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

import recsys.metrics
from recsys.metrics import Estimate, bootstrap_mean, bootstrap_ratio, hit_rate, ndcg, r_precision, recall


def test_the_worked_numbers_of_the_docstring_are_right() -> None:
    result = doctest.testmod(recsys.metrics)
    assert result.attempted >= 4
    assert result.failed == 0


def test_ndcg_by_hand() -> None:
    hits = np.array([[False, True, False, True, False]])
    gain = 1 / np.log2(3) + 1 / np.log2(5)
    assert ndcg(hits, np.array([3]))[0] == pytest.approx(gain / (1 + 1 / np.log2(3) + 1 / np.log2(4)))
    assert ndcg(hits, np.array([99]))[0] == pytest.approx(gain / (1 / np.log2(np.arange(2, 7))).sum())


def test_precision_recall_and_hits_by_hand() -> None:
    hits = np.array([[False, True, False, True, False], [False, False, False, False, True]])
    n_hidden = np.array([3, 8])
    assert r_precision(hits, n_hidden) == pytest.approx([1 / 3, 1 / 5])
    assert recall(hits, n_hidden, 4) == pytest.approx([2 / 3, 0.0])
    assert recall(hits, n_hidden, 2) == pytest.approx([1 / 2, 0.0])
    assert hit_rate(hits, 4).tolist() == [1.0, 0.0]
    assert hit_rate(hits, 1).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("n_hidden", [1, 4, 20, 21, 150])
def test_a_perfect_list_scores_one_everywhere(n_hidden: int) -> None:
    hits, hidden = (np.arange(100) < n_hidden)[None, :], np.array([n_hidden])
    for value in (
        ndcg(hits, hidden),
        r_precision(hits, hidden),
        recall(hits, hidden, 20),
        hit_rate(hits, 10),
    ):
        assert value[0] == pytest.approx(1.0)


def test_no_hit_scores_zero_and_no_case_gives_no_value() -> None:
    none, hidden = np.zeros((2, 100), dtype=bool), np.array([3, 300])
    for metric in (ndcg, r_precision, lambda h, n: recall(h, n, 20), lambda h, n: hit_rate(h, 10)):
        assert metric(none, hidden).tolist() == [0.0, 0.0]
        assert metric(none[:0], hidden[:0]).shape == (0,)


def test_a_hit_is_worth_more_the_earlier_it_comes() -> None:
    assert (np.diff(ndcg(np.eye(100, dtype=bool), np.full(100, 5))) < 0).all()


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        found = bootstrap_mean(rng.exponential(size=60), np.arange(60), rng, n_resamples=300)
        covered += found.low <= 1.0 <= found.high
    assert 175 <= covered <= 199


def test_cases_of_one_group_do_not_narrow_the_interval() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=40)
    alone = bootstrap_mean(values, np.arange(40), rng)
    tenfold = bootstrap_mean(np.repeat(values, 10), np.repeat(np.arange(40), 10), rng)
    assert tenfold.mean == pytest.approx(alone.mean)
    assert tenfold.high - tenfold.low == pytest.approx(alone.high - alone.low, rel=0.15)


def test_a_ratio_of_paired_cases_is_far_surer_than_its_parts() -> None:
    rng = np.random.default_rng(2)
    values = rng.exponential(size=80)
    found = bootstrap_ratio(1.2 * values, values, np.arange(80), rng)
    assert (found.mean, found.low, found.high) == pytest.approx((1.2, 1.2, 1.2))


def test_nothing_and_nothing_to_compare_with_are_zeros() -> None:
    rng, empty = np.random.default_rng(3), np.zeros(0)
    assert bootstrap_mean(empty, empty, rng) == Estimate(0.0, 0.0, 0.0)
    assert bootstrap_ratio(np.ones(3), np.zeros(3), np.arange(3), rng) == Estimate(0.0, 0.0, 0.0)
