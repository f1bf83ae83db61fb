"""A blend is the first prompt alone at 0, the second alone at 1, and goes from one to the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from generation.audio.edit.blend import between, blended
from generation.audio.edit.edits import Blend
from generation.audio.request import Request
from generation.audio.wanted import rows_of
from generation.audio.wishes import Wishes

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
ONE, OTHER = "slow jazz in D at 90 bpm", "techno, no guitars"


def made(pipe: Any, prompt: str, **wishes: Any) -> np.ndarray:
    audio: np.ndarray = pipe(prompt, seconds=1.0, num_inference_steps=4, seed=3, **wishes).audios[0]
    return audio


@pytest.mark.parametrize(
    "more", [{}, {"negative_prompt": "drums"}, {"tempo_bpm": 100.0}, {"guidance_scale": 1.0}]
)
def test_at_its_ends_a_blend_is_one_prompt_alone(pipe: Any, more: dict[str, Any]) -> None:
    assert np.array_equal(made(pipe, ONE, **more), made(pipe, ONE, blend=Blend(OTHER, 0.0), **more))
    assert np.array_equal(made(pipe, OTHER, **more), made(pipe, ONE, blend=Blend(OTHER, 1.0), **more))


def test_in_between_it_goes_from_one_to_the_other(pipe: Any) -> None:
    first, last = made(pipe, ONE), made(pipe, OTHER)
    steps = [made(pipe, ONE, blend=Blend(OTHER, share)) for share in (0.05, 0.95)]
    near, far = (np.corrcoef(one, first)[0, 1] for one in steps)
    assert near > far
    assert np.corrcoef(steps[1], last)[0, 1] > np.corrcoef(steps[0], last)[0, 1]


def test_weights_sum_to_one_and_nothing_is_asked_twice() -> None:
    rows = rows_of(Request(ONE, blend=Blend(OTHER, 0.3)))
    assert sum(weight for _, weight in rows) == pytest.approx(1)
    # In the middle the key alone, then nothing: both are asked for the first prompt, which names a key.
    assert [one.text for one, _ in rows] == [ONE, "", "", OTHER]
    assert all(one != other for k, (one, _) in enumerate(rows) for other, _ in rows[:k])


def test_rows_that_are_the_same_are_asked_once() -> None:
    rows = blended([(Wishes("a"), 3.0), (Wishes(), -2.0)], [(Wishes("b"), 3.0), (Wishes(), -2.0)], 0.25)
    assert [(one.text, weight) for one, weight in rows] == [("a", 2.25), ("", -2.0), ("b", 0.75)]


def test_two_tempos_meet_between() -> None:
    one, other = between(Wishes(tempo_bpm=80.0), Wishes(tempo_bpm=160.0), 0.5)
    assert one.tempo_bpm == other.tempo_bpm == pytest.approx(113.137, abs=0.001)
    assert between(Wishes(tempo_bpm=80.0), Wishes(), 0.5) == (Wishes(tempo_bpm=80.0), Wishes())


def test_two_styles_can_be_blended_under_one_prompt(pipe: Any) -> None:
    styles = np.random.default_rng(0).normal(size=(2, 200)).astype(np.float32)
    first, last = (made(pipe, "jazz", style=style) for style in styles)
    blends = [
        made(pipe, "jazz", style=styles[0], blend=Blend(None, share, styles[1])) for share in (0.0, 0.5, 1.0)
    ]
    assert np.array_equal(blends[0], first)
    assert np.array_equal(blends[2], last)
    assert not np.array_equal(blends[1], first)
