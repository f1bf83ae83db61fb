"""Counted models against counts worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from generation.lyrics.ngram import NgramModel, load_ngram
from generation.lyrics.ngram_training import NgramConfig, discounts, train_ngram, train_small_ngram
from generation.lyrics.tokenizer import END
from generation.lyrics.word_table import LINE_END, word_table

A, B, C, D = 16, 17, 18, 19


def songs_of(rng: np.random.Generator, n: int = 200) -> list[np.ndarray]:
    """Words that depend on the two before them."""
    found = []
    for _ in range(n):
        words = list(rng.integers(16, 40, 2))
        for _ in range(20):
            words.append(16 + (words[-1] * 7 + words[-2] * 3 + int(rng.random() < 0.3)) % 24)
        found.append(np.array([*words, END]))
    return found


def bits(model: NgramModel, songs: list[np.ndarray]) -> float:
    return float(-np.concatenate([model.scores(song) for song in songs]).mean() / np.log(2))


def test_a_bigram_is_the_formula() -> None:
    songs = [np.array([A, B, A, B, A, C, END])]
    model = train_ngram(songs, 20, NgramConfig(order=2))
    # Before it come: A by END and B, B by A, C by A, END by C: 5 pairs. n1 of unigrams 3, n2 1.
    y = 3 / 5
    taken = {1: 1 - 2 * y / 3, 2: 2.0}
    unigram = {A: (2 - taken[2]) / 5, B: (1 - taken[1]) / 5}
    spread = (1 - unigram[A] - 3 * unigram[B]) / 20
    # Counts of pairs: A B 2, B A 2, and END A, A C, C END once each: n1 3, n2 2.
    y = 3 / 7
    once, twice = 1 - 2 * y * 2 / 3, 2.0
    mass, gamma = (2 - twice) / 3, (twice + once) / 3
    expected = mass + gamma * (unigram[B] + spread)
    found = model.logprobs(np.array([A, B]))[1, B]
    assert found == pytest.approx(np.log(expected), abs=1e-5)


def test_discounts_follow_the_counts_of_counts() -> None:
    counts = np.repeat([1, 2, 3, 4], [100, 30, 15, 8])
    y = 100 / 160
    assert discounts(counts) == pytest.approx((1 - 2 * y * 0.3, 2 - 3 * y * 0.5, 3 - 4 * y * 8 / 15))
    assert discounts(np.array([1, 1])) == (0.5, 1.0, 1.5)


def test_longer_is_better_where_words_depend_on_two_before() -> None:
    rng = np.random.default_rng(1)
    train, test = songs_of(rng), songs_of(rng, 50)
    found = [bits(train_ngram(train, 40, NgramConfig(order)), test) for order in (2, 3)]
    assert found[1] < 0.7 * found[0]


def test_what_was_never_seen_has_a_probability() -> None:
    model = train_ngram([np.array([A, B, END])], 5000, NgramConfig(order=4))
    assert np.isfinite(model.scores(np.array([D, 4999, A, D, END]))).all()


def test_pruned_it_takes_the_room_it_may(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    train, test = songs_of(rng), songs_of(rng, 50)
    whole = train_ngram(train, 40, NgramConfig(5))
    half = train_ngram(train, 40, NgramConfig(5, most_bytes=whole.n_bytes // 2))
    assert half.n_bytes <= whole.n_bytes // 2
    assert bits(whole, test) < bits(half, test) < bits(train_ngram(train, 40, NgramConfig(2)), test)
    half.save(tmp_path)
    assert sum(f.stat().st_size for f in tmp_path.glob("*.safetensors")) < whole.n_bytes // 2 + 2000
    assert bits(load_ngram(tmp_path), test) == pytest.approx(bits(half, test), abs=0.01)
    np.testing.assert_allclose(np.exp(half.logprobs(test[0]).astype(float)).sum(1), 1, atol=1e-4)


def test_of_small_models_the_length_is_taken_that_fits() -> None:
    rng = np.random.default_rng(1)
    train, test = songs_of(rng), songs_of(rng, 50)
    small = train_small_ngram(train, 40, songs_of(rng, 20), 25_000)
    assert (small.order, small.n_bytes <= 25_000) == (3, True)
    assert bits(small, test) < 1.05 * bits(train_ngram(train, 40, NgramConfig(3)), test)


def test_what_cannot_be_counted_is_refused() -> None:
    for songs in ([], [np.array([40])], [np.array([-1])]):
        with pytest.raises(ValueError, match=r"0\.\.39"):
            train_ngram(songs, 40)
    with pytest.raises(ValueError, match="64 bits"):
        train_ngram([np.array([A])], 10_000, NgramConfig(5))
    with pytest.raises(ValueError, match="two to five"):
        NgramConfig(6)
    with pytest.raises(ValueError, match="do not fit"):
        train_ngram([np.array([A, B, A, END])], 40, NgramConfig(2, most_bytes=10))


def test_the_table_of_next_words_is_in_shares() -> None:
    rows = word_table(["the sea, the sky", "the sea"], n_rows=2)
    assert (rows[0].word, rows[0].count) == ("the", 3)
    assert rows[0].followers == (("sea", 2 / 3), ("sky", 1 / 3))
    assert dict(rows[1].followers) == {LINE_END: 0.5, "the": 0.5}
