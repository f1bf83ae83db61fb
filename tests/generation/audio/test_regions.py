"""Regions that decided a tag, on a toy network of which is known what decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from generation.audio.regions import regions, trust

B, T, F = 2, 187, 96
RNG = np.random.default_rng(0)


class ToyEncoder:
    """Hears the mean and the maximum over time of each band, and nothing else."""

    def run(self, patches: Any) -> tuple[Any, Any, Any, Any]:
        return None, None, patches.mean(1), patches.amax(1)


ENCODER: Any = ToyEncoder()


def music() -> np.ndarray:
    """Give noise everywhere."""
    return RNG.uniform(0.5, 1.5, size=(B, T, F)).astype(np.float32)


def direction(*bands: int) -> np.ndarray:
    """Give a tag that hangs on the mean of some bands."""
    found = np.zeros(2 * F)
    found[list(bands)] = 1.0
    return found


def test_the_bands_that_decide_stand_out() -> None:
    found = regions(ENCODER, direction(40, 41)[None], music())[0]
    assert found.shape == (B, T, F)
    assert set(np.argsort(-found.mean(axis=(0, 1)), kind="stable")[:8]) == set(range(40, 48))


def test_what_speaks_against_is_negative() -> None:
    found = regions(ENCODER, -direction(40)[None], music())[0]
    assert found.min() < 0
    assert found.max() <= 1e-7


def test_tags_are_told_apart() -> None:
    both = regions(ENCODER, np.stack([direction(10), direction(80)]), music())
    assert [int(one.mean(axis=(0, 1)).argmax()) // 8 for one in both] == [1, 10]


def test_muting_what_decided_lowers_the_score_more_than_muting_anything() -> None:
    patches, tag = music(), direction(*range(40, 48))
    found = regions(ENCODER, tag[None], patches)[0]
    (how,) = trust(ENCODER, tag[None], patches, found[None], rng=np.random.default_rng(1))
    assert how.decided > 3 * max(how.others, 1e-6)


def test_the_same_draw_gives_the_same_trust() -> None:
    patches, tag = music(), direction(40)
    found = regions(ENCODER, tag[None], patches)
    one, two = (trust(ENCODER, tag[None], patches, found, rng=np.random.default_rng(1)) for _ in range(2))
    assert one == two


def test_nothing_to_look_at_is_refused() -> None:
    with pytest.raises(ValueError, match="need tags and patches"):
        regions(ENCODER, direction(1)[None], np.zeros((0, T, F), dtype=np.float32))
