"""Protocol continuation-v1, against a second reading of DESIGN written with lists and dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from recsys.corpus import Corpus
from recsys.evaluate import METRICS, Case, Split, make_split, measure, rank

MakeCorpus = Callable[..., Corpus]


def _world(seed: int, n_lists: int, n_groups: int) -> tuple[list[list[int]], list[int]]:
    rng = np.random.default_rng(seed)
    lists = [(5 * rng.zipf(1.4, rng.integers(1, 40)) % 500).tolist() for _ in range(n_lists)]
    groups = rng.integers(0, n_groups, n_lists) if n_groups < n_lists else np.arange(n_lists)
    return lists, (groups * 11).tolist()


def _by_hand(
    lists: list[list[int]], groups: list[int], seed: int, share: float
) -> tuple[list[list[int]], list[tuple[int, list[int], list[int]]]]:
    """Training lists, and (group, seen, hidden) of each case, all as song ids."""
    distinct = sorted(set(groups))
    shuffled = np.random.default_rng(seed).permutation(distinct).tolist()
    test_groups = set(shuffled[: max(1, round(share * len(distinct)))])
    unique = [list(dict.fromkeys(songs)) for songs in lists]
    training = [songs for songs, group in zip(unique, groups, strict=True) if group not in test_groups]
    count: dict[int, int] = {}
    for songs in training:
        for song in songs:
            count[song] = count.get(song, 0) + 1
    known = {song for song, times in count.items() if times >= 3}
    cases = []
    for songs, group in zip(unique, groups, strict=True):
        kept = [song for song in songs if song in known]
        if group in test_groups and len(kept) >= 4:
            n_seen = max(1, min(len(kept) // 2, 10))
            cases.append((group, kept[:n_seen], kept[n_seen:]))
    trained = [[song for song in songs if song in known] for songs in training]
    return [songs for songs in trained if songs], cases


def _as_ids(split: Split) -> tuple[list[list[int]], list[tuple[int, list[int], list[int]]]]:
    ids = split.train.song_ids
    lists = [ids[split.train.songs_of(i)].tolist() for i in range(split.train.n_lists)]
    return lists, [(case.group, ids[case.seen].tolist(), ids[case.hidden].tolist()) for case in split.cases]


@pytest.mark.parametrize("seed", range(5))
def test_the_split_follows_the_protocol_by_playlist(make_corpus: MakeCorpus, seed: int) -> None:
    lists, groups = _world(seed, 200, 200)
    split = make_split(make_corpus(lists, groups), seed=seed)
    assert _as_ids(split) == _by_hand(lists, groups, seed, 0.1)
    assert len(split.cases) > 5


@pytest.mark.parametrize("seed", range(5))
def test_the_split_follows_the_protocol_where_snapshots_exist(make_corpus: MakeCorpus, seed: int) -> None:
    lists, groups = _world(seed, 300, 60)
    split = make_split(make_corpus(lists, groups), seed=seed)
    assert _as_ids(split) == _by_hand(lists, groups, seed, 0.2)


def test_no_group_stands_on_both_sides(make_corpus: MakeCorpus) -> None:
    split = make_split(make_corpus(*_world(1, 300, 60)), seed=3)
    assert not {case.group for case in split.cases} & set(split.train.groups.tolist())


def test_the_same_seed_splits_alike_and_another_does_not(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(*_world(1, 200, 200))
    first, second, third = (_as_ids(make_split(corpus, seed=seed))[1] for seed in (1, 1, 2))
    assert first == second
    assert first != third


def test_more_cases_than_asked_for_are_thinned_out_in_order(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(*_world(1, 300, 300))
    all_of_them = _as_ids(make_split(corpus, seed=1))[1]
    some = _as_ids(make_split(corpus, seed=1, max_cases=7))[1]
    assert len(some) == 7
    places = [all_of_them.index(case) for case in some]
    assert places == sorted(set(places))


def test_a_share_replaces_the_protocols(make_corpus: MakeCorpus) -> None:
    lists, groups = _world(2, 200, 200)
    assert _as_ids(make_split(make_corpus(lists, groups), seed=1, share=0.5)) == _by_hand(
        lists, groups, 1, 0.5
    )


@pytest.mark.parametrize("lists", [[], [[1, 2, 3, 4, 5]], [[1], [2], [3]]])
def test_too_small_a_corpus_has_no_cases(make_corpus: MakeCorpus, lists: list[list[int]]) -> None:
    assert make_split(make_corpus(lists), seed=1).cases == ()


def test_ranking_falls_leaves_out_the_seen_and_ties_go_to_the_smaller_row() -> None:
    scores = np.array([[1.0, 3, 2, 3, 0], [0, 0, 0, 0, 0]])
    seen = [np.array([2]), np.array([0, 1])]
    assert rank(scores, seen, k=3).tolist() == [[1, 3, 0], [2, 3, 4]]
    assert rank(scores, seen, k=6).tolist() == [[1, 3, 0, 4, -1, -1], [2, 3, 4, -1, -1, -1]]


def test_ranking_agrees_with_sorting_everything() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 30, (20, 200)).astype(np.float32)
    for case, found in enumerate(rank(scores, [np.zeros(0, int)] * 20, k=50)):
        assert found.tolist() == sorted(range(200), key=lambda row: (-scores[case, row], row))[:50]


def test_ranking_nothing_is_no_rows() -> None:
    assert rank(np.zeros((1, 0)), [np.zeros(0, int)], k=2).tolist() == [[-1, -1]]
    assert rank(np.zeros((0, 5)), [], k=2).shape == (0, 2)


def _cases(n: int) -> list[Case]:
    rng = np.random.default_rng(0)
    drawn = [rng.permutation(150) for _ in range(n)]
    return [Case(rows[:10], rows[10 : 14 + 9 * i], i) for i, rows in enumerate(drawn)]


def test_who_knows_the_hidden_songs_scores_one() -> None:
    cases = _cases(5)

    def knowing(seen: Sequence[np.ndarray]) -> np.ndarray:
        scores = np.zeros((len(seen), 150))
        for i, rows in enumerate(seen):
            case = next(case for case in cases if case.seen is rows)
            scores[i, case.hidden], scores[i, rows] = 1.0, 2.0
        return scores

    for batch in (2, 128):
        found = measure(knowing, cases, batch=batch)
        assert set(found) == set(METRICS)
        assert all(values == pytest.approx([1.0] * 5) for values in found.values())


def test_fewer_cases_of_very_many_songs_are_scored_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = _cases(9)
    asked: list[int] = []

    def by_number(seen: Sequence[np.ndarray]) -> np.ndarray:
        asked.append(len(seen))
        return np.tile(np.arange(150.0), (len(seen), 1))

    whole = measure(by_number, cases)
    assert asked == [1, 8]
    monkeypatch.setattr("recsys.evaluate._SCORES_AT_ONCE", 3 * 150)
    asked.clear()
    few = measure(by_number, cases)
    assert asked == [1, 3, 3, 2]
    assert all(whole[name].tolist() == few[name].tolist() for name in METRICS)


def test_no_cases_measure_to_no_values() -> None:
    assert all(values.shape == (0,) for values in measure(lambda seen: np.zeros((0, 9)), []).values())
