"""Spotify Million Playlist slices: names, ids, and slices that are damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from pipelines.sources.batch import Batch
from pipelines.sources.detect import read_any
from pipelines.sources.mpd import read


def playlist(pid: int, *uris: str, **more: object) -> dict[str, object]:
    tracks = [
        {
            "pos": i,
            "artist_name": "A",
            "track_uri": uri,
            "track_name": f"T{i}",
            "album_name": "L",
            "duration_ms": 1,
        }
        for i, uri in enumerate(uris)
    ]
    return {"name": f"P{pid}", "pid": pid, "tracks": tracks, **more}


def write(folder: Path, *playlists: object, name: str = "mpd.slice.0-999.json") -> Path:
    (folder / name).write_text(json.dumps({"info": {}, "playlists": playlists}))
    return folder / name


def frame(batches: list[Batch], name: str) -> pd.DataFrame:
    return pd.concat([getattr(batch, name) for batch in batches], ignore_index=True)


def problems(batches: list[Batch]) -> list[str]:
    return [f"{p.place}: {p.reason}" for batch in batches for p in batch.problems]


def test_pids_name_playlists_and_track_uris_songs(tmp_path: Path) -> None:
    batches = list(
        read_any(write(tmp_path, playlist(3, "spotify:track:abc", num_followers=2, collaborative="false")))
    )
    (only,) = frame(batches, "playlists").itertuples(index=False)
    assert (only.playlist_ref, only.name) == ("mpd:3", "P3")
    assert json.loads(only.attributes) == {"collaborative": "false", "num_followers": 2}
    song = frame(batches, "songs").iloc[0]
    assert list(song[["song_ref", "title", "artist", "album", "duration_ms"]]) == [
        "spotify:abc",
        "T0",
        "A",
        "L",
        1,
    ]


def test_tracks_come_in_the_order_of_pos(tmp_path: Path) -> None:
    given = playlist(1, "spotify:track:a", "spotify:track:b")
    given["tracks"][0]["pos"] = 9  # type: ignore[index]
    entries = frame(list(read(write(tmp_path, given), namespace="mpd")), "entries")
    assert list(entries["song_ref"]) == ["spotify:b", "spotify:a"]


def test_a_folder_of_slices_is_one_set(tmp_path: Path) -> None:
    write(tmp_path, playlist(1, "spotify:track:a"))
    write(tmp_path, playlist(2, "spotify:track:b"), name="mpd.slice.1000-1999.json")
    assert set(frame(list(read_any(tmp_path)), "playlists")["playlist_ref"]) == {"mpd:1", "mpd:2"}


def test_a_truncated_slice_keeps_the_playlists_before_the_cut(tmp_path: Path) -> None:
    file = write(tmp_path, playlist(1, "spotify:track:a"), playlist(2, "spotify:track:b"))
    file.write_text(file.read_text()[:-60])
    batches = list(read(file, namespace="mpd"))
    assert list(frame(batches, "playlists")["playlist_ref"]) == ["mpd:1"]
    assert len(problems(batches)) == 1
    assert problems(batches)[0].startswith("byte ")


def test_damage_in_the_middle_costs_one_playlist(tmp_path: Path) -> None:
    file = write(tmp_path, *(playlist(pid, "spotify:track:a") for pid in (1, 2, 3)))
    text = file.read_text()
    where = text.index('"P2"')
    file.write_text(text[:where] + "oops" + text[where:])
    batches = list(read(file, namespace="mpd"))
    assert list(frame(batches, "playlists")["playlist_ref"]) == ["mpd:1", "mpd:3"]
    assert problems(batches) == [f"byte {where}: not JSON: Expecting value"]


def test_a_byte_that_is_not_utf8_costs_its_playlist(tmp_path: Path) -> None:
    file = write(tmp_path, *(playlist(pid, "spotify:track:a") for pid in (1, 2)))
    data = file.read_bytes()
    where = data.index(b"P1")
    file.write_bytes(data.replace(b"P1", b"\xe9"))
    batches = list(read(file, namespace="mpd"))
    assert list(frame(batches, "playlists")["playlist_ref"]) == ["mpd:2"]
    assert problems(batches) == [f"byte {where}: not UTF-8: byte 0xe9; playlist left out"]


def test_bad_tracks_and_playlists_are_named(tmp_path: Path) -> None:
    batches = list(
        read(
            write(
                tmp_path, playlist(1, "spotify:track:a", "nonsense"), {"pid": "x"}, 7, playlist(1), {"pid": 5}
            ),
            namespace="mpd",
        )
    )
    assert len(frame(batches, "entries")) == 1
    assert problems(batches) == [
        "playlist 1, track 1: has no usable track_uri",
        "a playlist: has no pid that is a whole number",
        "a playlist: has no pid that is a whole number",
        "playlist 1: was already read",
        "playlist 5: has no list of tracks",
    ]


def test_lone_surrogates_and_nul_are_repaired(tmp_path: Path) -> None:
    file = write(tmp_path, playlist(1, "spotify:track:a"))
    file.write_text(file.read_text().replace("P1", "a\\ud800b\\u0000c"))
    assert frame(list(read(file, namespace="mpd")), "playlists")["name"][0] == "a\ufffdb c"


def test_a_listeners_own_file_is_known_by_its_name(tmp_path: Path) -> None:
    songs = frame(
        list(read(write(tmp_path, playlist(1, "spotify:local:A:L:T0:3")), namespace="mpd")), "songs"
    )
    assert songs["song_ref"][0] == "name:a\x1ft0"
