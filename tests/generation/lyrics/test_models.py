"""What holds for every lyric model, of whatever age: the shared battery."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from generation.checkpoint import CheckpointError
from generation.lyrics.language_model import LanguageModel
from generation.lyrics.models import MODELS, NETWORKS, load_model, network_config, network_kind
from generation.lyrics.neural import NeuralModel, build_network
from generation.lyrics.ngram_training import NgramConfig, train_ngram
from generation.lyrics.tokenizer import END
from tests.tiny_songs import tiny_stream, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
STREAM = tiny_stream(TOKENIZER)
V = TOKENIZER.vocab_size


@cache
def model_of(name: str) -> LanguageModel:
    """A model of each kind; networks with random weights, which nothing below minds."""
    if name == "ngram":
        return train_ngram(STREAM.songs(), V, NgramConfig(order=4), tokenizer_id="t")
    torch.manual_seed(1)
    network = build_network(network_kind(name), network_config(name, "tiny", V))
    for weight in network.parameters():  # outputs begin at zero, which would hide mistakes
        torch.nn.init.normal_(weight, std=0.3)
    return NeuralModel(network, tokenizer_id="t")


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> LanguageModel:
    return model_of(request.param)


def song(n: int = 40, seed: int = 0) -> np.ndarray:
    return np.concatenate([STREAM.ids[:20], np.random.default_rng(seed).integers(16, V, n)])


def test_probabilities_sum_to_one(model: LanguageModel) -> None:
    found = model.logprobs(song())
    assert found.shape == (60, V)
    np.testing.assert_allclose(np.exp(found.astype(np.float64)).sum(1), 1, atol=1e-4)


def test_scores_are_the_probabilities_of_what_stands_there(model: LanguageModel) -> None:
    ids = song()
    expected = model.logprobs(ids)[np.arange(len(ids)), ids]
    np.testing.assert_allclose(model.scores(ids), expected, atol=2e-4)


def test_the_future_never_changes_the_past(model: LanguageModel) -> None:
    one, other = song(seed=1), song(seed=2)
    np.testing.assert_allclose(model.logprobs(one)[:21], model.logprobs(other)[:21], atol=1e-5)


@pytest.mark.parametrize("n", [20, 180])
def test_fed_token_by_token_it_says_the_same(model: LanguageModel, n: int) -> None:
    ids = song(n)
    whole, state = model.logprobs(ids), model.start()
    found, state = model.feed(state, ids[:7])
    for at in range(7, len(ids)):
        np.testing.assert_allclose(found, whole[at], atol=2e-3)
        found, state = model.feed(state, ids[at : at + 1])


def test_a_text_longer_than_the_context_says_the_same_with_and_without_kept_keys() -> None:
    torch.manual_seed(1)
    network = build_network(
        "lyric-transformer-1", replace(network_config("transformer", "tiny", V), context_length=8)
    )
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    ids = torch.from_numpy(song().astype(np.int64))[None]
    with torch.inference_mode():
        kept, anew = (network.eval()(ids, keeps=keeps)[0] for keeps in (True, False))
    torch.testing.assert_close(kept, anew, atol=1e-4, rtol=1e-4)
    with_gradients, _ = network(ids)
    torch.testing.assert_close(with_gradients, anew, atol=1e-4, rtol=1e-4)


def test_going_back_to_a_state_gives_what_it_gave(model: LanguageModel) -> None:
    ids = song()
    _, early = model.feed(model.start(), ids[:10])
    first, _ = model.feed(early, ids[10:15])
    model.feed(early, ids[30:40])
    again, _ = model.feed(early, ids[10:15])
    nothing, _ = model.feed(early, ids[:0])
    np.testing.assert_allclose(first, again, atol=1e-6)
    np.testing.assert_allclose(nothing, model.logprobs(ids)[10], atol=2e-3)


def test_nothing_read_gives_how_songs_begin(model: LanguageModel) -> None:
    found, _ = model.feed(model.start(), np.zeros(0, np.int64))
    np.testing.assert_allclose(found, model.logprobs(song())[0], atol=1e-5)
    assert model.logprobs(np.zeros(0, np.int64)).shape == (0, V)
    assert model.scores(np.zeros(0, np.int64)).shape == (0,)


def test_saved_and_loaded_it_says_the_same(model: LanguageModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    again = load_model(tmp_path)
    assert (again.name, again.tokenizer_id, again.n_parameters) == (model.name, "t", model.n_parameters)
    np.testing.assert_allclose(again.scores(song()), model.scores(song()), atol=0.05)  # halves of floats
    again.save(tmp_path / "again")
    np.testing.assert_array_equal(load_model(tmp_path / "again").scores(song()), again.scores(song()))


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no model"):
        load_model(tmp_path)
    (tmp_path / "config.json").write_text('{"kind": "listener-1"}')
    with pytest.raises(CheckpointError, match="writes no lyrics"):
        load_model(tmp_path)
    (tmp_path / "config.json").write_text("[")
    with pytest.raises(CheckpointError, match="damaged"):
        load_model(tmp_path)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_learns_a_batch_by_heart(name: str) -> None:
    torch.manual_seed(2)
    network = build_network(network_kind(name), network_config(name, "tiny", V, dropout=0.0))
    ids = torch.from_numpy(np.concatenate([[END], STREAM.song(0)]).astype(np.int64))[None]
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.02)
    loss = torch.zeros(())
    for _ in range(50):
        logits, _ = network(ids[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits[0], ids[0, 1:])
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    assert loss.item() < 0.1


def test_every_network_sees_what_it_should(model: LanguageModel) -> None:
    """How far back a change is felt: windows and n-grams as far as they reach, the others from anywhere."""
    ids = song(40)
    other = ids.copy()
    other[5] = 300 if ids[5] != 300 else 301
    changed = np.flatnonzero(np.abs(model.logprobs(ids) - model.logprobs(other)).max(1) > 1e-6)
    reach = {"ngram-4": 3, "window": 8}.get(model.name, 54)
    assert changed[0] == 6
    assert changed[-1] <= 5 + reach
    assert reach < 54 or changed[-1] > 13


def test_a_network_of_another_size_is_not_loaded(tmp_path: Path) -> None:
    model_of("lstm").save(tmp_path)
    text = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(text.replace('"width": 32', '"width": 64'))
    with pytest.raises(CheckpointError, match="does not fit"):
        load_model(tmp_path)
