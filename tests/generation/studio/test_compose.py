"""Whole songs: what was asked for, cadences, tunes that return, nothing borrowed from each other."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from generation.studio.compose import compose, dice, draw_genres, make_plan, normalised
from generation.studio.idioms import IDIOMS
from generation.studio.lead import lead_notes
from generation.studio.piece import GENRES
from generation.studio.plan import Plan
from generation.studio.rhythm import is_strong
from generation.studio.score import MODES, Meter, Note
from generation.studio.titles import invent_title

LOW, HIGH = 60, 84


def lead_of(seed: int, **wanted: Any) -> tuple[Plan, tuple[Note, ...]]:
    """Compose a plan and its lead, without a band."""
    plan = make_plan(seed, **wanted)
    return plan, lead_notes(plan, LOW, HIGH, dice(seed, "lead"))


def pairs(notes: tuple[Note, ...]) -> list[tuple[int, int]]:
    """Return the interval to each note from the one before, with its time after it in 24ths of a beat."""
    return [(b.pitch - a.pitch, round((b.start - a.start) * 24)) for a, b in pairwise(notes)]


def test_the_same_seed_gives_the_same_piece() -> None:
    assert compose(7) == compose(7)


def test_other_seeds_give_other_pieces() -> None:
    assert len({compose(seed).score.parts[0].notes for seed in range(6)}) == 6


def test_what_is_asked_for_is_what_is_composed() -> None:
    piece = compose(
        3,
        genres={"jazz": 1.0, "funk": 3.0},
        mood="sad",
        tempo_bpm=101.5,
        tonic=5,
        mode="minor",
        meter=Meter(3, 4),
        duration_s=80.0,
        title="Mine",
    )
    score = piece.score
    assert list(piece.genres.items()) == [("funk", 0.75), ("jazz", 0.25)]
    assert (piece.mood, score.tempo_bpm, score.key, str(score.meter), score.title) == (
        "sad",
        101.5,
        "F minor",
        "3/4",
        "Mine",
    )
    assert score.duration_s == pytest.approx(80, abs=2)


@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_in_every_mode_is_a_whole_song(genre: str) -> None:
    for seed, mode in enumerate(MODES):
        plan, notes = lead_of(seed, genres={genre: 1.0}, mode=mode, duration_s=75.0)
        assert plan.n_beats * 60 / plan.tempo_bpm == pytest.approx(75, abs=4)
        assert all(LOW <= note.pitch <= HIGH for note in notes)
        assert notes[-1].pitch % 12 == plan.tonic == plan.chords[-1].root
        assert notes[-1].duration >= notes[-2].duration


@pytest.mark.parametrize(
    "meter", [Meter(2, 4), Meter(3, 4), Meter(5, 4), Meter(6, 8), Meter(12, 8), Meter(7, 8), Meter(3, 8)]
)
def test_other_meters_have_sections_of_whole_bars_and_chords_without_gaps(meter: Meter) -> None:
    plan, notes = lead_of(1, genres={"folk": 1.0}, meter=meter)
    for rows in (plan.sections, plan.chords):
        edges = [(one.start, one.start + one.duration) for one in rows]
        assert all(a[1] == pytest.approx(b[0]) for a, b in pairwise(edges))
    assert all(
        (one.duration / meter.beats_per_bar) % 1 == pytest.approx(0, abs=1e-6) for one in plan.sections
    )
    assert notes[-1].end <= plan.n_beats + 1e-6


def test_the_lead_is_one_voice() -> None:
    for seed in range(20):
        _, notes = lead_of(seed)
        assert all(a.end <= b.start + 1e-6 for a, b in pairwise(notes))


def test_strong_beats_are_chord_tones() -> None:
    for seed in range(30):
        plan, notes = lead_of(seed)
        strong = [one for one in notes if is_strong(one.start % plan.meter.beats_per_bar, plan.meter)]
        starts = np.array([chord.start for chord in plan.chords])
        rows = np.searchsorted(starts, [one.start + 1e-6 for one in strong], side="right") - 1
        fits = [
            one.pitch % 12 in plan.chords[row].pitch_classes for one, row in zip(strong, rows, strict=True)
        ]
        assert np.mean(fits) >= 0.85


def test_the_chorus_returns_as_it_was() -> None:
    plan, notes = lead_of(2, genres={"pop": 1.0}, duration_s=130.0)
    choruses = [one for one in plan.sections if one.kind == "chorus"][:2]
    tunes = [
        [note.pitch for note in notes if one.start <= note.start < one.start + one.duration * 0.75]
        for one in choruses
    ]
    assert len(tunes[0]) >= 6
    assert tunes[0] == tunes[1]


def test_a_verse_returns_as_itself_but_varied() -> None:
    for seed in range(8):
        plan, notes = lead_of(seed, genres={"pop": 1.0}, duration_s=130.0)
        verses = [one for one in plan.sections if one.kind == "verse"][:2]
        lines = [
            {
                (round(note.start - one.start, 3), note.pitch)
                for note in notes
                if one.start <= note.start < one.start + one.duration
            }
            for one in verses
        ]
        assert len(lines[0] & lines[1]) >= 0.4 * len(lines[0])
        assert lines[0] != lines[1]


def test_the_lead_breathes_but_is_never_away_for_long() -> None:
    for seed in range(20):
        plan, notes = lead_of(seed)
        quiet = [
            (one.start, one.start + one.duration) for one in plan.sections if one.kind in ("intro", "break")
        ]
        gaps = [(a.end, b.start) for a, b in pairwise(notes)]
        assert any(end - start >= 0.5 for start, end in gaps)
        for start, end in gaps:
            if not any(start < last and end > first for first, last in quiet):
                assert end - start <= 4 * plan.meter.beats_per_bar


def test_no_two_of_sixty_songs_share_seventeen_notes() -> None:
    seen: dict[tuple[tuple[int, int], ...], int] = {}
    for seed in range(60):
        line = pairs(lead_of(seed)[1])
        for at in range(len(line) - 16):
            assert seen.setdefault(tuple(line[at : at + 17]), seed) == seed


def test_a_tempo_asked_for_leaves_the_rest_as_it_was() -> None:
    drawn = make_plan(11)
    asked = make_plan(11, tempo_bpm=drawn.tempo_bpm)
    assert asked == drawn
    assert make_plan(11, tempo_bpm=99.0).tonic == drawn.tonic


def test_genres_are_drawn_evenly_and_sometimes_mixed() -> None:
    drawn = [draw_genres(np.random.default_rng(seed)) for seed in range(400)]
    assert {name for one in drawn for name in one} == set(GENRES)
    assert 0.15 < np.mean([len(one) == 2 for one in drawn]) < 0.35


def test_a_mixture_does_not_depend_on_the_order_it_is_given_in() -> None:
    assert list(normalised({"rock": 1, "jazz": 1})) == list(normalised({"jazz": 1, "rock": 1}))


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"genres": {"polka": 1.0}}, "polka.*known are rock"),
        ({"genres": {"rock": 0.0}}, "above 0"),
        ({"genres": {}}, "above 0"),
        ({"mood": "grumpy"}, "grumpy.*known are happy"),
        ({"mode": "lydian"}, "lydian.*known are major"),
        ({"tonic": 12}, "tonic.*12"),
        ({"tempo_bpm": float("nan")}, "tempo_bpm.*nan"),
        ({"duration_s": 1.0}, "duration_s.*got 1"),
        ({"meter": Meter(1, 4)}, "1/4"),
    ],
)
def test_what_cannot_be_composed_is_refused_by_name(wanted: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make_plan(0, **wanted)


def test_an_instrument_asked_for_leads() -> None:
    assert compose(1, genres={"jazz": 1.0}, instruments=["flute"]).score.parts[0].name == "flute"


def test_titles_vary() -> None:
    titles = {invent_title("folk", "calm", np.random.default_rng(seed)) for seed in range(100)}
    assert len(titles) > 70


def test_tempos_that_are_drawn_are_those_of_the_genre() -> None:
    for genre, idiom in IDIOMS.items():
        low, _, high = idiom.tempo
        assert all(low - 1 <= make_plan(seed, genres={genre: 1.0}).tempo_bpm <= high + 1 for seed in range(5))
