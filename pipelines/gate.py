"""The gate before a release: a fall in accuracy is not published by accident.

Accuracy is NDCG@100 as a ratio to item-kNN on the same held-back lists, so that a harder night is no fall.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# A fall of more than this, outside the bootstrap interval, is refused.
LARGEST_FALL = 0.05
# With fewer cases, or more new songs, the comparison says too little to refuse anything.
FEWEST_CASES = 200
MOST_NEW_SONGS = 0.2


@dataclass(frozen=True)
class Verdict:
    """Whether to publish, and what to say about it ("" for nothing)."""

    publish: bool
    message: str


def judge(
    new: Mapping[str, Any], published: Mapping[str, Any] | None, *, share_new: float, force: bool = False
) -> Verdict:
    """Compare a night's evaluation with the published release's.

    Parameters
    ----------
    new, published : mappings
        With "n_cases", "metrics" (empty when there were too few cases to measure) and "knn_ratio" = {"mean",
        "low", "high"}; `published` is None on the first night.
    share_new : float
        Share of songs that the published release does not know, 0..1.
    force : bool
        Publish all the same, and say so.
    """
    if published is None or not published.get("n_cases") or not new.get("n_cases"):
        return Verdict(True, "")
    if not new.get("metrics", True):
        return Verdict(True, f"accuracy was not measured: {new['n_cases']} cases are too few")
    before, after = float(published["knn_ratio"]["mean"]), new["knn_ratio"]
    fell = after["mean"] < (1.0 - LARGEST_FALL) * before and after["high"] < before
    if not fell:
        return Verdict(True, "")
    what = (
        f"accuracy fell from {before:.3f} to {after['mean']:.3f} times item-kNN"
        f" (interval {after['low']:.3f} to {after['high']:.3f})"
    )
    if new["n_cases"] < FEWEST_CASES:
        return Verdict(True, f"{what}; published, since {new['n_cases']} cases are too few to judge by")
    if share_new > MOST_NEW_SONGS:
        return Verdict(True, f"{what}; published, since {share_new:.0%} of the songs are new")
    if force:
        return Verdict(True, f"{what}; published by force")
    return Verdict(False, f"{what}; not published (--force publishes it all the same)")
