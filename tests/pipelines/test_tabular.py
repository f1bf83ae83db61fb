"""The tabular layout: what becomes of each table, and what bad rows cost."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from pipelines.sources.batch import Batch
from pipelines.sources.detect import read_any
from pipelines.sources.tabular import read

REAL_DATA = Path(__file__).parents[3] / "shared" / "data" / "playlists"


def frame(batches: list[Batch], name: str) -> pd.DataFrame:
    return pd.concat([getattr(batch, name) for batch in batches], ignore_index=True)


def problems(batches: list[Batch]) -> list[str]:
    return [f"{p.file.name}, {p.place}: {p.reason}" for batch in batches for p in batch.problems]


def write(folder: Path, suffix: str = "parquet", **tables: dict[str, list[object]]) -> Path:
    base: dict[str, dict[str, list[object]]] = {
        "songs": {"song_id": [1, 2, 3], "title": ["A", "B", "C"], "artist": ["X", "Y", "Z"]},
        "playlists": {"playlist_id": [7, 7, 8], "position": [0, 1, 0], "song_id": [1, 2, 1]},
    }
    for name, columns in (base | tables).items():
        table = pd.DataFrame(columns)
        if suffix == "csv":
            table.to_csv(folder / f"{name}.csv", index=False)
        else:
            table.to_parquet(folder / f"{name}.parquet")
    return folder


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_ids_of_all_kinds_take_the_namespace(suffix: str, tmp_path: Path) -> None:
    listens: dict[str, list[object]] = {"user_id": [5], "song_id": [1], "listened_at": [1_600_000_000]}
    batches = list(read(write(tmp_path, suffix, listens=listens), namespace="ns"))
    entries, plays = frame(batches, "entries"), frame(batches, "listens")
    assert list(entries["song_ref"]) == ["ns:1", "ns:2", "ns:1"]
    assert list(entries["playlist_ref"]) == ["ns:7", "ns:7", "ns:8"]
    assert (plays["user_ref"][0], plays["song_ref"][0], plays["listened_at_s"][0]) == (
        "ns:5",
        "ns:1",
        1_600_000_000,
    )


def test_the_namespace_is_the_folders_name_made_safe(tmp_path: Path) -> None:
    folder = tmp_path / "My Radio: Späti"
    folder.mkdir()
    assert frame(list(read_any(write(folder))), "songs")["song_ref"][0] == "my-radio-späti:1"


def test_a_folder_named_as_a_public_scheme_does_not_forge_its_ids(tmp_path: Path) -> None:
    folder = tmp_path / "spotify"
    folder.mkdir()
    assert frame(list(read_any(write(folder))), "songs")["song_ref"][0] == "spotify-set:1"


def test_songs_of_no_playlist_come_last_and_none_is_lost(tmp_path: Path) -> None:
    batches = list(read(write(tmp_path), namespace="n"))
    assert set(frame(batches, "songs")["song_ref"]) == {"n:1", "n:2", "n:3"}
    assert list(batches[-1].songs["song_ref"]) == ["n:3"]


def test_known_id_columns_become_aliases(tmp_path: Path) -> None:
    songs: dict[str, list[object]] = {
        "song_id": [1, 2],
        "title": ["A", "B"],
        "artist": ["X", "Y"],
        "spotify_track_id": ["1uru26I2JKd2mQZt0MDCUe", "spotify:track:0FomDJEJ8NUEMYOfZeYjkH"],
        "isrc": ["gb-aaa-90-00001", None],
        "mbid": [None, "not an id"],
    }
    batches = list(read(write(tmp_path, songs=songs), namespace="n"))
    aliases = {tuple(row) for row in frame(batches, "aliases").itertuples(index=False)}
    assert aliases == {
        ("n:1", "spotify", "1uru26I2JKd2mQZt0MDCUe"),
        ("n:2", "spotify", "0FomDJEJ8NUEMYOfZeYjkH"),
        ("n:1", "isrc", "GBAAA9000001"),
    }
    assert problems(batches) == ["songs.parquet, row 2: mbid is no such id: 'not an id'"]


def test_other_columns_are_kept_as_attributes_without_what_is_missing(tmp_path: Path) -> None:
    songs: dict[str, list[object]] = {
        "song_id": [1, 2],
        "title": ["A", "B"],
        "artist": ["X", "Y"],
        "energy": [0.5, float("nan")],
        "added": [datetime(2020, 1, 2, 3, 4, 5), None],
    }
    batches = list(read(write(tmp_path, songs=songs), namespace="n"))
    attributes = frame(batches, "songs")["attributes"].map(json.loads)
    assert list(attributes) == [{"added": "2020-01-02T03:04:05", "energy": 0.5}, {}]


def test_snapshots_name_their_source_playlist(tmp_path: Path) -> None:
    meta: dict[str, list[object]] = {
        "playlist_id": [7, 8],
        "spotify_playlist_id": ["s1", "s1"],
        "name": ["Mix", None],
    }
    playlists = frame(list(read(write(tmp_path, playlist_meta=meta), namespace="n")), "playlists")
    assert list(playlists["source_key"]) == ["spotify_playlist_id:s1"] * 2
    assert list(playlists["name"]) == ["Mix", ""]
    assert json.loads(playlists["attributes"][0]) == {"spotify_playlist_id": "s1"}


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"name": ["N"], "title": ["T"]}, "N"),
        ({"date": ["1977/05/08"], "venue": ["Barton Hall"]}, "Barton Hall"),
        ({"program": ["G"], "episode": ["E"]}, "E"),
        ({"n": [3], "place": ["Ithaca"]}, "Ithaca"),
        ({"n": [3]}, ""),
    ],
)
def test_the_name_comes_from_the_first_column_that_is_one(
    columns: dict[str, list[object]], name: str, tmp_path: Path
) -> None:
    playlists = frame(
        list(read(write(tmp_path, playlist_meta={"playlist_id": [7], **columns}), namespace="n")), "playlists"
    )
    assert playlists["name"][0] == name


def test_rows_in_any_order_are_grouped_and_positions_made_whole(tmp_path: Path) -> None:
    rows: dict[str, list[object]] = {
        "playlist_id": [8, 7, 8, 7],
        "position": [5, 30, 1, -2],
        "song_id": [1, 2, 3, 3],
    }
    entries = frame(list(read(write(tmp_path, playlists=rows), namespace="n")), "entries")
    found = {ref: list(rows["song_ref"]) for ref, rows in entries.groupby("playlist_ref")}
    assert found == {"n:7": ["n:3", "n:2"], "n:8": ["n:3", "n:1"]}
    assert sorted(entries["position"]) == [0, 0, 1, 1]


def test_a_playlist_may_hold_a_song_twice_but_a_row_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    rows: dict[str, list[object]] = {"playlist_id": [7, 7, 7], "position": [0, 1, 1], "song_id": [1, 1, 1]}
    batches = list(read(write(tmp_path, playlists=rows), namespace="n"))
    assert len(frame(batches, "entries")) == 2
    assert problems(batches) == ["playlists.parquet, row 3: the same row is there twice: '7'"]


def test_blocks_are_cut_between_playlists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.sources.tabular.BATCH_ROWS", 3)
    n = 10
    rows: dict[str, list[object]] = {
        "playlist_id": [i // 2 for i in range(n)],
        "position": list(range(n)),
        "song_id": [1] * n,
    }
    batches = [b for b in read(write(tmp_path, playlists=rows), namespace="n") if len(b.entries)]
    assert len(batches) > 2
    assert all(set(b.entries["playlist_ref"]) == set(b.playlists["playlist_ref"]) for b in batches)
    assert len(frame(batches, "entries")) == n


def test_bad_rows_are_named_and_the_others_kept(tmp_path: Path) -> None:
    write(tmp_path, "csv")
    (tmp_path / "playlists.csv").write_bytes(
        b"\xef\xbb\xbfplaylist_id,position,song_id\r\n7,0,1\r\n7,one,2\r\n7,2,99\r\n,3,1\r\n7,4\r\n7,5,caf\xe9\r\n7,6,3\r\n"
    )
    batches = list(read(tmp_path, namespace="n"))
    assert list(frame(batches, "entries")["song_ref"]) == ["n:1", "n:3"]
    assert sorted(problems(batches)) == [
        "playlists.csv, line 3: no usable position: 'one'",
        "playlists.csv, line 4: unknown song: '99'",
        "playlists.csv, line 5: no usable playlist_id: ''",
        "playlists.csv, line 6: 2 cells where 3 cells are expected",
        "playlists.csv, line 7: not UTF-8: byte 0xe9 at offset 75",
    ]


def test_a_quote_without_end_costs_one_line(tmp_path: Path) -> None:
    write(tmp_path, "csv")
    (tmp_path / "songs.csv").write_text('song_id,title,artist\n1,"A,X\n2,"B\nand more, yes",Y\n3,C,Z\n')
    batches = list(read(tmp_path, namespace="n"))
    assert set(frame(batches, "songs")["song_ref"]) == {"n:2", "n:3"}
    assert any("line 2" in text for text in problems(batches))


def test_listens_out_of_time_are_problems_and_a_bad_completion_is_unknown(tmp_path: Path) -> None:
    listens: dict[str, list[object]] = {
        "user_id": ["u"] * 5,
        "song_id": [1] * 5,
        "listened_at": ["2020-01-01T00:00:00+02:00", "1969-12-31", "2101-01-01", "soon", "1577829600"],
        "completion": [0.5, 0.5, 0.5, 0.5, 1.5],
    }
    batches = list(read(write(tmp_path, listens=listens), namespace="n"))
    plays = frame(batches, "listens")
    assert list(plays["listened_at_s"]) == [1_577_829_600] * 2
    assert plays["completion"][0] == 0.5
    assert pd.isna(plays["completion"][1])
    assert [text.split(":")[0] for text in problems(batches)] == [
        f"listens.parquet, row {i}" for i in (2, 3, 4, 5)
    ]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_time_columns_of_any_unit_and_zone_are_read(unit: str, tmp_path: Path) -> None:
    times = pd.Series(pd.to_datetime(["2020-01-01T01:00:00+01:00"])).astype(
        f"datetime64[{unit}, Europe/Berlin]"
    )
    write(tmp_path)
    pd.DataFrame({"user_id": ["u"], "song_id": [1], "listened_at": times}).to_parquet(
        tmp_path / "listens.parquet"
    )
    assert list(frame(list(read(tmp_path, namespace="n")), "listens")["listened_at_s"]) == [1_577_836_800]


def test_feedback_is_read_and_an_unknown_kind_is_a_problem(tmp_path: Path) -> None:
    feedback: dict[str, list[object]] = {
        "user_id": ["u", "u"],
        "song_id": [1, 2],
        "kind": ["Like", "adore"],
        "given_at": [1_600_000_000, 1_600_000_000],
    }
    batches = list(read(write(tmp_path, feedback=feedback), namespace="n"))
    assert list(frame(batches, "feedback").iloc[0]) == ["n:u", "n:1", "like", 1_600_000_000]
    assert problems(batches) == ["feedback.parquet, row 2: kind is none of like, dislike, block: 'adore'"]


def test_nullable_and_text_ids_mean_the_same_songs(tmp_path: Path) -> None:
    rows: dict[str, list[object]] = {
        "playlist_id": [7.0, 7.0, None],
        "position": [0, 1, 2],
        "song_id": ["1", "2", "3"],
    }
    batches = list(read(write(tmp_path, playlists=rows), namespace="n"))
    assert list(frame(batches, "entries")["song_ref"]) == ["n:1", "n:2"]
    assert problems(batches) == ["playlists.parquet, row 3: no usable playlist_id: nothing there"]


def test_a_truncated_parquet_file_is_named_and_the_other_tables_are_read(tmp_path: Path) -> None:
    write(tmp_path)
    file = tmp_path / "playlists.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    batches = list(read(tmp_path, namespace="n"))
    assert len(frame(batches, "songs")) == 3
    assert problems(batches)[0].startswith("playlists.parquet, : not a whole Parquet file")


@pytest.mark.parametrize("table", ["songs", "playlists"])
def test_a_missing_column_is_named(table: str, tmp_path: Path) -> None:
    write(tmp_path, **{table: {"id": [1]}})
    assert any(
        text.startswith(f"{table}.parquet, : no column")
        for text in problems(list(read(tmp_path, namespace="n")))
    )


def test_songs_may_lack_title_and_artist(tmp_path: Path) -> None:
    songs = frame(
        list(read(write(tmp_path, songs={"song_id": [1], "title": [None]}), namespace="n")), "songs"
    )
    assert list(songs.iloc[0][["title", "artist"]]) == ["", ""]


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="the development data is not here")
def test_the_real_set_goes_in_whole() -> None:
    batches = list(read_any(REAL_DATA))
    assert problems(batches) == []
    entries = frame(batches, "entries")
    assert (len(entries), entries["playlist_ref"].nunique()) == (446_015, 5_653)
    assert frame(batches, "songs")["song_ref"].nunique() == 68_425
    assert len(frame(batches, "aliases")) == 68_425
