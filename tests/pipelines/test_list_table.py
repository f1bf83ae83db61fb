"""Lists as arrays: what is as it was is not read again, and comes out the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.clean import LISTS, kinship, playlist_lists, session_lists, training_lists
from pipelines.corpora import corpus_of_lists
from pipelines.list_table import ListTable, playlists_now, table_of, with_sessions

Lists = dict[int, list[int]]


class Database:
    """Playlists by id, with a note of which were read."""

    def __init__(self, lists: Lists) -> None:
        self.lists = lists
        self.asked: list[int] = []

    def read(self, ids: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        wanted = sorted(self.lists) if ids is None else sorted(ids.tolist())
        self.asked += wanted
        pairs = [(number, song) for number in wanted for song in self.lists[number]]
        return tuple(np.array(pairs, dtype=np.int32).reshape(-1, 2).T)  # type: ignore[return-value]

    def marks(self) -> pd.DataFrame:
        ids = sorted(self.lists)
        contents = [abs(hash(tuple(self.lists[number]))) for number in ids]
        return pd.DataFrame(
            {
                "playlist_id": np.array(ids, dtype=np.int64),
                "content": np.array(contents, dtype=np.uint64),
                "group_key": pd.Series([f"g{number // 3}" for number in ids], dtype="str"),
                "source_key": "",
            }
        )

    def now(self, before: ListTable | None = None) -> tuple[ListTable, int]:
        self.asked.clear()
        marks = self.marks()
        return playlists_now(marks, kinship(marks), before, self.read)


def many() -> Lists:
    rng = np.random.default_rng(3)
    return {i: rng.integers(1, 40, rng.integers(0, 9)).tolist() for i in range(1, 60)}


def assert_same(one: ListTable, other: ListTable) -> None:
    assert one.mark() == other.mark()
    assert one.contents.tolist() == other.contents.tolist()


def test_what_did_not_change_is_not_read_again() -> None:
    database = Database(many())
    first, n_read = database.now()
    assert n_read == 59
    again, n_read = database.now(first)
    assert (n_read, database.asked) == (0, [])
    assert_same(again, first)


def test_new_changed_and_deleted_lists_come_out_as_if_all_were_read() -> None:
    database = Database(many())
    before, _ = database.now()
    database.lists |= {5: [7, 8], 200: [1, 2, 3]}
    del database.lists[30]
    after, n_read = database.now(before)
    assert (n_read, database.asked) == (2, [5, 200])
    assert_same(after, database.now()[0])


def test_where_much_changed_everything_is_read_in_one_go() -> None:
    database = Database(many())
    before, _ = database.now()
    database.lists |= {i: [i, i + 1] for i in range(1, 30)}
    after, n_read = database.now(before)
    assert n_read == 59
    assert_same(after, database.now()[0])


def test_a_table_says_what_frames_say(tmp_path: Path) -> None:
    database = Database(many())
    listens = pd.DataFrame(
        {
            "user_id": np.repeat([1, 2], 6),
            "song_id": [1, 2, 2, 3, 9, 9, 4, 4, 4, 5, 6, 7],
            "listened_at_s": np.tile([0, 60, 120, 9000, 9060, 9100], 2),
            "completion": 1.0,
        }
    )
    table = with_sessions(database.now()[0], session_lists(listens, first_list=0, first_group=0))
    table.save(tmp_path / "lists.npz")
    marks = database.marks()
    entries = pd.DataFrame(
        [(number, at, song) for number, songs in database.lists.items() for at, song in enumerate(songs)],
        columns=["playlist_id", "position", "song_id"],
    )
    expected = corpus_of_lists(training_lists(entries, kinship(marks), listens))
    found = ListTable.load(tmp_path / "lists.npz").corpus()
    for name in ("song_ids", "indptr", "rows", "groups", "sources"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    of_frame = table_of(playlist_lists(entries, kinship(marks)))  # Without those that hold no song.
    assert of_frame.songs.tolist() == table.playlists.songs.tolist()
    alone, again = table.playlists.corpus(), of_frame.corpus()
    for name in ("song_ids", "indptr", "rows", "groups", "sources"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(again, name), err_msg=name)


def test_no_lists_make_an_empty_table() -> None:
    none = table_of(pd.DataFrame(columns=LISTS, dtype="int64"))
    assert none.indptr.tolist() == [0]
    assert none.corpus().n_songs == none.playlists.n_playlists == 0
