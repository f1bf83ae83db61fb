"""Ingesting a folder of music, as it is typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.music_files import write_music

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two songs, in a home of the test's own."""
    monkeypatch.setenv("SONGSPACE_HOME", str(tmp_path / "home"))
    write_music(tmp_path / "music" / "one.mp3", {"title": "One", "artist": "Ann", "genre": "Folk"})
    write_music(tmp_path / "music" / "two.ogg", {"title": "Two", "artist": "Ann"}, pitch_hz=300.0)
    return tmp_path / "music"


def test_what_was_analysed_is_counted_and_how_fast(run: Run, music: Path) -> None:
    code, out, _ = run("ingest", str(music))
    assert code == 0
    assert "audio files: 2 analysed" in out
    assert "x realtime a core" in out


def test_json_has_the_counts_of_audio_files(run: Run, music: Path) -> None:
    (music / "three.mp3").write_bytes(b"no music")
    code, out, err = run("ingest", str(music), "--json")
    report = json.loads(out)
    assert (code, report["songs"]["added"], report["audio"]["analysed"]) == (1, 2, 2)
    assert [Path(problem["file"]).name for problem in report["problems"]] == ["three.mp3"]
    assert "three.mp3: no audio format that is known" in err


def test_songs_of_files_are_found_by_their_tags(run: Run, music: Path) -> None:
    run("ingest", str(music))
    (found,) = json.loads(run("search", "two", "ann", "--json")[1])["songs"]
    assert (found["title"], found["artist"]) == ("Two", "Ann")


def test_songs_that_are_known_as_files_go_by_our_own_ids(run: Run, music: Path) -> None:
    run("ingest", str(music))
    found = json.loads(run("search", "ann", "--json")[1])["songs"]
    assert sorted(song["song"] for song in found) == ["songspace:1", "songspace:2"]
