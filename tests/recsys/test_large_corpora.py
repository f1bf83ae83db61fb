"""What is done otherwise on very large corpora, made small: strongest neighbours, blocks, fewer rounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys import cooccurrence, corpus, song2vec, tail
from recsys.cooccurrence import count_after, count_together, strongest_kept
from recsys.corpus import Corpus, build_corpus, gather_corpus, write_corpus_file
from recsys.song2vec import Song2VecSettings, SongVectors, carried_over, settings_for, train_song2vec
from recsys.tail import split_tail

MakeCorpus = Callable[..., Corpus]


def test_each_song_keeps_the_neighbours_with_the_largest_cosine(
    noisy: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = count_together(noisy).toarray()
    monkeypatch.setattr(cooccurrence, "_EXACT_PAIRS", 0)
    monkeypatch.setattr(cooccurrence, "_KEPT_AT_LEAST", 3)
    monkeypatch.setattr(cooccurrence, "_KEPT", 0)
    kept = count_together(noisy)
    cosine = whole / np.sqrt(np.maximum(noisy.counts(), 1))
    for row in range(noisy.n_songs):
        there = kept[[row]].indices
        assert len(there) == min(3, np.count_nonzero(whole[row]))
        np.testing.assert_array_equal(kept[[row]].data, whole[row, there].astype(np.float32))
        if len(there):
            left = np.delete(cosine[row], there)
            assert cosine[row, there].min() >= left.max() - 1e-6
    assert np.diff(count_after(noisy).indptr).max() <= 3


def test_small_corpora_keep_every_neighbour() -> None:
    assert strongest_kept(1e8, 70_000) is None
    assert strongest_kept(9e9, 1_000_000) == 100


@pytest.mark.parametrize("at_once", [1, 5, 10_000])
def test_lists_in_arrays_make_the_corpus_that_pairs_make(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "_PLACES_AT_ONCE", at_once)
    rng = np.random.default_rng(2)
    lengths = rng.integers(0, 9, 40)
    songs, number = rng.integers(3, 30, lengths.sum()).astype(np.int32), np.repeat(np.arange(40), lengths)
    groups, sources = rng.integers(0, 9, (2, 40))
    found = gather_corpus(songs, np.concatenate([[0], np.cumsum(lengths)]), groups, sources)
    expected = build_corpus(number, songs, groups[number], sources=sources[number])
    for name in ("song_ids", "indptr", "rows", "groups", "sources"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="2 lists"):
        gather_corpus(np.array([1, 2]), np.array([0, 2]), np.zeros(2), np.zeros(2))


def test_the_tail_in_blocks_is_the_tail(noisy: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    min_count = int(np.median(noisy.counts())) + 1
    _, whole = split_tail(noisy, min_count)
    monkeypatch.setattr(tail, "_SONGS_AT_ONCE", 2)
    _, parts = split_tail(noisy, min_count)
    assert len(whole.song_ids) > 2
    np.testing.assert_allclose(parts.stand_ins.toarray(), whole.stand_ins.toarray())


@pytest.mark.parametrize(("most", "rounds"), [(160, 3), (16, 3), (11, 2), (6, 1), (1, 1)])
def test_a_corpus_too_large_for_three_rounds_is_read_in_one(
    make_corpus: MakeCorpus, monkeypatch: pytest.MonkeyPatch, most: float, rounds: int
) -> None:
    monkeypatch.setattr(song2vec, "PAIRS", most)
    assert settings_for(make_corpus([[1, 2, 3, 4]])).rounds == rounds  # A round of 16 pairs.


def test_vectors_carried_over_keep_their_song() -> None:
    old = SongVectors(np.eye(3, 4, dtype=np.float32), np.ones((3, 4), np.float32), np.arange(3.0), 0.0)
    new = carried_over(old, np.array([2, 5, 9]), np.array([1, 5, 9, 11]))
    assert new.input.tolist() == [[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert new.counts.tolist() == [0, 1, 2, 0]


def test_training_goes_on_from_where_it_starts(cliques: Corpus, tmp_path: Path) -> None:
    write_corpus_file(cliques, tmp_path / "corpus.txt")
    settings = Song2VecSettings(vector_size=8, epochs=8, rounds=1, workers=1, seed=1)
    old = train_song2vec(tmp_path / "corpus.txt", cliques.n_songs, settings)
    few = replace(settings, epochs=1, alpha=0.001)
    warm = train_song2vec(tmp_path / "corpus.txt", cliques.n_songs, few, old)
    assert (warm.unit_input() * old.unit_input()).sum(1).min() > 0.99
    with pytest.raises(ValueError, match="shape"):
        train_song2vec(tmp_path / "corpus.txt", cliques.n_songs + 1, few, old)
