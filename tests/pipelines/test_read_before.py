"""Large files that are as they were are not read again; the index over songs of lists is made late or not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import func, inspect, select

from db.migrate import upgrade
from db.models import PlaylistEntry, ReadSource
from db.session import SessionFactory, make_engine, make_session_factory
from pipelines import read_ahead
from pipelines.ingest import IngestReport, ingest
from tests.databases import *  # noqa: F403

INDEX = "ix_playlist_entries_song_id"


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read here and not by a process, which takes a second."""
    monkeypatch.setattr(read_ahead, "LARGE_BYTES", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)


@pytest.fixture
def slices(tmp_path: Path) -> Path:
    """Three slices of two lists each, of songs 0 to 8."""
    folder = tmp_path / "mpd"
    folder.mkdir()
    for number in range(3):
        write_slice(folder, number, ["a", "b", "c"])
    return folder


def write_slice(folder: Path, number: int, songs: list[str], cut: int = 0) -> None:
    lists = [
        {"name": "n", "pid": 2 * number + i, "tracks": [{"pos": at, "track_uri": f"spotify:track:{song}"
         f"{number}", "track_name": song, "artist_name": "x"} for at, song in enumerate(songs)]}
        for i in range(2)
    ]  # fmt: skip
    text = json.dumps({"playlists": lists})
    path = folder / f"mpd.slice.{number}-{number}.json"
    path.write_text(text[: len(text) - cut], encoding="utf-8")


def take_in(factory: SessionFactory, *paths: Path, **told: Any) -> IngestReport:
    return ingest(paths, session_factory=factory, **told)


def n_entries(factory: SessionFactory) -> int:
    with factory() as session:
        return session.execute(select(func.count()).select_from(PlaylistEntry)).scalar_one()


def test_slices_that_are_as_they_were_are_passed_over(session_factory: SessionFactory, slices: Path) -> None:
    first = take_in(session_factory, slices)
    assert (first.passed_over, first.playlists.added) == (0, 6)
    second = take_in(session_factory, slices)
    assert (second.passed_over, second.playlists.unchanged) == (3, 0)
    assert not second.changed_anything
    assert n_entries(session_factory) == 18


def test_asked_to_all_are_read_again(session_factory: SessionFactory, slices: Path) -> None:
    take_in(session_factory, slices)
    for _ in range(2):
        again = take_in(session_factory, slices, again=True)
        assert (again.passed_over, again.playlists.unchanged) == (0, 6)
    assert take_in(session_factory, slices).passed_over == 3


def test_what_is_new_or_written_anew_is_read(session_factory: SessionFactory, slices: Path) -> None:
    take_in(session_factory, slices)
    write_slice(slices, 1, ["a", "b", "d", "e"])
    write_slice(slices, 3, ["a"])
    report = take_in(session_factory, slices)
    assert report.passed_over == 2
    assert (report.playlists.added, report.playlists.changed, report.playlists.unchanged) == (2, 2, 0)
    assert take_in(session_factory, slices).passed_over == 4


def test_the_same_file_elsewhere_or_under_another_name_is_another(
    session_factory: SessionFactory, slices: Path, tmp_path: Path
) -> None:
    take_in(session_factory, slices)
    assert take_in(session_factory, slices, namespace="other").passed_over == 0
    slices.rename(tmp_path / "moved")
    assert take_in(session_factory, tmp_path / "moved").passed_over == 0


def test_a_damaged_slice_is_read_again_until_it_is_whole(
    session_factory: SessionFactory, slices: Path
) -> None:
    write_slice(slices, 1, ["a", "b", "c"], cut=30)
    for _ in range(2):
        report = take_in(session_factory, slices)
        assert report.problems
    assert report.passed_over == 2
    write_slice(slices, 1, ["a", "b", "c"])
    assert not take_in(session_factory, slices).problems
    assert take_in(session_factory, slices).passed_over == 3


def test_what_was_broken_off_is_read_again(session_factory: SessionFactory, slices: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(*_: object) -> None:
        raise Stopped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.sources.collector.BATCH_ROWS", 6)
        with pytest.raises(Stopped):
            take_in(session_factory, slices, progress=stop)
        # The first slice is in, but that it came to its end goes with the rows of the next batch.
        assert take_in(session_factory, slices).passed_over == 0
        assert take_in(session_factory, slices).passed_over == 3
    assert n_entries(session_factory) == 18


def test_tables_are_one_source(session_factory: SessionFactory, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    songs = pd.DataFrame({"song_id": [1, 2], "title": ["a", "b"], "artist": ["x", "y"]})
    songs.to_csv(folder / "songs.csv", index=False)
    lists = pd.DataFrame({"playlist_id": [1, 1], "position": [0, 1], "song_id": [1, 2]})
    lists.to_csv(folder / "playlists.csv", index=False)
    assert take_in(session_factory, folder).playlists.added == 1
    assert take_in(session_factory, folder).passed_over == 1
    lists.assign(song_id=[2, 1]).to_csv(folder / "playlists.csv", index=False)
    os.utime(folder / "playlists.csv", ns=(1, 1))
    assert take_in(session_factory, folder).playlists.changed == 1


def test_rows_that_could_not_be_stored_are_asked_for_again(
    session_factory: SessionFactory, tmp_path: Path
) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    pd.DataFrame({"song_id": [1], "title": ["a"], "artist": ["x"]}).to_csv(folder / "songs.csv", index=False)
    plays = pd.DataFrame({"user_id": [1, 1], "song_id": [1, 9], "listened_at": [10, 20]})
    plays.to_csv(folder / "listens.csv", index=False)
    for _ in range(2):
        report = take_in(session_factory, folder)
        assert report.problems
        assert report.passed_over == 0


def test_small_sources_are_always_read(
    session_factory: SessionFactory, slices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_ahead, "LARGE_BYTES", 2**20)
    take_in(session_factory, slices)
    assert take_in(session_factory, slices).playlists.unchanged == 6
    with session_factory() as session:
        assert session.execute(select(ReadSource)).first() is None


@pytest.fixture
def sqlite_factory(tmp_path: Path) -> Iterator[SessionFactory]:
    engine = make_engine(f"sqlite:///{tmp_path / 'songs.db'}")
    upgrade(engine)
    yield make_session_factory(engine)
    engine.dispose()


def indexes(factory: SessionFactory) -> set[str | None]:
    return {one["name"] for one in inspect(factory.kw["bind"]).get_indexes("playlist_entries")}


def test_the_first_lists_go_in_without_the_index_which_is_there_in_the_end(
    sqlite_factory: SessionFactory, slices: Path
) -> None:
    seen = []
    take_in(sqlite_factory, slices, progress=lambda *_: seen.append(INDEX in indexes(sqlite_factory)))
    assert seen == [False]
    assert INDEX in indexes(sqlite_factory)
    write_slice(slices, 3, ["a"])
    take_in(sqlite_factory, slices, progress=lambda *_: seen.append(INDEX in indexes(sqlite_factory)))
    assert seen[1:]
    assert all(seen[1:])


def test_an_index_that_a_killed_ingest_left_out_is_made_when_the_database_is_opened(
    sqlite_factory: SessionFactory, slices: Path
) -> None:
    take_in(sqlite_factory, slices)
    engine = sqlite_factory.kw["bind"]
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP INDEX {INDEX}")
    upgrade(engine)
    assert INDEX in indexes(sqlite_factory)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA cache_size").scalar() == -64 * 1024
