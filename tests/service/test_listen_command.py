"""`songspace listen` and `songspace train`: answers, pictures, and errors in one line."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from generation.audio import style_encoder
from generation.audio.listener import Tags, weights_folder
from pipelines.listen import Heard, Region, Seen
from service.cli.main import main
from service.pictures.listen import draw_heard
from tests.music_files import write_generated, write_music

pytest.importorskip("soundfile")
needs_models = pytest.mark.skipif(
    importlib.util.find_spec("musicnn") is None or not (weights_folder() / "config.json").is_file(),
    reason="the encoder's wheel or the listener's weights are not installed",
)


def error_of(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """Run a command line that is to fail; return the one line that it says."""
    assert main(list(args)) in (1, 2)
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    return said


def toy(n: int = 3, *, patch_s: float = 2.992) -> tuple[Heard, Seen]:
    """Give a hearing of noise with a region for and one against."""
    rng = np.random.default_rng(0)
    relevance = np.zeros((n, 187, 96), dtype=np.float32)
    relevance[:, 50:80, 20:40], relevance[:, 100:120, 60:70] = 1.0, -1.0
    tags = Tags({"jazz": 1.0}, {"calm": 1.0}, {"piano": 1.0}, {"piano": 1.0}, 1.0, False)
    heard = Heard("x.mp3", "A jazz piece.", tags, "toy", False, {}, 90.0, "C major", 0.2, -14.0, 90.0, ())
    starts = tuple(40.0 * row for row in range(n))
    patches = rng.uniform(0, 4, size=relevance.shape).astype(np.float32)
    return heard, Seen(patches, starts, patch_s, (Region("genres", "jazz", 0.9, relevance, 2.0, 0.1),))


@needs_models
def test_a_file_is_described_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["listen", str(write_music(tmp_path / "a.ogg"))]) == 0
    said = capsys.readouterr().out
    assert "\ngenres  " in said
    assert "beats a minute" in said


@needs_models
def test_generated_music_is_told_to_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["listen", str(write_generated(tmp_path / "a.mp3"))]) == 0
    said = capsys.readouterr().out
    assert (
        'made by      a model, say its tags: AI-generated, from "slow jazz", seed 3, model abababababab'
        in said
    )


@needs_models
def test_the_answer_can_be_had_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["listen", str(write_music(tmp_path / "a.flac")), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert sum(told["tags"]["genres"].values()) == pytest.approx(1, abs=0.01)
    assert told["is_judge"] is False
    assert told["ai_generated"] is False
    assert told["sentence"]


@needs_models
def test_a_picture_is_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    assert (
        main(["listen", str(write_music(tmp_path / "a.wav", seconds=3.2)), "--spectrogram", str(picture)])
        == 0
    )
    assert picture.read_bytes().startswith(b"\x89PNG")


@needs_models
def test_what_cannot_be_heard_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.mp3").write_bytes(b"no music")
    assert "a.mp3" in error_of(capsys, "listen", str(tmp_path / "a.mp3"))
    assert "there is no file" in error_of(capsys, "listen", str(tmp_path / "gone.mp3"))
    assert "is a folder" in error_of(capsys, "listen", str(tmp_path))


def test_a_picture_of_no_known_format_is_refused_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = error_of(capsys, "listen", str(tmp_path / "a.mp3"), "--spectrogram", str(tmp_path / "a.gif"))
    assert ".png, .svg, .pdf" in said


def test_without_the_encoder_it_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style_encoder, "find_spec", lambda _: None)
    assert "pip install" in error_of(capsys, "train", "listener", "--clips", "1", "--out", str(tmp_path))


@pytest.mark.parametrize("format", ["png", "svg"])
def test_the_same_hearing_is_the_same_picture(format: str) -> None:
    heard, seen = toy()
    assert draw_heard(heard, seen, format=format) == draw_heard(heard, seen, format=format)


def test_a_short_file_is_drawn_as_long_as_it_is() -> None:
    heard, seen = toy(1, patch_s=0.7)
    assert draw_heard(heard, seen, format="png").startswith(b"\x89PNG")
