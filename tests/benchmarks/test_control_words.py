"""Prompts of the control benchmark: they ask for what they are to ask for, in words that no caption has."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.control_words import WITH_LEAD, WITHOUT_LEAD, sentence, spelled, worded
from generation.prompt import parse_prompt
from generation.studio import wording


@pytest.mark.parametrize("frame", [*WITH_LEAD, *WITHOUT_LEAD])
@pytest.mark.parametrize(
    ("genre", "bpm", "key", "lead"),
    [
        ("jazz", 104, "F minor", "piano"),
        ("hip hop", 92, "B-flat major", "flute"),
        ("metal", 151, "", "violin"),
    ],
)
def test_a_sentence_asks_for_what_it_was_given(frame: str, genre: str, bpm: int, key: str, lead: str) -> None:
    said = worded(frame, genre, bpm, key, lead)
    wanted = parse_prompt(said)
    mode = key.split()[-1] if key else None
    assert [name for name, _ in wanted.genres] == [genre], said
    assert (wanted.tempo_bpm, wanted.mode, wanted.tonic is None) == (bpm, mode, not key), said
    assert "{" not in said
    if frame in WITH_LEAD:
        assert lead in wanted.instruments, said


def test_keys_are_spelled_in_several_ways_that_are_one_key() -> None:
    rng = np.random.default_rng(0)
    found = {spelled("Ab minor", rng) for _ in range(30)}
    assert found == {"Ab minor", "A flat minor", "A-flat minor"}
    assert {parse_prompt(f"in {one}").tonic for one in found} == {8}


def test_two_hundred_prompts_are_hardly_ever_the_same_sentence() -> None:
    rng = np.random.default_rng(1)
    said = [sentence("rock", 90 + n % 60, "C# minor", "flute", rng) for n in range(200)]
    assert len(set(said)) > 190


def test_no_sentence_begins_as_captions_that_ask_do() -> None:
    asks = tuple(one.partition("{")[0].lower() for one in wording.ASKS)
    assert not [frame for frame in (*WITH_LEAD, *WITHOUT_LEAD) if frame.lower().startswith(asks)]
