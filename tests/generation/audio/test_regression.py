"""Linear models find what was planted."""

from __future__ import annotations

import numpy as np
import pytest

from generation.audio.regression import fit_answers, fit_shares, sigmoid, softmax, temperature

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 3))


def test_soft_shares_are_learned_as_they_are() -> None:
    wanted = softmax(X @ np.array([[1.0, 0, 0], [0, 1.0, 0], [-1.0, 0, 1.0]]).T)
    found = softmax(fit_shares(X, wanted, l2=1e-4).logits(X))
    assert np.abs(found - wanted).max() < 1e-3


def test_answers_are_independent() -> None:
    wanted = np.stack([X[:, 0] > 0, X[:, 1] > 0.5], axis=1).astype(float)
    found = sigmoid(fit_answers(X, wanted, l2=0.1).logits(X))
    assert ((found > 0.5) == wanted).mean() > 0.97


def test_the_same_examples_give_the_same_weights() -> None:
    wanted = softmax(RNG.normal(size=(400, 4)))
    assert (fit_shares(X, wanted, l2=1.0).weights == fit_shares(X, wanted, l2=1.0).weights).all()


def test_examples_without_a_target_do_not_count() -> None:
    wanted = np.stack([X[:, 0] > 0, X[:, 0] <= 0], axis=1).astype(float)
    half = wanted * (np.arange(400) < 200)[:, None]
    assert fit_shares(X, half, l2=1.0).weights == pytest.approx(
        fit_shares(X[:200], wanted[:200], l2=1.0).weights, abs=1e-3
    )


def test_a_temperature_is_found() -> None:
    logits = RNG.normal(size=(5000, 3)) * 2
    assert temperature(logits * 4, softmax(logits)) == pytest.approx(4, rel=0.01)


def test_wrong_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="need targets"):
        fit_shares(X, np.ones((3, 2)), l2=1.0)
    with pytest.raises(ValueError, match="l2 must be positive"):
        fit_shares(X, np.ones((400, 2)), l2=0.0)
