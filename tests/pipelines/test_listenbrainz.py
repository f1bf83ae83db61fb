"""ListenBrainz exports: lines, whole exports, zip files, feedback."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pandas as pd

from pipelines.sources.batch import Batch
from pipelines.sources.detect import read_any

MBID = "0f1e2d3c-4b5a-4678-9abc-def012345678"
MSID = "aaaaaaaa-4b5a-4678-9abc-def012345678"


def frame(batches: list[Batch], name: str) -> pd.DataFrame:
    return pd.concat([getattr(batch, name) for batch in batches], ignore_index=True)


def problems(batches: list[Batch]) -> list[str]:
    return [f"{p.place}: {p.reason}" for batch in batches for p in batch.problems]


def listen(at: object = 1_600_000_000, title: object = "T", info: object = None, **more: object) -> str:
    metadata = {"track_name": title, "artist_name": "A", "release_name": "R", "additional_info": info}
    return json.dumps({"listened_at": at, "track_metadata": metadata, **more})


def export(folder: Path) -> Path:
    (folder / "listens" / "2020").mkdir(parents=True)
    (folder / "user.json").write_text(json.dumps({"user_id": 1, "username": "ana"}))
    (folder / "listens" / "2020" / "9.jsonl").write_text(listen() + "\n")
    (folder / "feedback.jsonl").write_text(
        json.dumps({"recording_mbid": MBID, "score": 1, "created": 1_600_000_001}) + "\n"
        + json.dumps({"recording_mbid": MBID, "score": -1}) + "\n"
        + json.dumps({"recording_mbid": MBID, "score": 0}) + "\n"
    )  # fmt: skip
    return folder


def test_all_ids_of_a_recording_are_kept(tmp_path: Path) -> None:
    info = {
        "recording_mbid": MBID,
        "isrc": "GBAAA9000001",
        "spotify_id": "https://open.spotify.com/track/abc",
        "recording_msid": MSID,
        "duration_ms": 61_000,
    }
    (tmp_path / "ana.jsonl").write_text(listen(info=info))
    batches = list(read_any(tmp_path / "ana.jsonl"))
    assert list(frame(batches, "listens").iloc[0])[:3] == ["listenbrainz:ana", f"mbid:{MBID}", 1_600_000_000]
    assert list(frame(batches, "songs").iloc[0])[1:5] == ["T", "A", "R", 61_000]
    aliases = {tuple(row)[1:] for row in frame(batches, "aliases").itertuples(index=False)}
    assert aliases == {("isrc", "GBAAA9000001"), ("spotify", "abc"), ("msid", MSID)}


def test_the_user_named_in_the_line_goes_before_the_files_name(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(listen(user_name="ben"))
    assert frame(list(read_any(tmp_path / "x.jsonl")), "listens")["user_ref"][0] == "listenbrainz:ben"


def test_an_export_folder_takes_its_user_and_feedback(tmp_path: Path) -> None:
    batches = list(read_any(export(tmp_path)))
    assert list(frame(batches, "listens")["user_ref"]) == ["listenbrainz:ana"]
    feedback = [tuple(row) for row in frame(batches, "feedback").itertuples(index=False)]
    assert feedback == [
        ("listenbrainz:ana", f"mbid:{MBID}", "like", 1_600_000_001),
        ("listenbrainz:ana", f"mbid:{MBID}", "dislike", 0),
    ]
    assert problems(batches) == []


def test_a_zipped_export_reads_like_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "e"
    folder.mkdir()
    export(folder)
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        for file in folder.rglob("*.json*"):
            archive.write(file, file.relative_to(folder))
    unpacked, packed = list(read_any(folder)), list(read_any(tmp_path / "e.zip"))
    for name in ("listens", "feedback", "songs"):
        columns = list(frame(packed, name).columns)
        pd.testing.assert_frame_equal(
            frame(packed, name).sort_values(columns, ignore_index=True),
            frame(unpacked, name).sort_values(columns, ignore_index=True),
        )


def test_the_older_export_is_one_array(tmp_path: Path) -> None:
    (tmp_path / "ana.json").write_text(f"[\n{listen()},\n{listen(1_600_000_100)}]")
    assert len(frame(list(read_any(tmp_path / "ana.json")), "listens")) == 2


def test_bad_lines_are_named_and_the_others_kept(tmp_path: Path) -> None:
    deep = '{"listened_at":' + "[" * 100_000
    lines = [
        listen(),
        listen(at=-5),
        listen(at=10**30),
        listen(title=None),
        "{",
        "7",
        deep,
        listen(info={"recording_mbid": ["x"], "isrc": {"a": 1}}),
    ]
    data = "\n".join(lines).encode() + b"\n" + listen(title="X").encode().replace(b"X", b"\xe9") + b"\n"
    (tmp_path / "ana.jsonl").write_bytes(data)
    batches = list(read_any(tmp_path / "ana.jsonl"))
    assert len(frame(batches, "listens")) == 2
    named = problems(batches)
    assert [text.split(":")[0].split(",")[0] for text in named] == [
        f"line {i}" for i in (2, 3, 4, 5, 6, 7, 9)
    ]
    assert named[5].endswith("nested too deeply")


def test_nan_infinity_and_huge_numbers_do_no_harm(tmp_path: Path) -> None:
    huge = listen().replace("1600000000", "9" * 5000)
    (tmp_path / "ana.jsonl").write_text(
        f"{listen(at=float('nan'))}\n{listen(at=float('inf'))}\n{huge}\n{listen()}\n"
    )
    batches = list(read_any(tmp_path / "ana.jsonl"))
    assert len(frame(batches, "listens")) == 1
    assert len(problems(batches)) == 3
