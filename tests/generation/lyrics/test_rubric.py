"""The rubric ranks as anybody would who reads it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from generation.lyrics.rhyme import Rhymer
from generation.lyrics.rubric import Rubric, ranking, rubric_points
from generation.lyrics.runs import build_run_set
from generation.lyrics.song import song_of_text

RHYMER = Rhymer({})
GOOD = song_of_text(
    "Rain", "[verse]\nrain in the night\nrain in the light\n[chorus]\nrain on the hill\nrain and be still"
)
DRY = song_of_text(
    "", "[verse]\nsun in the night\nsun in the light\n[chorus]\nsun on the hill\nsun and be still"
)
LOOSE = song_of_text(
    "Rain", "[verse]\nrain\nrain falls on everybody in the city today\n[chorus]\nrain oh\nrain my friend"
)
EMPTY = song_of_text("", "")


def encode(texts: Sequence[str]) -> np.ndarray:
    vectors = np.array([["rain" in text.lower(), 0.2, "sun" in text.lower()] for text in texts], float)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_on_topic_rhymed_and_even_is_best_and_nothing_is_last() -> None:
    points = rubric_points("a song about rain", [EMPTY, LOOSE, GOOD, DRY], RHYMER, encode)
    assert ranking(points)[0] == 2
    assert ranking(points)[-1] == 0
    assert points[0] == 0.0
    assert points.max() <= sum(vars(Rubric()).values())


def test_what_does_not_end_and_what_is_copied_has_fewer_points() -> None:
    copied = build_run_set([GOOD.lines])
    plain, unended, taken = (
        rubric_points("rain", [GOOD], RHYMER, encode, **more)[0]  # type: ignore[arg-type]
        for more in ({}, {"ended": [False]}, {"runs": copied})
    )
    assert unended < plain
    assert taken == pytest.approx(plain - Rubric().own)


def test_no_takes_have_no_points_and_ends_go_with_takes() -> None:
    assert ranking(rubric_points("rain", [], RHYMER, encode)) == []
    with pytest.raises(ValueError, match="1 takes, 2 ends"):
        rubric_points("rain", [GOOD], RHYMER, encode, ended=[True, True])
