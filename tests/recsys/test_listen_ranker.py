"""The order of later listens: learned where there is something to learn, the continuation elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.listen_blend import SIGNALS, ListenModel
from recsys.listen_ranker import LATELY_DAYS, REACH, ListenChoice, ListenRanker, choose_listen_ranker
from recsys.next_listen import DAY_S, ListenLog, ListenSplit, make_listen_split
from recsys.song2vec import unit

N_SONGS, N_USERS, DAYS = 320, 40, 40
CIRCLES = 8


def log_of(played: Sequence[tuple[int, int, int]]) -> ListenLog:
    users, songs, times = np.array(played).T
    return ListenLog.build(users, songs, times, np.ones(len(times)), song_ids=np.arange(N_SONGS))


@pytest.fixture(scope="module")
def circles() -> ListenLog:
    """Users of a circle play the same forty songs, each song by half of them before the last week."""
    rng, played = np.random.default_rng(0), []
    for user in range(N_USERS):
        own = 40 * (user % CIRCLES) + rng.permutation(40)
        for day in range(DAYS):
            # Half of the circle's songs before the last week; in it, some of the other half.
            songs = own[:20] if day < DAYS - 7 else own[20:]
            played += [
                (user, int(s), day * DAY_S + 7200 * i) for i, s in enumerate(rng.permutation(songs)[:3])
            ]
    return log_of(played)


@pytest.fixture(scope="module")
def noise() -> ListenLog:
    """Everybody plays anything."""
    rng = np.random.default_rng(1)
    return log_of(
        [(u, int(rng.integers(N_SONGS)), day * DAY_S) for u in range(N_USERS) for day in range(DAYS)]
    )


def model(split: ListenSplit, base: np.ndarray) -> ListenModel:
    """A model whose continuation says the same to everybody, and whose song space says nothing."""
    vectors = unit(np.random.default_rng(2).normal(size=(N_SONGS, 16)).astype(np.float32))

    def scores(rows: Sequence[np.ndarray], weights: Sequence[np.ndarray]) -> np.ndarray:
        return np.tile(base.astype(np.float32), (len(rows), 1))

    artists = np.arange(N_SONGS)
    return ListenModel.build(
        split.train, split.at_s, base=scores, vectors=vectors, artists=artists, half_life_days=60.0
    )


@pytest.fixture(scope="module")
def planted(circles: ListenLog) -> tuple[ListenChoice, ListenRanker | None, ListenModel, ListenSplit]:
    split = make_listen_split(circles, seed=0, known=np.arange(N_SONGS))
    own = model(split, np.random.default_rng(3).random(N_SONGS))
    return (*choose_listen_ranker(own, split, seed=1, workers=1), own, split)


Planted = tuple[ListenChoice, ListenRanker, ListenModel, ListenSplit]


def test_where_similar_users_tell_what_comes_they_are_served(planted: Planted) -> None:
    choice, ranker, *_ = planted
    assert choice.n_cases == N_USERS
    assert choice.served in ("signals", "ranker")
    assert ranker.weights["similar users"] > 0.1
    assert max(choice.signals, key=lambda name: choice.signals[name]) == "similar users"
    assert choice.over_continuation.low > 1.5


def test_what_is_served_is_not_behind_its_best_signal_nor_the_continuation(planted: Planted) -> None:
    choice, *_ = planted
    assert choice.metrics["ndcg@100"].mean >= choice.signals["continuation"]
    assert choice.over_best_signal.high >= 1.0
    for estimate in choice.metrics.values():
        assert 0.0 <= estimate.low <= estimate.mean <= estimate.high <= 1.0


def test_where_the_continuation_knows_what_comes_it_is_served(noise: ListenLog) -> None:
    split = make_listen_split(noise, seed=0, known=np.arange(N_SONGS))
    knowing = np.zeros((N_USERS, N_SONGS), np.float32)
    for user, rows in enumerate(split.played):
        knowing[user, rows] = 1.0
    turn = iter(range(N_USERS))

    def base(rows: Sequence[np.ndarray], weights: Sequence[np.ndarray]) -> np.ndarray:
        return np.array([knowing[next(turn)] for _ in rows])

    cases = [user for user, rows in enumerate(split.played) if len(rows)]
    assert cases == list(range(N_USERS))
    own = replace(model(split, np.zeros(N_SONGS)), base=base)
    choice, ranker = choose_listen_ranker(own, split, seed=1, workers=1)
    assert (choice.served, ranker, dict(choice.weights)) == ("continuation", None, {"continuation": 1.0})
    assert choice.over_continuation.mean == 1.0


def test_on_noise_nothing_is_served_that_measured_worse_than_the_continuation(noise: ListenLog) -> None:
    split = make_listen_split(noise, seed=0, known=np.arange(N_SONGS))
    own = model(split, np.random.default_rng(4).random(N_SONGS))
    choice, ranker = choose_listen_ranker(own, split, seed=1, workers=1)
    assert choice.over_continuation.mean >= 1.0
    assert (ranker is None) == (choice.served == "continuation")


def test_too_few_users_teach_nothing(circles: ListenLog) -> None:
    split = make_listen_split(circles.take(circles.users < 20), seed=0, known=np.arange(N_SONGS))
    choice, ranker = choose_listen_ranker(model(split, np.ones(N_SONGS)), split, seed=1, workers=1)
    assert (choice, ranker) == (ListenChoice(20), None)


def test_the_same_seed_chooses_alike(planted: Planted, circles: ListenLog) -> None:
    choice, ranker, own, split = planted
    again, same = choose_listen_ranker(own, split, seed=1, workers=1)
    assert (again, same) == (choice, ranker)


def asked(
    own: ListenModel, split: ListenSplit, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """What `order` is asked with for the first user."""
    history = split.histories()[0]
    base = own.base([rows], [np.ones(len(rows))])[0][rows]
    signals, features = own.raw_signals(history, own.medoids(*own.profile(history)), rows, base)
    popularity = np.column_stack([own.popularity[rows], own.trend[rows]])
    return signals, features, popularity, len(history.rows)


@pytest.mark.parametrize("n", [0, 1, 2, REACH, N_SONGS])
def test_an_order_is_a_permutation(planted: Planted, n: int) -> None:
    _, ranker, own, split = planted
    order = ranker.order(*asked(own, split, np.arange(n)))
    assert sorted(order.tolist()) == list(range(n))


def test_songs_of_the_own_circle_come_first(planted: Planted) -> None:
    _, ranker, own, split = planted
    rows = np.setdiff1d(np.arange(N_SONGS), split.histories()[0].rows)
    first = rows[ranker.order(*asked(own, split, rows))][:20]
    assert np.mean(first // 40 == 0) > 0.7


def test_saved_and_loaded_it_orders_alike(planted: Planted, tmp_path: Path) -> None:
    _, ranker, own, split = planted
    ranker.save(tmp_path)
    loaded = ListenRanker.load(tmp_path)
    assert loaded == ranker
    question = asked(own, split, np.arange(N_SONGS))
    np.testing.assert_array_equal(loaded.order(*question), ranker.order(*question))


def test_nothing_saved_is_nothing_loaded(tmp_path: Path) -> None:
    assert ListenRanker.load(tmp_path) is None


def test_weights_alone_order_by_the_weighed_signal(planted: Planted) -> None:
    _, _, own, split = planted
    question = asked(own, split, np.arange(N_SONGS))
    signals, order = question[0], ListenRanker({"popularity": 1.0}).order(*question)
    assert (np.diff(signals[order, SIGNALS.index("popularity")]) <= 0).all()


def test_what_was_heard_lately_is_no_case() -> None:
    """Everybody plays the same two songs every day: next week, too, and nothing is left to recommend."""
    played = [(user, song, day * DAY_S) for user in range(40) for song in (1, 2) for day in range(DAYS)]
    split = make_listen_split(log_of(played), seed=0, known=np.arange(N_SONGS))
    assert LATELY_DAYS >= 7
    assert choose_listen_ranker(model(split, np.ones(N_SONGS)), split, seed=1, workers=1)[0] == ListenChoice(
        0
    )
