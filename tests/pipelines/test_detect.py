"""Which format a path is, by looking; and what cannot be one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.sources.batch import Problem
from pipelines.sources.detect import detect, read_any
from pipelines.sources.identifiers import is_namespace, safe_namespace


def reason(path: Path) -> str:
    found = detect(path)
    assert isinstance(found, Problem)
    return found.reason


def test_an_unknown_format_name_raises_and_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown format 'ogg'; known are tabular, mpd, jspf"):
        read_any(tmp_path, format="ogg")


@pytest.mark.parametrize("namespace", ["", "a:b", "Two Words", "spotify", "x\n"])
def test_a_namespace_that_cannot_be_one_raises(namespace: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be one"):
        read_any(tmp_path, namespace=namespace)


@pytest.mark.parametrize("text", ["Ünï", "a/b", "", "..", "MBID", "x" * 200, "日本"])
def test_a_safe_namespace_is_one(text: str) -> None:
    assert is_namespace(safe_namespace(text))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a", b"", "is empty"),
        ("a.bin", b"\x7fELF\0\0", "a binary file of no known format"),
        ("a.json", b'{"a": 1}', "JSON of no known format"),
        ("a.txt", b"Dear diary", "no known format"),
        ("songs.csv", b"song_id,title\n", "one table of a set"),
        ("songs.parquet", b"PAR1", "one table of a set"),
        ("a.gz", b"\x1f\x8bnonsense", "a gzip file that cannot be read"),
        ("a.zip", b"PK\x03\x04nonsense", "a binary file|no known format"),
    ],
)
def test_what_is_no_source_has_a_reason(name: str, content: bytes, expected: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert any(part in reason(tmp_path / name) for part in expected.split("|"))


def test_an_empty_folder_is_a_problem(tmp_path: Path) -> None:
    (batch,) = read_any(tmp_path)
    assert [problem.reason for problem in batch.problems] == ["nothing in it that can be read"]


def test_a_pipe_and_a_link_in_a_loop_are_problems_and_do_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert reason(tmp_path / "pipe") == "is no ordinary file"
    assert isinstance(detect(tmp_path / "self"), Problem)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.m3u").write_text("#EXTM3U\n")
    (tmp_path / "a.m3u").chmod(0)
    assert "Permission denied" in reason(tmp_path / "a.m3u")


def test_sets_in_the_folders_below_are_read_each_in_its_own_namespace(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "songs.csv").write_text("song_id,title,artist\n1,A,B\n")
    refs = [ref for batch in read_any(tmp_path) for ref in batch.songs["song_ref"]]
    assert refs == ["one:1", "two:1"]
