"""Where the tracks that `songspace generate` makes are written."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generation.audio.request import Request

FOLDER = "generations"
_LONGEST_SLUG = 60


def take_files(request: Request, out: Path | None, folder: Path) -> list[Path]:
    """Return where the takes go, in places that are there and free.

    Raises
    ------
    ValueError
        A format that is not known, a folder that is not there, what is no ordinary file, or a file of
        somebody else's where the record would go.
    PermissionError
    """
    from generation.audio.record import is_record, record_path
    from generation.audio_files import audio_format

    if out is None:
        folder.mkdir(parents=True, exist_ok=True)
        names = [_free(folder, f"{slug(request)}-{request.seed + take}") for take in range(request.n_takes)]
    else:
        audio_format(out)
        names = [
            out if request.n_takes == 1 else out.with_stem(f"{out.stem}-{take + 1}")
            for take in range(request.n_takes)
        ]
    for name in names:
        if name.exists() and not name.is_file():
            raise ValueError(f"{name} is no ordinary file")
        if not name.resolve().parent.is_dir():
            raise ValueError(f"there is no folder {name.parent} to write {name.name} in")
        if not os.access(name.resolve().parent, os.W_OK):
            raise PermissionError(f"{name} cannot be written")
        record = record_path(name.resolve())
        if record.exists() and not (record.is_file() and is_record(record)):
            raise ValueError(
                f"{record} is no record of a generation: move it away, one is to be written there"
            )
    return [name.resolve() for name in names]


def _free(folder: Path, stem: str) -> Path:
    """Return a name that no file has: what was made before is kept."""
    path, number = folder / f"{stem}.flac", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.flac"
    return path


def slug(request: Request) -> str:
    """Return what is asked for as part of a file's name: letters, digits and hyphens.

    >>> from generation.audio.request import Request
    >>> slug(Request("Slow jazz trio, in F# minor!"))
    'slow-jazz-trio-in-f-minor'
    """
    words = request.prompt or request.genre or "noise"
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_SLUG].strip("-") or "track"
