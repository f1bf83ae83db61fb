"""What of a prompt is said not to be read: tempos and keys that no music has, and nothing else."""

from __future__ import annotations

import pytest

from generation.words.unread import unread


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("techno at 1000 bpm", "1000 bpm"),
        ("techno, 12000 BPM", "12000 BPM"),
        ("3 beats per minute", "3 beats per minute"),
        ("a waltz in J major", "J major"),
        ("a waltz in X-flat minor", "X-flat minor"),
    ],
)
def test_a_tempo_or_key_that_is_none_is_named(text: str, said: str) -> None:
    (sentence,) = unread(text)
    assert repr(said) in sentence


@pytest.mark.parametrize(
    "text",
    ["", "techno at 120 bpm in A minor", "it's minor", "I major in jazz", "h minor", "1000 violins",
     "90-100 bpm", "90.5 bpm", "Q: minor or major?"],
)  # fmt: skip
def test_what_is_read_or_means_no_such_thing_is_left_alone(text: str) -> None:
    assert unread(text) == []
