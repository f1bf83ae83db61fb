"""`songspace generate`: whole files, the same bytes for the same seed, errors in one line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
    moment = datetime(2026, 11, 21, 14, 46, 52, tzinfo=UTC)
    monkeypatch.setattr("service.cli.generate.now", lambda: moment)


def files(folder: Path) -> list[str]:
    """Names of all files below, records left out where their sound is there."""
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    return sorted(name for name in names if name.removesuffix(".json") not in names - {name})


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


def test_what_it_listened_to_is_drawn_and_the_sound_is_the_same(run: Run, tmp_path: Path) -> None:
    picture, args = tmp_path / "words.png", ("slow jazz trio", *QUICK, "--seed", "3", "--takes", "2")
    assert run("generate", *args, "--out", str(tmp_path / "a.wav"), "--attention", str(picture))[0] == 0
    assert run("generate", *args, "--out", str(tmp_path / "b.wav"))[0] == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a-2.wav").read_bytes() == (tmp_path / "b-2.wav").read_bytes()


def test_scales_of_their_own_are_recorded_and_heard(run: Run, tmp_path: Path) -> None:
    out = str(tmp_path / "x.wav")
    scales = ("--guidance", "3", "--tempo-guidance", "1", "--key-guidance", "7", "--style-guidance", "2")
    code, said, _ = run("generate", "jazz in A minor", *QUICK, *scales, "--out", out, "--json")
    found = json.loads(said)["settings"]["guidance"]
    assert code == 0
    assert (found["structure"], found["key"], found["style"]) == (1, 7, 2)
    document = json.loads((tmp_path / "x.wav.json").read_text(encoding="utf-8"))
    assert document["told"][0]["weights"]["values"] == [3, -2, 6, -6]


def test_a_tempo_or_key_that_no_music_has_is_said(run: Run, tmp_path: Path) -> None:
    code, _, err = run("generate", "techno at 1000 bpm in J major", *QUICK, "--out", str(tmp_path / "x.wav"))
    assert code == 0
    assert "'1000 bpm' is no tempo" in err
    assert "'J major' is no key" in err


def test_a_prompt_says_how_long_it_is_to_be_unless_an_option_does(run: Run, tmp_path: Path) -> None:
    for extra, seconds in (((), 3.0), (("--seconds", "2"), 2.0)):
        args = ("3 seconds of jazz", *extra, "--steps", "2", "--out", str(tmp_path / "x.wav"), "--json")
        assert json.loads(run("generate", *args)[1])["request"]["seconds"] == seconds


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("--attention", "x.png"), "--attention: there is no prompt"),
        (("jazz", "--loop", "2", "--attention", "x.png"), "--attention: attention is of one prompt"),
        (("jazz", "--attention", "x.gif"), "x.gif"),
        (("jazz", "--key-guidance", "51"), "--key-guidance"),
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

    monkeypatch.setattr("generation.audio.export.os.replace", full)
    code, _, said = run("generate", "jazz", *QUICK, "--out", str(tmp_path / "x.flac"))
    assert code == 1
    assert "No space left on device" in said
    assert files(tmp_path) == []


def made(run: Run, file: Path, *args: str) -> bytes:
    """Make a track into a file, and give its bytes."""
    assert run("generate", *args, "--out", str(file))[0] == 0
    return file.read_bytes()


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
def test_a_track_is_made_again_from_its_record(run: Run, suffix: str, tmp_path: Path) -> None:
    first = made(run, tmp_path / f"a{suffix}", "slow jazz", *QUICK, "--tempo", "93.3", "--title", "Blue")
    source, out = str(tmp_path / f"a{suffix}.json"), tmp_path / f"b{suffix}"
    code, _, said = run("generate", "--from", source, "--out", str(out))
    assert (code, said) == (0, "the same bytes as it had\n")
    assert out.read_bytes() == first


def test_another_format_has_the_same_samples(run: Run, tmp_path: Path) -> None:
    made(run, tmp_path / "a.wav", "slow jazz", *QUICK, "--seed", "3")
    out = str(tmp_path / "b.mp3")
    _, _, said = run("generate", "--from", str(tmp_path / "a.wav.json"), "--out", out)
    assert said == "the same samples as it had, before they were encoded\n"


def test_a_record_is_made_again_with_as_many_threads(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGSPACE_THREADS", "1")
    first = made(run, tmp_path / "a.wav", "slow jazz", *QUICK)
    monkeypatch.setenv("SONGSPACE_THREADS", "3")
    assert made(run, tmp_path / "b.wav", "--from", str(tmp_path / "a.wav.json")) == first
    assert json.loads((tmp_path / "b.wav.json").read_text())["threads"] == 1


def test_beside_a_record_nothing_may_ask_for_another_track(run: Run, tmp_path: Path) -> None:
    made(run, tmp_path / "a.wav", "slow jazz", *QUICK)
    code, _, said = run("generate", "techno", "--seed", "4", "--from", str(tmp_path / "a.wav.json"))
    assert code == 1
    assert "leave out --seed, prompt" in said


def test_what_is_no_record_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    code, _, said = run("generate", "--from", str(tmp_path / "a.json"), "--out", str(tmp_path / "x.wav"))
    assert (code, said.count("\n")) == (1, 1)
    assert "no record of a generation" in said
    assert files(tmp_path) == ["a.json"]


def test_a_file_that_is_no_record_is_not_written_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.wav.json").write_text('{"mine": 1}')
    code, _, said = run("generate", "jazz", *QUICK, "--out", str(tmp_path / "x.wav"))
    assert code == 1
    assert "move it away" in said
    assert (tmp_path / "x.wav.json").read_text() == '{"mine": 1}'


def test_silence_is_made_again_with_the_next_seed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from generation.audio import pipeline
    from generation.audio.soundness import UnsoundError

    check, calls = pipeline.check_sound, []

    def first_is_silent(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 1:
            raise UnsoundError("the generator made silence")
        check(*args)

    monkeypatch.setattr(pipeline, "check_sound", first_is_silent)
    out = str(tmp_path / "x.wav")
    code, told, said = run("generate", "jazz", *QUICK, "--seed", "7", "--out", out)
    assert code == 0
    assert "seed 8" in told
    assert said.endswith("seed 7 was made again with another: the generator made silence\n")
