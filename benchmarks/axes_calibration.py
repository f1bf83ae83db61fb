"""How well axes are calibrated on held-back artists: as they come, after Platt, after isotonic regression.

    python -m benchmarks.axes_calibration HOME

asks the published release of a home folder (`songspace sample-world` and `songspace nightly` make one), once
with the tags as they are weighted and once with each weight rounded to yes or no. Prints means over the tags,
for each strength of the penalty.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from db.session import make_engine, make_session_factory
from pipelines.axes import release_labels
from pipelines.serving import need_release
from recsys.axes import BEARS, MIN_SONGS, Case, case_of, held_back_logits
from recsys.calibration import brier, ece, fit_isotonic, fit_platt
from recsys.logistic import sigmoid

PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0)


def calibrated(case: Case, z: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of each song by a calibration that did not see its artist."""
    scores = {name: np.empty(len(z)) for name in ("none", "Platt", "isotonic")}
    for fold in np.unique(case.folds):
        out = case.folds == fold
        slope, offset = fit_platt(z[~out], case.targets[~out])
        knots = fit_isotonic(z[~out], case.targets[~out])
        scores["none"][out] = sigmoid(z[out])
        scores["Platt"][out] = sigmoid(slope * z[out] + offset)
        scores["isotonic"][out] = np.interp(z[out], *knots)
    return scores


def main() -> None:
    """Print both tables."""
    home = Path(sys.argv[1])
    release = need_release(home)
    factory = make_session_factory(make_engine(f"sqlite:///{home / 'songspace.db'}"))
    with factory() as session:
        labels, _, artists = release_labels(session, release.song_ids)
    placed = release.vectors.any(axis=1)
    for kind, wanted in (("weighted", labels), ("yes or no", np.where(labels >= BEARS, 1.0, labels * 0.0))):
        cases = [
            case_of(release.vectors, label, ~np.isnan(label) & placed, artists, np.random.default_rng(1))
            for label in wanted.T
            if (label >= BEARS).sum() >= MIN_SONGS
        ]
        print(f"{kind}: {len(cases)} tags")
        for l2 in PENALTIES:
            found = [(case, calibrated(case, held_back_logits(case, l2))) for case in cases]
            for name in ("none", "Platt", "isotonic"):
                b, e = (np.mean([f(s[name], c.targets) for c, s in found]) for f in (brier, ece))
                print(f"  l2 {l2:<5} {name:<9} Brier {b:.4f}  calibration error {e:.4f}")


if __name__ == "__main__":
    main()
