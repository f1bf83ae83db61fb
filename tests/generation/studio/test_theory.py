"""Numerals, scales bent to chords, ladders."""

from __future__ import annotations

import pytest

from generation.studio.clarity import clarity, key_margin
from generation.studio.harmony import bar_chords, with_cadences
from generation.studio.progressions import progressions
from generation.studio.score import MODES, Meter
from generation.studio.theory import chord_scale, ladder, nearest, parse_numeral, scale, step, voice_distance


def test_numerals_are_read_against_the_major_scale() -> None:
    assert parse_numeral("V7", 9) == (4, "7", None)
    assert parse_numeral("bVI", 9) == (5, "maj", None)
    assert parse_numeral("iih7", 0) == (2, "min7b5", None)


def test_an_inversion_has_its_member_in_the_bass() -> None:
    assert parse_numeral("I/3", 0) == (0, "maj", 4)
    assert parse_numeral("i/5", 9) == (9, "min", 4)


def test_what_is_no_numeral_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="VIII"):
        parse_numeral("VIII", 0)


def test_the_dominant_of_a_minor_key_raises_the_seventh_degree() -> None:
    a_minor = scale(9, "minor")
    assert set(chord_scale(9, a_minor, 4, "7")) == {9, 11, 0, 2, 4, 5, 8}


def test_a_blue_seventh_replaces_the_leading_note() -> None:
    assert set(chord_scale(0, scale(0, "major"), 0, "7")) == {0, 2, 4, 5, 7, 9, 10}


def test_steps_on_a_ladder_stop_at_its_ends() -> None:
    rungs = ladder((0, 4, 7), 60, 72)
    assert rungs == (60, 64, 67, 72)
    assert step(64, 1, rungs) == 67
    assert step(65, 1, rungs) == 67
    assert step(65, -1, rungs) == 64
    assert step(64, 9, rungs) == 72
    assert nearest(62, rungs) == 60


def test_voices_that_stay_have_gone_nowhere() -> None:
    assert voice_distance((60, 64, 67), (60, 64, 67)) == 0
    assert voice_distance((60, 64, 67), (60, 65, 69)) == 6
    with pytest.raises(ValueError, match="without pitches"):
        voice_distance((), (60,))


def test_a_scale_says_its_key_and_silence_says_none() -> None:
    cadence = (("I",), ("IV",), ("V7",), ("I",))
    assert clarity(cadence, "major") > 0.1
    assert clarity(cadence, "minor") < 0
    assert key_margin([0.0] * 12, 0, "major") == 0


def test_every_mode_has_progressions_for_every_kind_of_section() -> None:
    for mode in MODES:
        for kind in ("verse", "prechorus", "chorus", "bridge"):
            for progression in progressions("metal", mode, kind):
                assert all(parse_numeral(numeral, 0) for bar in progression for numeral in bar)


def test_a_bar_is_shared_on_whole_beats() -> None:
    assert [chord.duration for chord in bar_chords(("I", "V"), 0.0, Meter(3, 4), 0)] == [2, 1]
    assert [chord.start for chord in bar_chords(("I", "V"), 8.0, Meter(), 0)] == [8, 10]


def test_phrases_end_half_and_then_full() -> None:
    ended = with_cadences([("I",)] * 8, "V", (("IV", "V"), ("I",)), leads_on=False)
    assert ended[3] == ("I", "V")
    assert ended[6:] == (("IV", "V"), ("I",))
