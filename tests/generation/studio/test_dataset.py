"""Data sets: the same bytes however they were made, resumed where they stopped, described truly."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from generation.audio.spectrogram import log_mel
from generation.studio import dataset
from generation.studio.clips import render_clip
from generation.studio.dataset import (
    MANIFEST,
    DatasetConfig,
    DatasetError,
    WorkerLostError,
    build_dataset,
)
from generation.studio.soundfont import SoundFontMissingError
from generation.studio.truth import Truth

pytest.importorskip("tinysoundfont")
pytest.importorskip("pretty_midi")

CONFIG = DatasetConfig(seed=4, seconds=1.0, tune_share=0.0)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished data set of 40 clips, that is two shards, with sound."""
    out = tmp_path_factory.mktemp("built") / "set"
    build_dataset(out, clips=40, config=DatasetConfig(4, 1.0, audio=True, tune_share=0.0))
    return out


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(folder: Path) -> list[dict[str, object]]:
    shards = sorted((folder / "shards").glob("*.jsonl"))
    return [json.loads(line) for shard in shards for line in shard.read_text().splitlines()]


def test_every_clip_has_a_spectrogram_captions_truth_and_sound(built: Path) -> None:
    told = rows(built)
    log_mels = np.concatenate([np.load(shard) for shard in sorted((built / "shards").glob("*.npy"))])
    assert [row["clip"] for row in told] == list(range(40))
    assert log_mels.shape == (40, 80, 87)
    assert log_mels.dtype == np.float16
    assert all(len(row["captions"]) == 5 and Truth.from_json(row["truth"]) for row in told)  # type: ignore[arg-type]
    assert len(list((built / "audio").glob("*.flac"))) == 40


def test_the_manifest_says_what_it_was_made_with(built: Path) -> None:
    manifest = json.loads((built / MANIFEST).read_text())
    assert manifest["complete"]
    assert (manifest["seed"], manifest["clips"], sum(manifest["splits"].values())) == (4, 40, 40)
    assert manifest["soundfont"]["name"] == "TimGM6mb.sf2"
    assert len(manifest["soundfont"]["sha256"]) == 64


def test_a_clip_in_memory_is_the_one_in_the_files(built: Path) -> None:
    clip = render_clip(4, 33, seconds=1.0, tune_share=0.0)
    stored = np.load(built / "shards" / "00001.npy")[1]
    assert log_mel(clip.rendered.waveform).astype(np.float16).tobytes() == stored.tobytes()
    assert list(clip.captions) == rows(built)[33]["captions"]


def test_no_clip_is_silent(built: Path) -> None:
    log_mels = np.concatenate([np.load(shard) for shard in sorted((built / "shards").glob("*.npy"))])
    assert log_mels.max(axis=(1, 2)).min() > -4


def test_a_songs_clips_are_in_one_split(built: Path) -> None:
    told = rows(built)
    assert len({(row["song"], row["split"]) for row in told}) == 10


def test_two_workers_give_the_same_bytes(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    build_dataset(out, clips=40, config=DatasetConfig(4, 1.0, audio=True, tune_share=0.0), workers=2)
    assert files(out) == files(built)


def test_an_interrupted_run_goes_on_and_ends_with_the_same_bytes(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    config = DatasetConfig(4, 1.0, audio=True, tune_share=0.0)

    def stop(done: int, _note: str) -> None:
        if done >= 32:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_dataset(out, clips=40, config=config, progress=stop)
    first = (out / "shards" / "00000.npy").stat().st_mtime_ns
    assert not json.loads((out / MANIFEST).read_text())["complete"]
    build_dataset(out, clips=40, config=config)
    assert (out / "shards" / "00000.npy").stat().st_mtime_ns == first
    assert files(out) == files(built)


def test_a_finished_set_is_made_longer(tmp_path: Path) -> None:
    out, whole = tmp_path / "set", tmp_path / "whole"
    for clips in (3, 6):
        build_dataset(out, clips=clips, config=CONFIG)
    build_dataset(whole, clips=6, config=CONFIG)
    assert files(out) == files(whole)


def test_what_a_killed_run_left_half_is_cleared_away(tmp_path: Path) -> None:
    out = tmp_path / "set"
    build_dataset(out, clips=2, config=CONFIG)
    (out / "shards" / ".part-77-00000.npy").write_bytes(b"half")
    before = files(out).keys()
    build_dataset(out, clips=2, config=CONFIG)
    assert files(out).keys() == before - {"shards/.part-77-00000.npy"}


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_no_half_file_and_goes_on(tmp_path: Path, repository: Path) -> None:
    out = tmp_path / "set"
    code = (
        "from pathlib import Path; from generation.studio.dataset import *\n"
        "if __name__ == '__main__':\n"
        "    config = DatasetConfig(4, 1.0, tune_share=0.0)\n"
        f"    build_dataset(Path({str(out)!r}), clips=96, config=config, workers=2)"
    )
    (tmp_path / "run.py").write_text(code)
    run = subprocess.Popen(
        [sys.executable, tmp_path / "run.py"], env={**os.environ, "PYTHONPATH": str(repository)}
    )
    while not list(out.glob("shards/*.jsonl")):
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert all(np.load(path).shape == (32, 80, 87) for path in out.glob("shards/0*.npy"))
    build_dataset(out, clips=96, config=CONFIG)
    whole = tmp_path / "whole"
    build_dataset(whole, clips=96, config=CONFIG)
    assert files(out) == files(whole)


@pytest.mark.parametrize(
    "other", [DatasetConfig(5, 1.0, tune_share=0.0), DatasetConfig(4, 2.0, tune_share=0.0)]
)
def test_another_data_set_is_not_overwritten(other: DatasetConfig, built: Path) -> None:
    before = files(built)
    with pytest.raises(DatasetError, match="made with another"):
        build_dataset(built, clips=40, config=other)
    assert files(built) == before


def test_a_longer_one_is_not_cut(built: Path) -> None:
    with pytest.raises(DatasetError, match="40 clips"):
        build_dataset(built, clips=3, config=DatasetConfig(4, 1.0, audio=True, tune_share=0.0))


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear all")
    with pytest.raises(DatasetError, match="something else"):
        build_dataset(tmp_path, clips=1, config=CONFIG)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json"])
def test_a_damaged_manifest_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(DatasetError, match=MANIFEST):
        build_dataset(tmp_path, clips=1, config=CONFIG)


def test_a_lost_worker_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "start_worker", functools.partial(os._exit, 1))
    with pytest.raises(WorkerLostError, match="goes on"):
        build_dataset(tmp_path / "set", clips=40, config=CONFIG, workers=2)


def test_without_a_synthesiser_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_font: object) -> None:
        raise SoundFontMissingError("pip install")

    monkeypatch.setattr(dataset, "load_synth", missing)
    with pytest.raises(SoundFontMissingError):
        build_dataset(tmp_path / "set", clips=1, config=CONFIG)
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"seed": 1, "seconds": 0.0}, {"seed": 1, "sample_rate": 1}])
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="needs a seed"):
        DatasetConfig(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(("seed", "clip"), [(-1, 0), (0, -1)])
def test_negative_numbers_are_no_clips(seed: int, clip: int) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        render_clip(seed, clip)
