"""The sentence says what is known, and only that."""

from __future__ import annotations

from generation.audio.heard_words import named, sentence
from generation.prompt import parse_prompt
from generation.studio.piece import GENRES, MOODS

SURE = {"genres": {"jazz": 0.9, "funk": 0.1}, "moods": {"calm": 0.8}, "leads": {"piano": 0.9}}
INSTRUMENTS = {"drums": 0.99, "jazz drums": 0.9, "piano": 0.9, "upright bass": 0.8, "violin": 0.7}


def test_what_is_sure_is_said() -> None:
    text = sentence(
        **SURE, instruments=INSTRUMENTS, tempo="about 92 beats per minute", key="probably in F minor"
    )
    assert text == (
        "A calm jazz piece with piano, upright bass and jazz drums, about 92 beats per minute,"
        " probably in F minor."
    )


def test_what_is_not_known_is_left_out() -> None:
    text = sentence(
        genres={"jazz": 0.4, "funk": 0.3, "rock": 0.3},
        moods={"calm": 0.5, "sad": 0.5},
        leads={"piano": 0.6},
        instruments={"piano": 0.6},
    )
    assert text == "A piece of music."
    assert parse_prompt(text).spans == ()


def test_what_is_likely_is_said_to_be() -> None:
    text = sentence(genres={"jazz": 0.6, "funk": 0.1}, moods={}, leads={}, instruments={})
    assert text == "A piece of music, probably jazz."


def test_mixtures_show() -> None:
    even = sentence(genres={"jazz": 0.5, "edm": 0.4}, moods={}, leads={}, instruments={"piano": 1.0})
    uneven = sentence(genres={"jazz": 0.65, "edm": 0.3}, moods={}, leads={}, instruments={"piano": 1.0})
    assert even == "A mix of jazz and EDM with piano."
    assert uneven == "A jazz piece with a touch of EDM, with piano."
    assert {name for name, _ in parse_prompt(uneven).genres} == {"jazz", "edm"}


def test_every_genre_and_mood_is_read_back() -> None:
    for genre in GENRES:
        for mood in MOODS:
            text = sentence(genres={genre: 0.9}, moods={mood: 0.9}, leads={}, instruments={"piano": 0.9})
            found = parse_prompt(text)
            assert (found.genres[0][0], found.mood, found.instruments) == (genre, mood, ("piano",)), text


def test_kinds_give_way_to_their_members() -> None:
    assert named({"guitar": 0.9, "jazz guitar": 0.8, "drums": 1.0}, {}) == ["jazz guitar", "drums"]


def test_two_names_for_one_sound_are_one() -> None:
    assert named({"fiddle": 0.9, "violin": 0.85}, {}) == ["fiddle"]


def test_nobody_in_front_is_no_instrument() -> None:
    assert named({"piano": 0.9}, {"": 0.9}) == ["piano"]
    assert named({"piano": 0.9}, {"other": 0.9}) == ["piano"]
