"""A generator that plays one tone a seed, in three steps; no network, no weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from generation.audio.request import Callback, Generation, Request, Step, Track, tell

RATE = 22_050
STEPS = 3


class ToneBackend:
    """Plays what nobody asked for, as long as was asked for."""

    name = "songspace"
    model = "tone"

    def generate(self, request: Request, *, callback: Callback | None = None, told: Any = None) -> Generation:
        for number in range(1, STEPS + 1):
            tell(callback, Step(number, STEPS, 1, 1, lambda: np.random.default_rng(0).normal(size=(80, 90))))
        seconds = np.arange(round(request.seconds * RATE)) / RATE
        tone = np.sin(2 * np.pi * (200 + request.seed % 500) * seconds) * (0.4 + 0.2 * np.sin(5 * seconds))
        track = Track(tone.astype(np.float32), RATE, request.seed)
        return Generation((track,), request, self.name, self.model, 1, settings={})
