"""Which words a word looked at: shares over words, for models that look back and no others."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from generation.lyrics.attention import NoAttentionError, attention_of_line
from generation.lyrics.models import network_config, network_kind
from generation.lyrics.neural import NeuralModel, build_network
from generation.lyrics.ngram_training import NgramConfig, train_ngram
from generation.lyrics.song import song_of_text
from generation.lyrics.tokenizer import END, PROMPT
from service.pictures.attention import draw_line_attention
from tests.tiny_songs import tiny_stream, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
SONG = song_of_text("Song of Anna", "[verse]\nAnna has a red hat\nzebras sing\n[chorus]\nsing with me\n")
IDS = TOKENIZER.encode_song(SONG)


def model(name: str) -> NeuralModel:
    torch.manual_seed(1)
    network = build_network(network_kind(name), network_config(name, "tiny", TOKENIZER.vocab_size))
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return NeuralModel(network)


@pytest.mark.parametrize("name", ["transformer", "lstm-attends"])
def test_a_word_looks_at_earlier_words_alone(name: str) -> None:
    found = attention_of_line(model(name), TOKENIZER, IDS, line=0)
    assert found.looking == found.seen[-5:] == ("Anna", "has", "a", "red", "hat")
    assert found.seen[:2] == ("(start)", "(title)")
    later = np.triu(np.ones((5, 5)), 1)
    assert (found.shares[:, -5:] * later == 0).all()
    assert (found.shares.sum(axis=1) <= 1 + 1e-5).all()


def test_shares_are_those_of_the_place_before_the_word() -> None:
    looks = model("transformer")
    with torch.inference_mode():
        tokens = looks.network.attention(torch.tensor([END, *IDS]))  # type: ignore[operator]
    found = attention_of_line(looks, TOKENIZER, IDS, line=-1, layer=2, head=1)
    line = TOKENIZER.encode_text("sing with me")
    place = len(IDS) + 1 - 2 - len(line)  # END stands before, and the line's end and END behind
    n_pieces = len(TOKENIZER.encode_text("sing"))
    mean = tokens[1, 0, place - 1 : place - 1 + n_pieces, 0].mean()
    assert found.shares[0, 0] == pytest.approx(float(mean), abs=1e-6)
    assert found.shares.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert found.heads == "layer 2, head 1"


def test_pieces_are_one_word_and_means_are_of_all_heads() -> None:
    looks = model("transformer")
    found = attention_of_line(looks, TOKENIZER, IDS, line=1)
    assert found.looking == ("zebras", "sing")
    assert len(TOKENIZER.encode_text("zebras")) > 1
    parts = [
        attention_of_line(looks, TOKENIZER, IDS, line=1, layer=layer, head=head).shares
        for layer in (1, 2)
        for head in (1, 2)
    ]
    np.testing.assert_allclose(np.mean(parts, axis=0), found.shares, atol=1e-6)


def test_lines_are_counted_behind_the_prompt_and_long_texts_are_cut() -> None:
    looks = model("transformer")
    prompt = [PROMPT, *TOKENIZER.encode_text("sing of hats " * 30)]
    found = attention_of_line(looks, TOKENIZER, [*prompt, *IDS], line=0, written_from=len(prompt))
    assert found.looking[0] == "Anna"
    assert "(start)" not in found.seen


@pytest.mark.parametrize("wrong", [{"line": 3}, {"line": -4}, {"layer": 3}, {"head": 0}])
def test_lines_and_heads_that_are_not_there_are_named(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"1 to 2|3 lines"):
        attention_of_line(model("transformer"), TOKENIZER, IDS, **wrong)


def test_models_that_do_not_look_back_say_so() -> None:
    stream = tiny_stream(TOKENIZER)
    counted = train_ngram(stream.songs(), TOKENIZER.vocab_size, NgramConfig(2))
    for one in (counted, model("lstm"), model("window")):
        with pytest.raises(NoAttentionError, match="looks back at no words"):
            attention_of_line(one, TOKENIZER, IDS)


@pytest.mark.parametrize("format", ["png", "svg"])
def test_any_line_can_be_drawn(format: str) -> None:
    odd = TOKENIZER.encode_song(song_of_text("", "$x_{\n夜 🎵 " + "la " * 80))
    found = attention_of_line(model("lstm-attends"), TOKENIZER, odd, line=-1)
    assert len(draw_line_attention(found, format=format)) > 1000
