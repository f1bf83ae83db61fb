"""Training of the codec: runs that resume to the same losses, models that learn, what a run leaves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from generation.audio.autoencoder import Autoencoder
from generation.audio.codec_presets import autoencoder_preset, vocoder_preset
from generation.audio.losses import movement_loss
from generation.audio.training.adversarial import train_vocoder
from generation.audio.training.pool import Pool, pool_of_waveforms
from generation.audio.training.reconstruction import pool_pca, train_autoencoder
from generation.audio.vocoder import Vocoder
from generation.training.hardware import Hardware
from generation.training.loop import Trained
from generation.training.resume import ResumeError

CPU = Hardware("cpu")


def pool(n: int = 3) -> Pool:
    """Chords that change every half a second."""
    rng = np.random.default_rng(0)
    time = np.arange(5 * 22_050) / 22_050
    waves = []
    for _ in range(n):
        pitches = rng.choice([220, 277, 330, 440, 554, 660], (3, 10))[
            :, np.minimum((time * 2).astype(int), 9)
        ]
        waves.append(0.1 * np.sin(2 * np.pi * pitches * time).sum(axis=0) + 0.01 * rng.normal(size=len(time)))
    return pool_of_waveforms(np.asarray(wave, dtype=np.float32) for wave in waves)


def train(kind: str, out: Path, *, steps: int = 12, **options: Any) -> tuple[Any, Trained]:
    options.setdefault("hardware", CPU)
    if kind == "autoencoder":
        preset = autoencoder_preset("tiny")
        loop = replace(preset.loop, steps=steps, log_every=1, checkpoint_every=3)
        return train_autoencoder(pool(), preset.model, preset.training, loop, out=out, **options)
    other = vocoder_preset("tiny")
    loop = replace(other.loop, steps=steps, log_every=1, checkpoint_every=3)
    return train_vocoder(pool(), other.model, other.training, loop, out=out, **options)


class Killed(Exception):
    """The process is gone."""


def killer(at: int) -> Any:
    def progress(step: int, _note: str) -> None:
        if step == at:
            raise Killed

    return progress


@pytest.mark.parametrize("kind", ["autoencoder", "vocoder"])
def test_a_killed_training_resumes_to_the_same_losses(kind: str, tmp_path: Path) -> None:
    whole_model, whole = train(kind, tmp_path / "whole")
    with pytest.raises(Killed):
        train(kind, tmp_path / "killed", progress=killer(8))
    model, rest = train(kind, tmp_path / "killed", resume=True)
    assert [dict(row) for row in rest.losses] == [dict(row) for row in whole.losses[6:]]
    for ours, theirs in zip(model.parameters(), whole_model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("kind", ["autoencoder", "vocoder"])
def test_minutes_end_a_run_with_a_model_and_a_checkpoint(kind: str, tmp_path: Path) -> None:
    _, trained = train(kind, tmp_path, minutes=0.0)
    assert trained.step == 1
    assert not trained.done
    model: Any = {"autoencoder": Autoencoder, "vocoder": Vocoder}[kind]
    assert model.from_pretrained(tmp_path / kind)
    assert train(kind, tmp_path, resume=True)[1].done


@pytest.mark.parametrize("kind", ["autoencoder", "vocoder"])
def test_the_second_player_joins_and_learns(kind: str, tmp_path: Path) -> None:
    _, trained = train(kind, tmp_path)
    telling = [row["critic/loss"] for row in trained.losses]
    assert telling[0] == 0
    assert telling[-1] > 0
    assert trained.losses[-1]["critic/gradient"] > 0


def test_another_training_is_not_resumed(tmp_path: Path) -> None:
    train("autoencoder", tmp_path)
    with pytest.raises(ResumeError, match="another"):
        train("autoencoder", tmp_path, steps=24, resume=True)


def test_latents_of_the_training_set_have_mean_0_and_variance_1(tmp_path: Path) -> None:
    model, _ = train("autoencoder", tmp_path)
    with torch.no_grad():
        latents = [
            model.encode(torch.from_numpy(one[:, :424].astype(np.float32))[None])[0]
            for one in pool().log_mels
        ]
    every = torch.cat(latents, dim=1)
    assert every.mean(dim=1).abs().max() < 0.1
    assert every.std(dim=1) == pytest.approx(torch.ones(16), abs=0.1)


def test_the_autoencoder_overfits_one_batch(tmp_path: Path) -> None:
    preset = autoencoder_preset("tiny")
    wave = pool(1).waveforms[0][: 88 * 256 - 1].astype(np.float32) / 32767
    few = pool_of_waveforms([wave], least_s=1.0)
    training = replace(
        preset.training, n_frames=88, noise=0.0, clips=1, learning_rate=3e-3, texture=0.0, movement=0.0
    )
    loop = replace(preset.loop, steps=150, log_every=1, checkpoint_every=150)
    small = replace(preset.model, channels=4, width=64, hidden=128)
    _, trained = train_autoencoder(few, small, training, loop, out=tmp_path, hardware=CPU)
    assert trained.losses[100]["autoencoder/difference"] < 0.6 * trained.losses[0]["autoencoder/difference"]


def test_the_vocoder_overfits_one_batch(tmp_path: Path) -> None:
    preset = vocoder_preset("tiny")
    wave = pool(1).waveforms[0][: 40 * 256].astype(np.float32) / 32767
    few = pool_of_waveforms([wave], least_s=0.4)
    loop = replace(preset.loop, steps=120, log_every=1, checkpoint_every=120)
    training = replace(preset.training, clips=1, n_ffts=(512, 1024, 2048))
    _, trained = train_vocoder(few, preset.model, training, loop, out=tmp_path, hardware=CPU)
    assert trained.losses[59]["vocoder/spectra"] < 0.8 * trained.losses[0]["vocoder/spectra"]


def test_a_vocoder_trains_on_what_an_autoencoder_rebuilds(tmp_path: Path) -> None:
    autoencoder, _ = train("autoencoder", tmp_path / "a")
    _, with_one = train("vocoder", tmp_path / "b", autoencoder=autoencoder, steps=2)
    _, without = train("vocoder", tmp_path / "c", steps=2)
    assert with_one.losses[0] != without.losses[0]


@pytest.mark.parametrize("kind", ["autoencoder", "vocoder"])
def test_half_precision_trains_alike(kind: str, tmp_path: Path) -> None:
    _, full = train(kind, tmp_path / "full", steps=4)
    _, half = train(kind, tmp_path / "half", steps=4, hardware=Hardware("cpu", bf16=True))
    for name in full.losses[0]:
        if "gradient" not in name:
            assert half.losses[0][name] == pytest.approx(full.losses[0][name], rel=0.02, abs=0.01), name


def test_batches_depend_on_their_number_alone() -> None:
    music = pool()
    one, again = (music.sounds(1, 7, clips=2, n_frames=32) for _ in range(2))
    assert np.array_equal(one[0], again[0])
    assert not np.array_equal(one[0], music.sounds(1, 8, clips=2, n_frames=32)[0])


def test_sounds_lie_under_their_spectrograms() -> None:
    from generation.audio.spectrogram import log_mel

    log_mels, waveforms = pool().sounds(1, 3, clips=1, n_frames=64)
    assert np.abs(log_mel(waveforms[0])[:, 4:60] - log_mels[0][:, 4:60]).max() < 0.05


def test_music_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="no music"):
        pool_of_waveforms([np.zeros(100, np.float32)])


def test_starting_weights_are_kept(tmp_path: Path) -> None:
    first, _ = train("autoencoder", tmp_path / "a")
    _, more = train(
        "autoencoder", tmp_path / "b", start=Autoencoder.from_pretrained(tmp_path / "a" / "autoencoder")
    )
    assert np.isfinite(more.losses[-1]["autoencoder/loss"])
    assert pool_pca(pool(), autoencoder_preset("tiny").model).components.shape == (16, 640)
    assert first.channels == 16


def test_a_decoder_alone_leaves_the_latents_as_they_were(tmp_path: Path) -> None:
    before, _ = train("autoencoder", tmp_path / "before")
    preset = autoencoder_preset("tiny")
    after, _ = train_autoencoder(
        pool(),
        preset.model,
        replace(preset.training, decoder_only=True),
        replace(preset.loop, steps=12),
        out=tmp_path / "after",
        start=Autoencoder.from_pretrained(tmp_path / "before" / "autoencoder"),
        hardware=CPU,
    )
    log_mel = torch.from_numpy(pool(1).log_mels[0][None, :, :64].astype(np.float32))
    with torch.no_grad():
        assert torch.equal(before.encode(log_mel), after.encode(log_mel))
        assert not torch.equal(before(log_mel), after(log_mel))


def test_movement_is_missed_where_a_spectrogram_is_smoothed() -> None:
    true = torch.randn(1, 4, 128, generator=torch.Generator().manual_seed(0))
    smooth = torch.nn.functional.avg_pool1d(true, 5, stride=1, padding=2)
    assert movement_loss(true, true) == 0
    assert movement_loss(true.flip(2), true) < 0.3 < 1 < movement_loss(smooth, true)
    assert movement_loss(0.01 * smooth, 0.01 * true) > 0.15
