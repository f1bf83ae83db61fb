"""Which songs stand together, which come after which: against counts made one by one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp

from recsys import cooccurrence
from recsys.cooccurrence import count_after, count_together, keep_top, similarity, song_weights
from recsys.corpus import Corpus

MakeCorpus = Callable[..., Corpus]


def _by_hand(corpus: Corpus) -> tuple[np.ndarray, np.ndarray]:
    together, after = np.zeros((2, corpus.n_songs, corpus.n_songs))
    for i, weight in enumerate(corpus.weights()):
        songs = corpus.songs_of(i).tolist()
        for a in range(len(songs)):
            for b in range(a + 1, len(songs)):
                after[songs[a], songs[b]] += weight
                together[songs[a], songs[b]] += weight
                together[songs[b], songs[a]] += weight
    return together, after


def test_counts_agree_with_counting_by_hand(noisy: Corpus) -> None:
    together, after = _by_hand(noisy)
    np.testing.assert_allclose(count_together(noisy).toarray(), together, rtol=1e-5)
    np.testing.assert_allclose(count_after(noisy).toarray(), after, rtol=1e-5)


@pytest.mark.parametrize("at_once", [1, 7, 100])
def test_counting_in_blocks_changes_nothing(
    noisy: Corpus, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cooccurrence, "_PAIRS_AT_ONCE", at_once)
    np.testing.assert_allclose(count_after(noisy).toarray(), _by_hand(noisy)[1], rtol=1e-5)


def test_after_and_before_make_up_together(noisy: Corpus) -> None:
    after = count_after(noisy)
    np.testing.assert_allclose((after + after.T).toarray(), count_together(noisy).toarray(), rtol=1e-5)


def test_song_weights_add_up_the_lists_weights(noisy: Corpus) -> None:
    np.testing.assert_allclose(song_weights(noisy), noisy.weights() @ noisy.incidence().toarray(), rtol=1e-5)


def test_an_empty_corpus_and_lonely_songs_have_no_neighbours(make_corpus: MakeCorpus) -> None:
    for corpus in (make_corpus([]), make_corpus([[1], [2]]), make_corpus([[1, 2], [3]], min_length=2)):
        lonely = corpus.counts() < 1
        assert count_together(corpus).shape == count_after(corpus).shape == (corpus.n_songs,) * 2
        assert count_together(corpus)[lonely].nnz == count_after(corpus)[lonely].nnz == 0


def test_similarity_is_the_formula(noisy: Corpus) -> None:
    counts, weights = count_together(noisy), song_weights(noisy)
    found = similarity(counts, weights, alpha=0.3, shrink=2.0).toarray()
    expected = counts.toarray() / (weights[:, None] ** 0.7 * weights[None, :] ** 0.3 + 2.0)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_similarity_without_alpha_and_shrink_is_the_conditional(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus([[0, 1], [0, 1], [0, 2], [0, 3]])
    found = similarity(count_together(corpus), song_weights(corpus), alpha=0.0, shrink=0.0).toarray()
    assert found[0, 1] == pytest.approx(0.5)
    assert found[1, 0] == pytest.approx(1.0)


def test_similarity_leaves_its_counts_alone(noisy: Corpus) -> None:
    counts = count_together(noisy)
    before = counts.copy()
    similarity(counts, song_weights(noisy), alpha=0.5, shrink=1.0, top=3)
    np.testing.assert_array_equal(counts.toarray(), before.toarray())


def test_the_largest_of_each_row_are_kept_and_ties_go_left() -> None:
    matrix = sp.csr_matrix(np.array([[1.0, 3, 3, 3, 2], [0, 0, 5, 0, 0], [0, 0, 0, 0, 0]], dtype=np.float32))
    assert keep_top(matrix, 2).toarray().tolist() == [[0, 3, 3, 0, 0], [0, 0, 5, 0, 0], [0, 0, 0, 0, 0]]
    assert keep_top(matrix, 9).toarray().tolist() == matrix.toarray().tolist()
