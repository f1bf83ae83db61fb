"""`songspace compose` and `songspace studio`: files that are whole, errors in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.cli.main import main

pytest.importorskip("tinysoundfont")
pytest.importorskip("pretty_midi")


def error_of(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """Run a command line that is to fail; return the one line that it says."""
    assert main(list(args)) in (1, 2)
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    return said


def test_text_becomes_sound_notes_and_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile = pytest.importorskip("soundfile")
    out, midi, picture = tmp_path / "x.flac", tmp_path / "x.mid", tmp_path / "x.png"
    args = ["compose", "slow jazz trio in F minor", "--seconds", "12", "--out", str(out)]
    assert main([*args, "--midi", str(midi), "--spectrogram", str(picture)]) == 0
    assert "F minor" in capsys.readouterr().out
    sound, sample_rate = soundfile.read(out)
    assert (sound.shape[1], sample_rate) == (2, 44_100)
    assert sound.std() > 0.01
    assert midi.read_bytes().startswith(b"MThd")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_truth_can_be_had_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["compose", "happy reggae", "--seconds", "10", "--midi", str(tmp_path / "x.mid"), "--json"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["truth"]["genres"] == {"reggae": 1.0}


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.flac", "b.flac"):
        assert main(["compose", "folk", "--seconds", "10", "--seed", "3", "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.flac").read_bytes() == (tmp_path / "b.flac").read_bytes()


def test_notes_go_to_standard_output_alone(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["compose", "folk", "--seconds", "10", "--midi", "-"]) == 0
    written = capfdbinary.readouterr().out
    assert written.startswith(b"MThd")
    assert written.endswith(b"\xff\x2f\x00")


def test_without_a_file_to_write_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--out" in error_of(capsys, "compose", "jazz")


@pytest.mark.parametrize("name", ["x.aiff", "x", "nowhere/x.flac"])
def test_a_place_or_format_that_will_not_do_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error_of(capsys, "compose", "jazz", "--seconds", "10", "--out", str(tmp_path / name))
    assert list(tmp_path.rglob("x*")) == []


def test_a_missing_soundfont_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SONGSPACE_SOUNDFONT", "/nowhere/at-all.sf2")
    assert "SONGSPACE_SOUNDFONT" in error_of(capsys, "settings")


def test_a_data_set_is_made_and_gone_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "set"
    args = ["studio", "dataset", "--out", str(out), "--clips", "2", "--seconds", "1", "--no-tunes"]
    assert main([*args, "--workers", "1", "--audio"]) == 0
    assert "2 clips of 1 s" in capsys.readouterr().out
    assert len(list((out / "audio").glob("*.flac"))) == 2
    assert main([*args, "--audio", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["complete"]
    assert "another seed" in error_of(capsys, *args, "--audio", "--seed", "2")


def test_a_sheet_has_a_clip_of_each_genre(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("generation.studio.piece.GENRES", ("jazz", "hip hop"))
    out, audio = tmp_path / "sheet.png", tmp_path / "clips"
    assert main(["studio", "sheet", "--out", str(out), "--seconds", "1", "--audio", str(audio)]) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["jazz", "hip hop"]
    assert sorted(path.name for path in audio.iterdir()) == ["hip-hop.flac", "jazz.flac"]
    assert out.read_bytes().startswith(b"\x89PNG")


def test_a_file_in_the_place_of_the_folder_for_sound_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photo").write_text("x")
    said = error_of(
        capsys, "studio", "sheet", "--out", str(tmp_path / "x.png"), "--audio", str(tmp_path / "photo")
    )
    assert "a folder is expected" in said


def test_a_tune_that_nobody_knows_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("music21")
    args = ["compose", "Qwertyuiop as metal", "--seconds", "10", "--midi", str(tmp_path / "x.mid")]
    assert main(args) == 0
    assert "no tune of the collections is called 'Qwertyuiop'" in capsys.readouterr().err
