"""Rankings for tuning: what people said in the database, and the rubric for the rest."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pytest

from db.repositories.preferences import RankedTakes
from generation.lyrics.own_songs import load_own_songs
from generation.lyrics.rhyme import Rhymer
from generation.lyrics.tokenizer import ANSWER
from pipelines.lyric_rankings import (
    people_rankings,
    prompt_tokens,
    rubric_ranking,
    song_of_take,
    tuning_prompts,
)
from tests.tiny_songs import tiny_documents, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
GOOD = "[verse]\nAnna has a red hat\nAnna has a red cat\n"


def encode(texts: Sequence[str]) -> np.ndarray:
    vectors = np.array([["anna" in text.lower(), 0.3] for text in texts], float)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def test_stored_texts_become_takes_and_what_is_none_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    stored = [
        ("sing of Anna", (GOOD, {"text": "Bella has a hat"}), (1, 0)),
        ("too few", (GOOD,), (0,)),
        ("no such take", (GOOD, GOOD), (0, 2)),
        ("no text", (GOOD, 7), (0, 1)),
    ]
    rows = [RankedTakes(n, *row, "person", None) for n, row in enumerate(stored)]
    with caplog.at_level(logging.WARNING):
        (found,) = people_rankings(rows, TOKENIZER)
    assert "3 rankings" in caplog.text
    assert found.pairs() == [(1, 0)]
    assert found.prompt[-1] == ANSWER
    assert TOKENIZER.decode_song(found.takes[1]).lines == ("Bella has a hat",)


def test_the_line_above_the_first_mark_is_the_title() -> None:
    song = song_of_take(f"Hats\n\n{GOOD}")
    assert (song.title, len(song.lines)) == ("Hats", 2)
    assert song_of_take(GOOD).title == song_of_take("one line\nanother").title == ""


def test_the_rubric_ranks_what_is_on_topic_and_ended_first() -> None:
    song = next(d.song for d in tiny_documents() if "Anna" in d.song.title)
    other = next(d.song for d in tiny_documents() if "Bella" in d.song.title)
    whole, off = (np.array(TOKENIZER.encode_song(one), np.int32) for one in (song, other))
    prompt = prompt_tokens(TOKENIZER, "sing of Anna")
    found = rubric_ranking("sing of Anna", prompt, [off, whole[:-4], whole], TOKENIZER, Rhymer({}), encode)
    assert found.order[0] == 2
    assert found.points[2] > max(found.points[0], found.points[1])


def test_prompts_to_tune_on_are_many_and_none_is_of_a_held_out_song() -> None:
    found = tuning_prompts(60, seed=1)
    assert len(set(found)) == 60
    assert found == tuning_prompts(60, seed=1) != tuning_prompts(60, seed=2)
    held_out = {prompt for one in load_own_songs() if one.is_held_out for prompt in one.prompts}
    assert not held_out & set(found)
