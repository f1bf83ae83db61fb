"""Wishes: of a prompt, of the truth about a clip, and flags before words."""

from __future__ import annotations

import pytest

from generation.audio.wishes import TAGS, Wishes, wishes_of_prompt, wishes_of_truth
from generation.studio.truth import Truth


def truth(**changes: object) -> Truth:
    facts: dict[str, object] = {
        "genres": {"jazz": 0.7, "blues": 0.3},
        "mood": "calm",
        "instruments": (("jazz guitar", 0.6), ("drums", 0.4)),
        "lead": "jazz guitar",
        "has_drums": True,
        "n_players": 2,
        "tempo_bpm": 90.0,
        "tonic": 5,
        "mode": "minor",
        "meter": "6/8",
        "notes_per_s": 9.0,
        "density": "medium",
        "velocity": 70.0,
        "velocity_range": 10.0,
        "loudness": "medium",
        "shape": "steady",
        "sections": ("verse",),
        "position": "opening",
        "tune": "",
        "origin": "",
        "duration_s": 10.0,
        "chords": (),
    }
    return Truth(**{**facts, **changes})  # type: ignore[arg-type]


def test_words_become_structure() -> None:
    found = wishes_of_prompt("slow sad jazz with piano in A minor, 72 bpm, no drums")
    assert (found.tempo_bpm, found.tonic, found.mode, found.bar_phase) == (72.0, 9, "minor", 0.0)
    assert found.tags == {"genre:jazz": 1.0, "plays:piano": 1.0, "plays:drums": -1.0, "mood:sad": 1.0}


def test_flags_go_before_words() -> None:
    found = wishes_of_prompt(
        "jazz at 120 bpm in A minor", tempo_bpm=90.0, tonic=2, mode="major", genre="rock"
    )
    assert (found.tempo_bpm, found.tonic, found.mode) == (90.0, 2, "major")
    assert found.tags == {"genre:rock": 1.0}


def test_a_word_for_a_tempo_is_one() -> None:
    slow, fast = wishes_of_prompt("slow music").tempo_bpm, wishes_of_prompt("fast music").tempo_bpm
    assert slow is not None
    assert fast is not None
    assert slow < 90 < 120 < fast


def test_what_nobody_said_is_left_open() -> None:
    assert wishes_of_prompt("") == Wishes()


def test_a_kind_of_instrument_is_true_of_each() -> None:
    tags = wishes_of_truth(truth()).tags
    assert tags["plays:guitar"] == tags["plays:jazz guitar"] == tags["leads:guitar"] == 1.0
    assert tags["plays:piano"] == tags["ending"] == -1.0
    assert tags["genre:jazz"] == 0.7


def test_meters_are_felt_in_beats() -> None:
    assert wishes_of_truth(truth()).beats_per_bar == 2.0
    assert wishes_of_prompt("a waltz in 3/4").beats_per_bar == 3.0


def test_prompt_and_truth_speak_of_the_same_tags() -> None:
    assert set(wishes_of_truth(truth()).tags) <= set(TAGS)
    assert len(set(TAGS)) == len(TAGS)


@pytest.mark.parametrize(
    "wrong",
    [{"tempo_bpm": 0.0}, {"tempo_bpm": float("nan")}, {"tonic": 12}, {"mode": "x"}, {"seconds": -1.0}],
)
def test_what_means_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="got"):
        Wishes(**wrong)  # type: ignore[arg-type]


def test_an_unknown_genre_is_refused() -> None:
    with pytest.raises(ValueError, match="polka"):
        wishes_of_prompt("x", genre="polka")
