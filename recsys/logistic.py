"""Logistic regression with soft targets and an L2 penalty, by Newton's method.

For n songs x_i with targets y_i in [0, 1] (a target of .3 is three parts yes and seven parts no):

    p_i = sigmoid(w . x_i + b)
    minimise  -sum_i [y_i log p_i + (1 - y_i) log(1 - p_i)]  +  l2 / 2 |w|^2                            (1)

With a single input and no penalty this is Platt's calibration (Platt, "Probabilistic outputs for support
vector machines", 1999).
"""

from __future__ import annotations

import numpy as np

_ITERATIONS = 30
_HALVINGS = 20
_TOLERANCE = 1e-6
# The offset is hardly held back; just so far that targets which are all alike give a finite one.
_OFFSET_L2 = 1e-3


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-z)), without overflow; the same shape."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * z)))


def fit_logistic(inputs: np.ndarray, targets: np.ndarray, *, l2: float) -> tuple[np.ndarray, float]:
    """Fit equation (1).

    Parameters
    ----------
    inputs : float array, shape (n, dim), n at least 1
    targets : float array, shape (n,), 0..1
    l2 : float >= 0

    Returns
    -------
    w : float64 array, shape (dim,)
    b : float

    Raises
    ------
    ValueError
        No inputs, lengths that disagree, targets outside 0..1, a negative penalty.
    """
    if len(inputs) == 0 or len(inputs) != len(targets):
        raise ValueError(f"need one target each of one input or more, got {len(inputs)} and {len(targets)}")
    if not ((targets >= 0) & (targets <= 1)).all():
        raise ValueError("targets must lie from 0 to 1")
    if l2 < 0:
        raise ValueError(f"l2 must not be negative, got {l2}")
    x = np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1, dtype=np.float64)
    y = np.asarray(targets, dtype=np.float64)
    penalty = np.full(x.shape[1], max(l2, 1e-9))
    penalty[-1] = _OFFSET_L2
    theta = np.zeros(x.shape[1])
    share = np.clip(y.mean(), 1e-4, 1 - 1e-4)
    theta[-1] = np.log(share / (1.0 - share))
    value, z = _loss(theta, x, y, penalty)
    for _ in range(_ITERATIONS):
        p = sigmoid(z)
        gradient = x.T @ (p - y) + penalty * theta
        hessian = (x * (p * (1.0 - p))[:, None]).T @ x
        hessian[np.diag_indices_from(hessian)] += penalty
        step = np.linalg.solve(hessian, gradient)
        for _ in range(_HALVINGS):  # Newton's step may be too long far from the minimum.
            new_value, new_z = _loss(theta - step, x, y, penalty)
            if new_value <= value:
                break
            step /= 2.0
        else:
            break
        theta, z, gained, value = theta - step, new_z, value - new_value, new_value
        if gained < _TOLERANCE * len(y):
            break
    return theta[:-1], float(theta[-1])


def _loss(theta: np.ndarray, x: np.ndarray, y: np.ndarray, penalty: np.ndarray) -> tuple[float, np.ndarray]:
    z = x @ theta
    # log(1 + exp(z)) - y z is the cross entropy of equation (1).
    return float((np.logaddexp(0.0, z) - y * z).sum() + 0.5 * (penalty * theta**2).sum()), z
