"""Protocol next-listen on worlds with a known answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from recsys.next_listen import (
    DAY_S,
    NEW,
    REPEATS,
    History,
    ListenLog,
    ListenSplit,
    hidden_of,
    make_listen_split,
    measure_listens,
)

START = 1_700_000_000
DAYS = 30


def log_of(plays: Sequence[tuple[int, int, float]]) -> ListenLog:
    """A log of (user, song, day)."""
    users, songs, days = (np.array(column) for column in zip(*plays, strict=True))
    return ListenLog.build(users, songs, (START + days * DAY_S).astype(np.int64), np.ones(len(users)))


@pytest.fixture(scope="module")
def daily() -> ListenLog:
    """User u plays song 10 u every day for a month, and in the last week song 5, too, which user 9 knows."""
    plays = [(u, 10 * u, float(day)) for u in range(1, 5) for day in range(DAYS)]
    plays += [(u, 5, DAYS - 3.0) for u in range(1, 5)]
    return log_of([*plays, *((9, 5, day) for day in range(DAYS - 8))])


def own_plays(histories: Sequence[History]) -> np.ndarray:
    return np.array([np.bincount(one.rows, minlength=5) for one in histories], dtype=np.float32)


def test_the_last_week_is_tested_and_nothing_of_it_is_trained_on(daily: ListenLog) -> None:
    split = make_listen_split(daily, seed=0)
    assert split.at_s == daily.times_s.max() + 1 - 7 * DAY_S
    assert split.train.times_s.max() < split.at_s
    assert all((one.ages_days >= 0).all() for one in split.histories())


def test_cases_are_users_with_a_history_who_come_back(daily: ListenLog) -> None:
    split = make_listen_split(daily, seed=0)
    assert split.users.tolist() == [1, 2, 3, 4]
    assert [split.train.song_ids[rows].tolist() for rows in split.played] == [
        [5, 10], [5, 20], [5, 30], [5, 40],
    ]  # fmt: skip


def test_new_hides_only_what_was_never_heard(daily: ListenLog) -> None:
    split = make_listen_split(daily, seed=0)
    _, hidden, left_out = hidden_of(split, NEW)
    assert [split.train.song_ids[rows].tolist() for rows in hidden] == [[5]] * 4
    assert [split.train.song_ids[rows].tolist() for rows in left_out] == [[10], [20], [30], [40]]
    _, hidden, left_out = hidden_of(split, REPEATS)
    assert [len(rows) for rows in hidden] == [2] * 4
    assert not any(len(rows) for rows in left_out)


def test_who_plays_one_song_each_day_is_foreseen_by_the_own_plays(daily: ListenLog) -> None:
    split = make_listen_split(daily, seed=0)
    values, users = measure_listens(own_plays, split, REPEATS)
    # The daily song comes first; song 5 comes first among the rest, by its row.
    assert (values["ndcg@100"].tolist(), users.tolist()) == ([1.0] * 4, [1, 2, 3, 4])


def test_own_plays_do_not_help_with_what_is_new(daily: ListenLog) -> None:
    split = make_listen_split(daily, seed=0)

    def worst(histories: Sequence[History]) -> np.ndarray:
        return own_plays(histories) - np.array([1.0, 0, 0, 0, 0], np.float32)

    values, _ = measure_listens(worst, split, NEW)
    assert values["ndcg@100"].max() < 0.5


def test_a_song_first_heard_in_the_week_cannot_be_hidden_unless_it_is_known() -> None:
    plays = [(1, 1, float(day)) for day in range(20)] + [(1, 2, 19.5)]
    split = make_listen_split(log_of(plays), seed=0)
    assert split.train.song_ids.tolist() == [1]
    split = make_listen_split(log_of(plays), seed=0, known=np.array([2, 3]))
    assert split.train.song_ids.tolist() == [1, 2, 3]
    assert [rows.tolist() for rows in split.played] == [[0, 1]]


def test_no_listens_give_no_cases() -> None:
    none = np.zeros(0, np.int64)
    split = make_listen_split(ListenLog.build(none, none, none, none.astype(float)), seed=0)
    assert (len(split.users), split.train.n_songs) == (0, 0)
    values, users = measure_listens(own_plays, split, NEW)
    assert (len(values["ndcg@100"]), len(users)) == (0, 0)


def test_columns_of_different_lengths_and_other_variants_are_refused(daily: ListenLog) -> None:
    one = np.ones(1, np.int64)
    with pytest.raises(ValueError, match="columns of one length are expected, got 1, 2, 1 and 1"):
        ListenLog.build(one, np.ones(2, np.int64), one, one.astype(float))
    with pytest.raises(ValueError, match="variant is one of repeats, new, got 'old'"):
        hidden_of(make_listen_split(daily, seed=0), "old")


def test_never_more_cases_than_the_protocol_allows(daily: ListenLog) -> None:
    from recsys.next_listen import split_at

    split: ListenSplit = split_at(daily, START + 23 * DAY_S, seed=3, max_cases=2)
    assert len(split.users) == len(split.played) == len(split.histories()) == 2
