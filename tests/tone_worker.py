"""A worker whose generator plays tones, slowly enough to be watched and stopped: HOME.

For those who look at the page: what a generation is like from its order to the library, with no weights.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import Any

import numpy as np

from generation.audio.checks import Examiner
from generation.audio.request import Callback, Generation, Request, Step, Track, tell
from service.settings import Settings, load_settings
from service.work import maker
from service.work.making import Studio
from service.work.process import run_worker
from service.work.worker import Worker
from tests.tiny_noise import RATE

STEPS, STEP_S = 8, 0.4
MAKER = "maker"


class SlowTones:
    """Plays a tone a take; its pictures come out of noise."""

    name = "songspace"
    model = "tones"

    def generate(self, request: Request, *, callback: Callback | None = None, told: Any = None) -> Generation:
        """Make as many takes as are asked for."""
        tracks = tuple(self._take(request, take, callback) for take in range(request.n_takes))
        return Generation(tracks, request, self.name, self.model, 1, settings={})

    def _take(self, request: Request, take: int, callback: Callback | None) -> Track:
        seed = request.seed + take
        for number in range(1, STEPS + 1):
            time.sleep(STEP_S)
            tell(callback, Step(number, STEPS, take + 1, request.n_takes, partial(_picture, number / STEPS)))
        seconds = np.arange(round(request.seconds * RATE)) / RATE
        beat = np.exp(-6.0 * (seconds % 0.5))
        tone = 0.6 * np.sin(2 * np.pi * (200 + seed % 500) * seconds) * beat
        return Track(tone.astype(np.float32), RATE, seed)


def _picture(done: float) -> np.ndarray:
    """Lines out of noise, float, shape (80, 90)."""
    noise = np.random.default_rng(0).normal(size=(80, 90))
    lines = 3.0 * (np.arange(80) % 16 < 3)[:, None] * np.ones(90)
    return np.asarray(done * lines + (1 - done) * noise)


def _studio(_: Settings) -> Studio:
    return Studio(SlowTones, Examiner)


def main() -> None:
    """Be the worker, or the process that makes for it."""
    if sys.argv[1] == MAKER:
        maker.main(_studio)
        return
    settings = load_settings({"home": sys.argv[1], "nightly_cron": "off", "log_level": "warning"})
    run_worker(Worker(settings, maker=[sys.executable, "-m", "tests.tone_worker", MAKER]))


if __name__ == "__main__":
    main()
