"""Training of the networks on a small world: it learns, it goes on exactly, and the best weights stay."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from generation.lyrics.language_model import LanguageModel
from generation.lyrics.memory_probe import memory_probes
from generation.lyrics.models import network_config
from generation.lyrics.ngram_training import NgramConfig, train_ngram
from generation.lyrics.scoring import bits_by_place, bits_per_byte
from generation.lyrics.tokenizer import END
from generation.lyrics.training import (
    BEST,
    TextTraining,
    Windows,
    next_token_loss,
    preset,
    train_network,
    within_reach,
)
from generation.training.curves import read_curves
from generation.training.hardware import Hardware
from generation.training.loop import LoopConfig
from tests.tiny_songs import tiny_stream, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
STREAM = tiny_stream(TOKENIZER)
V = TOKENIZER.vocab_size
LOOP = LoopConfig(steps=30, warmup_steps=3, log_every=5, checkpoint_every=10)
TRAINING = TextTraining(batch_size=4, length=48, learning_rate=1e-2, dropout=0.1, valid_every=10)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[LanguageModel, Path]:
    out = tmp_path_factory.mktemp("run")
    model, _ = train_network(
        "transformer", "tiny", STREAM, V, out=out, valid=STREAM, training=TRAINING, loop=LOOP
    )
    return model, out


def test_it_learns_and_the_best_weights_are_saved(trained: tuple[LanguageModel, Path]) -> None:
    model, out = trained
    best = json.loads((out / BEST).read_text())
    assert bits_per_byte(model, STREAM, most_songs=150) == pytest.approx(best["bits_per_byte"], abs=0.02)
    assert best["bits_per_byte"] < 0.5 * np.log2(V) * len(STREAM.ids) / STREAM.n_bytes.sum()
    assert best["bits_per_byte"] == min(
        row["held_out/bits_per_byte"] for row in read_curves(out) if len(row) == 2
    )


def test_a_network_looks_back_no_further_than_its_windows_were_long(
    trained: tuple[LanguageModel, Path],
) -> None:
    config = json.loads((trained[1] / "model" / "config.json").read_text())["config"]["network"]
    assert config["context_length"] == TRAINING.length
    assert within_reach(config := network_config("window", "tiny", V), 8) is config


def test_a_run_that_goes_on_ends_with_the_same_weights(
    trained: tuple[LanguageModel, Path], tmp_path: Path
) -> None:
    asked = iter(range(1, 100))
    settings = {"out": tmp_path, "valid": STREAM, "training": TRAINING, "loop": LOOP}
    train_network("transformer", "tiny", STREAM, V, stop=lambda: next(asked) >= 13, **settings)  # type: ignore[arg-type]
    again, _ = train_network("transformer", "tiny", STREAM, V, resume=True, **settings)  # type: ignore[arg-type]
    np.testing.assert_array_equal(again.scores(STREAM.song(0)), trained[0].scores(STREAM.song(0)))


def test_bfloat16_learns_too(tmp_path: Path) -> None:
    model, trained = train_network(
        "transformer",
        "tiny",
        STREAM,
        V,
        out=tmp_path,
        training=TRAINING,
        loop=LoopConfig(steps=12, warmup_steps=3, log_every=4, checkpoint_every=12),
        hardware=Hardware("cpu", bf16=True),
    )
    assert trained.losses[-1]["words/loss"] < trained.losses[0]["words/loss"]
    assert np.isfinite(model.scores(STREAM.song(0))).all()


def test_windows_are_the_same_whoever_asks_and_cover_the_text() -> None:
    one, other = Windows(STREAM, 32, seed=3), Windows(STREAM, 32, seed=3)
    later = other.batch(40, 4)
    assert np.array_equal(one.batch(2, 4), other.batch(2, 4))
    assert np.array_equal(one.batch(40, 4), later)
    seen = np.concatenate([one.batch(n, 4).ravel() for n in range(60)])
    assert set(STREAM.ids) <= set(seen.tolist())
    with pytest.raises(ValueError, match="a window takes"):
        Windows(STREAM, 10**6, seed=1)


def test_songs_of_less_weight_are_seen_less() -> None:
    ids = np.concatenate([np.full(400, 20), np.full(400, 21)]).astype(np.int32)
    stream = type(STREAM)(ids, np.array([0, 400]), np.array([1.0, 0.25], np.float32), np.array([400, 400]))
    windows = Windows(stream, 20, seed=1)
    seen = np.concatenate([windows.batch(n, 8).ravel() for n in range(100)])
    assert 0.15 < (seen == 21).mean() < 0.27


def test_the_loss_is_on_the_answer_alone_where_weights_say_so() -> None:
    class Fixed(torch.nn.Module):
        def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, None]:
            return torch.nn.functional.one_hot(ids + 1, 10).float() * 50, None

    ids = torch.tensor([[1, 2, 3, 8, 8]])  # right for the first two, wrong after
    loss = next_token_loss(Fixed())
    answer = {"ids": ids, "weights": torch.tensor([[1.0, 1.0, 0.0, 0.0]])}
    assert loss(answer, None)["loss"] < 1e-3
    assert loss({"ids": ids}, None)["loss"] > 10


def test_every_preset_can_be_named_and_no_other() -> None:
    assert preset("lstm", "small").loop.steps == preset("transformer", "base").loop.steps
    with pytest.raises(ValueError, match="models are"):
        preset("gpt", "small")


def test_bits_are_those_of_all_tokens_over_all_bytes() -> None:
    model = train_ngram(STREAM.songs(), V, NgramConfig(3))
    nats = sum(model.scores(song).sum() for song in STREAM.songs())
    assert bits_per_byte(model, STREAM) == pytest.approx(-nats / np.log(2) / STREAM.n_bytes.sum(), rel=1e-4)
    with pytest.raises(ValueError, match="no songs"):
        bits_per_byte(model, type(STREAM)(*(np.zeros(0, np.int64) for _ in range(4))))


def test_bits_by_place_gather_every_token_once() -> None:
    model = train_ngram(STREAM.songs(), V, NgramConfig(3))
    places = bits_by_place(model, STREAM, TOKENIZER, edges=(0, 4, 16, 1000))
    assert sum(place.n_tokens for place in places) == len(STREAM.ids)
    assert [place.first for place in places] == [0, 4, 16]


class Remembering:
    """A fake that knows one thing: words that were said come again."""

    name, vocab_size, n_parameters, tokenizer_id = "fake", V, 0, ""

    def start(self) -> list[int]:
        return [END]

    def feed(self, state: list[int], token_ids: np.ndarray) -> tuple[np.ndarray, list[int]]:
        said = [*state, *map(int, token_ids)]
        p = np.ones(V)
        p[said] = 5.0
        return np.log(p / p.sum()), said


def test_the_probe_finds_who_remembers_names_and_who_does_not() -> None:
    forgets = train_ngram(STREAM.songs(), V, NgramConfig(3))
    for probe in memory_probes(forgets, TOKENIZER, gaps=(0, 6)):
        assert (probe.accuracy, probe.gain_bits) == (pytest.approx(probe.chance), pytest.approx(0, abs=1e-4))
    name = memory_probes(Remembering(), TOKENIZER, gaps=(6,))[0]  # type: ignore[arg-type]
    assert (name.kind, name.gap_words > 40) == ("name", True)
    assert name.gain_bits > 0.5
