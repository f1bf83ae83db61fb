"""Fingerprints on made-up spectrograms: copies are found wherever they begin, other music is not accused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generation.audio.memorisation import (
    STEP_FRAMES,
    Index,
    Nearest,
    Thresholds,
    fingerprint,
    load_index,
    save_index,
)
from generation.audio.training.prints import _Clip, _prints, crossed_rate, thresholds_of
from generation.checkpoint import CheckpointError

T = 860
LOUD = Thresholds(mel=1.0, place=0.99, rate=0.01, clips=0)


def music(seed: int, frames: int = T) -> np.ndarray:
    """A spectrogram of bands that come and go, each at its own times."""
    rng = np.random.default_rng(seed)
    notes = rng.normal(size=(16, frames // 8 + 1)).repeat(8, axis=1)[:, :frames]
    return (notes.repeat(5, axis=0) - 3).astype(np.float32)


def style(seed: int) -> np.ndarray:
    return np.random.default_rng(1000 + seed).normal(size=200).astype(np.float32)


@pytest.fixture(scope="module")
def index() -> Index:
    clips = [_Clip(10 * n, "generator", fingerprint(music(n)), style(n), None) for n in range(40)]
    return Index(_prints(clips), thresholds=LOUD)


def ask(index: Index, log_mel: np.ndarray, seed: int = 99) -> Nearest:
    return index.nearest(log_mel, style(seed))


def test_a_copy_is_found_and_named(index: Index) -> None:
    found = ask(index, music(7), seed=7)
    assert (found.mel_item, found.place_item, found.is_copy) == (70, 70, True)
    assert found.mel_similarity == pytest.approx(1, abs=1e-3)
    assert found.place_similarity == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("frames", [5, 100, 231, -117])
def test_a_copy_is_found_wherever_it_begins(index: Index, frames: int) -> None:
    front = music(50)[:, : max(frames, 0)]
    moved = np.concatenate([front, music(7)[:, max(-frames, 0) : T - max(frames, 0)]], axis=1)
    found = ask(index, moved)
    assert (found.mel_item, found.is_copy) == (70, True)
    assert found.shift_s == pytest.approx(frames * 256 / 22_050, abs=0.06)


def test_level_and_colour_do_not_matter(index: Index) -> None:
    tilted = music(3) - 2 + np.linspace(0, 1, 80)[:, None]
    assert ask(index, tilted).mel_item == 30
    assert ask(index, tilted).is_copy


def test_noise_does_not_hide_a_copy(index: Index) -> None:
    noisy = music(3) + 0.7 * np.random.default_rng(0).normal(size=(80, T))
    assert ask(index, noisy).is_copy


def test_other_music_is_not_accused(index: Index) -> None:
    assert not any(ask(index, music(seed), seed).is_copy for seed in range(100, 130))


def test_a_longer_take_that_holds_a_clip_is_a_copy(index: Index) -> None:
    longer = np.concatenate([music(60), music(7), music(61)], axis=1)
    found = ask(index, longer)
    assert (found.mel_item, found.is_copy) == (70, True)
    assert found.shift_s == pytest.approx(T * 256 / 22_050, abs=0.06)


def test_silence_and_a_take_of_a_moment_are_like_nothing(index: Index) -> None:
    assert ask(index, np.full((80, T), -11.5)).mel_similarity < 0.1
    assert ask(index, music(7)[:, :STEP_FRAMES]).mel_similarity <= 1
    assert ask(index, music(7)[:, :3]).mel_similarity == -1


def test_without_thresholds_nothing_is_a_copy(index: Index) -> None:
    assert not Index(index.prints).nearest(music(7), style(7)).is_copy


def test_an_index_comes_back_as_it_was_saved(index: Index, tmp_path: Path) -> None:
    sha256 = save_index(tmp_path, index.prints, LOUD, source={"kind": "studio", "seed": 1})
    again = load_index(tmp_path)
    assert (again.sha256, again.thresholds, again.source["seed"]) == (sha256, LOUD, 1)
    assert ask(again, music(5), 5) == ask(index, music(5), 5)


def test_a_damaged_index_is_refused(index: Index, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no model"):
        load_index(tmp_path)
    save_index(tmp_path, replace(index.prints, items=index.prints.items[:3]), LOUD, source={})
    with pytest.raises(CheckpointError, match="not one"):
        load_index(tmp_path)


def test_ten_thousand_clips_fit_in_two_mebibytes(index: Index) -> None:
    p = index.prints
    each = sum(part.nbytes for part in (p.bits, p.lengths, p.places, p.items)) / len(p.items)
    assert 10_000 * each + p.axes.nbytes + p.mean.nbytes < 2 * 2**20


def test_thresholds_accuse_the_share_that_was_allowed() -> None:
    honest = np.random.default_rng(0).gumbel(0.4, 0.05, size=(4000, 2))
    honest[:, 1] = 1 - np.exp(-4 * honest[:, 1])
    found = thresholds_of(honest, 0.01)
    accused = (honest[:, 0] >= found.mel) | (honest[:, 1] >= found.place)
    assert 0.004 <= accused.mean() <= 0.012
    assert crossed_rate(honest, 0.01) <= 0.015
