"""What was written into a data set is read from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from generation.audio.spectrogram import SpectrogramConfig, log_mel
from generation.studio.clips import render_clip
from generation.studio.dataset import MANIFEST, DatasetConfig, DatasetError, build_dataset
from generation.studio.dataset_reader import DatasetReader
from generation.studio.sampling import SPLITS

pytest.importorskip("tinysoundfont")
pytest.importorskip("pretty_midi")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("read") / "set"
    build_dataset(out, clips=34, config=DatasetConfig(6, 0.5, tune_share=0.0))
    return out


def test_clips_are_found_across_shards(folder: Path) -> None:
    read = DatasetReader(folder)
    clip = render_clip(6, 33, seconds=0.5, tune_share=0.0)
    assert len(read) == 34
    assert read.spectrogram == SpectrogramConfig()
    assert read.log_mel(33) == pytest.approx(log_mel(clip.rendered.waveform), abs=0.01)
    assert read.log_mel(33).dtype == np.float32


def test_splits_part_the_clips(folder: Path) -> None:
    read = DatasetReader(folder)
    parted = sorted(row["clip"] for split in SPLITS for row in read.rows(split))
    assert parted == [row["clip"] for row in read.rows()] == list(range(34))


@pytest.mark.parametrize("clip", [-1, 34])
def test_a_clip_that_is_not_there_is_refused(clip: int, folder: Path) -> None:
    with pytest.raises(IndexError, match="0 to 33"):
        DatasetReader(folder).log_mel(clip)


@pytest.mark.parametrize("manifest", [None, "{}", '{"complete": false, "clips_per_shard": 32}'])
def test_what_is_no_finished_data_set_is_refused(manifest: str | None, tmp_path: Path) -> None:
    if manifest is not None:
        (tmp_path / MANIFEST).write_text(manifest)
    with pytest.raises(DatasetError, match=r"no data set|not finished"):
        DatasetReader(tmp_path)
