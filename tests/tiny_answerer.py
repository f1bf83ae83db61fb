"""A tiny transformer that answers prompts, and a judge of takes whose taste is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from generation.lyrics.dialogue import write_examples
from generation.lyrics.models import network_config, network_kind
from generation.lyrics.neural import NeuralModel, build_network
from generation.lyrics.own_songs import OwnSong
from generation.lyrics.rankings import Ranking
from generation.lyrics.sft import fine_tune
from generation.lyrics.takes import draw_takes
from generation.lyrics.tokenizer import LyricTokenizer
from generation.lyrics.training import TextTraining
from generation.training.loop import LoopConfig
from pipelines.lyric_rankings import prompt_tokens
from tests.tiny_songs import NAMES, tiny_documents

PROMPTS = tuple(f"sing of {name}" for name in NAMES)


def tiny_answerer(tokenizer: LyricTokenizer, out: Path, *, steps: int = 80) -> NeuralModel:
    """A model that was taught to answer prompts with songs of four people."""
    torch.manual_seed(1)
    songs = [
        OwnSong(d.song, "folk", "hats", "calm", (f"sing of {d.song.title[8:]}",)) for d in tiny_documents(24)
    ]
    examples = write_examples(tokenizer, songs)
    config = network_config("transformer", "tiny", tokenizer.vocab_size, dropout=0.0)
    base = NeuralModel(build_network(network_kind("transformer"), config), tokenizer_id=tokenizer.identity)
    training = TextTraining(batch_size=8, learning_rate=1e-2, valid_every=1000)
    loop = LoopConfig(steps=steps, warmup_steps=4, log_every=60, checkpoint_every=1000)
    model, _ = fine_tune(base, examples, [], out=out, training=training, loop=loop)
    assert isinstance(model, NeuralModel)
    return model


def colour_taste(tokenizer: LyricTokenizer, takes: Sequence[np.ndarray]) -> np.ndarray:
    """Points of takes by a judge who likes the colour blue, and nothing else."""
    return np.array([tokenizer.decode_text(take[take >= 16]).count("blue") for take in takes], float)


def tiny_rankings(model: NeuralModel, tokenizer: LyricTokenizer, n: int, *, takes: int = 6) -> list[Ranking]:
    """Takes of a model for its prompts, ranked by that judge."""
    found = []
    for number in range(n):
        text = f"{PROMPTS[number % len(PROMPTS)]} {number}"
        prompt = prompt_tokens(tokenizer, text)
        generator = torch.Generator().manual_seed(number)
        drawn = draw_takes(model.network, prompt, takes, generator=generator, max_tokens=60)
        points = colour_taste(tokenizer, drawn)
        order = tuple(map(int, np.argsort(-points, kind="stable")))
        found.append(Ranking(text, prompt, tuple(drawn), order, points=tuple(map(float, points))))
    return found
