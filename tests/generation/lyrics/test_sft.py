"""Prompts and answers: what is learned of them, and what a taught model does that a base model does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from generation.lyrics.dialogue import (
    MOST_PROMPT,
    REFUSALS,
    refuse_examples,
    refused_prompts,
    revise_examples,
    template_prompt,
    write_examples,
    write_prompt,
)  # fmt: skip
from generation.lyrics.models import network_config, network_kind
from generation.lyrics.neural import NeuralModel, build_network
from generation.lyrics.own_songs import OwnSong, Revision
from generation.lyrics.sft import ExampleBatches, answer_bits, fine_tune
from generation.lyrics.tokenizer import ANSWER, END, PAD, PROMPT, REFUSAL, REVISE
from generation.lyrics.training import TextTraining
from generation.training.loop import LoopConfig
from tests.tiny_songs import tiny_documents, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
SONGS = [OwnSong(d.song, "folk", "hats", "calm", (f"sing of {d.song.title[8:]}",)) for d in tiny_documents(8)]
WRITE = write_examples(TOKENIZER, SONGS)
REFUSE = refuse_examples(TOKENIZER, ["a song that hurts somebody"])
REVISED = revise_examples(TOKENIZER, [Revision(SONGS[0], "sadder", SONGS[1].song)])


def test_an_answer_begins_behind_its_prompt_and_is_the_song() -> None:
    for example in WRITE:
        assert (example.token_ids[0], example.token_ids[example.answer_from]) == (PROMPT, ANSWER)
        assert example.token_ids[-1] == END
    assert TOKENIZER.decode_song(WRITE[0].token_ids[WRITE[0].answer_from + 1 :]) == SONGS[0].song


def test_a_revision_shows_the_song_and_then_what_is_asked() -> None:
    (example,) = REVISED
    ids = example.token_ids.tolist()
    assert ids[0] == REVISE < ids.index(PROMPT) < example.answer_from == ids.index(ANSWER)
    assert TOKENIZER.decode_song(ids[1 : ids.index(PROMPT)]) == SONGS[0].song


def test_a_refusal_is_said_in_words() -> None:
    (example,) = REFUSE
    assert example.token_ids[example.answer_from] == REFUSAL
    assert TOKENIZER.decode_text(example.token_ids[example.answer_from :]) == REFUSALS[0]
    assert len(refused_prompts()) > 20


def test_prompts_are_worded_from_what_is_known_and_cut_where_they_are_long() -> None:
    assert template_prompt("indie", "rain", "") == "an indie song about rain"
    assert template_prompt() == "a song"
    assert len(write_prompt(TOKENIZER, "rain " * 500)) == MOST_PROMPT + 1


def test_weights_are_on_answers_alone_and_paddings_count_nothing() -> None:
    ids, weights = ExampleBatches([*WRITE, *REFUSE], 512, seed=1).batch(3, 6)
    assert (ids[:, 0] == END).all()
    assert ids.shape[1] == weights.shape[1] + 1
    for row, weight in zip(ids, weights, strict=True):
        learned = row[1:][weight == 1]
        assert learned[0] in (ANSWER, REFUSAL)
        assert learned[-1] == END
        assert PAD not in learned
    with pytest.raises(ValueError, match="no examples"):
        ExampleBatches([], 512, seed=1)


def test_every_example_comes_once_a_round() -> None:
    batches = ExampleBatches(WRITE, 512, seed=1)
    seen = [tuple(row[row != PAD]) for n in range(4) for row in batches.batch(n, 4)[0]]
    assert sorted(seen) == sorted((END, *one.token_ids.tolist()) for one in WRITE)


def test_taught_it_answers_and_refuses(tmp_path: Path) -> None:
    torch.manual_seed(1)
    config = network_config("lstm", "tiny", TOKENIZER.vocab_size, dropout=0.0)
    base = NeuralModel(build_network(network_kind("lstm"), config), tokenizer_id="t")
    before = answer_bits(base, WRITE)
    model, trained = fine_tune(
        base,
        [*WRITE, *REFUSE * 4],
        [*WRITE, *REFUSE],
        out=tmp_path,
        training=TextTraining(batch_size=8, learning_rate=3e-2, valid_every=20),
        loop=LoopConfig(steps=60, warmup_steps=4, log_every=20, checkpoint_every=60),
    )
    assert trained.done
    assert answer_bits(model, WRITE) < 0.3 * before
    said = [
        model.feed(model.start(), np.array(one.token_ids[: one.answer_from]))[0]
        for one in (WRITE[0], *REFUSE)
    ]
    assert said[0].argmax() == ANSWER
    assert said[1].argmax() == REFUSAL
