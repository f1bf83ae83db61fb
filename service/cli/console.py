"""Printing: tables and lines for people, one JSON document for programs.

Answers go to standard output, everything else to standard error. Text from catalogues is shown as it is,
never read as markup; control characters, which could move a terminal's cursor, are shown as spaces.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

# Where nobody looks (a pipe, a file) there is no width to fit, and no cell is worth cutting.
UNLIMITED_COLUMNS = 10_000


def print_json(document: Any) -> None:
    """Print one JSON document in UTF-8, whatever the locale.

    Raises
    ------
    ValueError
        The document holds NaN or an infinity, which JSON does not know.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    sys.stdout.flush()
    # "replace" concerns lone surrogates only: undecodable file names come in so, and UTF-8 cannot hold them.
    sys.stdout.buffer.write(text.encode("utf-8", errors="replace"))
    sys.stdout.buffer.flush()


def print_line(text: str = "") -> None:
    """Print one line to standard output, at once: who reads along shall see where a long job is."""
    sys.stdout.write(printable(text) + "\n")
    sys.stdout.flush()


def print_error(message: str) -> None:
    """Print one line `error: ...` to standard error."""
    sys.stderr.write(f"error: {printable(' '.join(message.split()))}\n")


def print_note(message: str) -> None:
    """Print one line to standard error, for what is said beside an answer."""
    sys.stderr.write(printable(" ".join(message.split())) + "\n")


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None
) -> None:
    """Print rows under column heads; numbers stand right, floats with three decimals, None as a dash.

    A column stands right when every cell in it is a number.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [list(row) for row in rows]
    table = Table(
        title=Text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for number, name in enumerate(columns):
        numeric = bool(cells) and all(_is_number(row[number]) for row in cells)
        table.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(_shown(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else UNLIMITED_COLUMNS, soft_wrap=False).print(table)


def printable(text: str) -> str:
    """Return `text` with every character that does not print replaced by a space."""
    return "".join(character if character.isprintable() else " " for character in text)


def _is_number(cell: object) -> bool:
    return isinstance(cell, Real) and not isinstance(cell, bool)


def _shown(cell: object) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, Real) and not isinstance(cell, Integral):
        return f"{float(cell):.3f}"
    return printable(str(cell))
