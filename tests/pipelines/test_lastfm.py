"""Last.fm 1K histories: tab-separated lines, plain or gzip."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from pipelines.sources.batch import Batch
from pipelines.sources.detect import read_any

MBID = "0f1e2d3c-4b5a-4678-9abc-def012345678"
GOOD = f"user_000001\t2009-05-04T23:08:57Z\t\tSigur Rós\t{MBID}\tHoppípolla\n"


def frame(batches: list[Batch], name: str) -> pd.DataFrame:
    return pd.concat([getattr(batch, name) for batch in batches], ignore_index=True)


def problems(batches: list[Batch]) -> list[str]:
    return [f"{p.place}: {p.reason}" for batch in batches for p in batch.problems]


def test_a_line_is_one_listen(tmp_path: Path) -> None:
    (tmp_path / "h.tsv").write_text(GOOD)
    batches = list(read_any(tmp_path / "h.tsv"))
    assert list(frame(batches, "listens").iloc[0])[:3] == [
        "lastfm:user_000001",
        f"mbid:{MBID}",
        1_241_478_537,
    ]
    assert list(frame(batches, "songs").iloc[0])[1:3] == ["Hoppípolla", "Sigur Rós"]


def test_gzip_reads_the_same_and_a_truncated_one_keeps_what_came_before(tmp_path: Path) -> None:
    lines = "".join(
        GOOD.replace("23:08:57", f"{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}") for i in range(5000)
    )
    data = gzip.compress(lines.encode())
    (tmp_path / "h.tsv.gz").write_bytes(data)
    assert len(frame(list(read_any(tmp_path / "h.tsv.gz")), "listens")) == 5000
    (tmp_path / "h.tsv.gz").write_bytes(data[: len(data) * 2 // 3])
    batches = list(read_any(tmp_path / "h.tsv.gz", format="lastfm"))
    assert 0 < len(frame(batches, "listens")) < 5000
    assert "cannot be read on" in problems(batches)[-1]


def test_bad_lines_are_named_and_the_others_kept(tmp_path: Path) -> None:
    bad = [
        "too\tfew\n",
        GOOD.replace("2009-05-04", "1969-05-04"),
        GOOD.replace("2009-05-04", "2109-05-04"),
        GOOD.replace("2009-05-04", "2409-05-04"),
        GOOD.replace("2009-05-04", "2009-13-44"),
        GOOD.replace("user_000001", ""),
        GOOD.replace(MBID, "").replace("Hoppípolla", ""),
    ]
    (tmp_path / "h.tsv").write_bytes((GOOD + "".join(bad)).encode() + GOOD.encode("cp1252") + GOOD.encode())
    batches = list(read_any(tmp_path / "h.tsv"))
    assert len(frame(batches, "listens")) == 2
    assert sorted(text.split(":")[0] for text in problems(batches)) == [f"line {i}" for i in range(2, 10)]


def test_line_numbers_go_on_from_chunk_to_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.sources.lastfm.CHUNK_LINES", 3)
    (tmp_path / "h.tsv").write_text(GOOD * 7 + "bad\n" + GOOD)
    batches = list(read_any(tmp_path / "h.tsv"))
    assert problems(batches) == ["line 8: 1 columns where 6 are expected"]
    assert len(frame(batches, "listens")) == 8


def test_the_users_profiles_beside_a_history_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "userid-profile.tsv").write_text(
        "#id\tgender\tage\tcountry\tregistered\nuser_000001\tm\t\t\t\n"
    )
    (tmp_path / "h.tsv").write_text(GOOD)
    batches = list(read_any(tmp_path))
    assert problems(batches) == []
    assert len(frame(batches, "listens")) == 1
