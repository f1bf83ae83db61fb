"""What is true of a piece and of its excerpts."""

from __future__ import annotations

import json

import pytest

from generation.prompt import parse_prompt
from generation.studio.agreement import disagreements
from generation.studio.piece import Piece
from generation.studio.score import Chord, Meter, Note, Part, Score, Section, Tempo
from generation.studio.truth import Truth, describe


def part(name: str, role: str, start: int, end: int, velocity: int = 80) -> Part:
    """Quarter notes from beat to beat; at 60 beats a minute, from second to second."""
    notes = tuple(Note(float(beat), 0.9, 60, velocity) for beat in range(start, end))
    return Part(name, role, 0, notes)


# The saxophone leads from 0 to 16 s, drums play from 20 s, the piano all the time.
PARTS = (
    part("saxophone", "lead", 0, 16, 100),
    part("piano", "harmony", 0, 40),
    part("upright bass", "bass", 0, 40),
    part("jazz drums", "drums", 20, 40),
)


def piece(parts: tuple[Part, ...] = PARTS, **changes: object) -> Piece:
    chords = (Chord(0, 20, 5, "min7"), Chord(20, 20, 0, "7"))
    sections = (Section("verse", 0, 20), Section("chorus", 20, 20))
    score = Score("x", (Tempo(0, 60.0),), parts, 5, "minor", Meter(), chords, sections)
    return Piece(score, {"jazz": 0.8, "blues": 0.2}, "sad", 1, **changes)  # type: ignore[arg-type]


def test_an_excerpt_has_only_those_who_sound_in_it() -> None:
    assert set(describe(piece(), start_s=0, end_s=10).names) == {"saxophone", "piano", "upright bass"}
    assert set(describe(piece(), start_s=25, end_s=35).names) == {"piano", "upright bass", "jazz drums"}
    assert not describe(piece(), start_s=5, end_s=20).has_drums


def test_a_note_that_begins_as_the_excerpt_ends_is_not_heard() -> None:
    assert not describe(piece(), start_s=10, end_s=20.02).has_drums
    assert describe(piece(), start_s=10, end_s=20.1).has_drums


def test_a_held_note_sounds_in_an_excerpt_that_begins_after_it() -> None:
    held = Part("synth pad", "pad", 89, (Note(0, 40, 60),))
    assert describe(piece((held,)), start_s=20, end_s=30).names == ("synth pad",)


def test_the_lead_is_the_one_who_plays_a_quarter_of_the_time() -> None:
    assert describe(piece(), start_s=0, end_s=40).lead == "saxophone"
    assert describe(piece(), start_s=14, end_s=30).lead == "piano"
    assert describe(piece((part("jazz drums", "drums", 0, 40),))).lead == ""


def test_measured_loudness_orders_the_instruments_and_silences_some() -> None:
    loudness = {"saxophone": -80.0, "piano": -20.0, "upright bass": -14.0, "jazz drums": -26.0}
    truth = describe(piece(), prominence=loudness)
    assert truth.names == ("upright bass", "piano", "jazz drums")
    assert sum(share for _, share in truth.instruments) == pytest.approx(1)
    assert dict(truth.instruments)["upright bass"] == pytest.approx(
        2 * dict(truth.instruments)["piano"], rel=0.01
    )


def test_louder_notes_are_estimated_as_more_prominent() -> None:
    loud, quiet = part("piano", "harmony", 0, 10, 110), part("flute", "counter", 0, 10, 50)
    assert describe(piece((quiet, loud))).names == ("piano", "flute")


def test_tempo_and_harmony_are_those_of_the_excerpt() -> None:
    slow = piece()
    score = Score("x", (Tempo(0, 60.0), Tempo(20, 120.0)), slow.score.parts, chords=slow.score.chords)
    changing = Piece(score, slow.genres, slow.mood, 1)
    early, late = describe(changing, end_s=15), describe(changing, start_s=22, end_s=28)
    assert (early.tempo_bpm, early.chords) == (60.0, ("Fmin7",))
    assert (late.tempo_bpm, late.chords) == (120.0, ("C7",))


def test_form_and_position_are_those_of_the_excerpt() -> None:
    places = [(0, 10), (8, 18), (15, 25), (30, 40), (0, 40)]
    found = [describe(piece(), start_s=start, end_s=end) for start, end in places]
    assert [truth.position for truth in found] == ["opening", "middle", "middle", "ending", "whole"]
    assert [truth.sections for truth in found][1:4] == [("verse",), ("verse", "chorus"), ("chorus",)]


def test_words_for_density_loudness_and_shape_follow_the_notes() -> None:
    rising = Part("piano", "lead", 0, tuple(Note(float(i), 0.9, 60, 30 + 2 * i) for i in range(40)))
    truth = describe(piece((rising,)))
    assert (truth.shape, truth.density) == ("building", "sparse")
    assert truth.notes_per_s == pytest.approx(1, rel=0.02)
    assert describe(piece((part("piano", "lead", 0, 40, 120),))).loudness == "loud"
    assert describe(piece((part("piano", "lead", 0, 40, 40),))).loudness == "soft"
    assert describe(piece((part("piano", "lead", 0, 40),))).shape == "steady"


def test_a_truth_comes_back_from_json() -> None:
    truth = describe(piece(tune="The Kesh", origin="a book"), start_s=3, end_s=13)
    assert Truth.from_json(json.loads(json.dumps(truth.to_json()))) == truth


def test_json_that_is_no_truth_is_refused() -> None:
    with pytest.raises(ValueError, match="no truth"):
        Truth.from_json({"mood": "sad"})


def test_silence_has_no_instruments() -> None:
    silent = describe(piece((part("piano", "lead", 0, 4),)), start_s=10, end_s=20)
    assert (silent.instruments, silent.lead, silent.n_players, silent.density) == ((), "", 0, "sparse")


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(5, 5), (-1, 5), (6, 5), (0, float("nan")), (0, float("inf"))]
)
def test_an_excerpt_of_no_length_is_refused(start_s: float, end_s: float) -> None:
    with pytest.raises(ValueError, match="an excerpt"):
        describe(piece(), start_s=start_s, end_s=end_s)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("techno", "genre techno"),
        ("happy jazz", "mood happy"),
        ("jazz at 120 bpm", "120 bpm"),
        ("fast jazz", "118 to 220 bpm"),
        ("in G minor", "tonic 7"),
        ("in F major", "mode major"),
        ("a waltz", "meter 3/4"),
        ("jazz with guitar", "guitar is not in it"),
        ("no piano", "piano is in it"),
        ("led by a piano", "piano leads"),
        ("jazz duo", "2 players"),
        ("blues with a touch of jazz", "more blues than jazz"),
        ("ten seconds of jazz", "10 s"),
        ("Greensleeves as jazz", "the tune"),
    ],
)
def test_what_is_not_true_disagrees(text: str, reason: str) -> None:
    found = disagreements(parse_prompt(text), describe(piece()))
    assert any(one.startswith(reason) for one in found)


def test_what_is_true_agrees() -> None:
    text = (
        "a slow sad jazz quartet with a touch of blues in F minor, led by a sax, with piano, bass and drums"
    )
    assert disagreements(parse_prompt(text), describe(piece())) == ()
