"""What own plays and similar users' plays say of a song."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.next_listen import DAY_S, History, ListenLog
from recsys.repeat import FEATURES, NEVER_DAYS, SimilarUsers, decayed_plays, listen_features

ARTISTS = np.array([7, 7, 8, 9, -1])


@pytest.fixture(scope="module")
def history() -> History:
    """Song 0 on each of four days, the last ten days ago; song 2 half played once, three days ago."""
    ages = np.array([40.0, 30.0, 20.0, 10.0, 3.0])
    return History(np.array([0, 0, 0, 0, 2]), ages, np.array([1, np.nan, 1, 1, 0.5]))


def features(history: History, song: int, **options: object) -> dict[str, float]:
    found = listen_features(history, np.array([song]), artists=ARTISTS, half_life_days=10.0, **options)  # type: ignore[arg-type]
    return dict(zip(FEATURES, found[0].tolist(), strict=True))


def test_a_song_played_every_ten_days_says_so(history: History) -> None:
    of = features(history, 0)
    assert of["log plays"] == pytest.approx(np.log1p(4))
    assert of["plays decayed"] == pytest.approx(1 / 2 + 1 / 4 + 1 / 8 + 1 / 16)
    assert of["log days since last play"] == pytest.approx(np.log1p(10))
    assert of["log days since first play"] == pytest.approx(np.log1p(40))
    assert of["log mean gap"] == pytest.approx(np.log1p(10))
    assert of["days since last play over mean gap"] == pytest.approx(1.0)
    assert of["share of sessions"] == pytest.approx(4 / 5)
    assert of["share played"] == 1.0


def test_a_song_never_played_has_its_artist_alone(history: History) -> None:
    of = features(history, 1)
    assert of["log plays"] == of["plays decayed"] == of["share of sessions"] == 0.0
    assert of["log days since last play"] == pytest.approx(np.log1p(NEVER_DAYS))
    assert of["artist plays decayed"] == pytest.approx(15 / 16)
    assert of["artist's songs heard"] == pytest.approx(np.log1p(1))


def test_an_unknown_artist_is_nobodys(history: History) -> None:
    unknown = History(np.array([4]), np.ones(1), np.ones(1))
    assert features(unknown, 4)["artist plays decayed"] == 0.0
    assert features(history, 3)["artist plays decayed"] == 0.0


def test_without_history_all_is_finite_and_similar_users_still_speak() -> None:
    none = History(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    of = features(none, 3, similar=np.arange(5.0))
    assert np.isfinite(list(of.values())).all()
    assert of["similar users' plays"] == 3.0


def test_plays_in_one_session_are_one_session() -> None:
    close = History(np.array([0, 1, 0]), np.array([1.0, 1.0 - 1e-3, 1.0 - 2e-3]), np.ones(3))
    assert features(close, 0)["share of sessions"] == features(close, 1)["share of sessions"] == 1.0


def test_decayed_plays_halve() -> None:
    plays = decayed_plays(
        History(np.array([1, 1, 2]), np.array([0.0, 5, 10]), np.ones(3)), 4, half_life_days=5.0
    )
    assert plays == pytest.approx([0.0, 1.5, 0.25, 0.0])


def test_similar_users_play_what_a_user_of_the_same_taste_plays() -> None:
    # Users 0..9 play songs 0..4, users 10..19 songs 5..9; song 4 is unknown to the one who asks.
    users = np.repeat(np.arange(20), 5)
    songs = np.concatenate([np.arange(5) + 5 * (u >= 10) for u in range(20)])
    log = ListenLog.build(users, songs, np.arange(100) * DAY_S, np.ones(100))
    asking = History(np.array([0, 1, 2]), np.zeros(3), np.ones(3))
    plays = SimilarUsers.build(log).plays(asking)
    assert plays[4] > 0
    assert not plays[5:].any()


def test_nobody_is_similar_to_a_user_without_history() -> None:
    log = ListenLog.build(np.zeros(1), np.zeros(1), np.zeros(1, np.int64), np.ones(1))
    none = History(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    assert SimilarUsers.build(log).plays(none).tolist() == [0.0]
