"""Tables in pages: what stands between the marks `<!-- NAME -->` and `<!-- /NAME -->` is written anew."""

from __future__ import annotations

import os
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def fill(page: Path, mark: str, text: str) -> None:
    """Put a text between the marks of a page, in the place of the one that is there.

    Raises
    ------
    ValueError
        The page has no such marks.
    """
    written = page.read_text(encoding="utf-8")
    first, last = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before, opened, rest = written.partition(first)
    _, closed, after = rest.partition(last)
    if not opened or not closed:
        raise ValueError(f"{page} has no marks {first} and {last}")
    beside = page.with_name(f".{page.name}.{os.getpid()}")
    beside.write_text(f"{before}{first}\n\n{text.strip()}\n\n{last}{after}", encoding="utf-8")
    os.replace(beside, page)


class Report:
    """Lines that are printed as they come, and go into a page of docs/ at the end unless told not to."""

    def __init__(self, page: str, mark: str, *, writes: bool) -> None:
        self._page, self._mark, self._writes = DOCS / page, mark, writes
        self._lines: list[str] = []

    def line(self, text: str = "") -> None:
        """Print a line, and keep it."""
        print(text, flush=True)
        self._lines += text.splitlines() or [""]

    def done(self) -> None:
        """Write what was printed."""
        if self._writes:
            fill(self._page, self._mark, "\n".join(self._lines))
            print(f"written into {self._page}")
