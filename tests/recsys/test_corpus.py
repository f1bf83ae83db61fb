"""Lists of songs become a corpus, an epoch, a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recsys.corpus import (
    Corpus,
    build_corpus,
    load_corpus,
    sample_versions,
    save_corpus,
    without_kinship,
    write_corpus_file,
)

MakeCorpus = Callable[..., Corpus]


def test_a_song_counts_once_a_list_at_its_first_place(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus([[30, 10, 30, 20, 10], [10]])
    assert corpus.song_ids.tolist() == [10, 20, 30]
    assert corpus.songs_of(0).tolist() == [2, 0, 1]
    assert corpus.counts().tolist() == [2, 1, 1]


def test_rare_songs_leave_and_then_lists_that_are_too_short(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus([[1, 2, 9], [1, 2], [9, 3], [1]], min_count=2, min_length=2)
    assert corpus.song_ids.tolist() == [1, 2, 9]
    assert [corpus.song_ids[corpus.songs_of(i)].tolist() for i in range(corpus.n_lists)] == [
        [1, 2, 9],
        [1, 2],
    ]


def test_a_song_said_twice_in_one_list_is_not_in_two_lists(make_corpus: MakeCorpus) -> None:
    assert make_corpus([[1, 1, 2], [2]], min_count=2).song_ids.tolist() == [2]


def test_nothing_gives_an_empty_corpus(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus([])
    assert (corpus.n_songs, corpus.n_lists, corpus.n_tokens) == (0, 0, 0)
    assert make_corpus([[1], [2]], min_count=2).n_lists == 0
    assert corpus.weights().shape == corpus.counts().shape == (0,)


def test_a_list_in_two_pieces_is_refused() -> None:
    with pytest.raises(ValueError, match="stand together"):
        build_corpus(np.array([1, 2, 1]), np.array([5, 6, 7]), np.zeros(3, int))
    with pytest.raises(ValueError, match="one source a pair"):
        build_corpus(np.array([1, 2]), np.array([5, 6]), np.zeros(2, int), sources=np.zeros(1, int))
    with pytest.raises(ValueError, match="one list, song and group"):
        build_corpus(np.array([1, 2]), np.array([5]), np.zeros(2, int))


def test_near_duplicates_of_different_sources_count_in_full(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus([[1]] * 6, [5] * 6, sources=[1, 1, 1, 1, 2, 3])
    assert corpus.weights().tolist() == [0.5, 0.5, 0.5, 0.5, 1.0, 1.0]
    assert len(sample_versions(corpus, rounds=1, rng=np.random.default_rng(0))) == 4
    for kept in (corpus.take(np.array([0, 1, 5])), corpus.restrict(1).take(np.array([0, 1, 5]))):
        assert kept.weights() == pytest.approx([0.5**0.5, 0.5**0.5, 1.0])
        assert kept.groups.tolist() == [5, 5, 5]


def test_a_group_of_m_lists_weighs_as_much_as_the_root_of_m(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus([[1]] * 10, [7] * 9 + [3])
    assert corpus.weights() == pytest.approx([1 / 3] * 9 + [1.0])
    assert corpus.weights(1.0) == pytest.approx([1 / 9] * 9 + [1.0])


def test_taken_lists_keep_songs_order_and_groups(noisy: Corpus) -> None:
    taken = noisy.take(np.array([5, 0, 59]))
    assert [taken.songs_of(i).tolist() for i in range(3)] == [noisy.songs_of(i).tolist() for i in (5, 0, 59)]
    assert taken.groups.tolist() == noisy.groups[[5, 0, 59]].tolist()
    assert noisy.take(np.zeros(0, int)).n_lists == 0


def test_incidence_has_a_one_where_the_list_holds_the_song(noisy: Corpus) -> None:
    dense = noisy.incidence().toarray()
    for i in range(noisy.n_lists):
        assert np.flatnonzero(dense[i]).tolist() == sorted(noisy.songs_of(i).tolist())
    assert dense.max() == 1.0


def test_an_epoch_draws_the_root_of_each_groups_versions(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus([[i] for i in range(14)], [0] * 9 + [1] * 4 + [2])
    drawn = sample_versions(corpus, rounds=5, rng=np.random.default_rng(0))
    for one in np.split(drawn, 5):
        assert len(set(one.tolist())) == 6
        assert np.bincount(corpus.groups[one]).tolist() == [3, 2, 1]
    assert set(drawn.tolist()) > set(drawn[:6].tolist())


def test_no_lists_or_no_rounds_draw_nothing(make_corpus: MakeCorpus, noisy: Corpus) -> None:
    rng = np.random.default_rng(0)
    assert sample_versions(make_corpus([]), rounds=2, rng=rng).tolist() == []
    assert sample_versions(noisy, rounds=0, rng=rng).tolist() == []


def test_the_corpus_file_holds_a_line_a_list(make_corpus: MakeCorpus, tmp_path: Path) -> None:
    corpus, path = make_corpus([[5, 4], [4, 6, 5]]), tmp_path / "corpus.txt"
    assert write_corpus_file(corpus, path) == 5
    assert path.read_text() == "1 0\n0 2 1\n"
    assert write_corpus_file(corpus, path, np.array([1, 1])) == 6
    assert path.read_text() == "0 2 1\n0 2 1\n"


def test_the_corpus_file_splits_what_gensim_would_cut(make_corpus: MakeCorpus, tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    assert write_corpus_file(make_corpus([list(range(20_001))]), path) == 20_001
    lines = path.read_text().splitlines()
    assert [len(line.split()) for line in lines] == [10_000, 10_000, 1]
    assert " ".join(lines).split() == [str(row) for row in range(20_001)]


def test_a_corpus_comes_back_from_disk(noisy: Corpus, tmp_path: Path) -> None:
    save_corpus(tmp_path / "corpus.npz", noisy)
    back = load_corpus(tmp_path / "corpus.npz")
    for name in ("song_ids", "indptr", "rows", "groups", "snapshots_of"):
        np.testing.assert_array_equal(getattr(back, name), getattr(noisy, name))


def test_without_kinship_keeps_lists_and_weights_but_no_order_and_no_groups() -> None:
    users = np.array([0, 0, 1, 1, 1])  # the group: whose session it is
    lists = [[0, 1], [2, 3], [1, 2], [3, 0], [0, 2]]
    list_ids = np.repeat(np.arange(5), 2)
    corpus = build_corpus(
        list_ids, np.concatenate(lists), users[list_ids], sources=np.array([0, 1, 2, 2, 4])[list_ids]
    )
    public = without_kinship(corpus)
    found = [public.songs_of(i).tolist() for i in range(5)]
    assert sorted(found) == sorted(lists)
    assert found != lists
    assert len(np.unique(public.groups)) == 4
    weight = {tuple(songs): w for songs, w in zip(found, public.weights().tolist(), strict=True)}
    assert weight == {tuple(songs): w for songs, w in zip(lists, corpus.weights().tolist(), strict=True)}
