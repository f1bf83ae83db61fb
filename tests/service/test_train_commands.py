"""`songspace train`: from one's own music to a generator that makes some."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.music_files import write_music
from tests.service.conftest import Run

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SHORT = ("--preset", "tiny", "--data", "catalogue", "--steps", "2", "--json")


def test_ones_own_music_becomes_a_generator(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        path = tmp_path / "music" / f"{number}.flac"
        write_music(
            path, {"title": f"Song {number}", "artist": "Ada"}, seconds=6.0, pitch_hz=200 + 20 * number
        )
    assert run("ingest", str(tmp_path / "music"))[0] == 0
    runs = {name: tmp_path / name for name in ("autoencoder", "vocoder", "generator")}
    parts = ("--autoencoder", str(runs["autoencoder"] / "autoencoder"))
    assert run("train", "autoencoder", *SHORT, "--out", str(runs["autoencoder"]))[0] == 0
    assert run("train", "vocoder", *SHORT, *parts, "--out", str(runs["vocoder"]))[0] == 0
    both = (*parts, "--vocoder", str(runs["vocoder"] / "vocoder"))
    code, said, _ = run("train", "generator", *SHORT, *both, "--out", str(runs["generator"]))
    assert code == 0
    monkeypatch.setenv("SONGSPACE_GENERATOR", json.loads(said)["generator"])
    out = tmp_path / "x.wav"
    code, _, complaint = run("generate", "--seconds", "1", "--steps", "2", "--out", str(out))
    # Two steps of training make noise, which is either handed over or refused.
    assert out.exists() if code == 0 else "silence" in complaint


def test_what_is_missing_is_said_before_the_training(run: Run, tmp_path: Path) -> None:
    none = ("--autoencoder", str(tmp_path / "a"), "--vocoder", str(tmp_path / "v"))
    code, _, complaint = run("train", "generator", *SHORT, *none, "--out", str(tmp_path / "g"))
    assert code == 1
    assert "there is no trained autoencoder" in complaint
    assert not (tmp_path / "g").exists()


def test_autoencoder_and_vocoder_belong_together(run: Run, tmp_path: Path) -> None:
    code, _, complaint = run("train", "generator", "--vocoder", str(tmp_path), "--out", str(tmp_path / "g"))
    assert code == 2
    assert "belong together" in complaint
