"""From music to a trained denoiser, on a world of two kinds of noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from generation.audio.denoiser import Denoiser
from generation.audio.presets import PRESETS
from generation.audio.training import music
from generation.audio.training.denoising import DenoisingConfig, held_out_losses, train_denoiser
from generation.audio.training.latents import LatentSet, load_latents
from generation.audio.training.music import Item, MusicError, prepare_music, read_manifest, read_shards
from generation.audio.wishes import Wishes
from generation.training.hardware import Hardware
from generation.training.loop import LoopConfig, Trained

TINY = replace(PRESETS["tiny"].denoiser, channels=10)
LOOP = LoopConfig(steps=8, warmup_steps=2, log_every=1, checkpoint_every=4)
RATE = 22_050


@dataclass(frozen=True)
class TwoKinds:
    """Low notes at 60 and high ones at 120 beats a minute, in turn; number 3 is not to be learned from."""

    n_items: int = 6
    seconds: float = 3.0

    @property
    def name(self) -> dict[str, Any]:
        return {"kind": "two kinds"}

    def item(self, number: int) -> Item | None:
        high = number % 2 == 1
        length = RATE * (2 if number == 4 else 3)
        wave = 0.3 * np.sin(2 * np.pi * (2000 if high else 200) * np.arange(length) / RATE)
        wishes = Wishes(tempo_bpm=120.0 if high else 60.0, bar_phase=0.5, seconds=3.0, tags={"opening": 1.0})
        words = () if number == 4 else (("high notes", "high") if high else ("low notes",))
        split = "test" if number == 5 else "generator"
        return None if number == 3 else Item(wave, RATE, wishes, words, split)


class Blocks(nn.Module):
    """An autoencoder of 8 bands each, no less, and no more."""

    config = SimpleNamespace(factor=8)

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.2))

    def encode(self, log_mel: torch.Tensor) -> torch.Tensor:
        return self.scale * (torch.nn.functional.avg_pool2d(log_mel[:, None], 8)[:, 0] + 9)


@pytest.fixture(autouse=True)
def encoders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoders that need no weights: a word is one token, a style the loudness."""

    def tokens(texts: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
        counts = [len(text.split()) for text in texts]
        mask = np.arange(max(counts, default=0)) < np.array(counts)[:, None].reshape(-1, 1)
        return np.repeat(mask[..., None], 384, axis=2).astype(np.float32), mask

    style = SimpleNamespace(embed=lambda wave: np.full(200, wave.std(), np.float32))
    monkeypatch.setattr(music, "_text_encoder", lambda: SimpleNamespace(tokens=tokens))
    monkeypatch.setattr(music, "_style_encoder", lambda: style)


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    prepare_music(tmp_path / "music", TwoKinds())
    return tmp_path / "music"


def latents(folder: Path, split: str = "generator") -> LatentSet:
    return load_latents(folder, Blocks(), split=split)


def trained(out: Path, data: LatentSet, config: DenoisingConfig | None = None, **settings: Any) -> Trained:
    config = config or DenoisingConfig(batch_size=4)
    loop = settings.pop("loop", LOOP)
    return train_denoiser(data, TINY, config, loop, out=out, hardware=Hardware("cpu"), **settings)[1]


def losses(run: Trained) -> list[float]:
    return [row["denoiser/loss"] for row in run.losses]


def test_music_is_prepared_with_all_that_is_known(prepared: Path) -> None:
    (shard,) = read_shards(prepared)
    assert [row["item"] for row in shard.rows] == [0, 1, 2, 4, 5]
    assert shard.log_mels.shape == (5, 80, 264)
    assert [row["tokens"] for row in shard.rows] == [[2], [2, 1], [2], [], [2, 1]]


def test_an_interrupted_preparation_goes_on(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = (prepared / "shards" / "00000.npz").read_bytes()
    (prepared / "shards" / "00000.npz").unlink()
    with pytest.raises(MusicError, match="not finished"):
        list(read_shards(prepared))
    prepare_music(prepared, TwoKinds())
    assert (prepared / "shards" / "00000.npz").read_bytes() == whole


def test_prepared_music_is_made_longer_and_never_mixed(prepared: Path) -> None:
    prepare_music(prepared, TwoKinds(n_items=40))
    assert sum(len(shard.rows) for shard in read_shards(prepared)) == 39
    assert read_manifest(prepared)["items"] == 40
    with pytest.raises(MusicError, match="40 items already"):
        prepare_music(prepared, TwoKinds())
    with pytest.raises(MusicError, match="another seconds"):
        prepare_music(prepared, TwoKinds(n_items=40, seconds=2.0))


def test_latents_are_of_one_split(prepared: Path) -> None:
    assert (len(latents(prepared)), len(latents(prepared, "test"))) == (4, 1)
    assert latents(prepared).lengths.tolist() == [33, 33, 33, 22]
    with pytest.raises(MusicError, match="judge"):
        latents(prepared, "judge")


def test_batches_depend_on_their_number_alone(prepared: Path) -> None:
    data = latents(prepared)
    one, same, other = (data.batch(1, number, size=8) for number in (5, 5, 6))
    assert torch.equal(one.latent, same.latent)
    assert torch.equal(one.conditions.token_mask, same.conditions.token_mask)
    assert one.latent.shape != other.latent.shape or not torch.equal(one.latent, other.latent)


def test_a_cut_knows_its_bar_and_that_it_is_no_opening(prepared: Path) -> None:
    data = latents(prepared)
    starts = torch.tensor([0, 11])  # 11 of 10.77 latent frames a second: a second and a bit
    cut = data._cut(torch.tensor([0, 0]), starts, 22)
    expected = [0.5, (0.5 + 11 / data.frames_per_second / 4) % 1]
    assert cut.bar_phase.tolist() == pytest.approx(expected, abs=1e-5)
    assert cut.tags[:, -2].tolist() == [1.0, -1.0]
    assert cut.seconds.tolist() == pytest.approx([22 / data.frames_per_second] * 2)


def test_music_without_words_has_no_tokens(prepared: Path) -> None:
    data = latents(prepared)
    tokens, mask = data._words(np.array([3, 1]), np.random.default_rng(0))
    assert mask.any(1).tolist() == [False, True]
    assert not tokens[0].any()


@pytest.mark.parametrize("kind", ["flow", "v_prediction", "epsilon", "sample"])
def test_it_learns_one_batch(prepared: Path, tmp_path: Path, kind: str) -> None:
    loop = LoopConfig(steps=150, warmup_steps=10, log_every=25, checkpoint_every=1000)
    config = DenoisingConfig(batch_size=8, learning_rate=0.01, drop={}, drop_all=0.0, crops=False)
    data, model = latents(prepared), replace(TINY, prediction_type=kind)
    _, run = train_denoiser(data, model, config, loop, out=tmp_path / "run", hardware=Hardware("cpu"))
    assert losses(run)[-1] < 0.5 * losses(run)[0]


def test_resumed_training_has_the_losses_of_uninterrupted(prepared: Path, tmp_path: Path) -> None:
    data = latents(prepared)
    whole = trained(tmp_path / "whole", data)
    asked = iter(range(1, 100))
    first = trained(tmp_path / "parts", data, stop=lambda: next(asked) == 3)
    rest = trained(tmp_path / "parts", data, resume=True)
    assert losses(first) + losses(rest) == losses(whole)


def test_the_average_is_saved_where_time_is_over_too(prepared: Path, tmp_path: Path) -> None:
    data = latents(prepared)
    run = trained(tmp_path, data, minutes=0.0)
    saved = Denoiser.from_pretrained(tmp_path / "denoiser")
    assert not run.done
    mean = data.conditions.style.mean(0)
    torch.testing.assert_close(saved.conditions.style_mean, mean)


def test_held_out_loss_is_worst_with_the_conditions_of_others(prepared: Path, tmp_path: Path) -> None:
    data = latents(prepared)
    loop = LoopConfig(steps=250, warmup_steps=10, log_every=50, checkpoint_every=1000)
    config = DenoisingConfig(batch_size=8, learning_rate=0.01, drop={}, drop_all=0.3)
    model, _ = train_denoiser(data, TINY, config, loop, out=tmp_path / "run", hardware=Hardware("cpu"))
    batch = data.batch(0, 0, size=8, crops=False)
    alternate = torch.tensor([0, 1] * 4)  # rows of items 0 and 1 in turn
    batch = replace(
        batch,
        latent=torch.from_numpy(data.latents[alternate.numpy()].astype(np.float32)),
        conditions=data._cut(alternate, torch.zeros(8, dtype=torch.long), data.latents.shape[2]),
    )
    found = held_out_losses(model, "flow", batch)
    assert found["held_out/told"] < found["held_out/swapped"]
    assert found["held_out/t950"] > 0


def test_music_of_another_autoencoder_is_refused(prepared: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="takes latents of 96 channels, the music has 10"):
        train_denoiser(
            latents(prepared), PRESETS["tiny"].denoiser, DenoisingConfig(), LOOP, out=tmp_path / "run"
        )
