"""How far scores from 0 to 1 can be believed, and how to make them so.

Conventions: `scores` and `targets` are float arrays, shape (n,), 0..1; a target may be soft, and then counts
as so much of a yes and the rest of a no. Calibrators are fitted on logits `z` of songs that the model did not
see.

>>> scores, targets = np.array([0.1, 0.4, 0.6, 0.9]), np.array([0.0, 0.0, 1.0, 1.0])
>>> auc(scores, targets), round(brier(scores, targets), 3), round(ece(scores, targets, n_bins=2), 3)
(1.0, 0.085, 0.25)
"""

from __future__ import annotations

import numpy as np

from recsys.logistic import fit_logistic


def auc(scores: np.ndarray, targets: np.ndarray) -> float:
    """Probability that a yes scores above a no, ties by half; .5 where there is no yes or no no."""
    _, place = np.unique(scores, return_inverse=True)
    yes, no = np.bincount(place, weights=targets), np.bincount(place, weights=1.0 - targets)
    pairs = yes.sum() * no.sum()
    below = np.cumsum(no) - no
    return float((yes * (below + 0.5 * no)).sum() / pairs) if pairs > 0 else 0.5


def auc_error(scores: np.ndarray, targets: np.ndarray, groups: np.ndarray) -> float:
    """Standard error of `auc` where what is of one group counts together (Obuchowski, Biometrics 1997).

    Parameters
    ----------
    groups : int array, shape (n,), from 0

    Returns
    -------
    float
        Infinity where there is no yes or no no.
    """
    _, place = np.unique(scores, return_inverse=True)
    yes, no = np.bincount(place, weights=targets), np.bincount(place, weights=1.0 - targets)
    if yes.sum() <= 0 or no.sum() <= 0:
        return float("inf")
    # Of each score, the share of the other side that it is on the right side of.
    above_no = (np.cumsum(no) - 0.5 * no) / no.sum()
    below_yes = 1.0 - (np.cumsum(yes) - 0.5 * yes) / yes.sum()
    area = auc(scores, targets)
    pull = targets * (above_no[place] - area) / yes.sum()
    pull += (1.0 - targets) * (below_yes[place] - area) / no.sum()
    return float(np.sqrt((np.bincount(groups, weights=pull) ** 2).sum()))


def brier(scores: np.ndarray, targets: np.ndarray) -> float:
    """Mean square of the difference (Brier, 1950); 0 for none."""
    return float(np.mean((scores - targets) ** 2)) if len(scores) else 0.0


def ece(scores: np.ndarray, targets: np.ndarray, *, n_bins: int = 10) -> float:
    """Expected calibration error: over bins of as many songs each, in order of score, the mean distance
    between mean score and mean target (Naeini et al., AAAI 2015, with bins of equal mass); 0 for none.
    """
    if len(scores) == 0:
        return 0.0
    order = np.argsort(scores, kind="stable")
    bins = np.array_split(order, min(n_bins, len(order)))
    return float(sum(abs(float((scores[b] - targets[b]).sum())) for b in bins) / len(scores))


def fit_platt(z: np.ndarray, targets: np.ndarray) -> tuple[float, float]:
    """Slope and offset such that sigmoid(slope z + offset) is calibrated; a slope below 0 becomes 0."""
    slope, offset = fit_logistic(z[:, None], targets, l2=0.0)
    if slope[0] > 0:
        return float(slope[0]), offset
    share = float(np.clip(targets.mean(), 1e-4, 1 - 1e-4))
    return 0.0, float(np.log(share / (1.0 - share)))


def fit_isotonic(z: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knots of the best rising step function, by pooling adjacent violators; `np.interp` reads it."""
    order = np.argsort(z, kind="stable")
    blocks: list[tuple[float, float, float]] = []  # mean target, weight, sum of z
    for position, target in zip(z[order].tolist(), targets[order].tolist(), strict=True):
        block = (target, 1.0, position)
        while blocks and blocks[-1][0] >= block[0]:
            mean, weight, total = blocks.pop()
            joint = weight + block[1]
            block = ((mean * weight + block[0] * block[1]) / joint, joint, total + block[2])
        blocks.append(block)
    return np.array([b[2] / b[1] for b in blocks]), np.array([b[0] for b in blocks])
