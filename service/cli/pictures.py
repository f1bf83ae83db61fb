"""Pictures that a command writes: the format by the file's name, the place checked before the work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from service.cli.files import file_to_write

Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="FILE", help="Draw it into this file: .png, .svg or .pdf; - is standard output."
    ),
]
Write = Callable[[Callable[[str], bytes]], None]
"""Takes what draws a picture of a format, and writes it."""


@contextmanager
def picture_to_write(out: Path) -> Iterator[Write]:
    """Give what writes a picture: whole, or not at all.

    Raises
    ------
    ValueError
        A format that is not known, or as `file_to_write`.
    PermissionError
        Nothing can be written there.
    """
    from service.pictures.canvas import picture_format

    format = picture_format(out) if str(out) != "-" else "png"
    with file_to_write(out) as path:
        if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            raise PermissionError(f"{out} cannot be written")

        def write(draw: Callable[[str], bytes]) -> None:
            picture = draw(format)
            beside = path.with_name(f".{path.name}.{os.getpid()}")
            try:
                beside.write_bytes(picture)
                os.replace(beside, path)
            finally:
                beside.unlink(missing_ok=True)

        yield write
