"""Conditions: wishes as tensors, left open at random or on demand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from generation.audio.conditioning import GROUPS, Conditions, conditions_of, stack_conditions
from generation.audio.wishes import TAGS, Wishes

EVERYTHING = Wishes(
    text="slow jazz",
    tempo_bpm=90.0,
    tonic=9,
    mode="dorian",
    seconds=10.0,
    bar_phase=0.25,
    beats_per_bar=3.0,
    tags={"genre:jazz": 0.6, "plays:drums": -1.0},
    style=np.ones(200, np.float32),
)


def encode(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """One state of ones a word."""
    counts = [len(text.split()) for text in texts]
    mask = np.arange(max(counts)) < np.array(counts)[:, None]
    return np.repeat(mask[..., None], 384, axis=2).astype(np.float32), mask


def everything(n: int = 1) -> Conditions:
    return conditions_of([EVERYTHING] * n, encode)


def present(conditions: Conditions) -> set[str]:
    found = {
        "text": conditions.token_mask,
        "tags": conditions.has_tags,
        "tempo": conditions.has_tempo,
        "bars": conditions.has_bars,
        "key": conditions.has_tonic & conditions.has_mode,
        "seconds": conditions.has_seconds,
        "style": conditions.has_style,
    }
    return {name for name, flags in found.items() if flags.any()}


def test_what_was_wished_is_present_and_nothing_else() -> None:
    assert present(everything()) == set(GROUPS)
    assert present(conditions_of([Wishes()], encode)) == set()
    assert present(conditions_of([Wishes(tempo_bpm=80.0)])) == {"tempo"}


def test_tags_lie_where_the_model_knows_them() -> None:
    found = conditions_of([EVERYTHING], tags=("mood:sad", "genre:jazz"))
    assert found.tags.tolist() == [[0.0, pytest.approx(0.6)]]
    assert found.has_tags.tolist() == [[False, True]]
    assert everything().tags.shape == (1, len(TAGS))


def test_groups_are_left_open_one_by_one() -> None:
    assert present(everything().without("key", "style")) == {"text", "tags", "tempo", "bars", "seconds"}
    assert present(everything().without("tempo")) == set(GROUPS) - {"tempo", "bars"}
    assert present(everything().only("tempo")) == {"tempo", "bars"}
    assert present(everything().without()) == present(everything().only()) == set()
    with pytest.raises(ValueError, match="colour"):
        everything().without("colour")


def test_each_group_is_dropped_at_its_own_rate() -> None:
    generator = torch.Generator().manual_seed(0)
    found = everything(4000).dropped({"key": 0.5, "style": 0.2}, 0.1, generator)
    assert float(found.has_mode.float().mean()) == pytest.approx(0.45, abs=0.03)
    assert float(found.has_style.float().mean()) == pytest.approx(0.72, abs=0.03)
    nothing = ~(found.has_tempo | found.has_mode | found.has_style | found.token_mask.any(1))
    assert float(nothing.float().mean()) == pytest.approx(0.1, abs=0.03)


def test_few_of_many_tags_are_named() -> None:
    wishes = Wishes(tags=dict.fromkeys(TAGS[:20], 1.0) | dict.fromkeys(TAGS[20:40], -1.0))
    found = conditions_of([wishes] * 500).thinned(torch.Generator().manual_seed(0)).has_tags.float()
    assert float(found[:, :20].mean()) == pytest.approx(1 / 3, abs=0.04)
    assert float(found[:, 20:40].mean()) == pytest.approx(1 / 30, abs=0.01)
    assert not found[:, 40:].any()


def test_batches_of_other_lengths_are_stacked() -> None:
    one = conditions_of([Wishes(text="jazz")], encode)
    both = stack_conditions([one, everything()])
    assert len(both) == 2
    assert both.token_mask.tolist() == [[True, False], [True, True]]


def test_wrong_wishes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        conditions_of([])
    with pytest.raises(ValueError, match="200 numbers"):
        conditions_of([Wishes(style=np.ones(3, np.float32))])
