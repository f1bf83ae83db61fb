"""The demo's verse: printed where a model answers, and plainly missing where none does."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cli.demo_verse import write_verse
from tests.tiny_lyrics import save_tiny_lyrics


def test_a_verse_is_printed_and_is_the_same_each_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_tiny_lyrics(tmp_path / "lyrics")
    said = []
    for _ in range(2):
        write_verse(tmp_path)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert "seed 7" in said[0]
    assert len(said[0].splitlines()) >= 4
    assert "[verse]" not in said[0]


def test_without_a_model_it_is_said_how_to_get_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.lyrics.SHIPPED", tmp_path / "nothing")
    write_verse(tmp_path)
    assert "No verse here" in capsys.readouterr().out
