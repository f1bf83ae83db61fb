"""Held-back books share nothing with training; runs of six words are found again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from generation.lyrics.corpus import Document, split_books, token_stream
from generation.lyrics.runs import build_run_set, load_run_set, run_hashes
from generation.lyrics.song import song_of_text
from generation.lyrics.tokenizer import END, train_tokenizer


def document(book: int, song: int, extra: str = "") -> Document:
    words = " ".join(f"w{book}x{song}x{i}" for i in range(12))
    return Document(song_of_text(f"S{song}", words + extra), f"book{book}")


BOOKS = [document(book, song) for book in range(10) for song in range(5)]


def test_no_book_is_on_two_sides() -> None:
    split = split_books(BOOKS, seed=3, share=0.2)
    sides = [{d.group for d in side} for side in (split.train, split.valid, split.test)]
    assert [len(side) for side in sides] == [6, 2, 2]
    assert len(set.union(*sides)) == 10
    assert split_books(BOOKS, seed=3, share=0.2) == split


def test_a_song_of_a_held_back_book_is_taken_out_of_training() -> None:
    split = split_books(BOOKS, seed=3, share=0.2)
    twin = Document(split.test[0].song, split.train[0].group)
    again = split_books([*BOOKS, twin], seed=3, share=0.2)
    assert again.n_shared == 1
    assert twin not in again.train


@pytest.mark.parametrize("n_books", [3, 4])
def test_few_books_leave_one_for_each_side(n_books: int) -> None:
    split = split_books([d for d in BOOKS if int(d.group[4:]) < n_books], share=0.1)
    assert split.train
    assert split.valid
    assert split.test


def test_two_books_are_too_few() -> None:
    with pytest.raises(ValueError, match="at least three"):
        split_books(BOOKS[:10])


def test_the_stream_holds_every_song_to_its_end() -> None:
    tokenizer = train_tokenizer([d.song for d in BOOKS], vocab_size=300)
    stream = token_stream(BOOKS[:4], tokenizer)
    assert [tokenizer.decode_song(ids) for ids in stream.songs()] == [d.song for d in BOOKS[:4]]
    assert [int(ids[-1]) for ids in stream.songs()] == [END] * 4
    assert len(token_stream([], tokenizer)) == 0


def test_runs_that_are_in_the_set_are_found_and_others_are_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    texts = [[" ".join(f"w{n}" for n in rng.integers(0, 5000, 200))] for _ in range(40)]
    runs = build_run_set(texts[:20])
    runs.save(tmp_path)
    again = load_run_set(tmp_path)
    assert all(again.contains(run_hashes(text)).all() for text in texts[:20])
    assert np.mean([again.contains(run_hashes(text)).mean() for text in texts[20:]]) < 0.001


def test_runs_go_across_lines_and_ignore_case_and_points() -> None:
    assert np.array_equal(run_hashes(["A b c,", "d e f"]), run_hashes(["a B c d -- e f!"]))
    assert len(run_hashes(["one two three"])) == 0
    assert not build_run_set([]).contains(run_hashes(["a b c d e f g"])).any()
