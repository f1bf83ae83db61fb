"""Runs of a tiny generator and a tiny lyric model that several processes can share: functions of a module, so
that they can be sent to other processes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from generation.audio.conditioning import conditions_of
from generation.audio.presets import PRESETS
from generation.audio.training.denoising import DenoisingConfig, train_denoiser
from generation.audio.training.latents import LatentSet
from generation.audio.wishes import Wishes
from generation.lyrics.training import TextTraining, train_network
from generation.training.hardware import Hardware
from generation.training.loop import LoopConfig, Trained
from tests.tiny_songs import tiny_stream, tiny_tokenizer

STEPS = 6


def learn_music(
    out: Path, *, resume: bool = False, stop: Callable[[], bool] = lambda: False, accumulate: int = 1
) -> Trained:
    """Train a denoiser on noise of two loudnesses."""
    rng = np.random.default_rng(0)
    latents = rng.normal(size=(6, 10, 33)) * np.array([0.5, 1.5] * 3)[:, None, None]
    music = LatentSet(
        latents.astype(np.float16),
        np.full(6, 33),
        conditions_of([Wishes(tempo_bpm=tempo) for tempo in (60.0, 120.0) * 3]),
        np.zeros((0, 384), np.float16),
        np.zeros(1, np.int64),
        np.zeros(7, np.int64),
        10.0,
        "two loudnesses",
    )
    return train_denoiser(
        music,
        replace(PRESETS["tiny"].denoiser, channels=10),
        DenoisingConfig(batch_size=2),
        loop(accumulate),
        out=out,
        resume=resume,
        stop=stop,
        hardware=Hardware("cpu"),
    )[1]


def learn_words(
    out: Path, *, resume: bool = False, stop: Callable[[], bool] = lambda: False, accumulate: int = 1
) -> Trained:
    """Train a transformer on the tiny songs."""
    tokenizer = tiny_tokenizer()
    return train_network(
        "transformer",
        "tiny",
        tiny_stream(tokenizer),
        tokenizer.vocab_size,
        out=out,
        # No dropout: that is drawn anew in each process.
        training=TextTraining(batch_size=2, length=32, learning_rate=1e-2, dropout=0.0, valid_every=100),
        loop=loop(accumulate),
        resume=resume,
        stop=stop,
        hardware=Hardware("cpu"),
    )[1]


def loop(accumulate: int) -> LoopConfig:
    """A few steps, each of which is logged."""
    return LoopConfig(steps=STEPS, warmup_steps=1, log_every=1, checkpoint_every=2, accumulate=accumulate)


def learn_as(rank: int, folder: Path, runs: Sequence[Callable[..., Trained]]) -> None:
    """Be one of two processes that train together."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder / 'meet'}", rank=rank, world_size=2
    )
    for run in runs:
        run(folder / run.__name__)
    torch.distributed.destroy_process_group()
