"""Lists worth learning from: playlists in order, listens cut into sessions, groups that no split parts."""

from __future__ import annotations

import pandas as pd

from pipelines.clean import LISTS, LONGEST_SESSION, kinship, playlist_lists, session_lists, training_lists

MINUTE = 60


def listens(*rows: tuple[int, int, float], completion: float = float("nan")) -> pd.DataFrame:
    """Listens of (user, song, minute)."""
    return pd.DataFrame(
        {
            "user_id": pd.Series([r[0] for r in rows], dtype="int64"),
            "song_id": pd.Series([r[1] for r in rows], dtype="int64"),
            "listened_at_s": pd.Series([int(r[2] * MINUTE) for r in rows], dtype="int64"),
            "completion": pd.Series([completion] * len(rows), dtype="float64"),
        }
    )


def entries(*rows: tuple[int, int, int]) -> pd.DataFrame:
    """Playlist entries of (playlist, position, song)."""
    return pd.DataFrame(list(rows), columns=["playlist_id", "position", "song_id"]).astype("int64")


def playlists(keys: dict[int, str | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "playlist_id": list(keys),
            "group_key": pd.Series(list(keys.values()), dtype="str"),
            "source_key": "",
        }
    )


def songs_by_list(lists: pd.DataFrame) -> list[list[int]]:
    return [group["song_id"].tolist() for _, group in lists.groupby("list_id")]


def test_a_pause_of_30_minutes_is_none_and_a_longer_one_ends_the_session() -> None:
    heard = listens((1, 10, 0), (1, 11, 30), (1, 12, 60.02), (1, 13, 61))
    assert songs_by_list(session_lists(heard, first_list=0, first_group=0)) == [[10, 11], [12, 13]]


def test_listens_are_put_in_order_of_time() -> None:
    heard = listens((1, 12, 3), (1, 10, 1), (1, 11, 2))
    assert songs_by_list(session_lists(heard, first_list=0, first_group=0)) == [[10, 11, 12]]


def test_two_users_at_the_same_time_are_two_sessions_and_two_groups() -> None:
    found = session_lists(listens((1, 10, 0), (2, 11, 1), (1, 12, 2)), first_list=7, first_group=3)
    assert songs_by_list(found) == [[10, 12], [11]]
    assert found.drop_duplicates("list_id")[["list_id", "group"]].values.tolist() == [[7, 3], [8, 4]]


def test_all_sessions_of_a_user_are_one_group() -> None:
    found = session_lists(listens((1, 10, 0), (1, 11, 500), (1, 12, 1000)), first_list=0, first_group=0)
    assert found["list_id"].nunique() == 3
    assert found["group"].nunique() == 1


def test_skipped_songs_are_left_out_and_unknown_completion_counts_as_heard() -> None:
    heard = pd.concat(
        [listens((1, 10, 0)), listens((1, 11, 1), completion=0.29), listens((1, 12, 2), completion=0.3)]
    )
    assert songs_by_list(session_lists(heard, first_list=0, first_group=0)) == [[10, 12]]


def test_who_skips_everything_has_no_session() -> None:
    found = session_lists(listens((1, 10, 0), (1, 11, 1), completion=0.0), first_list=0, first_group=0)
    assert found.empty
    assert tuple(found.columns) == LISTS


def test_a_radio_without_a_pause_is_cut() -> None:
    heard = listens(*((1, song, 3 * song) for song in range(LONGEST_SESSION + 5)))
    lists = songs_by_list(session_lists(heard, first_list=0, first_group=0))
    assert [len(songs) for songs in lists] == [LONGEST_SESSION, 5]


def test_playlists_come_in_order_of_position() -> None:
    lists = playlist_lists(entries((2, 1, 21), (2, 0, 20), (1, 0, 10)), kinship(playlists({1: "a", 2: "b"})))
    assert songs_by_list(lists) == [[10], [20, 21]]


def test_playlists_of_one_key_are_one_group_and_those_without_are_alone() -> None:
    keys = kinship(playlists({1: "a", 2: None, 3: "a", 4: None}))
    lists = playlist_lists(entries(*((p, 0, 5) for p in (1, 2, 3, 4))), keys)
    one, alone, same, other = lists["group"]
    assert one == same
    assert len({one, alone, other}) == 3


def test_sessions_are_numbered_after_the_playlists() -> None:
    keys = kinship(playlists({4: "a"}))
    lists = training_lists(entries((4, 0, 1), (4, 1, 2)), keys, listens((1, 1, 0), (1, 2, 1)))
    assert lists["list_id"].unique().tolist() == [4, 5]
    assert lists["group"].unique().tolist() == [0, 1]


def test_lists_of_one_song_are_left_out_however_often_it_comes() -> None:
    keys = kinship(playlists({1: None, 2: None}))
    lists = training_lists(entries((1, 0, 9), (1, 1, 9), (2, 0, 8), (2, 1, 9)), keys, listens())
    assert songs_by_list(lists) == [[8, 9]]


def test_nothing_gives_no_lists_in_the_right_columns() -> None:
    lists = training_lists(entries(), kinship(playlists({})), listens())
    assert lists.empty
    assert tuple(lists.columns) == LISTS
    assert [str(dtype) for dtype in lists.dtypes] == ["int64"] * 4


def test_snapshots_are_one_source_and_near_duplicates_only_one_group() -> None:
    several = playlists({1: "a", 2: "a", 3: "a"}).assign(source_key=["s", "s", ""])
    lists = playlist_lists(entries((1, 0, 5), (2, 0, 5), (3, 0, 5)), kinship(several))
    assert lists["group"].nunique() == 1
    first, second, third = lists["source"]
    assert first == second != third
