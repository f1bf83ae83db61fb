"""Linear models of shares and of yes and no: what the listener's heads are.

For n examples x_i with targets y_i of K classes, and weights W, b:

    shares   p_i = softmax(W x_i + b);  minimise  -sum_i sum_k y_ik log p_ik  +  l2 / 2 |W|^2              (1)
    answers  p_ik = sigmoid(w_k . x_i + b_k);  the cross entropies of all k summed, and the penalty        (2)

Shares are soft: a target of .7 rock and .3 jazz is one. Minimised by L-BFGS from zero, so that the same
examples give the same weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Loss = Callable[[np.ndarray, np.ndarray, np.ndarray, float], tuple[float, np.ndarray]]
_ITERATIONS = 300
_TINY = 1e-12


@dataclass(frozen=True)
class LinearModel:
    """Weights, float64 of shape (K, dim), and offsets (K,): logits of x are `x @ weights.T + offsets`."""

    weights: np.ndarray
    offsets: np.ndarray

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Logits, shape (n, K), of examples (n, dim)."""
        return np.asarray(x @ self.weights.T + self.offsets)


def fit_shares(x: np.ndarray, targets: np.ndarray, *, l2: float) -> LinearModel:
    """Fit equation (1): examples (n, dim), targets (n, K), rows of which sum to 1 (or to 0: not counted).

    Raises
    ------
    ValueError
        No examples, numbers that disagree, or a penalty that is not positive.
    """
    return _fit(x, targets, l2, _shares_loss)


def fit_answers(x: np.ndarray, targets: np.ndarray, *, l2: float) -> LinearModel:
    """Fit equation (2): examples (n, dim), targets (n, K) from 0 to 1; raises as `fit_shares`."""
    return _fit(x, targets, l2, _answers_loss)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Shares of logits along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-logits)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)))


def temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """Return the T at which softmax(logits / T) fits the targets best (Guo et al., ICML 2017), 0.1 .. 10."""
    from scipy.optimize import minimize_scalar

    def loss(log_t: float) -> float:
        return float(-(targets * np.log(softmax(logits / np.exp(log_t)) + _TINY)).sum())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.1), np.log(10)), method="bounded").x))


def _fit(x: np.ndarray, targets: np.ndarray, l2: float, loss: Loss) -> LinearModel:
    from scipy.optimize import minimize

    if not len(x) or len(x) != len(targets) or targets.ndim != 2:
        raise ValueError(f"need targets (n, K) of n examples, got {targets.shape} of {len(x)}")
    if l2 <= 0:
        raise ValueError(f"l2 must be positive, got {l2}")
    n_classes, dim = targets.shape[1], x.shape[1]
    with_one = np.concatenate([x, np.ones((len(x), 1))], axis=1, dtype=np.float64)
    found = minimize(
        loss,
        np.zeros(n_classes * (dim + 1)),
        args=(with_one, targets.astype(np.float64), l2),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _ITERATIONS, "maxfun": 2 * _ITERATIONS},
    )
    theta = found.x.reshape(n_classes, dim + 1)
    return LinearModel(theta[:, :-1], theta[:, -1])


def _shares_loss(flat: np.ndarray, x: np.ndarray, y: np.ndarray, l2: float) -> tuple[float, np.ndarray]:
    theta = flat.reshape(y.shape[1], -1)
    z = x @ theta.T
    z -= z.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(z).sum(axis=1, keepdims=True))
    counted = y.sum(axis=1, keepdims=True)
    value = float((counted * log_sum).sum() - (y * z).sum())
    return _penalised(value, (counted * np.exp(z - log_sum) - y).T @ x, theta, l2)


def _answers_loss(flat: np.ndarray, x: np.ndarray, y: np.ndarray, l2: float) -> tuple[float, np.ndarray]:
    theta = flat.reshape(y.shape[1], -1)
    z = x @ theta.T
    value = float((np.logaddexp(0.0, z) - y * z).sum())
    return _penalised(value, (sigmoid(z) - y).T @ x, theta, l2)


def _penalised(value: float, gradient: np.ndarray, theta: np.ndarray, l2: float) -> tuple[float, np.ndarray]:
    # The offset is hardly held back: just so far that targets which are all alike give a finite one.
    penalty = np.full(theta.shape[1], l2)
    penalty[-1] = 1e-3
    value += 0.5 * float((penalty * theta**2).sum())
    return value, (gradient + penalty * theta).ravel()
