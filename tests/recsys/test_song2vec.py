"""song2vec finds who stands together, repeats itself, and says what it cannot learn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recsys.corpus import Corpus, write_corpus_file
from recsys.song2vec import Song2VecSettings, SongVectors, settings_for, train_song2vec, unit

MakeCorpus = Callable[..., Corpus]
SMALL = Song2VecSettings(vector_size=16, epochs=20, rounds=1, workers=1)


def _train(corpus: Corpus, folder: Path, settings: Song2VecSettings = SMALL) -> SongVectors:
    write_corpus_file(corpus, folder / "corpus.txt")
    return train_song2vec(folder / "corpus.txt", corpus.n_songs, settings)


def test_neighbours_come_from_the_own_clique(cliques: Corpus, tmp_path: Path) -> None:
    space = _train(cliques, tmp_path).unit_input()
    cosine = space @ space.T - 2 * np.eye(40)
    nearest = np.argsort(-cosine, axis=1)[:, :10]
    assert ((nearest < 20) == (np.arange(40) < 20)[:, None]).all()


def test_what_is_put_beside_a_song_comes_from_its_clique(cliques: Corpus, tmp_path: Path) -> None:
    logits = _train(cliques, tmp_path).conditional_logits(np.array([3, 30]))
    assert logits.shape == (2, 40)
    assert logits[0, :20].min() > logits[0, 20:].max()
    assert logits[1, 20:].min() > logits[1, :20].max()


def test_training_repeats_itself_bit_for_bit_on_one_worker(cliques: Corpus, tmp_path: Path) -> None:
    first, second = _train(cliques, tmp_path), _train(cliques, tmp_path)
    np.testing.assert_array_equal(first.input, second.input)
    np.testing.assert_array_equal(first.output, second.output)


def test_another_seed_gives_another_space(cliques: Corpus, tmp_path: Path) -> None:
    other = Song2VecSettings(vector_size=16, epochs=20, rounds=1, workers=1, seed=2)
    assert not np.allclose(_train(cliques, tmp_path).input, _train(cliques, tmp_path, other).input)


def test_counts_are_those_of_one_pass(cliques: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    write_corpus_file(cliques, path, np.tile(np.arange(cliques.n_lists), 3))
    twice = Song2VecSettings(vector_size=4, epochs=1, rounds=3, workers=1)
    np.testing.assert_allclose(train_song2vec(path, 40, twice).counts, cliques.counts())


def test_songs_that_are_absent_or_always_alone_have_no_place(make_corpus: MakeCorpus, tmp_path: Path) -> None:
    corpus = make_corpus([[0, 1, 2]] * 9 + [[3]] * 9)
    write_corpus_file(corpus, tmp_path / "corpus.txt")
    vectors = train_song2vec(tmp_path / "corpus.txt", 6, SMALL)
    assert np.abs(vectors.input[:3]).max(1).min() > 0
    assert not vectors.input[3:].any()
    assert not vectors.output[4:].any()
    assert vectors.counts.tolist() == [9, 9, 9, 9, 0, 0]
    assert np.linalg.norm(vectors.unit_input(), axis=1) == pytest.approx([1, 1, 1, 0, 0, 0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n\n", "holds no song"),
        ("0 7\n", "must lie in 0..4, found 0..7"),
        ("-1 2\n", "found -1..2"),
        ("1 two\n", "two"),
    ],
)
def test_a_file_that_is_no_corpus_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        train_song2vec(path, 5, SMALL)


def test_large_corpora_are_trained_on_fewer_epochs(cliques: Corpus) -> None:
    many, few = settings_for(cliques), settings_for(cliques, pairs=1.0)
    assert many.epochs * many.rounds > few.epochs * few.rounds >= 1
    assert settings_for(cliques.take(np.zeros(0, int))).epochs >= 1


def test_unit_leaves_zero_vectors_zero() -> None:
    np.testing.assert_allclose(unit(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0.0, 0.0]], rtol=1e-6)
