"""Styles put together: on the shell of songs, between what is wanted, away from what is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipelines.create import SONG, TASTE, NoStyleError, Source, StyleSpace, Wish, together

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 200))


class StubTower:
    """Answers with a tenth of what it is asked, in units of the spread."""

    def to_style(self, vectors: np.ndarray) -> np.ndarray:
        return 5.0 + 0.2 * np.tile(vectors, 2)


class StubRelease:
    """A release with that tower."""

    audio = StubTower()


def space(release: Any = None) -> StyleSpace:
    return StyleSpace(np.full(200, 5.0), np.full(200, 2.0), release)


def source(denied: bool = False) -> Source:
    return Source(SONG, "x", "audio", denied)


def test_a_taste_is_moved_out_to_where_songs_lie() -> None:
    place = RNG.normal(size=100)
    found = space(StubRelease()).of_place(place)
    assert np.sqrt(np.mean(found**2)) == pytest.approx(0.6, rel=0.2)  # six times a tenth
    assert found / np.linalg.norm(found) == pytest.approx(
        np.tile(place, 2) / np.linalg.norm(np.tile(place, 2))
    )


def test_strength_is_how_far_out() -> None:
    place = 3 * RNG.normal(size=100)
    near, far = (space(StubRelease()).of_place(place, strength) for strength in (0.5, 2.0))
    assert far == pytest.approx(4 * near)


def test_a_blend_lies_near_both() -> None:
    found = together([(source(), A), (source(), B)])
    assert found @ A / np.linalg.norm(found) / np.linalg.norm(A) > 0.6
    assert found @ B / np.linalg.norm(found) / np.linalg.norm(B) > 0.6


def test_what_is_not_wanted_is_led_away_from() -> None:
    found = together([(source(), A), (source(denied=True), B)])
    assert found @ B < 0 < found @ A
    assert np.linalg.norm(found) <= max(np.linalg.norm(A), np.linalg.norm(B)) + 1e-9


def test_without_a_tower_a_place_has_no_sound() -> None:
    with pytest.raises(NoStyleError, match="songspace nightly"):
        space().of_place(np.ones(100))


@pytest.mark.parametrize("strength", [-0.1, 4.1, float("nan")])
def test_a_strength_that_means_nothing_is_refused(strength: float) -> None:
    with pytest.raises(ValueError, match="strength"):
        Wish(user="a", strength=strength)


def test_a_source_never_names_a_user() -> None:
    assert Source(TASTE, TASTE, "place").name == "taste"
