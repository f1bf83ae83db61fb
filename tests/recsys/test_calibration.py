"""Logistic regression finds what drew the targets; calibration and its measures know their extremes."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.calibration import auc, auc_error, brier, ece, fit_isotonic, fit_platt
from recsys.logistic import fit_logistic, sigmoid


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw logits and the targets that they promise."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0.0, 2.0, n)
    return z, (rng.random(n) < sigmoid(z)).astype(float)


def test_regression_finds_the_weights_that_drew_the_targets() -> None:
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(20_000, 3)), np.array([2.0, -1.0, 0.0])
    found, offset = fit_logistic(x, (rng.random(len(x)) < sigmoid(x @ w + 0.5)).astype(float), l2=0.0)
    np.testing.assert_allclose([*found, offset], [*w, 0.5], atol=0.1)


def test_soft_targets_are_fitted_as_shares() -> None:
    w, b = fit_logistic(np.zeros((10, 1)), np.full(10, 0.3), l2=1.0)
    assert sigmoid(np.array([b]))[0] == pytest.approx(0.3, abs=1e-3)
    assert w[0] == pytest.approx(0.0)


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_targets_all_alike_and_separable_ones_stay_finite(target: float) -> None:
    x = np.linspace(-1, 1, 50)[:, None]
    for targets in (np.full(50, target), (x[:, 0] > 0).astype(float)):
        w, b = fit_logistic(x, targets, l2=1e-3)
        assert np.isfinite([*w, b]).all()


@pytest.mark.parametrize(
    ("x", "y", "l2"),
    [(np.zeros((0, 2)), np.zeros(0), 1.0), (np.zeros((2, 2)), np.zeros(3), 1.0),
     (np.zeros((2, 2)), np.array([0.0, 2.0]), 1.0), (np.zeros((2, 2)), np.zeros(2), -1.0)],
)  # fmt: skip
def test_malformed_input_is_refused(x: np.ndarray, y: np.ndarray, l2: float) -> None:
    with pytest.raises(ValueError, match=r"need|must"):
        fit_logistic(x, y, l2=l2)


def test_perfect_scores_measure_perfect() -> None:
    y = np.array([0.0, 1.0, 1.0, 0.0])
    assert (auc(y, y), brier(y, y), ece(y, y)) == (1.0, 0.0, 0.0)
    assert auc(1 - y, y) == 0.0


def test_ties_and_one_sided_targets_are_chance() -> None:
    assert auc(np.full(4, 0.7), np.array([0.0, 1.0, 1.0, 0.0])) == 0.5
    assert auc(np.array([0.1, 0.9]), np.ones(2)) == 0.5


def test_the_error_of_an_auc_is_its_scatter_over_draws() -> None:
    drawn_often = [drawn(200, seed) for seed in range(300)]
    scatter = np.std([auc(z, y) for z, y in drawn_often])
    errors = [auc_error(z, y, np.arange(len(y))) for z, y in drawn_often]
    assert np.mean(errors) == pytest.approx(scatter, rel=0.15)
    z, y = drawn_often[0]
    twice = auc_error(np.tile(z, 2), np.tile(y, 2), np.tile(np.arange(len(y)), 2))
    assert twice == pytest.approx(errors[0])
    assert auc_error(z, np.ones(len(z)), np.arange(len(z))) == float("inf")


def test_nothing_measures_nothing() -> None:
    assert (brier(np.zeros(0), np.zeros(0)), ece(np.zeros(0), np.zeros(0))) == (0.0, 0.0)


def test_overconfident_scores_have_a_large_error_until_platt() -> None:
    z, y = drawn(5_000)
    slope, offset = fit_platt(4 * z, y)
    assert ece(sigmoid(4 * z), y) > 0.1
    assert ece(sigmoid(slope * 4 * z + offset), y) < 0.02
    assert slope == pytest.approx(0.25, abs=0.03)


def test_platt_never_turns_scores_round() -> None:
    z, y = drawn(500)
    assert fit_platt(-z, y)[0] == 0.0


def test_isotonic_knots_rise_and_are_calibrated() -> None:
    z, y = drawn(5_000)
    knots, values = fit_isotonic(z**3, y)
    assert (np.diff(values) > 0).all()
    assert (np.diff(knots) > 0).all()
    z, y = drawn(5_000, seed=1)
    assert ece(np.interp(z**3, knots, values), y) < 0.03
