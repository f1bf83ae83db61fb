"""A tiny generator, and sound to be edited."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from generation.audio.edit.given import Given
from tests.tiny_generator import tiny_pipeline

RATE = 32_000


@pytest.fixture(scope="session")
def pipe() -> Any:
    return tiny_pipeline()


@pytest.fixture(scope="session")
def given() -> Given:
    """Six seconds in stereo, of whole 16-bit samples: tones that beat, and a little noise."""
    t = np.arange(6 * RATE) / RATE
    tones = np.sin(2 * np.pi * 330 * t) + np.sin(2 * np.pi * 3520 * t + 1)
    sound = tones * (1 + np.sin(2 * np.pi * 2 * t)) / 8 + np.random.default_rng(0).normal(0, 0.003, len(t))
    samples = np.rint(sound[:, None] * np.array([1.0, 0.4]) * 2**15) / 2**15
    return Given(samples.astype(np.float32), RATE)
