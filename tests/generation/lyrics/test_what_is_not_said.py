"""What no song says: refused words, copies of the training text, and forms that cannot be sung."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from generation.lyrics.form import Form, form_faults
from generation.lyrics.free_form import write_freely, write_title
from generation.lyrics.ngram_training import NgramConfig, train_ngram
from generation.lyrics.refused_words import FILE, RefusedWords, load_refused_words, refused
from generation.lyrics.rhyme import Rhymer
from generation.lyrics.runs import build_run_set, run_hashes
from generation.lyrics.sampling import Sampling, writable
from generation.lyrics.song import SongText
from generation.lyrics.tokenizer import CHORUS_ID, END, LINE, N_MARKS, TITLE, VERSE_ID
from generation.lyrics.verse_writer import VerseWriter
from generation.lyrics.word_drawing import Objections, Objects, draw_words, no_objections
from tests.tiny_songs import tiny_documents, tiny_stream, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
STREAM = tiny_stream(TOKENIZER)
MODEL = train_ngram(STREAM.songs(), TOKENIZER.vocab_size, NgramConfig(4))
NOBODY = refused([])
HATS = refused(["hat"], only_said=["red"])


def written(
    objects: Objects = no_objections, temperature: float = 1.0, seed: int = 1, most: int = 200
) -> tuple[SongText, list[int]]:
    settings = Sampling(temperature, top_p=1.0, max_tokens=most)
    rng = np.random.default_rng(seed)
    ids = list(write_freely(MODEL, TOKENIZER, [], settings, rng=rng, objects=objects))
    return TOKENIZER.decode_song(ids), ids


@pytest.mark.parametrize("text", ["A hat!", "HATS", "my h4t", "h a t", "Hat's", "(hat)-stand", "hаt"])
def test_a_word_is_found_however_it_is_spelled(text: str) -> None:
    assert HATS.says(text)
    assert HATS.asks(text)


@pytest.mark.parametrize("text", ["what a hatch", "that", "chat", "a t", "", "red herring? no: reddish"])
def test_other_words_are_not_found(text: str) -> None:
    assert not HATS.asks(text)


def test_a_prompt_may_have_what_a_song_does_not_say() -> None:
    assert HATS.says("a red one")
    assert not HATS.asks("a red one")
    assert HATS.ends_with("all red")
    assert not HATS.ends_with("red all")


def test_the_list_that_ships_is_of_hashes_and_finds_slurs() -> None:
    lines = [line for line in FILE.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) > 80
    assert all(len(line.rstrip("~")) == 16 for line in lines)
    words: RefusedWords = load_refused_words()
    assert words.asks(codecs.decode("lbh snttbg", "rot13"))
    assert words.says(codecs.decode("n tlcfl fbat", "rot13"))
    assert not words.asks(codecs.decode("n tlcfl fbat", "rot13"))
    assert not words.says("Every good boy deserves a spade, a hoe and the shining moon")


CRUDE = "qvpx shpxvat fuvg nffubyr pbpx chffl phag gvggvrf cvff fyhg phz jnaxre".split()


@pytest.mark.parametrize("word", CRUDE)
def test_crude_words_are_not_said_and_most_may_be_asked_with(word: str) -> None:
    words, plain = load_refused_words(), codecs.decode(word, "rot13")
    for text in (plain, f"{plain}s".upper(), f"Old {plain.title()}, he said", " ".join(plain)):
        assert words.says(text)
    assert words.asks(f"a punk song with {plain} in it") == (word == "phag")


@pytest.mark.parametrize(
    "text", ["spices and greens", "boxes, dishes, echoes", "a class of Dickens and cocoa"]
)
def test_harmless_words_that_look_like_them_are_said(text: str) -> None:
    assert not load_refused_words().says(text)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_model_that_wants_to_be_crude_is_not(temperature: float) -> None:
    word = codecs.decode("Qvpx", "rot13")
    pieces = TOKENIZER.encode_text(word)

    class Crude:
        """A fake that would say one word for ever, in titles, too."""

        name, vocab_size, n_parameters, tokenizer_id = "fake", TOKENIZER.vocab_size, 0, ""

        def start(self) -> int:
            return 0

        def feed(self, state: int, token_ids: np.ndarray) -> tuple[np.ndarray, int]:
            for token in token_ids:
                state = state + 1 if state < len(pieces) and token == pieces[state] else 0
            scores = np.zeros(self.vocab_size)
            scores[pieces[state % len(pieces)]] = 30.0 if state < len(pieces) else 0.0
            scores[LINE] = 3.0
            return scores - np.log(np.exp(scores).sum()), state

    objects = Objections(TOKENIZER, load_refused_words())
    rng, settings = np.random.default_rng(1), Sampling(temperature, max_tokens=120)
    ids = list(write_freely(Crude(), TOKENIZER, [], settings, rng=rng, objects=objects))  # type: ignore[arg-type]
    title = write_title(Crude(), TOKENIZER, [], settings, rng=rng, objects=objects)  # type: ignore[arg-type]
    song = TOKENIZER.decode_song(ids)
    assert song.lines
    for line in (song.title, TOKENIZER.decode_text(title[1:]), *song.lines):
        assert word.lower() not in line.lower().split()
        assert not load_refused_words().says(line)


@pytest.mark.parametrize("temperature", [0.0, 1.0, 3.0])
def test_refused_words_are_never_drawn(temperature: float) -> None:
    plain = " ".join(" ".join(written(temperature=1.0, seed=seed)[0].lines) for seed in range(3))
    assert "hat" in plain
    for seed in range(3):
        song, _ = written(Objections(TOKENIZER, HATS), temperature, seed)
        assert not any(HATS.says(line) for line in (song.title, *song.lines))


def test_six_words_in_a_row_are_not_copied_but_for_given_ones() -> None:
    lines = [document.song.lines for document in tiny_documents()]
    runs = build_run_set(lines)
    copies = [
        runs.contains(run_hashes(written(Objections(TOKENIZER, NOBODY, runs=runs), seed=s)[0].lines)).sum()
        for s in range(4)
    ]
    assert copies == [0] * 4
    given = Objections(TOKENIZER, NOBODY, runs=runs, given=[line for song in lines for line in song])
    ids = [VERSE_ID, *TOKENIZER.encode_text(lines[0][0]), LINE, *TOKENIZER.encode_text("Anna")]
    assert [given(ids[:-1])] == [False]


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.0, 100.0])
def test_whatever_the_temperature_the_form_is_valid(temperature: float) -> None:
    for seed in range(3):
        song, ids = written(temperature=temperature, seed=seed)
        assert form_faults(song, ended=ids[-1] == END) == []
        assert len(ids) < 1000


def test_a_song_without_room_is_short_and_valid() -> None:
    song, ids = written(most=10)
    assert form_faults(song, ended=ids[-1] == END) == []
    assert len(song.lines) <= 6


def test_a_chorus_that_comes_again_is_the_same() -> None:
    class Choruses:
        """A fake that always wants another chorus."""

        name, vocab_size, n_parameters, tokenizer_id = "fake", TOKENIZER.vocab_size, 0, ""

        def start(self) -> int:
            return 0

        def feed(self, state: int, token_ids: np.ndarray) -> tuple[np.ndarray, int]:
            scores = np.random.default_rng(state).random(self.vocab_size)
            scores[[CHORUS_ID, VERSE_ID, LINE]] += (500, 300, 60)
            return np.log(scores / scores.sum()), state + len(token_ids)

    ids = list(
        write_freely(Choruses(), TOKENIZER, [], Sampling(1.0, max_tokens=400), rng=np.random.default_rng(1))  # type: ignore[arg-type]
    )
    song = TOKENIZER.decode_song(ids)
    choruses = [section.lines for section in song.sections if section.mark == "chorus"]
    assert len(choruses) > 1
    assert set(choruses) == {choruses[0]}


def test_the_same_seed_draws_the_same_words_and_greedy_needs_none() -> None:
    assert written(seed=3) == written(seed=3)
    assert written(temperature=0.0, seed=1) == written(temperature=0.0, seed=2)


def test_without_objections_tokens_are_drawn_as_ever() -> None:
    mask = writable(TOKENIZER.vocab_size)

    def drawn(objects: Objects) -> list[int]:
        said: list[int] = []
        return list(
            draw_words(
                MODEL, MODEL.feed(MODEL.start(), np.zeros(0, np.int64))[1], said, Sampling(1.0),
                tokenizer=TOKENIZER, allowed=lambda _: mask.copy(), objects=objects,
                rng=np.random.default_rng(5), stops=(END,), most=40,
            )
        )  # fmt: skip

    first = drawn(no_objections)
    assert first == drawn(Objections(TOKENIZER, refused(["zebra"])))
    assert len(first) <= 40


def test_forms_with_rhymes_object_too() -> None:
    rhymer = Rhymer({"hat": ("HH", "AE1", "T"), "cat": ("K", "AE1", "T")})
    writer = VerseWriter(MODEL, TOKENIZER, rhymer, objects=Objections(TOKENIZER, HATS))
    form = Form(("verse",), lines=4, scheme="aabb")
    for seed in range(3):
        ids = writer.write([], form, Sampling(1.0), rng=np.random.default_rng(seed))
        assert not HATS.says(" ".join(TOKENIZER.decode_song(ids).lines))


def test_a_title_comes_before_a_form() -> None:
    title: Sequence[int] = write_title(MODEL, TOKENIZER, [], Sampling(0), rng=np.random.default_rng(1))
    assert title[0] == TITLE
    assert TOKENIZER.decode_text(title).startswith("Song of")


class Random:
    """A fake that says anything, and counts how often it is asked."""

    name, vocab_size, n_parameters, tokenizer_id = "fake", TOKENIZER.vocab_size, 0, ""

    def __init__(self) -> None:
        self.n_asked = 0

    def start(self) -> int:
        return 0

    def feed(self, state: int, token_ids: np.ndarray) -> tuple[np.ndarray, int]:
        self.n_asked += 1
        return np.zeros(self.vocab_size), state + len(token_ids)


def test_a_model_that_knows_no_word_still_writes() -> None:
    objects = Objections(TOKENIZER, HATS, words=build_run_set([["hat"], ["cat"]], n_words=1))
    mask, said = writable(TOKENIZER.vocab_size), list[int]()
    mask[:N_MARKS] = False
    model: Any = Random()
    drawn = draw_words(
        model, 0, said, Sampling(1.0), tokenizer=TOKENIZER, allowed=lambda _: mask.copy(), objects=objects,
        rng=np.random.default_rng(1), most=40,
    )  # fmt: skip
    assert list(drawn) == said
    assert said


def test_a_long_song_of_unknown_words_is_not_tried_many_times_over() -> None:
    objects = Objections(TOKENIZER, HATS, words=build_run_set([["hat"], ["cat"]], n_words=1))
    mask, said = writable(TOKENIZER.vocab_size), list[int]()
    model: Any = Random()
    mask[:N_MARKS] = False
    drawn = draw_words(
        model, 0, said, Sampling(1.0), tokenizer=TOKENIZER, allowed=lambda _: mask.copy(), objects=objects,
        rng=np.random.default_rng(1), most=1_000,
    )  # fmt: skip
    assert len(list(drawn)) > 900
    assert model.n_asked < 2_000
