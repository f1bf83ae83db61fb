"""JSPF, XSPF and M3U: what names songs and playlists, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from pipelines.sources.batch import Batch
from pipelines.sources.detect import read_any

MBID = "0f1e2d3c-4b5a-4678-9abc-def012345678"


def frame(batches: list[Batch], name: str) -> pd.DataFrame:
    return pd.concat([getattr(batch, name) for batch in batches], ignore_index=True)


def problems(batches: list[Batch]) -> list[str]:
    return [f"{p.file.name}, {p.place}: {p.reason}" for batch in batches for p in batch.problems]


def refs(batches: list[Batch]) -> list[str]:
    return list(frame(batches, "entries")["song_ref"])


def jspf(folder: Path, *tracks: object, name: str = "p.jspf", **playlist: object) -> Path:
    (folder / name).write_text(json.dumps({"playlist": {"title": "T", **playlist, "track": tracks}}))
    return folder / name


def xspf(folder: Path, tracks: str, before: str = "") -> Path:
    file = folder / "p.xspf"
    file.write_text(
        f'<?xml version="1.0"?>{before}<playlist xmlns="http://xspf.org/ns/0/">{tracks}</playlist>'
    )
    return file


def m3u(folder: Path, text: str | bytes, name: str = "p.m3u") -> Path:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / name


@pytest.mark.parametrize("identifier", [f"https://musicbrainz.org/recording/{MBID}", [MBID.upper()]])
def test_jspf_identifiers_may_be_text_or_a_list(identifier: object, tmp_path: Path) -> None:
    batches = list(read_any(jspf(tmp_path, {"title": "A", "identifier": identifier})))
    assert refs(batches) == [f"mbid:{MBID}"]


def test_jspf_takes_the_listenbrainz_flavour(tmp_path: Path) -> None:
    address = "https://listenbrainz.org/playlist/11111111-2222-4333-8444-555555555555"
    file = jspf(
        tmp_path,
        {
            "title": "A",
            "creator": "B",
            "album": "C",
            "duration": 1000,
            "identifier": [f"https://musicbrainz.org/recording/{MBID}"],
        },
        identifier=address,
        creator="ana",
        extension={"https://musicbrainz.org/doc/jspf#playlist": {"public": True}},
    )
    batches = list(read_any(file))
    (only,) = frame(batches, "playlists").itertuples(index=False)
    assert only.playlist_ref == "listenbrainz:11111111-2222-4333-8444-555555555555"
    assert json.loads(only.attributes)["creator"] == "ana"
    assert list(frame(batches, "songs").iloc[0][["title", "artist", "album", "duration_ms"]]) == [
        "A",
        "B",
        "C",
        1000,
    ]


def test_a_song_with_several_ids_has_one_ref_and_the_others_as_aliases(tmp_path: Path) -> None:
    track = {
        "title": "A",
        "identifier": ["spotify:track:abc", f"https://musicbrainz.org/recording/{MBID}"],
        "isrc": "GBAAA9000001",
    }
    batches = list(read_any(jspf(tmp_path, track)))
    assert refs(batches) == [f"mbid:{MBID}"]
    aliases = {tuple(row) for row in frame(batches, "aliases").itertuples(index=False)}
    assert aliases == {(f"mbid:{MBID}", "spotify", "abc"), (f"mbid:{MBID}", "isrc", "GBAAA9000001")}


def test_a_song_without_ids_is_named_by_artist_and_title(tmp_path: Path) -> None:
    batches = list(read_any(jspf(tmp_path, {"title": "Ａ  b", "creator": "Björk"})))
    assert refs(batches) == ["name:björk\x1fa b"]


def test_bad_jspf_tracks_are_named_and_the_others_kept(tmp_path: Path) -> None:
    batches = list(read_any(jspf(tmp_path, {"title": "A"}, 7, {"album": "nameless"})))
    assert len(refs(batches)) == 1
    assert problems(batches) == [
        "p.jspf, track 2: is no object",
        "p.jspf, track 3: neither an id nor a title",
    ]


def test_a_truncated_jspf_is_refused_whole_with_its_place(tmp_path: Path) -> None:
    file = jspf(tmp_path, {"title": "A"})
    file.write_text(file.read_text()[:-5])
    batches = list(read_any(file))
    assert len(frame(batches, "playlists")) == 0
    assert problems(batches)[0].startswith("p.jspf, line 1, column ")


def test_xspf_is_read_with_any_namespace_and_locations_are_decoded(tmp_path: Path) -> None:
    tracks = (
        "<title>T</title><trackList><track><location>file:///m/a%20b.mp3</location><title>A</title></track>"
        "<track><location>sub/../c%C3%A9.mp3</location></track>"
        "<track><location>https://x.example/d.mp3</location></track></trackList>"
    )
    file = xspf(tmp_path, tracks)
    file.write_text(file.read_text().replace("http://xspf.org/ns/0/", "urn:other"))
    assert refs(list(read_any(file))) == [
        "path:/m/a b.mp3",
        f"path:{tmp_path}/cé.mp3",
        "url:https://x.example/d.mp3",
    ]


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE p [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
        '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        "<!DOCTYPE playlist>",
    ],
)
def test_xspf_with_a_doctype_is_refused(doctype: str, tmp_path: Path) -> None:
    batches = list(read_any(xspf(tmp_path, "<trackList/>", doctype)))
    assert problems(batches) == ["p.xspf, : has a DOCTYPE, which is refused"]
    assert len(frame(batches, "playlists")) == 0


def test_a_truncated_xspf_is_refused_with_its_place(tmp_path: Path) -> None:
    file = xspf(tmp_path, "<trackList><track><title>A</title></track></trackList>")
    file.write_text(file.read_text()[:-8])
    assert problems(list(read_any(file)))[0].startswith("p.xspf, line 1, column ")


def test_xml_nested_a_hundred_thousand_levels_does_not_crash(tmp_path: Path) -> None:
    list(read_any(xspf(tmp_path, "<a>" * 100_000 + "</a>" * 100_000)))


def test_m3u_directives_describe_the_next_song(tmp_path: Path) -> None:
    text = (
        "#EXTM3U\r\n#PLAYLIST:Mine\r\n#EXTALB:L\r\n"
        '#EXTINF:61 tvg-id="a,b",Simon - Garfunkel - X\r\na.mp3\r\n/b/02 Plain.mp3\r\n'
    )
    batches = list(read_any(m3u(tmp_path, text)))
    first, second = frame(batches, "songs").itertuples(index=False)
    assert first[1:5] == ("Garfunkel - X", "Simon", "L", 61_000)
    assert (second.song_ref, second.title, second.artist) == ("path:/b/02 Plain.mp3", "02 Plain", "")
    assert frame(batches, "playlists")["name"][0] == "Mine"


def test_m3u_paths_are_text_and_touch_no_file(tmp_path: Path) -> None:
    batches = list(
        read_any(m3u(tmp_path, "#EXTM3U\n../../../../../../../../etc/passwd\nC:\\Music\\a.mp3\nsub\\b.mp3\n"))
    )
    assert refs(batches) == ["path:/etc/passwd", "path:C:/Music/a.mp3", f"path:{tmp_path}/sub/b.mp3"]


@pytest.mark.parametrize(
    ("data", "name", "title"),
    [
        ("é".encode(), "p.m3u", "é"),
        (b"\xe9 \x80", "p.m3u", "é €"),
        (b"\xef\xbb\xbf#x\n\xc3\xa9", "p.m3u", "é"),
        ("é".encode(), "p.m3u8", "é"),
    ],
)
def test_m3u_text_may_be_utf8_or_windows_1252(data: bytes, name: str, title: str, tmp_path: Path) -> None:
    assert frame(list(read_any(m3u(tmp_path, data, name))), "songs")["title"][0] == title


def test_m3u8_lines_that_are_not_utf8_are_problems(tmp_path: Path) -> None:
    batches = list(read_any(m3u(tmp_path, b"#EXTM3U\na\xe9.mp3\r\nb.mp3\n", "p.m3u8")))
    assert refs(batches) == [f"path:{tmp_path}/b.mp3"]
    assert problems(batches) == ["p.m3u8, line 2: not UTF-8: byte 0xe9 at offset 9"]


@pytest.mark.parametrize("data", [b"#EXTM3U\na\0.mp3\n", "#EXTM3U\na.mp3\n".encode("utf-16")])
def test_m3u_with_nul_bytes_is_refused(data: bytes, tmp_path: Path) -> None:
    batches = list(read_any(m3u(tmp_path, data)))
    assert "NUL byte" in problems(batches)[0]
    assert len(frame(batches, "entries")) == 0


@pytest.mark.parametrize("data", [b"#EXTM3U\n#EXT-X-TARGETDURATION:9\na.ts\n", b"<html></html>", b'{"a": 1}'])
def test_m3u_that_is_something_else_is_refused(data: bytes, tmp_path: Path) -> None:
    batches = list(read_any(m3u(tmp_path, data), format="m3u"))
    assert len(problems(batches)) == 1
    assert len(frame(batches, "entries")) == 0


def test_playlist_names_do_not_depend_on_where_the_folder_lies(tmp_path: Path) -> None:
    names = []
    for parent in ("x", "y/z"):
        folder = tmp_path / parent / "party"
        (folder / "summer").mkdir(parents=True)
        m3u(folder / "summer", "#EXTM3U\nhttp://a.example/b\n", "beach.m3u8")
        names.append(frame(list(read_any(folder)), "playlists")["playlist_ref"][0])
    assert names == ["party:summer/beach.m3u8"] * 2


def test_a_folder_of_mixed_files_is_read_file_by_file(tmp_path: Path) -> None:
    folder = tmp_path / "mix"
    folder.mkdir()
    jspf(folder, {"title": "A"})
    xspf(folder, "<trackList><track><title>B</title></track></trackList>")
    m3u(folder, "#EXTM3U\nc.mp3\n")
    (folder / "song.mp3").write_bytes(b"\xff\xfb\0\0")
    (folder / "broken.xspf").write_text("<playlist>")
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere.m3u").symlink_to(folder / "gone")
    batches = list(read_any(folder))
    assert set(frame(batches, "playlists")["playlist_ref"]) == {"mix:p.jspf", "mix:p.xspf", "mix:p.m3u"}
    assert len(problems(batches)) == 3


def test_a_playlist_that_is_there_twice_goes_in_once(tmp_path: Path) -> None:
    for name in ("a.jspf", "b.jspf"):
        jspf(tmp_path, {"title": "A"}, name=name, identifier="https://x.example/1")
    batches = list(read_any(tmp_path))
    assert list(frame(batches, "playlists")["playlist_ref"]) == ["url:https://x.example/1"]
    assert "was already read from" in problems(batches)[0]
