"""`songspace generate`: whole files, the same bytes for the same seed, errors in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.cli.main import main
from tests.service.conftest import Run
from tests.tiny_generator import TinyTokens, tiny_pipeline

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
QUICK = ("--seconds", "1", "--steps", "2")


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


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_prompt_becomes_sound_and_a_picture(run: Run, tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    out, picture = tmp_path / "x.flac", tmp_path / "x.png"
    code, said, _ = run("generate", "slow jazz", *QUICK, "--out", str(out), "--spectrogram", str(picture))
    assert code == 0
    assert "x.flac: 1.0 s" in said
    sound, sample_rate = soundfile.read(out)
    assert (len(sound), sample_rate) == (22_050, 22_050)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_same_seed_writes_the_same_bytes(run: Run, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        assert run("generate", "folk", *QUICK, "--seed", "3", "--out", str(tmp_path / name))[0] == 0
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_without_out_it_goes_to_generations_and_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    for _ in range(2):
        assert run("generate", "Slow jazz, please!", *QUICK, "--seed", "3")[0] == 0
    assert files(tmp_path / "var" / "generations") == ["slow-jazz-please-3-2.flac", "slow-jazz-please-3.flac"]


def test_without_a_prompt_a_track_comes_from_noise_alone(run: Run, tmp_path: Path) -> None:
    code, said, _ = run("generate", *QUICK, "--json")
    document = json.loads(said)
    assert (code, document["request"]["prompt"], document["backend"]) == (0, None, "songspace")
    assert files(tmp_path / "var") == [f"noise-{document['tracks'][0]['seed']}.flac"]


def test_several_takes_have_files_of_their_own(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "x.flac"
    assert run("generate", "folk", *QUICK, "--seed", "3", "--takes", "2", "--out", str(out))[0] == 0
    assert run("generate", "folk", *QUICK, "--seed", "4", "--out", str(tmp_path / "y.flac"))[0] == 0
    assert (tmp_path / "x-2.flac").read_bytes() == (tmp_path / "y.flac").read_bytes()


def test_each_step_is_drawn(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "steps"
    out = str(tmp_path / "x.flac")
    assert run("generate", "folk", *QUICK, "--preview", str(folder), "--out", out)[0] == 0
    assert files(folder) == ["take-1-step-001.png", "take-1-step-002.png"]


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("",), "the prompt is empty"),
        (("a" * 10_000,), "10,000 characters, at most 1,000"),
        (("jazz", "--negative", ""), "the negative prompt is empty"),
        (("jazz", "--seconds", "0"), "--seconds"),
        (("jazz", "--seconds", "100000"), "--seconds"),
        (("jazz", "--seconds", "nan"), "seconds"),
        (("jazz", "--takes", "0"), "--takes"),
        (("jazz", "--key", "H"), "key 'H' is not known"),
        (("jazz", "--genre", "bricks"), "genre 'bricks' is not known"),
        (("jazz", "--scheduler", "ddim"), "does not fit"),
        (("jazz", "--backend", "nobody"), "backend 'nobody' is not known"),
        (("jazz", "--out", "nowhere/x.flac"), "there is no folder"),
        (("jazz", "--out", "x.aiff"), "a sound file ends in"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    run: Run, args: tuple[str, ...], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, said = run("generate", *args)
    assert code in (1, 2)
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert complaint in said
    assert files(tmp_path) == []


def test_missing_weights_say_how_to_train(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("SONGSPACE_GENERATOR", str(tmp_path / "empty"))
    code, _, said = run("generate", "jazz")
    assert code == 1
    assert "songspace train generator" in said


def test_ctrl_c_leaves_no_half_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("generation.audio.pipeline.tell", interrupt)
    assert main(["generate", "jazz", *QUICK, "--out", str(tmp_path / "x.flac")]) == 130
    assert files(tmp_path) == []
    assert capsys.readouterr().err == "error: interrupted\n"


def test_a_full_disk_leaves_no_half_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("generation.audio_files.os.replace", full)
    code, _, said = run("generate", "jazz", *QUICK, "--out", str(tmp_path / "x.flac"))
    assert code == 1
    assert "No space left on device" in said
    assert files(tmp_path) == []
