"""The half-life is measured: short where tastes drift, long where they do not, else the default."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.half_life import DEFAULT_DAYS, choose_half_life
from recsys.next_listen import DAY_S, ListenLog
from recsys.song2vec import unit

N_USERS, PER_GENRE, DAYS = 60, 100, 120


def world(*, drift_days: float | None, seed: int = 0) -> tuple[ListenLog, np.ndarray]:
    """Users who play three songs a day: of one genre of six, which changes every `drift_days`; or for good of
    two genres, week by week in turn.
    """
    rng = np.random.default_rng(seed)
    vectors = unit(np.repeat(np.eye(6, 16), PER_GENRE, axis=0) + 0.1 * rng.normal(size=(6 * PER_GENRE, 16)))
    rows: list[tuple[int, int, int]] = []
    for user in range(N_USERS):
        genres = rng.permutation(6)
        shift = rng.uniform(0, drift_days or 1)
        for day in range(DAYS):
            if drift_days is None:
                genre = genres[day // 7 % 2]
            else:
                genre = genres[int((day + shift) / drift_days) % 6]
            songs = genre * PER_GENRE + rng.integers(0, PER_GENRE, 3)
            rows.extend((user, int(song), day * DAY_S + 600 * i) for i, song in enumerate(songs))
    users, songs, times = (np.array(column) for column in zip(*rows, strict=True))
    log = ListenLog.build(users, songs, times, np.ones(len(users)), song_ids=np.arange(len(vectors)))
    return log, vectors


def test_tastes_that_drift_fast_have_a_short_half_life() -> None:
    choice = choose_half_life(*world(drift_days=25.0), seed=0)
    assert choice.days is not None
    assert choice.days <= 14
    assert choice.over_default[f"{choice.days:g}"].low > 1.0
    assert choice.n_cases == 4 * N_USERS


def test_tastes_that_alternate_for_good_forget_nothing() -> None:
    choice = choose_half_life(*world(drift_days=None), seed=0)
    assert choice.ndcg["never"].mean > choice.ndcg["7"].mean
    assert choice.days is None or choice.days >= DEFAULT_DAYS


def test_too_few_cases_keep_the_default_and_measure_nothing() -> None:
    log, vectors = world(drift_days=25.0)
    choice = choose_half_life(log.take(log.users < 5), vectors, seed=0)
    assert (choice.days, dict(choice.ndcg)) == (DEFAULT_DAYS, {})
    none = log.take(np.zeros(len(log.users), dtype=bool))
    assert choose_half_life(none, vectors, seed=0).n_cases == 0


def test_the_default_stays_where_nothing_is_better() -> None:
    log, vectors = world(drift_days=25.0)
    rng = np.random.default_rng(0)
    shuffled = unit(rng.normal(size=vectors.shape))
    assert choose_half_life(log, shuffled, seed=0).days == DEFAULT_DAYS


def test_vectors_of_other_songs_are_refused() -> None:
    log, vectors = world(drift_days=None)
    with pytest.raises(ValueError, match="one vector a song"):
        choose_half_life(log, vectors[1:], seed=0)
