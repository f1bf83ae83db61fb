"""What moves while one waits: on standard error, and only on a terminal."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from service.cli.console import printable

_WIDTH = 96


@contextmanager
def status_line(text: str) -> Iterator[Callable[[str], None]]:
    """Show a line with a spinner until the work is done; the function given says what it is at."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(text)) as status:
        yield lambda now: status.update(Text(f"{text}: {printable(now)}"))


@contextmanager
def counting_bar(text: str, total: int | None = None) -> Iterator[Callable[[int, str], None]]:
    """Show a bar; the function given takes how much is done by now, and a word about it.

    Without a total the bar only shows that work goes on.
    """
    if not sys.stderr.isatty():
        yield lambda _done, _note: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:,.0f} {task.fields[note]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=total, note="")
        yield lambda done, note: bar.update(task, completed=done, note=printable(note))


class StageClock:
    """Tells the stages of a night as they finish, from the stamps that they leave.

    `started` is the night's `progress`; `finish` takes the last stage, whose counts come with the report.
    """

    def __init__(self, nightly: Path, stages: tuple[str, ...], tell: Callable[[str], None]) -> None:
        from pipelines.stages import Work

        self.work = Work(nightly)
        self.tell = tell
        self.before = {stage: self.work.stamp(stage) for stage in stages}
        self.running: str | None = None
        self.since = 0.0

    def started(self, stage: str) -> None:
        """Note that a stage begins, and so that the one before it is done."""
        self._tell_finished()
        self.running, self.since = stage, time.perf_counter()

    def finish(self, counts: dict[str, object], peak_bytes: int = 0) -> None:
        """Tell the last stage; what is given stands in for the stamp that `publish` does not leave."""
        self._tell_finished(counts, peak_bytes)
        self.running = None

    def _tell_finished(self, counts: dict[str, object] | None = None, peak_bytes: int = 0) -> None:
        if self.running is None:
            return
        stamp = self.work.stamp(self.running)
        found = stamp["counts"] if stamp is not None else counts or {}
        peak = peak_bytes if stamp is None else int(stamp.get("peak_bytes", 0))
        done_before = stamp is not None and stamp == self.before[self.running]
        seconds = time.perf_counter() - self.since
        for line in stage_lines(self.running, found, seconds, done_before, peak):
            self.tell(line)


def stage_lines(
    stage: str, counts: dict[str, object], seconds: float, done_before: bool, peak_bytes: int = 0
) -> list[str]:
    """One line, or a few, for a stage: its name, seconds, the most memory that it took, and counts."""
    told = ", ".join(f"{name} {_shown(value)}" for name, value in counts.items() if value is not None)
    took = "as before" if done_before else f"{seconds:.1f} s"
    memory = f"{peak_bytes / 2**20:,.0f} MiB" if peak_bytes else ""
    return textwrap.wrap(f"{stage:<13}{took:>9}{memory:>12}   {told}", _WIDTH, subsequent_indent=" " * 37)


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
