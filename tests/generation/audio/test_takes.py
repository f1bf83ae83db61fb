"""What is no music is made again from the next seed that no take has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from generation.audio.request import MOST_SEED, Cancelled, Generation, Request, Step, Track, tell
from generation.audio.soundness import UnsoundError, check_sound
from generation.audio.takes import make_takes

RATE = 8_000


class Fake:
    """Makes noise of its seed; silence for seeds that it does not like."""

    name, model = "fake", "0"

    def __init__(self, *silent: int) -> None:
        self.silent = silent

    def generate(self, request: Request, *, callback: Any = None, told: Any = None) -> Generation:
        assert request.n_takes == 1
        tell(callback, Step(1, 1, 1, 1))
        sound = np.random.default_rng(request.seed).normal(size=RATE).astype(np.float32) * 0.1
        check_sound(sound * (request.seed not in self.silent), RATE)
        return Generation((Track(sound, RATE, request.seed),), request, self.name, self.model, threads=1)


def seeds(made: Generation) -> list[int]:
    return [track.seed for track in made.tracks]


def test_takes_have_seeds_one_after_the_other() -> None:
    made = make_takes(Fake(), Request(seed=3, n_takes=3))
    assert seeds(made) == [3, 4, 5]
    assert made.request.n_takes == 3
    assert made.settings["refused_seeds"] == []


def test_a_silent_take_has_the_next_seed_that_no_other_has() -> None:
    made = make_takes(Fake(4, 6), Request(seed=3, n_takes=3))
    assert seeds(made) == [3, 7, 5]
    assert [one["seed"] for one in made.settings["refused_seeds"]] == [4, 6]
    assert "silence" in made.settings["refused_seeds"][0]["reason"]


def test_a_generator_that_makes_nothing_but_silence_is_told_so() -> None:
    with pytest.raises(UnsoundError, match="seeds 3, 4, 5, 6"):
        make_takes(Fake(*range(3, 40)), Request(seed=3))


def test_after_the_last_seed_comes_the_first() -> None:
    assert seeds(make_takes(Fake(MOST_SEED), Request(seed=MOST_SEED))) == [0]


def test_steps_are_counted_over_all_takes() -> None:
    heard: list[Step] = []
    make_takes(Fake(4), Request(seed=3, n_takes=2), callback=heard.append)
    assert [(step.take, step.n_takes) for step in heard] == [(1, 2), (2, 2), (2, 2)]


def test_who_watches_may_stop_it() -> None:
    with pytest.raises(Cancelled):
        make_takes(Fake(), replace(Request(), n_takes=2), callback=lambda step: step.take < 2)
