"""An index made of a folder of prepared music: it holds the generator's split, and knows its copies."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from generation.audio.memorisation import load_index
from generation.audio.training.music import MusicError
from generation.audio.training.prints import build_index

T, PER_SHARD = 432, 20


def music(item: int) -> np.ndarray:
    rng = np.random.default_rng(item)
    return (rng.normal(size=(16, T // 6)).repeat(6, axis=1).repeat(5, axis=0) - 3).astype(np.float16)


def style(item: int) -> np.ndarray:
    return np.random.default_rng(500 + item).normal(size=200).astype(np.float16)


def prepare(folder: Path, items: int) -> Path:
    """Prepared music of which every fifth item is held out."""
    (folder / "shards").mkdir(parents=True)
    source = {"kind": "studio", "seed": 1}
    manifest = {"format": 1, "items": items, "seconds": 5.0, "source": source}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for first in range(0, items, PER_SHARD):
        numbers = range(first, min(first + PER_SHARD, items))
        rows = [{"item": n, "frames": T - 2, "split": "test" if n % 5 == 4 else "generator"} for n in numbers]
        np.savez(
            folder / "shards" / f"{first // PER_SHARD:05d}.npz",
            log_mels=np.stack([music(n) for n in numbers]),
            styles=np.stack([style(n) for n in numbers]),
            rows=np.frombuffer("\n".join(map(json.dumps, rows)).encode(), np.uint8),
        )
    return folder


def test_copies_are_found_and_held_out_music_is_not_accused(tmp_path: Path) -> None:
    made = build_index(prepare(tmp_path / "music", 60), tmp_path / "index", rate=0.02)
    index = load_index(tmp_path / "index")
    assert (made.clips, len(index), made.thresholds.clips) == (48, 48, 12)
    assert 4 not in index.prints.items
    for item in (0, 13, 58):
        found = index.nearest(music(item)[:, : T - 2], style(item))
        assert (found.mel_item, found.place_item, found.is_copy) == (item, item, True)
    assert not any(index.nearest(music(n)[:, : T - 2], style(n)).is_copy for n in range(4, 60, 5))


def test_the_card_says_the_rate_and_what_the_index_was_made_of(tmp_path: Path) -> None:
    build_index(prepare(tmp_path / "music", 40), tmp_path / "index", rate=0.02)
    card = (tmp_path / "index" / "README.md").read_text()
    assert "studio seed 1" in card
    assert ": 2 % of honest clips, by" in card


def test_a_folder_without_music_or_with_too_little_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MusicError, match="holds no prepared music"):
        build_index(tmp_path, tmp_path / "index")
    with pytest.raises(MusicError, match="too few"):
        build_index(prepare(tmp_path / "music", 4), tmp_path / "index")
    with pytest.raises(ValueError, match="between 0 and 1"):
        build_index(tmp_path / "music", tmp_path / "index", rate=0.0)


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "music", 20)
    (folder / "shards" / "00000.npz").write_bytes(b"no")
    with pytest.raises(MusicError, match=r"00000\.npz is damaged"):
        build_index(folder, tmp_path / "index")
