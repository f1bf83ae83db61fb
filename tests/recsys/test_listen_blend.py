"""The blend of own plays, others' plays and the song space: it learns what a world is like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from recsys.listen_blend import (
    DEFAULT_WEIGHTS,
    SIGNALS,
    ListenModel,
    fit_listen_blend,
    learn_listen_weights,
    recent_popularity,
)
from recsys.next_listen import DAY_S, NEW, REPEATS, ListenLog, last_week, make_listen_split, measure_listens
from recsys.song2vec import unit

N_SONGS, N_USERS, DAYS = 120, 60, 40


@pytest.fixture(scope="module")
def log() -> ListenLog:
    """Each user has two favourites for every day, and on top a song of the own half that is new to them."""
    rng = np.random.default_rng(0)
    listens: list[tuple[int, int, int]] = []
    for user in range(N_USERS):
        half = 60 * (user % 2)
        favourites, others = np.split(half + rng.permutation(60), [2])
        for day in range(DAYS):
            songs = [*favourites.tolist(), int(others[day])]
            listens.extend((user, song, day * DAY_S + 7200 * i) for i, song in enumerate(songs))
    by_user, by_song, times = np.array(listens).T
    return ListenLog.build(by_user, by_song, times, np.ones(len(times)), song_ids=np.arange(N_SONGS))


def model(log: ListenLog, at_s: int) -> ListenModel:
    vectors = unit(np.repeat(np.eye(2, 8), 60, axis=0)[log.song_ids].astype(np.float32))

    def base(rows: Sequence[np.ndarray], weights: Sequence[np.ndarray]) -> np.ndarray:
        means = [w @ vectors[r] for r, w in zip(rows, weights, strict=True)]
        return np.asarray(np.maximum(np.array(means).reshape(len(rows), 8) @ vectors.T, 0.0))

    artists = log.song_ids // 3
    return ListenModel.build(log, at_s, base=base, vectors=vectors, artists=artists, half_life_days=60.0)


def test_favourites_come_first_where_repeats_count(log: ListenLog) -> None:
    split = make_listen_split(log, seed=0)
    scorers = fit_listen_blend(split.train, split.at_s, model, seed=0)
    top = np.argsort(-scorers[REPEATS](split.histories()), axis=1)[:, :2]
    heard = [np.bincount(one.rows, minlength=N_SONGS) for one in split.histories()]
    assert all(np.take(plays, rows).min() > 5 for plays, rows in zip(heard, top, strict=True))


def test_new_songs_are_those_of_the_own_half(log: ListenLog) -> None:
    split = make_listen_split(log, seed=0)
    scorers = fit_listen_blend(split.train, split.at_s, model, seed=0)
    values, users = measure_listens(scorers[NEW], split, NEW)
    # 28 songs of the own half are left, and 7 of them come: twice as good as among all that are left.
    assert len(users) == N_USERS
    assert values["recall@20"].mean() > 20 / 28 - 0.1


def test_weights_are_learned_from_the_past_alone_and_sum_to_one(log: ListenLog) -> None:
    at_s = last_week(log)
    train = log.take(log.times_s < at_s)
    asked: list[int] = []

    def watched(part: ListenLog, until_s: int) -> ListenModel:
        asked.append(until_s)
        assert part.times_s.max() < until_s
        return model(part, until_s)

    weights = learn_listen_weights(train, at_s, watched, seed=0)
    assert asked == [at_s - 7 * DAY_S]
    assert not {"log plays", "plays decayed", "share of sessions"} & set(weights[NEW])
    for found in weights.values():
        assert set(found) <= set(SIGNALS)
        assert sum(found.values()) == pytest.approx(1.0, abs=1e-3)


def test_too_few_users_get_the_default_weights(log: ListenLog) -> None:
    few = log.take(log.users < 20)
    assert learn_listen_weights(few, last_week(few), model, seed=0) == DEFAULT_WEIGHTS
    for weights in DEFAULT_WEIGHTS.values():
        assert sum(weights.values()) == pytest.approx(1.0)
        assert set(weights) <= set(SIGNALS)


def test_the_same_seed_gives_the_same_weights(log: ListenLog) -> None:
    one, other = (learn_listen_weights(log, last_week(log) + 7 * DAY_S, model, seed=3) for _ in range(2))
    assert one == other


def test_who_has_no_history_gets_what_is_popular(log: ListenLog) -> None:
    at_s = last_week(log)
    scorer = model(log, at_s).scorer({"popularity": 1.0, "log plays": 1.0})
    (scores,) = scorer(log.histories(np.array([999]), at_s))
    popularity = recent_popularity(log, at_s)
    np.testing.assert_array_equal(np.argsort(-scores, kind="stable"), np.argsort(-popularity, kind="stable"))
    assert scorer([]).shape == (0, N_SONGS)
