"""Forms of a wanted length."""

from __future__ import annotations

import numpy as np
import pytest

from generation.studio.form import draw_form, energies_of, fit, parse_form, sections_of
from generation.studio.piece import GENRES
from generation.studio.score import Meter


@pytest.mark.parametrize("genre", GENRES)
def test_a_form_has_exactly_the_bars_that_were_asked_for(genre: str) -> None:
    for n_bars in range(4, 200, 7):
        form = draw_form(genre, n_bars, np.random.default_rng(n_bars))
        assert sum(bars for _, bars in form) == n_bars
        assert form[-1][0] == "outro"
        assert all(bars > 0 for _, bars in form)


def test_a_song_of_usual_length_has_verse_and_chorus_twice() -> None:
    kinds = [kind for kind, _ in draw_form("pop", 60, np.random.default_rng(0))]
    assert kinds.count("verse") >= 2
    assert kinds.count("chorus") >= 2


def test_a_form_of_the_right_length_stays_as_it_is() -> None:
    form = parse_form("i4 v8 c8 o4")
    assert fit(form, 24) == form


def test_sections_lie_end_to_end() -> None:
    sections = sections_of(parse_form("i4 v8 o2"), Meter(6, 8))
    assert [(one.start, one.duration) for one in sections] == [(0, 8), (8, 16), (24, 4)]


def test_the_last_chorus_is_the_fullest_section() -> None:
    kinds = ["intro", "verse", "chorus", "verse", "chorus", "outro"]
    energies = energies_of(kinds, {"rock": 1.0}, "calm")
    assert max(energies) == energies[4] > energies[2] > energies[1] > energies[0]


def test_three_bars_are_no_form() -> None:
    with pytest.raises(ValueError, match="at least 4 bars, got 3"):
        draw_form("pop", 3, np.random.default_rng(0))
