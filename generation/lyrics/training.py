"""Training of the networks: windows of text, the loss of the next token, and the best weights kept.

A batch is a pure function of its number, so a run goes on exactly where it stopped (`generation.training`).
Each pass through the text cuts it at other places, and sees a song of weight w in w of all passes. What is
kept is the moving average of the weights at the step where it said most about held-out books: with so little
text, more training is worse at some point.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.lyrics.corpus import TokenStream
from generation.lyrics.models import load_model, network_config, network_kind
from generation.lyrics.neural import NeuralModel, build_network
from generation.lyrics.scoring import bits_per_byte
from generation.lyrics.tokenizer import END
from generation.training.hardware import Hardware
from generation.training.loop import Every, LoopConfig, Player, Trained, train
from generation.training.run import Loss

if TYPE_CHECKING:
    import torch
    from torch import nn

    from generation.lyrics.language_model import LanguageModel

MODEL = "model"
"""The folder in a run's folder where the best weights are saved."""
BEST = "best.json"
PLAYER = "words"
"""What the network is called in checkpoints and curves."""
_VALID_SONGS = 150


@dataclass(frozen=True)
class TextTraining:
    """How a network learns: batches of windows of `length` tokens, AdamW, and Muon where it may."""

    batch_size: int = 32
    length: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    dropout: float | None = None
    muon: bool = True
    valid_every: int = 200


@dataclass(frozen=True)
class Preset:
    """A training and its loop, for a model and a size."""

    training: TextTraining
    loop: LoopConfig


def preset(model: str, size: str) -> Preset:
    """Return how a model of a size is trained by default; all networks of a size see as many tokens.

    Raises
    ------
    ValueError
        There is no such model or size.
    """
    network_config(model, size, 512)  # refuses unknown names
    if size == "tiny":
        training = TextTraining(batch_size=8, length=48, learning_rate=1e-2, dropout=0.0, valid_every=30)
        return Preset(training, LoopConfig(steps=60, warmup_steps=5, log_every=10, checkpoint_every=30))
    recurrent = model.startswith(("rnn", "lstm"))
    rate = {"transformer": 3e-3, "window": 2e-3}.get(model, 2e-3)
    dropout = {"small": 0.1, "base": 0.2}[size] + (0.1 if recurrent else 0.0)
    training = TextTraining(learning_rate=rate, dropout=dropout, weight_decay=0.02 if recurrent else 0.1)
    return Preset(training, LoopConfig(steps=4000, warmup_steps=100, log_every=50, checkpoint_every=200))


def within_reach(config: Any, length: int) -> Any:
    """The configuration of a network that looks back no further than windows of so many tokens teach it.

    Distances that no training saw mislead: a transformer of windows of 256 tokens needed 2.4 % more bits for
    held-back books when it looked 512 back.
    """
    reach = getattr(config, "context_length", length)
    return replace(config, context_length=min(reach, length)) if reach > length else config


class Windows:
    """Cuts of a stream, in an order that a seed decides.

    Raises
    ------
    ValueError
        The stream is shorter than a window.
    """

    def __init__(self, stream: TokenStream, length: int, seed: int) -> None:
        self._tokens = np.concatenate([[END], stream.ids]).astype(np.int64)
        self._length, self._seed = length, seed
        if len(self._tokens) <= length:
            raise ValueError(f"a window takes {length} tokens, the songs have {len(stream.ids)}")
        top = max(float(stream.weights.max()), 1e-9)
        spans = np.diff([*stream.starts, len(stream.ids)])
        self._weights = np.repeat(stream.weights / top, spans)
        self._starts = np.zeros(0, np.int64)
        self._epochs = 0

    def batch(self, number: int, size: int) -> np.ndarray:
        """Batch number n: tokens (size, length + 1), of which the last are only to be said."""
        while len(self._starts) < (number + 1) * size:
            self._starts = np.concatenate([self._starts, self._epoch(self._epochs)])
            self._epochs += 1
        starts = self._starts[number * size : (number + 1) * size]
        return np.asarray(self._tokens[starts[:, None] + np.arange(self._length + 1)])

    def _epoch(self, number: int) -> np.ndarray:
        rng = np.random.default_rng([self._seed, number])
        last = len(self._tokens) - self._length
        starts = np.arange(rng.integers(min(self._length, last)), last, self._length)
        middle = np.minimum(starts + self._length // 2, len(self._weights) - 1)
        kept = starts[rng.random(len(starts)) < self._weights[middle]]
        return rng.permutation(kept if len(kept) else starts)


def next_token_loss(
    network: nn.Module,
) -> Callable[[Mapping[str, torch.Tensor], Any], dict[str, torch.Tensor]]:
    """Return the loss of a batch: the mean negative log-probability, in nats, of each next token.

    A batch is `ids` (B, T + 1) and, where only some places count (an answer and not its prompt), `weights`
    (B, T) of the tokens to be said.
    """
    import torch

    def loss(batch: Mapping[str, torch.Tensor], _generator: Any) -> dict[str, torch.Tensor]:
        ids = batch["ids"]
        logits, _ = network(ids[:, :-1])
        said = torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), ids[:, 1:].flatten(), reduction="none"
        )
        if "weights" not in batch:
            return {"loss": said.mean()}
        weights = batch["weights"].flatten()
        return {"loss": (said * weights).sum() / weights.sum().clamp_min(1.0)}

    return loss


def train_network(
    model: str,
    size: str,
    stream: TokenStream,
    vocab_size: int,
    *,
    out: Path,
    valid: TokenStream | None = None,
    training: TextTraining | None = None,
    loop: LoopConfig | None = None,
    tokenizer_id: str = "",
    resume: bool = False,
    minutes: float | None = None,
    hardware: Hardware | None = None,
    progress: Callable[[int, str], None] = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[LanguageModel, Trained]:
    """Train a network by name and size, and save its best weights in `out`/model.

    Parameters
    ----------
    valid : TokenStream, optional
        Held-out songs to choose the weights by; without any the last weights are kept.

    Returns
    -------
    model : LanguageModel
        As saved, on the CPU.
    trained : Trained

    Raises
    ------
    ValueError
        Unknown names, or too little text.
    ResumeError, DivergedError, OSError
        See `generation.training.loop.train`.
    """
    import torch

    chosen = preset(model, size)
    training, loop = training or chosen.training, loop or chosen.loop
    torch.manual_seed(loop.seed)
    config = within_reach(network_config(model, size, vocab_size, dropout=training.dropout), training.length)
    network = build_network(network_kind(model), config)
    windows = Windows(stream, training.length, loop.seed)

    def measure(current: LanguageModel) -> float:
        assert valid is not None
        return bits_per_byte(current, valid, most_songs=_VALID_SONGS)

    return fit(
        network,
        lambda number: {"ids": torch.from_numpy(windows.batch(number, training.batch_size))},
        training,
        loop,
        out=out,
        run={"songs": f"{len(stream)} songs, {len(stream.ids)} tokens"},
        measure=measure if valid is not None and len(valid) else None,
        tokenizer_id=tokenizer_id,
        resume=resume,
        minutes=minutes,
        hardware=hardware,
        progress=progress,
        stop=stop,
    )


def fit(
    network: nn.Module,
    batch_at: Callable[[int], Mapping[str, torch.Tensor]],
    training: TextTraining,
    loop: LoopConfig,
    *,
    out: Path,
    run: Mapping[str, Any],
    loss: Loss | None = None,
    measure: Callable[[LanguageModel], float] | None = None,
    figure: str = "bits_per_byte",
    keeps_last: bool = False,
    callbacks: Sequence[Every] = (),
    tokenizer_id: str = "",
    resume: bool = False,
    minutes: float | None = None,
    hardware: Hardware | None = None,
    progress: Callable[[int, str], None] = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[LanguageModel, Trained]:
    """Train a network on batches, of the next-token loss unless told, and save its best weights in
    `out`/model.

    Parameters
    ----------
    run : mapping
        What the data are: must be the same when the run goes on.
    loss : callable, optional
        As `generation.training.loop` takes it.
    measure : callable, optional
        Takes the model as it is, and gives a figure that should fall, called `figure`; the weights with the
        least are kept. Without it, or with `keeps_last`, the last ones are.

    Raises
    ------
    ResumeError, DivergedError, OSError
        See `generation.training.loop.train`.
    """
    hardware = hardware or Hardware()
    config: Any = network.config
    muon: Any = network.orthogonal if training.muon else frozenset()
    keeper = _Keeper(out, measure, figure, tokenizer_id, resume=resume, keeps_last=keeps_last)
    player = Player(
        PLAYER,
        network,
        loss or next_token_loss(network),
        training.learning_rate,
        betas=(0.9, 0.95),
        weight_decay=training.weight_decay,
        orthogonal=muon,
    )
    trained = train(
        [player],
        batch_at,
        loop,
        out=out,
        run={
            "network": asdict(config),
            "training": {name: value for name, value in asdict(training).items() if name != "valid_every"},
            "tokenizer": tokenizer_id,
            **run,
        },
        resume=resume,
        minutes=minutes,
        hardware=hardware,
        callbacks=[Every(training.valid_every, lambda step, nets: keeper(step, nets[PLAYER])), *callbacks],
        progress=progress,
        stop=stop,
    )
    if hardware.is_main and not trained.done:
        keeper(trained.step, trained.averages[PLAYER])
    hardware.wait()
    return load_model(out / MODEL), trained


class _Keeper:
    """Measures a network now and then, and keeps the weights that were best, over runs that go on."""

    def __init__(
        self,
        out: Path,
        measure: Callable[[LanguageModel], float] | None,
        figure: str,
        tokenizer_id: str,
        *,
        resume: bool,
        keeps_last: bool,
    ) -> None:
        self._keeps_last = keeps_last
        self._out, self._measure, self._figure, self._tokenizer_id = out, measure, figure, tokenizer_id
        self._best = float("inf")
        if resume and (out / BEST).is_file():
            self._best = float(json.loads((out / BEST).read_text(encoding="utf-8"))[figure])

    def __call__(self, step: int, network: nn.Module) -> dict[str, float]:
        model = NeuralModel(network, tokenizer_id=self._tokenizer_id)
        found = 0.0 if self._measure is None else self._measure(model)
        figures = {} if self._measure is None else {f"held_out/{self._figure}": found}
        if self._measure is not None and found >= self._best and not self._keeps_last:
            return figures
        self._best = found
        model.save(self._out / MODEL)
        beside = self._out / f".part-{os.getpid()}-{BEST}"
        beside.write_text(json.dumps({"step": step, self._figure: found}), encoding="utf-8")
        os.replace(beside, self._out / BEST)
        return figures
