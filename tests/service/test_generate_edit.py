"""`songspace generate` of given sound, in loops and blends: whole files, errors that name the option."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from service.cli.generate_edit import range_of, seconds_of
from tests.service.conftest import Run
from tests.tiny_generator import TinyTokens, tiny_pipeline

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
soundfile = pytest.importorskip("soundfile")
RATE = 8_000
TONE = 0.3 * np.sin(np.arange(3 * RATE) * 0.3)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from generation.audio.shipped import save_generator

    folder = tmp_path_factory.mktemp("weights") / "generator"
    save_generator(tiny_pipeline(), folder)
    return folder


@pytest.fixture(autouse=True)
def own_weights(weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SONGSPACE_GENERATOR", str(weights))
    monkeypatch.setattr("generation.text_encoder.TextEncoder", TinyTokens)
    monkeypatch.chdir(tmp_path)
    soundfile.write("in.wav", TONE, RATE)


def made(run: Run, *args: str) -> np.ndarray:
    code, _, said = run("generate", "jazz", "--steps", "2", "--seed", "3", "--out", "x.wav", *args)
    assert code == 0, said
    samples: np.ndarray = soundfile.read("x.wav", dtype="int32")[0]
    return samples


def test_a_part_of_a_file_is_made_anew_and_the_rest_is_kept(run: Run) -> None:
    after, before = (
        made(run, "--init", "in.wav", "--inpaint", "1.0-1.5"),
        soundfile.read("in.wav", dtype="int32")[0],
    )
    at = np.flatnonzero(after != before) / RATE
    assert len(after) == len(before)
    assert 1.0 <= at[0] < 1.01
    assert 1.49 < at[-1] < 1.5


def test_a_band_of_it_can_be_asked_for(run: Run) -> None:
    whole = made(run, "--init", "in.wav", "--inpaint", "1.0-1.5")
    assert not np.array_equal(
        whole, made(run, "--init", "in.wav", "--inpaint", "1.0-1.5", "--inpaint-band", "1k-3k")
    )


def test_a_file_is_varied(run: Run) -> None:
    weak, strong = (made(run, "--init", "in.wav", "--strength", strength) for strength in ("0.2", "1"))
    assert len(weak) == len(strong) == 3 * 22_050
    assert not np.array_equal(weak, strong)


def test_a_file_is_gone_on_from_to_the_length_asked_for(run: Run) -> None:
    after, before = (
        made(run, "--continue", "in.wav", "--seconds", "6"),
        soundfile.read("in.wav", dtype="int32")[0],
    )
    kept = len(before) - RATE // 20
    assert len(after) == 6 * RATE
    assert np.array_equal(after[:kept], before[:kept])


def test_without_a_length_ten_seconds_come_after_it(run: Run) -> None:
    assert len(made(run, "--continue", "in.wav")) == 13 * RATE


def test_sections_have_prompts_of_their_own(run: Run) -> None:
    plain = made(run, "--seconds", "12", "--section", "jazz@0:06")
    other = made(run, "--seconds", "12", "--section", "techno@0:06", "--section", "folk@10")
    assert len(other) == 12 * 22_050
    assert not np.array_equal(plain[-22_050:], other[-22_050:])


def test_a_loop_has_its_bars_to_the_sample_and_no_fades(run: Run) -> None:
    sound = made(run, "--loop", "1", "--tempo", "123")
    assert len(sound) == round(4 * 60 / 123 * 22_050)
    assert np.abs(sound[:100]).max() > 0.001 * np.abs(sound).max()


def test_a_loop_without_a_tempo_gets_one_and_says_which(run: Run) -> None:
    code, said, _ = run("generate", "--loop", "1", "--steps", "2", "--out", "x.wav", "--json")
    document = json.loads(said)
    assert code == 0
    assert document["settings"]["loop"] == {
        "bars": 1,
        "beats_per_bar": 4.0,
        "tempo_bpm": 120.0,
        "seconds": 2.0,
    }


def test_a_blend_of_nothing_is_the_prompt_alone(run: Run) -> None:
    alone = made(run, "--seconds", "1")
    assert np.array_equal(alone, made(run, "--seconds", "1", "--blend", "techno: fast:0"))
    assert not np.array_equal(alone, made(run, "--seconds", "1", "--blend", "techno: fast:0.4"))


def test_an_edit_is_made_again_from_its_record(run: Run) -> None:
    before = made(
        run, "--continue", "in.wav", "--seconds", "5", "--section", "folk@4", "--blend", "techno:0.3"
    )
    code, _, said = run("generate", "--from", "x.wav.json", "--out", "y.wav")
    assert code == 0
    assert said.endswith("the same bytes as it had\n")
    assert np.array_equal(soundfile.read("y.wav", dtype="int32")[0], before)


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("--init", "nowhere.wav"), "--init: there is no file nowhere.wav"),
        (("--init", "text.wav"), "--init: text.wav: no sound"),
        (("--init", "sample.wav"), "--init: sample.wav: it has 1 sample"),
        (("--init", "hour.wav"), "--init: hour.wav: it lasts 3,600 s"),
        (("--init", "silence.wav"), "--init: silence.wav: it is silent"),
        (("--init", "."), "--init: . is no file"),
        (("--continue", "silence.wav"), "--continue: silence.wav: it is silent"),
        (("--init", "in.wav", "--strength", "0"), "--strength: the strength is above 0"),
        (("--init", "in.wav", "--strength", "2"), "--strength"),
        (("--init", "in.wav", "--inpaint", "2-9"), "--inpaint: the window 2 to 9 s lies outside the clip"),
        (("--init", "in.wav", "--inpaint", "2"), "--inpaint: '2' is no range"),
        (("--init", "in.wav", "--inpaint", "a-b"), "--inpaint: 'a' is no time"),
        (
            ("--init", "in.wav", "--inpaint", "1-2", "--inpaint-band", "200-12000"),
            "--inpaint-band: a band lies",
        ),
        (
            ("--init", "in.wav", "--inpaint", "1-2", "--inpaint-band", "low"),
            "--inpaint-band: 'low' is no range",
        ),
        (("--inpaint", "1-2"), "--inpaint needs --init"),
        (("--strength", "0.5"), "--strength needs --init"),
        (("--init", "in.wav", "--inpaint-band", "200-900"), "--inpaint-band needs --inpaint"),
        (("--init", "in.wav", "--loop", "2"), "--init and --loop cannot"),
        (("--init", "in.wav", "--seconds", "9"), "--seconds: the length is that of --init"),
        (("--continue", "in.wav", "--seconds", "2"), "--seconds: the whole lasts 4.0 to 600 s"),
        (("--loop", "0"), "--loop: a loop has 1 to 64 bars, got 0"),
        (("--loop", "60", "--tempo", "40"), "--loop: 60 bars at 40 bpm last 360.0 s"),
        (("--blend", "folk"), "--blend: 'folk' has no share"),
        (("--blend", "folk:1.4"), "--blend: the share of the second prompt is from 0 to 1, got 1.4"),
        (("--blend", ":0.4"), "--blend: the prompt is empty"),
        (("--section", "folk"), "--section: 'folk' has no time"),
        (("--section", "folk@0:30"), "--section: the section at 30 s begins after the end"),
        (("--section", "a@5", "--section", "b@3"), "--section: sections begin one after the other"),
        (("--loop", "2", "--section", "a@5"), "--section does not go with --loop"),
        (("--init", "in.wav", "--out", "in.wav"), "is the sound that is given"),
    ],
)
def test_bad_input_is_one_line_that_names_the_option_and_leaves_nothing(
    run: Run, args: tuple[str, ...], complaint: str, tmp_path: Path
) -> None:
    for name, samples in (("sample", TONE[:1]), ("silence", 0 * TONE)):
        soundfile.write(f"{name}.wav", samples, RATE)
    if "hour.wav" in args:
        soundfile.write("hour.wav", np.zeros(3600 * RATE, np.int16), RATE)
    Path("text.wav").write_text("no music " * 1000)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    code, _, said = run("generate", "jazz", *args)
    assert code in (1, 2)
    # What is said of a catalogue that is not there may stand before.
    (error,) = [line for line in said.splitlines() if line.startswith("error: ")]
    assert said.endswith(f"{error}\n")
    assert complaint in error
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("text", "seconds"), [("4.5", 4.5), ("0:30", 30), ("1:02.5", 62.5), ("1:00:00", 3600)]
)
def test_times_are_seconds_or_minutes(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


def test_ranges_have_two_ends() -> None:
    assert range_of("2.0-4.5") == range_of(" 2.0 \u2013 4.5 ") == ("2.0", "4.5")
