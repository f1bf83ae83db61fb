"""The long tail: parted from the vocabulary, stood in for by what lies beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.corpus import Corpus, build_corpus
from recsys.tail import Tail, choose_min_count, split_tail, trust


def corpus(lists: list[list[int]], groups: list[int] | None = None) -> Corpus:
    numbers = np.repeat(np.arange(len(lists)), [len(songs) for songs in lists])
    of_list = np.array(groups if groups is not None else range(len(lists)), dtype=np.int64)
    return build_corpus(
        numbers, np.array([song for songs in lists for song in songs], dtype=np.int64), of_list[numbers]
    )


# Songs 1, 2, 3 stand in three lists each; 8 in one beside 1 and 2; 9 alone.
LISTS = [[1, 2, 8], [1, 3], [2, 3], [1, 2, 3], [9]]


def test_songs_in_enough_lists_are_vocabulary_and_the_others_tail() -> None:
    vocabulary, tail = split_tail(corpus(LISTS), 3)
    assert vocabulary.song_ids.tolist() == [1, 2, 3]
    assert tail.song_ids.tolist() == [8, 9]


def test_no_song_is_lost_and_none_is_in_both() -> None:
    whole = corpus(LISTS)
    for min_count in (1, 2, 3, 99):
        vocabulary, tail = split_tail(whole, min_count)
        assert sorted([*vocabulary.song_ids, *tail.song_ids]) == whole.song_ids.tolist()
        assert tail.stand_ins.shape == (len(tail.song_ids), vocabulary.n_songs)


def test_stand_ins_are_the_songs_of_the_same_lists_and_sum_to_one() -> None:
    _, tail = split_tail(corpus(LISTS), 3)
    np.testing.assert_allclose(tail.stand_ins.toarray(), [[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]])


def test_a_short_list_says_more_than_a_long_one() -> None:
    lists = [[1, 9], [2, 3, 4, 5, 9], *([1, 2, 3, 4, 5] for _ in range(3))]
    _, tail = split_tail(corpus(lists), 3)
    (weights,) = tail.stand_ins.toarray()
    assert weights[0] == pytest.approx(2.5 * weights[1])


def test_snapshots_of_one_playlist_count_less_than_as_many_playlists() -> None:
    lists = [[1, 9], [1, 9], [2, 9], *([1, 2] for _ in range(3))]
    (alone,), (snapshots,) = (
        split_tail(corpus(lists, groups), 4)[1].stand_ins.toarray() for groups in (None, [0, 0, 1, 2, 3, 4])
    )
    assert snapshots[0] / snapshots[1] < alone[0] / alone[1]


def test_a_song_of_the_tail_lies_at_the_mean_of_its_stand_ins() -> None:
    _, tail = split_tail(corpus(LISTS), 3)
    vectors = tail.vectors(np.eye(3, dtype=np.float32))
    np.testing.assert_allclose(vectors, [[0.5**0.5, 0.5**0.5, 0.0], [0.0, 0.0, 0.0]], atol=1e-6)


def test_at_most_20_songs_stand_in() -> None:
    many = list(range(50))
    _, tail = split_tail(corpus([[*many, 99], many, many]), 2)
    assert tail.stand_ins.nnz == 20
    assert tail.stand_ins.sum() == pytest.approx(1.0)


def test_three_lists_are_asked_for_and_fewer_where_most_would_be_lost() -> None:
    assert choose_min_count(corpus(LISTS)) == 3
    assert choose_min_count(corpus([[1, 2], [1, 2], [3]])) == 2
    assert choose_min_count(corpus([[1, 2], [3, 4]])) == 1


def test_nothing_has_no_tail() -> None:
    vocabulary, tail = split_tail(corpus([]), 3)
    assert (vocabulary.n_songs, len(tail.song_ids)) == (0, 0)
    assert tail.vectors(np.zeros((0, 4), np.float32)).shape == (0, 4)
    assert choose_min_count(corpus([])) >= 1


def test_a_saved_tail_comes_back_as_it_was(tmp_path: Path) -> None:
    _, tail = split_tail(corpus(LISTS), 3)
    tail.save(tmp_path / "tail.npz")
    again = Tail.load(tmp_path / "tail.npz")
    np.testing.assert_array_equal(again.song_ids, tail.song_ids)
    np.testing.assert_array_equal(again.stand_ins.toarray(), tail.stand_ins.toarray())


def test_scores_of_songs_in_one_or_two_lists_count_in_part() -> None:
    np.testing.assert_allclose(trust(np.array([0, 1, 2, 3, 40])), [0, 1 / 3, 2 / 3, 1, 1], rtol=1e-6)
