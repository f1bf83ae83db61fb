"""Guidance: weights sum to 1, nothing is computed twice, every kind of wish has its own scale."""

from __future__ import annotations

from itertools import product

import pytest

from generation.audio.guidance import Guidance, Said, evaluations

KEYED = {"text": True, "negative": False, "structure": True, "style": False, "key": True}


@pytest.mark.parametrize("present", list(product([True, False], repeat=4)))
def test_weights_sum_to_one(present: tuple[bool, bool, bool, bool]) -> None:
    text, negative, structure, style = present
    found = evaluations(Guidance(4, 2, 7), text=text, negative=negative, structure=structure, style=style)
    assert sum(weight for _, weight in found) == pytest.approx(1)


def test_equal_scales_need_two_evaluations_and_a_scale_of_one_needs_one() -> None:
    everything = {"text": True, "negative": False, "structure": True, "style": True}
    assert evaluations(Guidance(3, 3, 3), **everything) == [(Said("prompt", True, True), 3), (Said(), -2)]
    assert evaluations(Guidance(1, 1, 1), **everything) == [(Said("prompt", True, True), 1)]


def test_a_key_is_insisted_on_as_if_it_were_told_alone() -> None:
    found = evaluations(Guidance(3, 3, 3, key=5), **KEYED)
    assert found == [
        (Said("prompt", True, key=True), 3),
        (Said(key=True), 2),
        (Said(), -4),
    ]


def test_what_goes_on_from_a_key_that_is_let_go_is_counted_from_it() -> None:
    found = evaluations(Guidance(3, 3, 3, key=0), **KEYED)
    assert found == [(Said("prompt", True, key=True), 3), (Said(key=True), -3), (Said(), 1)]


def test_each_kind_has_its_own_scale() -> None:
    found = evaluations(Guidance(5, 3, 2), text=True, negative=False, structure=True, style=True)
    assert found == [
        (Said("prompt", True, True), 5),
        (Said("", True, True), -3),
        (Said("", True, False), 1),
        (Said("", False, False), -2),
    ]


def test_a_negative_prompt_is_led_away_from() -> None:
    found = evaluations(Guidance(3, 3, 3), text=True, negative=True, structure=False, style=False)
    assert found == [(Said("prompt"), 3), (Said("negative"), -2)]


def test_without_wishes_there_is_nothing_to_guide() -> None:
    assert evaluations(Guidance(), text=False, negative=False, structure=False, style=False) == [(Said(), 1)]
