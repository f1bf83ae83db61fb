"""What is asked for in words is what is played."""

from __future__ import annotations

import pytest

from generation.prompt import parse_prompt
from generation.studio.commission import commission, stand_in, without_silence
from generation.studio.piece import Piece
from generation.studio.score import Chord, Note, Part, Score, Section, Tempo


def asked(text: str, seed: int = 1, duration_s: float = 20) -> Piece:
    return commission(parse_prompt(text), seed=seed, duration_s=duration_s)


def roles(piece: Piece) -> set[str]:
    return {part.role for part in piece.score.parts}


def test_a_slow_jazz_trio_in_f_minor_is_one() -> None:
    piece = asked("slow jazz trio in F minor")
    assert piece.genres == {"jazz": 1.0}
    assert (piece.score.key, piece.score.tempo_bpm < 90) == ("F minor", True)
    assert len({part.name for part in piece.score.parts}) == 3


def test_the_same_seed_gives_the_same_piece_and_another_seed_another() -> None:
    assert asked("sad folk song", 5) == asked("sad folk song", 5)
    assert asked("sad folk song", 5).score != asked("sad folk song", 6).score


def test_numbers_are_kept() -> None:
    piece = commission(parse_prompt("rock at 97 bpm, 30 seconds, in 3/4"), seed=2)
    assert (piece.score.tempo_bpm, str(piece.score.meter)) == (97, "3/4")
    assert 25 < piece.score.duration_s < 35


def test_instruments_that_are_asked_for_play_and_the_lead_leads() -> None:
    parts = asked("country with a harmonica lead and banjo").score.parts
    assert (parts[0].name, parts[0].role) == ("harmonica", "lead")
    assert "banjo" in {part.name for part in parts}


@pytest.mark.parametrize("seed", range(4))
def test_who_is_not_wanted_does_not_play(seed: int) -> None:
    assert "drums" not in roles(asked("metal without drums", seed))
    assert "metal" not in asked("loud music, no metal", seed).genres


def test_a_genre_is_drawn_that_fits_the_mood() -> None:
    calm = [asked("calm music with harp", seed).genre for seed in range(12)]
    assert not {"metal", "techno"} & set(calm)


def test_words_that_say_nothing_still_give_music() -> None:
    assert asked("xyzzy").score.parts


def test_a_tune_by_name_is_arranged() -> None:
    pytest.importorskip("music21")
    piece = asked("The Rakes of Mallow as techno")
    assert (piece.tune.casefold(), piece.genre) == ("the rakes of mallow", "techno")
    assert piece.origin


def test_a_tune_by_kind_is_drawn() -> None:
    pytest.importorskip("music21")
    assert "hornpipe" in asked("a hornpipe as reggae").tune.casefold()


def test_empty_bars_at_the_start_are_left_out() -> None:
    part = Part("piano", "lead", 0, (Note(9, 1, 60),))
    score = Score(
        "",
        (Tempo(0, 120),),
        (part,),
        chords=(Chord(0, 4, 0), Chord(6, 6, 5)),
        sections=(Section("intro", 0, 8), Section("verse", 8, 8)),
    )
    cut = without_silence(score)
    assert cut.parts[0].notes[0].start == 1
    assert [(one.start, one.duration) for one in cut.chords] == [(0, 4)]
    assert [(one.kind, one.start) for one in cut.sections] == [("verse", 0)]
    assert without_silence(cut) == cut


def names(piece: Piece) -> list[str]:
    return [part.name for part in piece.score.parts]


def test_a_string_quartet_has_two_violins() -> None:
    assert names(asked("string quartet")) == ["violin", "violin", "viola", "cello"]


def test_of_many_genres_the_two_heaviest_are_played() -> None:
    assert list(asked("70% rock, 20% jazz, 10% metal").genres) == ["rock", "jazz"]


def test_a_cappella_is_sung_by_all() -> None:
    assert set(names(asked("a cappella"))) == {"choir"}


def test_a_drum_solo_is_for_drums_alone() -> None:
    assert roles(asked("techno drum solo")) == {"drums"}


def test_without_its_usual_melody_and_chords_a_genre_has_others() -> None:
    piece = asked("metal without guitar")
    assert {"lead", "harmony", "bass"} <= roles(piece)
    assert not any("guitar" in name for name in names(piece))


@pytest.mark.parametrize("seed", range(5))
def test_few_players_without_a_genre_are_no_machines(seed: int) -> None:
    assert not {"techno", "edm", "chiptune"} & set(asked("piano solo", seed).genres)


def test_another_tune_of_its_kind_stands_in_for_one_that_nobody_knows() -> None:
    pytest.importorskip("music21")
    wanted = parse_prompt("The Kesh jig as techno")
    piece = commission(wanted, seed=1, duration_s=20)
    assert "jig" in piece.tune.casefold()
    assert piece.tune in stand_in(wanted, piece)


def test_a_new_piece_stands_in_for_a_tune_that_nobody_knows() -> None:
    pytest.importorskip("music21")
    wanted = parse_prompt("the tune Qwertyuiop Zxcvb as techno")
    piece = commission(wanted, seed=1, duration_s=20)
    assert (piece.tune, piece.genre) == ("", "techno")
    assert "new piece" in stand_in(wanted, piece)


@pytest.mark.parametrize("text", ["The Rakes of Mallow as techno", "an Irish reel as techno", "techno"])
def test_what_was_asked_for_needs_no_word(text: str) -> None:
    pytest.importorskip("music21")
    wanted = parse_prompt(text)
    assert stand_in(wanted, commission(wanted, seed=1, duration_s=20)) == ""
