"""Train the ages of language models alike: the same books and order of windows, as many tokens, one schedule,
no dropout, the same weight decay; and a learning rate for each, chosen by short trials of the same number.

ROOT/trials/<model>-<rate>/      a trial of a few hundred steps, of the first size that is trained
ROOT/<size>/base/<model>/        a run, its best weights in model/, what is known of it in result.json

`small` is the size of that name in `generation.lyrics.models`, `half` is half as wide.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from generation.lyrics.corpus import TokenStream, token_stream
from generation.lyrics.language_model import LanguageModel
from generation.lyrics.models import network_config, network_kind
from generation.lyrics.neural import build_network
from generation.lyrics.scoring import bits_per_byte
from generation.lyrics.training import BEST, TextTraining, Windows, fit, within_reach
from generation.training.hardware import Hardware
from generation.training.loop import LoopConfig
from pipelines.lyric_corpus import LyricData

HALF, SMALL = "half", "small"
RESULT = "result.json"
VALID_SONGS = 150
_VALID_EVERY, _WARMUP = 400, 100


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; windows are of `length` tokens."""

    model: str
    size: str = SMALL
    steps: int = 3200
    batch_size: int = 8
    length: int = 256
    learning_rate: float = 3e-3
    dropout: float = 0.0
    weight_decay: float = 0.1
    bf16: bool = True
    seed: int = 9

    @property
    def tokens(self) -> int:
        """How many tokens are read."""
        return self.steps * self.batch_size * self.length


@dataclass(frozen=True)
class Streams:
    """Songs to learn from, to choose by and to measure with, as tokens."""

    train: TokenStream
    valid: TokenStream
    test: TokenStream
    vocab_size: int
    tokenizer_id: str


def streams_of(data: LyricData, seed: int) -> Streams:
    """The three parts of a split."""
    train, valid, test = (
        token_stream(part, data.tokenizer, seed=order)
        for part, order in ((data.split.train, seed), (data.split.valid, None), (data.split.test, None))
    )
    return Streams(train, valid, test, data.tokenizer.vocab_size, data.tokenizer.identity)


def config_of(recipe: Recipe, vocab_size: int) -> Any:
    """The configuration of a network of one of the two sizes."""
    config = within_reach(
        network_config(recipe.model, SMALL, vocab_size, dropout=recipe.dropout), recipe.length
    )
    if recipe.size == SMALL:
        return config
    if recipe.size != HALF:
        raise ValueError(f"sizes are {HALF} and {SMALL}, got {recipe.size!r}")
    widths = [name for name in ("width", "hidden") if hasattr(config, name)]
    return replace(config, **{name: getattr(config, name) // 2 for name in widths})


def train_one(
    recipe: Recipe, streams: Streams, out: Path, progress: Callable[[int, str], None]
) -> dict[str, Any]:
    """Train a network, or go on with it, and write down what is known of the run beside its weights."""
    if (out / RESULT).is_file():
        return dict(json.loads((out / RESULT).read_text(encoding="utf-8")))
    torch.manual_seed(recipe.seed)
    network = build_network(network_kind(recipe.model), config_of(recipe, streams.vocab_size))
    windows = Windows(streams.train, recipe.length, recipe.seed)
    training = TextTraining(
        recipe.batch_size,
        recipe.length,
        recipe.learning_rate,
        recipe.weight_decay,
        recipe.dropout,
        valid_every=_VALID_EVERY,
    )
    loop = LoopConfig(
        recipe.steps,
        seed=recipe.seed,
        warmup_steps=min(_WARMUP, recipe.steps // 5),
        log_every=25,
        checkpoint_every=200,
    )
    started, spent = time.perf_counter(), time.process_time()

    def measure(model: LanguageModel) -> float:
        return bits_per_byte(model, streams.valid, most_songs=VALID_SONGS)

    model, trained = fit(
        network,
        lambda number: {"ids": torch.from_numpy(windows.batch(number, recipe.batch_size))},
        training,
        loop,
        out=out,
        run={"recipe": asdict(recipe)},
        measure=measure,
        tokenizer_id=streams.tokenizer_id,
        resume=(out / "training.pt").is_file(),
        hardware=Hardware(bf16=recipe.bf16),
        progress=progress,
    )
    facts = asdict(recipe) | {
        "n_parameters": model.n_parameters,
        "tokens": recipe.tokens,
        "steps": trained.step,
        "seconds": round(time.perf_counter() - started),
        "cpu_seconds": round(time.process_time() - spent),
        "best": json.loads((out / BEST).read_text(encoding="utf-8")),
    }
    if recipe.steps > _VALID_EVERY:  # a trial is judged by the figure that chose its weights
        facts["test_bits"] = bits_per_byte(model, streams.test)
    beside = out / f".part-{RESULT}"
    beside.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    os.replace(beside, out / RESULT)
    return facts


def best_rate(
    recipe: Recipe,
    rates: Sequence[float],
    steps: int,
    streams: Streams,
    root: Path,
    progress: Callable[[int, str], None],
) -> float:
    """The learning rate whose short trial says most about the books to choose by; one rate needs no trial."""
    if len(rates) == 1:
        return rates[0]
    found = {}
    for rate in rates:
        trial = replace(recipe, learning_rate=rate, steps=steps)
        facts = train_one(trial, streams, root / "trials" / f"{recipe.model}-{rate:g}", progress)
        found[rate] = float(facts["best"]["bits_per_byte"])
        print(f"{recipe.model}, rate {rate:g}: {found[rate]:.4f} bits after {steps} steps", flush=True)
    return min(found, key=found.__getitem__)


def train_all(
    recipes: Sequence[Recipe],
    streams: Streams,
    root: Path,
    *,
    rates: Sequence[float],
    trial_steps: int,
    progress: Callable[[int, str], None],
) -> None:
    """Train every recipe that is not done yet, each with the rate that was best for its model."""
    for recipe in recipes:
        rate = best_rate(replace(recipe, size=SMALL), rates, trial_steps, streams, root, progress)
        out = root / recipe.size / "base" / recipe.model
        facts = train_one(replace(recipe, learning_rate=rate), streams, out, progress)
        print(json.dumps(facts), flush=True)
