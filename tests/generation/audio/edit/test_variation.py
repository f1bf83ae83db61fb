"""A variation lasts as long as what was given, and goes as far from it as it is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from generation.audio.edit.edits import Variation
from generation.audio.edit.given import Given
from generation.audio.spectrogram import log_mel

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def varied(pipe: Any, given: Given, strength: float, **wishes: Any) -> np.ndarray:
    made = pipe("jazz", edit=Variation(given, strength), num_inference_steps=10, **wishes)
    waveform: np.ndarray = made.tracks[0].waveform
    return waveform


def test_it_lasts_as_long_and_its_request_says_so(pipe: Any, given: Given) -> None:
    made = pipe("jazz", edit=Variation(given, 0.5), num_inference_steps=2)
    assert made.tracks[0].waveform.shape == (6 * 22_050,)
    assert made.request.seconds == 6.0


def test_the_stronger_the_farther(pipe: Any, given: Given) -> None:
    pictures = [log_mel(varied(pipe, given, strength, seed=3)) for strength in (0.1, 0.5, 1.0)]
    near, middle = (float(np.abs(one - pictures[2]).mean()) for one in pictures[:2])
    assert near > middle > 0


def test_only_the_last_steps_are_gone(pipe: Any, given: Given) -> None:
    told: list[tuple[int, int]] = []
    varied(pipe, given, 0.3, callback=lambda step: told.append((step.number, step.n_steps)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_same_seed_gives_the_same(pipe: Any, given: Given) -> None:
    assert np.array_equal(varied(pipe, given, 0.5, seed=4), varied(pipe, given, 0.5, seed=4))
    assert not np.array_equal(varied(pipe, given, 0.5, seed=4), varied(pipe, given, 0.5, seed=5))
