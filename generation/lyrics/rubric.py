"""A rubric for rankings, to begin with: until people have ranked takes, this stands in for them, and says so.

A take's points are a weighted sum of five shares, each 0..1, that anybody can check by hand:

    form     1 for a valid form, less a third for each fault
    rhyme    lines that rhyme
    metre    1 where lines of a section have as many syllables, 0 where they differ by four and more
    topic    how near prompt and song are to a sentence encoder, of the span that real pairs take
    own      six-word runs that are not in the training text

It is a taste like another, and what learns from it learns its blind spots, too: a song of two rhyming lines
that repeat the prompt would do well. So it is kept apart from the measures that judge whether tuning helped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generation.lyrics.form import form_faults
from generation.lyrics.measures import Encode, copied_runs, end_rhyme_rate, syllable_spread, topic_match
from generation.lyrics.rhyme import Rhymer
from generation.lyrics.runs import RunSet
from generation.lyrics.song import SongText

_WORST_SPREAD = 4.0  # Syllables.
_TOPIC_SPAN = (0.1, 0.6)  # Cosines of strangers and of the nearest pairs.


@dataclass(frozen=True)
class Rubric:
    """What each share weighs."""

    form: float = 2.0
    rhyme: float = 1.5
    metre: float = 1.0
    topic: float = 2.0
    own: float = 1.0


def rubric_points(
    prompt: str,
    takes: Sequence[SongText],
    rhymer: Rhymer,
    encode: Encode,
    *,
    runs: RunSet | None = None,
    ended: Sequence[bool] = (),
    rubric: Rubric | None = None,
) -> np.ndarray:
    """Return the points of several takes for one prompt, float64 (n,); a take without words has none.

    Raises
    ------
    ValueError
        `ended` is of another number.
    """
    weights = rubric or Rubric()
    if len(ended) not in (0, len(takes)):
        raise ValueError(f"each take has an end or not: {len(takes)} takes, {len(ended)} ends")
    topics = topic_match([prompt] * len(takes), takes, encode) if takes else np.zeros(0)
    low, high = _TOPIC_SPAN
    points = np.zeros(len(takes))
    for row, (take, end) in enumerate(zip(takes, ended or [True] * len(takes), strict=True)):
        if not take.lines:
            continue
        spread = syllable_spread(take, rhymer)
        points[row] = (
            weights.form * max(0.0, 1 - len(form_faults(take, ended=end)) / 3)
            + weights.rhyme * end_rhyme_rate(take, rhymer)
            + weights.metre * (0.0 if np.isnan(spread) else max(0.0, 1 - spread / _WORST_SPREAD))
            + weights.topic * float(np.clip((topics[row] - low) / (high - low), 0, 1))
            + weights.own * (1.0 if runs is None else 1 - copied_runs(take, runs)[0])
        )
    return points


def ranking(points: np.ndarray) -> list[int]:
    """Return the rows of takes, best first, as `Preference.ranking` holds them; equal ones in their order."""
    return [int(row) for row in np.argsort(-points, kind="stable")]
