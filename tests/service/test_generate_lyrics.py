"""`songspace generate --lyrics`: words to the same prompt, beside the track and in its record."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.audio.record import load_record, record_path
from tests.service.conftest import Run
from tests.tiny_generator import TinyTokens, tiny_pipeline
from tests.tiny_lyrics import save_tiny_lyrics

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
QUICK = ("--seconds", "1", "--steps", "2", "--lyrics")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from generation.audio.shipped import save_generator

    folder = tmp_path_factory.mktemp("weights") / "generator"
    save_generator(tiny_pipeline(), folder)
    return folder


@pytest.fixture(autouse=True)
def own_weights(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGSPACE_GENERATOR", str(weights))
    monkeypatch.setattr("generation.text_encoder.TextEncoder", TinyTokens)


def test_words_lie_beside_the_track_and_in_its_record_and_come_again(run: Run, tmp_path: Path) -> None:
    save_tiny_lyrics(tmp_path / "var" / "lyrics")
    out, words = tmp_path / "x.flac", tmp_path / "x.flac.lyrics.txt"
    code, _, err = run("generate", "a song about hats", *QUICK, "--out", str(out), "--seed", "3")
    assert code == 0, err
    assert str(words.name) in err
    written = words.read_text()
    assert "[verse]" in written
    held = load_record(record_path(out)).settings["lyrics"]
    assert (held["text"], held["prompt"], held["seed"]) == (written, "a song about hats", 3)
    words.unlink()
    assert run("generate", "--from", str(record_path(out)), "--out", str(out))[0] == 0
    assert words.read_text() == written


@pytest.mark.parametrize(("prompt", "reason"), [((), "say one"), (("folk",), "songspace train lyrics")])
def test_without_words_to_go_by_or_a_model_no_sound_is_made(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prompt: tuple[str, ...], reason: str
) -> None:
    monkeypatch.setattr("pipelines.lyrics.SHIPPED", tmp_path / "nothing")
    code, _, err = run("generate", *prompt, *QUICK, "--out", str(tmp_path / "x.flac"))
    assert (code, reason in err) == (1, True), err
    assert not list(tmp_path.glob("x.*"))
