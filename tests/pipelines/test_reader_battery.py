"""What holds for every reader, whatever it is fed: the shared battery over all formats."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.columns import ALIASES, DTYPES, ENTRIES, FEEDBACK, LISTENS, PLAYLISTS, SONGS
from pipelines.sources.batch import Batch
from pipelines.sources.detect import FORMATS, detect, read_any

MBID = "0f1e2d3c-4b5a-4678-9abc-def012345678"
FRAMES = {
    "songs": SONGS,
    "aliases": ALIASES,
    "playlists": PLAYLISTS,
    "entries": ENTRIES,
    "listens": LISTENS,
    "feedback": FEEDBACK,
}


def mpd_text() -> str:
    tracks = [
        {
            "pos": i,
            "track_uri": f"spotify:track:{i:022d}",
            "track_name": f"Song {i}",
            "artist_name": "Ärtist",
            "duration_ms": 1000 + i,
        }
        for i in range(3)
    ]
    playlists = [{"name": f"P{pid}", "pid": pid, "num_followers": 1, "tracks": tracks} for pid in range(3)]
    return json.dumps({"info": {"slice": "0-2"}, "playlists": playlists}, ensure_ascii=False, indent=1)


def jspf_text() -> str:
    track = {
        "title": "Añoranza",
        "creator": "B",
        "duration": 1000,
        "identifier": [f"https://musicbrainz.org/recording/{MBID}"],
    }
    return json.dumps(
        {"playlist": {"title": "T", "track": [track, {"title": "Two", "location": "a/b%20c.mp3"}]}}
    )


def xspf_text() -> str:
    track = "<track><location>file:///m/a%20b.mp3</location><title>é</title><creator>B</creator></track>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<playlist version="1" xmlns="http://xspf.org/ns/0/">\n'
        f"<title>T</title><trackList>\n{track}\n{track}</trackList></playlist>\n"
    )


def m3u_text() -> str:
    return "#EXTM3U\n#PLAYLIST:Mine\n#EXTINF:10,Björk - Jóga\nmusic/joga.mp3\n#EXTINF:-1,Alone\nhttp://a.example/b\n"


def listenbrainz_text() -> str:
    listens = [
        {
            "listened_at": 1_600_000_000 + i,
            "user_name": "ana",
            "track_metadata": {
                "track_name": "Jóga",
                "artist_name": "Björk",
                "additional_info": {"recording_mbid": MBID, "isrc": "GBAAA9000001"},
            },
        }
        for i in range(3)
    ]
    return "".join(json.dumps(listen, ensure_ascii=False) + "\n" for listen in listens)


def lastfm_text() -> str:
    lines = [f"user_00000{i}\t2009-05-04T23:08:5{i}Z\t\tSigur Rós\t{MBID}\tHoppípolla\n" for i in range(3)]
    return "".join(lines)


def write_tabular(folder: Path) -> Path:
    """Write a small set as CSV and return the file that a fuzzer may harm."""
    (folder / "songs.csv").write_text('song_id,title,artist,mood\n1,A,"X, Y",blue\n2,Bé,Y,\n3,C,Z,red\n')
    (folder / "playlists.csv").write_text("playlist_id,position,song_id\n7,0,1\n7,1,2\n8,0,3\n")
    (folder / "listens.csv").write_text("user_id,song_id,listened_at,completion\nu,1,1600000000,0.5\n")
    return folder / "songs.csv"


TEXTS: dict[str, tuple[str, Callable[[], str]]] = {
    "mpd": ("mpd.slice.0-2.json", mpd_text),
    "jspf": ("p.jspf", jspf_text),
    "xspf": ("p.xspf", xspf_text),
    "m3u": ("p.m3u8", m3u_text),
    "listenbrainz": ("ana.jsonl", listenbrainz_text),
    "lastfm": ("history.tsv", lastfm_text),
}


def write_set(folder: Path) -> None:
    """Write a small set as Parquet."""
    pd.DataFrame({"song_id": [1, 2], "title": ["A", "B"], "artist": ["X", "Y"]}).to_parquet(
        folder / "songs.parquet"
    )
    rows = pd.DataFrame({"playlist_id": [7, 7], "position": [0, 1], "song_id": [1, 2]})
    rows.to_parquet(folder / "playlists.parquet")


def check(batches: list[Batch]) -> list[Batch]:
    """Assert the contract of `pipelines.sources.batch` and that a database takes all text."""
    for batch in batches:
        for name, columns in FRAMES.items():
            frame = getattr(batch, name)
            assert {column: str(frame[column].dtype) for column in frame} == {
                c: DTYPES[c] for c in columns
            }, name
            for column in frame.select_dtypes("str"):
                assert frame[column].notna().all()
                joined = "".join(frame[column])
                assert "\0" not in joined
                joined.encode()
        known = set(batch.songs["song_ref"])
        assert len(known) == len(batch.songs)
        for frame in (batch.aliases, batch.entries, batch.listens, batch.feedback):
            assert set(frame["song_ref"]) <= known
        assert set(batch.entries["playlist_ref"]) <= set(batch.playlists["playlist_ref"])
        for _, positions in batch.entries.groupby("playlist_ref")["position"]:
            assert list(positions) == list(range(len(positions)))
        assert all(json.loads(text) is not None for text in batch.songs["attributes"])
        assert batch.listens["completion"].dropna().between(0, 1).all()
    return batches


def count(batches: list[Batch], name: str) -> int:
    return sum(len(getattr(batch, name)) for batch in batches)


def problems(batches: list[Batch]) -> list[str]:
    return [str(problem) for batch in batches for problem in batch.problems]


@pytest.mark.parametrize("format", TEXTS)
def test_a_valid_file_is_recognised_and_read_without_problems(format: str, tmp_path: Path) -> None:
    name, text = TEXTS[format]
    file = tmp_path / name
    file.write_text(text(), encoding="utf-8")
    assert detect(file) == format
    batches = check(list(read_any(file)))
    assert problems(batches) == []
    assert count(batches, "entries") + count(batches, "listens") > 0


@pytest.mark.parametrize("format", TEXTS)
def test_content_tells_the_format_when_the_name_does_not(format: str, tmp_path: Path) -> None:
    file = tmp_path / "unnamed"
    file.write_text(TEXTS[format][1](), encoding="utf-8")
    assert detect(file) == format


@pytest.mark.parametrize("format", TEXTS)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        bytes(range(256)) * 8,
        b"\xff\xfe\x00\x01",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\n\n",
    ],
    ids=["empty", "zeros", "binary", "utf16", "deep-lists", "deep-objects", "blank"],
)
def test_garbage_is_one_named_problem_and_no_rows(format: str, content: bytes, tmp_path: Path) -> None:
    file = tmp_path / TEXTS[format][0]
    file.write_bytes(content)
    batches = check(list(FORMATS[format](file, namespace="t")))
    assert count(batches, "entries") + count(batches, "listens") <= 1
    if not (format == "m3u" and not content.strip() and content):  # A list of no songs is a list.
        assert problems(batches)
        assert all(str(file) in text for text in problems(batches))
    assert problems(check(list(read_any(file))))


@pytest.mark.parametrize("format", FORMATS)
def test_a_missing_path_is_a_problem(format: str, tmp_path: Path) -> None:
    batches = list(read_any(tmp_path / "nowhere", format=format))
    assert problems(batches) == [f"{tmp_path / 'nowhere'}: there is no such file or folder"]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return data with bytes flipped, cut out, put in, or the end cut off."""
    harmed = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(harmed) + 1)
        match rng.randrange(5):
            case 0 if place < len(harmed):
                harmed[place] = rng.randrange(256)
            case 1:
                del harmed[place : place + rng.randint(1, 40)]
            case 2:
                harmed[place:place] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 8)))
            case 3:
                harmed[place:place] = rng.choice(
                    [
                        b"NaN",
                        b"1e999",
                        b"\\ud800",
                        b"-1",
                        b"9" * 5000,
                        b"null",
                        b'"',
                        b"<!DOCTYPE a>",
                        b"\0",
                        b"[[[{",
                    ]
                )
            case _ if rng.random() < 0.3:
                del harmed[place:]
    return bytes(harmed)


@pytest.mark.parametrize("format", TEXTS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_a_harmed_file_never_raises_and_what_is_read_obeys(format: str, seed: int) -> None:
    name, text = TEXTS[format]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(mutated(text().encode(), random.Random(seed)))
        check(list(FORMATS[format](file, namespace="t")))
        check(list(read_any(file)))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_a_harmed_csv_set_never_raises_and_what_is_read_obeys(seed: int) -> None:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        write_tabular(Path(folder))
        file = Path(folder) / rng.choice(["songs.csv", "playlists.csv", "listens.csv"])
        file.write_bytes(mutated(file.read_bytes(), rng))
        check(list(read_any(Path(folder))))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_a_harmed_parquet_set_never_raises_and_what_is_read_obeys(seed: int) -> None:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        write_set(Path(folder))
        file = Path(folder) / rng.choice(["songs.parquet", "playlists.parquet"])
        file.write_bytes(mutated(file.read_bytes(), rng))
        check(list(read_any(Path(folder))))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


def with_replaced(document: object, rng: random.Random, replacement: object) -> object:
    """Return a JSON document with one of its values replaced, anywhere."""
    if isinstance(document, dict) and document and rng.random() < 0.85:
        key = rng.choice(sorted(document))
        return {**document, key: with_replaced(document[key], rng, replacement)}
    if isinstance(document, list) and document and rng.random() < 0.85:
        row = rng.randrange(len(document))
        return [*document[:row], with_replaced(document[row], rng, replacement), *document[row + 1 :]]
    return replacement


@pytest.mark.parametrize("format", ["mpd", "jspf", "listenbrainz"])
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), replacement=json_values)
def test_values_of_wrong_types_never_raise(format: str, seed: int, replacement: object) -> None:
    name, text = TEXTS[format]
    first = text().split("\n")[0] if format == "listenbrainz" else text()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_text(json.dumps(with_replaced(json.loads(first), random.Random(seed), replacement)))
        check(list(FORMATS[format](file, namespace="t")))
