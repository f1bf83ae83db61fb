"""Figures of songs with known answers: rhymes, syllables, variety, copies, topic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from generation.lyrics.measures import (
    copied_runs,
    distinct,
    end_rhyme_rate,
    measure,
    syllable_spread,
    topic_match,
)
from generation.lyrics.rhyme import Rhymer, last_word, load_rhymer
from generation.lyrics.rhyme_table import RhymeTableError, load_rhymes, read_cmudict, save_rhymes
from generation.lyrics.runs import build_run_set
from generation.lyrics.song import song_of_text

SPELLING = Rhymer({})
SONG = song_of_text("Night", "[verse]\nthe moon is bright\nit is the night\nwe sing a song\nand go along")


@pytest.mark.parametrize(
    ("one", "other", "rhyme"),
    [("night", "light", True), ("away", "day", True), ("song", "along", True), ("night", "night", False),
     ("rain", "plane", True), ("cat", "dog", False), ("", "a", False), ("Night,", "bright", True)],
)  # fmt: skip
def test_words_rhyme_by_their_spelling(one: str, other: str, rhyme: bool) -> None:
    assert SPELLING.rhymes(last_word(one), last_word(other)) is rhyme


def test_words_rhyme_by_their_sound(tmp_path: Path) -> None:
    path = tmp_path / "d"
    path.write_text(
        "love L AH1 V\nmove M UW1 V\nglove G L AH1 V # x\nglove(2) G L UW1 V\nabove AH0 B AH1 V\n;;; c\n"
    )
    rhymer = Rhymer(read_cmudict(path))
    assert [rhymer.rhymes("love", word) for word in ("glove", "above", "move")] == [True, True, False]
    assert rhymer.words_that_rhyme("love") == ["above", "glove"]
    assert rhymer.syllables("above love") == 3


@pytest.mark.parametrize(
    ("line", "n"), [("the moon is bright", 4), ("radio", 3), ("table and apple", 5), ("", 0), ("hoped", 1)]
)
def test_syllables_of_unknown_words_are_guessed(line: str, n: int) -> None:
    assert SPELLING.syllables(line) == n


def test_the_table_of_rhymes_says_what_the_dictionary_says(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("love L AH1 V\nabove AH0 B AH1 V\nunder AH1 N D ER0\nthe DH AH0\nhm HH M\n")
    whole = read_cmudict(tmp_path / "d")
    save_rhymes(whole, tmp_path / "r")
    one, other = Rhymer(whole), Rhymer(load_rhymes(tmp_path / "r"))
    for word in ("love", "above", "under", "the"):
        assert (one.ending(word), one.syllables(word)) == (other.ending(word), other.syllables(word))
    assert other.rhymes("love", "above")
    (tmp_path / "r").write_bytes(b"nothing")
    with pytest.raises(RhymeTableError, match="no table"):
        load_rhymes(tmp_path / "r")


def test_what_ships_knows_love_from_move() -> None:
    rhymer = load_rhymer()
    assert rhymer.rhymes("love", "above")
    assert not rhymer.rhymes("love", "move")


def test_lines_that_rhyme_are_counted() -> None:
    assert end_rhyme_rate(SONG, SPELLING) == 1.0
    half = song_of_text("", "[verse]\na night\na cat\na light\na dog")
    assert end_rhyme_rate(half, SPELLING) == 0.5
    assert end_rhyme_rate(song_of_text("", "la la\nla la"), SPELLING) == 0.0


def test_the_spread_of_syllables_is_within_sections() -> None:
    song = song_of_text("", "[verse]\nha\nha ha ha\n[bridge]\nla la\nla la")
    assert syllable_spread(song, SPELLING) == pytest.approx(0.5)
    assert np.isnan(syllable_spread(song_of_text("", "one"), SPELLING))


def test_variety_is_the_share_of_different_words_and_a_returning_chorus_counts_once() -> None:
    assert distinct([song_of_text("", "a b a b")], 1) == 0.5
    assert distinct([song_of_text("", "a b a b")], 2) == pytest.approx(2 / 3)
    assert distinct([song_of_text("", "[chorus]\na b\nc\n[chorus]\na b\nc")], 1) == 1.0
    assert np.isnan(distinct([song_of_text("", "a")], 3))


def test_copies_are_found_with_their_length() -> None:
    runs = build_run_set([["one two three four five six seven eight"]])
    share, longest = copied_runs(song_of_text("", "x one two three four\nfive six seven y z"), runs)
    assert (share, longest) == (pytest.approx(2 / 5), 7)
    assert copied_runs(song_of_text("", "too short"), runs) == (0.0, 0)


def test_a_song_is_nearest_to_its_own_prompt() -> None:
    def encode(texts: Sequence[str]) -> np.ndarray:
        vectors = np.array([["rain" in text.lower(), "sun" in text.lower(), 0.1] for text in texts], float)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    songs = [song_of_text("Rain", "rain falls\nrain"), song_of_text("", "sun\nsun")]
    right, wrong = (topic_match(p, songs, encode).mean() for p in (["rain", "sun"], ["sun", "rain"]))
    assert right > 0.95 > 0.1 > wrong
    assert topic_match(["rain"], [song_of_text("", "")], encode)[0] == 0.0


def test_all_measures_of_one_song() -> None:
    found = measure([SONG], SPELLING, runs=build_run_set([["a b c d e f"]]), ended=[False])
    assert (found.end_rhyme, found.copied, found.valid, found.n_songs) == (1.0, 0.0, 0.0, 1)
    assert np.isnan(found.topic)
    with pytest.raises(ValueError, match="songs are expected"):
        measure([], SPELLING)
