"""`songspace generate`: its takes judged, compared with the training music, and listed best first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from service.cli.progress import status_line

if TYPE_CHECKING:
    from generation.audio.checks import Examiner
    from generation.audio.export import Exported
    from generation.audio.request import Generation


def checked(made: Generation) -> Generation:
    """Return the takes with what the judge and the index of training music say of each."""
    with status_line("checking"):
        return _examiner().check(made)


@lru_cache(maxsize=1)
def _examiner() -> Examiner:
    """Judge, index and encoder, loaded once a process."""
    from generation.audio.checks import load_examiner

    return load_examiner()


def ranked(done: Sequence[Exported]) -> list[Exported]:
    """Put the best take first; a copy of training music comes last. Files keep their takes' names."""
    from generation.audio.checks import best_first

    return [done[number] for number in best_first([one.track for one in done])]


def found(one: Exported) -> str:
    """What was found in a take, to be printed behind its line; "" where nothing could be asked."""
    from generation.audio.checks import said

    words = said(one.record.checks)
    return f", {words}" if words else ""
