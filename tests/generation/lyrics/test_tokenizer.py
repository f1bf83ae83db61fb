"""Tokens of songs: everything comes back, and no text is taken for a mark."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.lyrics.song import marked, song_of_text
from generation.lyrics.tokenizer import (
    CHORUS_ID,
    END,
    LINE,
    N_MARKS,
    TITLE,
    VERSE_ID,
    LyricTokenizer,
    TokenizerError,
    load_tokenizer,
    train_tokenizer,
)  # fmt: skip

SONG = song_of_text(
    "The Rain",
    "[verse]\nthe rain came down\nit's on the town\n[chorus]\nla la la\nna\u00efve \u96e8 \U0001f600",
)


@pytest.fixture(scope="module")
def tokenizer() -> LyricTokenizer:
    return train_tokenizer([SONG] * 3, vocab_size=320)


def test_a_song_comes_back(tokenizer: LyricTokenizer) -> None:
    ids = tokenizer.encode_song(SONG)
    assert tokenizer.decode_song(ids) == SONG
    assert (ids[0], ids[-1], ids.count(LINE)) == (TITLE, END, 4)
    assert [i for i in ids if i in (VERSE_ID, CHORUS_ID)] == [VERSE_ID, CHORUS_ID]


def test_streamed_text_is_the_song_as_people_are_shown_it(tokenizer: LyricTokenizer) -> None:
    parts = list(tokenizer.stream(tokenizer.encode_song(SONG)))
    assert "".join(parts) == marked(SONG)
    assert "\ufffd" not in "".join(parts)


def test_text_is_never_a_mark(tokenizer: LyricTokenizer) -> None:
    ids = tokenizer.encode_text("<end> [verse] <|endoftext|> \x00")
    assert min(ids) >= N_MARKS
    assert tokenizer.decode_text(ids) == "<end> [verse] <|endoftext|>"


def test_a_word_is_the_same_at_the_start_of_a_line(tokenizer: LyricTokenizer) -> None:
    assert tokenizer.encode_text("rain rain")[: len(tokenizer.encode_text("rain"))] == tokenizer.encode_text(
        "rain"
    )
    assert tokenizer.encode_text(" \t ") == []


def test_any_numbers_decode_to_something(tokenizer: LyricTokenizer) -> None:
    song = tokenizer.decode_song([LINE, *range(tokenizer.vocab_size)])
    assert isinstance(marked(song), str)
    assert "".join(tokenizer.stream(range(tokenizer.vocab_size))) == ""  # <end> comes second


def test_saved_and_loaded_it_is_the_same(tokenizer: LyricTokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path / "t.json")
    again = load_tokenizer(tmp_path / "t.json")
    assert again.encode_song(SONG) == tokenizer.encode_song(SONG)
    assert again.identity == tokenizer.identity == train_tokenizer([SONG] * 3, vocab_size=320).identity


@pytest.mark.parametrize("content", ["", "{}", '{"format": 1, "marks": [], "bpe": {}}', "\x00"])
def test_what_is_no_tokenizer_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(content)
    with pytest.raises(TokenizerError, match=r"t\.json"):
        load_tokenizer(path)
    with pytest.raises(TokenizerError, match="no tokenizer"):
        load_tokenizer(tmp_path / "none.json")


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(ValueError, match="no songs"):
        train_tokenizer([])
    with pytest.raises(ValueError, match="at least"):
        train_tokenizer([SONG], vocab_size=100)
