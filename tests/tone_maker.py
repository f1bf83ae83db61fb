"""A process of service/work/maker.py whose generator plays tones: [POINT].

The first that comes to a named point of putting a take into the catalogue kills its worker and itself there,
as a power cut would.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from generation.audio.checks import Examiner
from service.settings import Settings
from service.work import maker
from service.work.making import Studio
from tests.tiny_noise import ToneBackend

POINTS = {
    "its record is copied": ("service.work.adding", "_copy"),
    "its file is a song": ("pipelines.add_generated", "ingest"),
    "it has its place": ("pipelines.add_generated", "_place"),
    "its song is noted": ("service.work.adding", "change_take"),
    "its rating is told": ("service.work.adding", "tell_rating"),
}
"""When a take is on its way, and the function that has just come back then, for the first time."""


def break_at(point: str, then: Callable[[], None], *, put: Callable[[Any, str, Any], None] = setattr) -> None:
    """Have something happen at a point."""
    module, name = POINTS[point]
    place = import_module(module)
    done = getattr(place, name)

    def broken(*given: Any, **more: Any) -> Any:
        found = done(*given, **more)
        then()
        return found

    put(place, name, broken)


def main() -> None:
    point = (sys.argv[1:] or [""])[0]

    def studio(settings: Settings) -> Studio:
        if point:
            break_at(point, lambda: die_once(settings.home / f"died.{point}"))
        return Studio(ToneBackend, Examiner)

    maker.main(studio)


def die_once(mark: Path) -> None:
    if not mark.exists():
        mark.touch()
        os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
