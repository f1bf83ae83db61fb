"""How clearly a progression says its key: what a listener, and a key finder, would take it for.

The tones of the chords, bass twice, are correlated with the profiles of all 24 keys (Krumhansl & Kessler,
"Tracing the dynamic changes in perceived tonal organization", Psychological Review 1982).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from generation.studio.score import CHORDS, MODES
from generation.studio.theory import parse_numeral

_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
# Strength of the partials that fall on other pitch classes, fitted to chromagrams of our own renders.
_TWELFTH, _THIRD = 0.35, 0.08


@lru_cache(maxsize=2048)
def clarity(progression: tuple[tuple[str, ...], ...], mode: str) -> float:
    """Return by how much the progression's own key correlates better than the best other one; below 0: worse.

    Modes with a major third count as major, the others as minor.
    """
    tones = np.zeros(12)
    for bar in progression:
        for numeral in bar:
            root, quality, bass = parse_numeral(numeral, 0)
            for step in CHORDS[quality]:
                tones[(root + step) % 12] += 1 / len(bar)
            tones[root if bass is None else bass] += 1 / len(bar)
    # What sounds is not only what is played: the third and the fifth partial are a twelfth and a third up.
    sounding = tones + _TWELFTH * np.roll(tones, 7) + _THIRD * np.roll(tones, 4)
    return key_margin(sounding, 0, mode)


def key_margin(tones: Sequence[float] | np.ndarray, tonic: int, mode: str) -> float:
    """Return by how much a key explains the weights of the 12 pitch classes better than the best other one.

    Weights that are all alike explain nothing: 0.
    """
    weights = np.asarray(tones, dtype=np.float64)
    if np.ptp(weights) == 0:
        return 0.0
    rows = np.array([np.roll(profile, k) for profile in (_MAJOR, _MINOR) for k in range(12)])
    scores = np.corrcoef(rows, weights)[-1, :-1]
    own = tonic if MODES[mode][2] == 4 else 12 + tonic
    return float(scores[own] - np.delete(scores, own).max())
