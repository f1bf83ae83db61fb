"""What happens to a generation, line by line, for whoever watches: numbered from 1, appended, never changed.

The worker writes a line before who watches can see it whole; a line without its end is not read. How it
ended is in the row, and is told as the last event.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

FILE = "events.jsonl"
STARTED, LOADING, STEP, CHECKING, ENDED = "started", "loading", "step", "checking", "ended"


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Attributes
    ----------
    number : int
        From 1.
    kind : str
        "started" (attempt `number_of`), "loading", "step", "checking", "ended" in the file; the last one
        is "done", "failed" or "cancelled".
    step, n_steps, take, n_takes : int
        Of a step, from 1.
    share_done : float
        Of all steps of all takes.
    attempt : int
        Which try it is, from 1.
    preview : str
        File of the picture of a step, beside; "" where none was drawn.
    reason : str
        Why it failed.
    """

    number: int
    kind: str
    step: int = 0
    n_steps: int = 0
    take: int = 0
    n_takes: int = 0
    share_done: float = 0.0
    attempt: int = 0
    preview: str = ""
    reason: str = ""

    @property
    def is_last(self) -> bool:
        """Whether nothing comes after it."""
        return self.kind in ("done", "failed", "cancelled")


_NAMES = frozenset(one.name for one in fields(Event)) - {"number"}


def append_event(folder: Path, kind: str, **more: Any) -> None:
    """Append a line; a generation whose folder is gone has nobody who watches."""
    line = json.dumps({"kind": kind, **more}, separators=(",", ":"))
    try:
        with (folder / FILE).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    except FileNotFoundError:
        return


def read_events(folder: Path, after: int = 0) -> list[Event]:
    """Return the events behind a number, in order; none where nothing has happened yet."""
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    lines = text.split("\n")[:-1]
    found = []
    for number, line in enumerate(lines[after:], start=after + 1):
        try:
            values = json.loads(line)
        except ValueError:  # torn by a killed worker
            continue
        found.append(Event(number, **{name: value for name, value in values.items() if name in _NAMES}))
    return found
