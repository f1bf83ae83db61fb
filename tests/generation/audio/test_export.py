"""A finished file is loud enough, tagged, beside its record, and made again from it to the byte."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tinytag import TinyTag

from generation.audio import export as module
from generation.audio.export import MARK, Exported, export, export_again, remake
from generation.audio.mastering import LOUDNESS_LUFS
from generation.audio.record import RecordError, load_record, record_path
from generation.audio.request import Generation, Request, Track
from generation.audio.soundness import UnsoundError
from generation.audio_files import FORMATS
from generation.studio.loudness import integrated_loudness
from tests.tiny_generator import TinyTokens, tiny_pipeline

soundfile = pytest.importorskip("soundfile")
MOMENT = datetime(2026, 11, 21, 14, 46, 52, 123456, tzinfo=UTC)
ASKED = Request("slow jazz", seconds=1.0, seed=3, num_inference_steps=2, tempo_bpm=80.0)


@pytest.fixture(scope="module")
def backend() -> Any:
    from generation.audio.backends import Songspace

    return Songspace(tiny_pipeline())


@pytest.fixture(scope="module")
def made(backend: Any) -> Generation:
    found: Generation = backend.generate(ASKED)
    return found


def written(made: Generation, file: Path, **options: Any) -> Exported:
    (one,) = export(made, [file], made_at=MOMENT, **options)
    return one


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_says_what_it_is(made: Generation, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"x{suffix}"
    written(made, file)
    tag = TinyTag.get(file)
    assert tag.title == "Slow jazz"
    assert tag.year == "2026-11-21"
    assert tag.comment == f'{MARK} with Songspace: "slow jazz"'
    said = {name: tag.other[name][0] for name in ("provenance", "prompt", "seed", "model")}
    assert said == {"provenance": MARK, "prompt": "slow jazz", "seed": "3", "model": made.model}


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_is_as_loud_as_is_usual_and_does_not_clip(
    made: Generation, suffix: str, tmp_path: Path
) -> None:
    file = tmp_path / f"x{suffix}"
    written(made, file)
    sound, rate = soundfile.read(file)
    assert integrated_loudness(sound, rate) == pytest.approx(LOUDNESS_LUFS, abs=0.5)
    assert np.abs(sound).max() <= 1
    assert np.abs(sound[-20:]).max() < 0.05


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_record_makes_the_same_file_again(
    backend: Any, made: Generation, suffix: str, tmp_path: Path
) -> None:
    first = written(made, tmp_path / f"x{suffix}")
    record = load_record(first.record_path)
    backend.pipeline.text_encoder = None  # words are not read again
    try:
        again = export_again(remake(backend, record), record, tmp_path / f"y{suffix}")
    finally:
        backend.pipeline.text_encoder = TinyTokens()
    assert again.path.read_bytes() == first.path.read_bytes()
    assert again.record == replace(first.record, file=f"y{suffix}", told=again.record.told)


def test_the_record_bears_the_second_and_the_file_the_day(made: Generation, tmp_path: Path) -> None:
    morning, evening = (MOMENT.replace(hour=hour) for hour in (6, 20))
    (one,) = export(made, [tmp_path / "x.flac"], made_at=morning)
    (other,) = export(made, [tmp_path / "y.flac"], made_at=evening)
    assert one.path.read_bytes() == other.path.read_bytes()
    assert (one.record.made_at, other.record.made_at) == ("2026-11-21T06:46:52Z", "2026-11-21T20:46:52Z")


def test_the_prompt_in_the_tags_is_the_one_that_was_asked(made: Generation, tmp_path: Path) -> None:
    settings = {**made.settings, "style_from": {"prompt": "slow jazz like Ann", "sources": []}}
    one = written(replace(made, settings=settings), tmp_path / "x.flac")
    assert one.record.tags["PROMPT"] == "slow jazz like Ann"
    assert one.record.request.prompt == "slow jazz"


def test_a_file_that_is_made_again_says_what_computed_it_now(
    made: Generation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = load_record(written(made, tmp_path / "x.flac").record_path)
    monkeypatch.setattr(module, "versions", lambda: {"torch": "99"})
    assert export_again(made, record, tmp_path / "y.flac").record.versions == {"torch": "99"}
    assert record.versions["torch"] != "99"


def test_a_raw_track_is_left_alone(made: Generation, tmp_path: Path) -> None:
    written(made, tmp_path / "x.wav", raw=True)
    sound, _ = soundfile.read(tmp_path / "x.wav", dtype="float32")
    assert sound == pytest.approx(made.tracks[0].waveform, abs=2**-15)


def test_what_a_track_keeps_is_kept(made: Generation, tmp_path: Path) -> None:
    track = replace(made.tracks[0], keeps=frozenset({"level", "ends"}), bits=32)
    written(replace(made, tracks=(track,)), tmp_path / "x.wav")
    assert np.array_equal(soundfile.read(tmp_path / "x.wav", dtype="float32")[0], track.waveform)


@pytest.mark.parametrize("bad", [np.zeros(22_050), np.full(22_050, np.nan)])
def test_silence_and_nan_are_refused_and_leave_nothing(
    made: Generation, bad: np.ndarray, tmp_path: Path
) -> None:
    wrong = replace(made, tracks=(Track(bad.astype(np.float32), 22_050, 3),))
    with pytest.raises(UnsoundError):
        written(wrong, tmp_path / "x.flac")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fails", [1, 2])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failed_write_leaves_the_old_pair(
    made: Generation, fails: int, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(made, tmp_path / "x.flac", title="Old")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    calls, replace_file = [], module.os.replace

    def failing(*args: Any) -> None:
        calls.append(args)
        if len(calls) == fails:
            raise error
        replace_file(*args)

    monkeypatch.setattr(module.os, "replace", failing)
    with pytest.raises(type(error)):  # a full disk is told with the file
        written(made, tmp_path / "x.flac", title="New")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_another_model_is_told_and_not_taken(made: Generation, tmp_path: Path) -> None:
    from generation.audio.backends import Songspace

    record = load_record(written(made, tmp_path / "x.flac").record_path)
    with pytest.raises(RecordError, match="SONGSPACE_GENERATOR"):
        remake(Songspace(tiny_pipeline("v_prediction")), record)


def test_a_model_that_samples_in_another_way_is_told(made: Generation, backend: Any, tmp_path: Path) -> None:
    from generation.audio.backends import Songspace

    record = load_record(written(made, tmp_path / "x.flac").record_path)
    with pytest.raises(RecordError, match="scheduler"):
        remake(Songspace(tiny_pipeline(scheduler="unipc")), record)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no JSON"),
        ("[1, 2]", "no record of a generation"),
        ('{"format": "songspace-generation", "version": 2}', "version 2"),
        ('{"format": "songspace-generation", "version": 1}', "was changed"),
    ],
)
def test_what_is_no_record_is_refused(text: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(RecordError, match=complaint):
        load_record(tmp_path / "x.json")


@pytest.mark.parametrize("name", ["threads", "request", "told", "tags", "waveform_sha256"])
def test_a_record_that_lacks_something_names_it(made: Generation, name: str, tmp_path: Path) -> None:
    from generation.audio.record import _checksum

    path = written(made, tmp_path / "x.flac").record_path
    document = json.loads(path.read_text())
    del document[name], document["checksum"]
    path.write_text(json.dumps(document | {"checksum": _checksum(document)}))
    with pytest.raises(RecordError, match=name):
        load_record(path)


def test_a_record_that_was_edited_is_refused(made: Generation, tmp_path: Path) -> None:
    path = written(made, tmp_path / "x.flac").record_path
    path.write_text(path.read_text().replace("slow jazz", "fast jazz"))
    with pytest.raises(RecordError, match="changed after it was written"):
        load_record(path)
    assert path == record_path(tmp_path / "x.flac")


def test_a_prompt_of_anything_is_written_and_read(made: Generation, tmp_path: Path) -> None:
    prompt = "a\nb\x00c \ud800 夜"
    odd = replace(made, request=replace(ASKED, prompt=prompt))
    first = written(odd, tmp_path / "x.mp3")
    assert TinyTag.get(first.path).other["prompt"] == ["a b c 夜"]
    assert load_record(first.record_path).request.prompt == prompt
