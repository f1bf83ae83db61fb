"""Where generations lie in the home folder: a folder each, named by its token, and nothing by a request's
words.

    generations/jobs/TOKEN/given.flac          the sound that was given, if one was
    generations/jobs/TOKEN/events.jsonl        what happened so far, a line each
    generations/jobs/TOKEN/preview-1-8.png     the spectrogram that emerges, while it is made
    generations/jobs/TOKEN/takes-ab12/         what an attempt made: the row names the one that counts
    generations/sounds/USER/SHA256             uploads that no generation took yet
    generations/adding/TOKEN-1                 a take that waits to be put into the catalogue
    generations/made-TOKEN-1.flac              a take that is there, the first half of its token

Only the row says that something is done; whatever no row names is swept away.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

FORMATS = ("flac", "wav", "mp3", "ogg")
TOKEN = re.compile(r"[0-9a-f]{24}\Z")
_HALF = 12
_COPY = re.compile(r"\.?made-([0-9a-f]{12})-\d+\.flac")
# A folder is there a moment before its row.
_YOUNG_S = 600.0
_UPLOADS_KEPT_S = 24 * 3600.0


def jobs_folder(home: Path) -> Path:
    """Where all generations lie."""
    return home / "generations" / "jobs"


def job_folder(home: Path, token: str) -> Path:
    """Where one generation lies."""
    assert TOKEN.match(token), token
    return jobs_folder(home) / token


def sounds_folder(home: Path, user_id: int | None) -> Path:
    """Where the uploads of one user lie; of nobody's, where it is None."""
    return home / "generations" / "sounds" / ("nobody" if user_id is None else f"user-{user_id}")


def adding_folder(home: Path) -> Path:
    """Where a file for each take that is to be put into the catalogue waits for a worker."""
    return home / "generations" / "adding"


def kept_path(home: Path, token: str, number: int) -> Path:
    """Where a take of the catalogue lies, whatever becomes of its generation."""
    return home.resolve() / "generations" / f"made-{token[:_HALF]}-{number}.flac"


def left_copies(home: Path, *, now_s: float | None = None) -> list[Path]:
    """Copies of takes, whole or not, with their records, that nobody is putting into the catalogue now."""
    now_s = time.time() if now_s is None else now_s
    waiting = {path.name[:_HALF] for path in adding_folder(home).glob("*")}
    return [
        path
        for path in (home.resolve() / "generations").glob("*made-*")
        if (found := _COPY.match(path.name)) is not None
        and found[1] not in waiting
        and _age_s(path, now_s) > _YOUNG_S
    ]


def take_path(home: Path, token: str, folder: str, number: int, format: str) -> Path:
    """The file of a take; raises ValueError for a format that is none of `FORMATS`."""
    if format not in FORMATS:
        raise ValueError(f"a format is one of {', '.join(FORMATS)}, got {format[:20]!r}")
    return job_folder(home, token) / folder / f"take-{number}.{format}"


def remove_jobs(home: Path, tokens: Iterable[str]) -> None:
    """Remove generations' files; those that are gone already are no error."""
    for token in tokens:
        shutil.rmtree(job_folder(home, token), ignore_errors=True)
        for waiting in adding_folder(home).glob(f"{token}-*"):
            waiting.unlink(missing_ok=True)


def remove_sounds(home: Path, user_id: int) -> None:
    """Remove a user's uploads."""
    shutil.rmtree(sounds_folder(home, user_id), ignore_errors=True)


def keep_only(home: Path, token: str, folder: str | None) -> None:
    """Remove what is no longer needed of a generation that has ended: previews, and takes of other
    attempts.
    """
    for path in job_folder(home, token).glob("*"):
        if path.is_dir() and path.name != folder:
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.startswith(("preview-", ".")):
            path.unlink(missing_ok=True)


def sweep(
    home: Path, tokens: set[str], ended: Mapping[str, str | None], *, now_s: float | None = None
) -> int:
    """Remove folders that belong to no generation, and uploads of yesterday; returns how many. Of generations
    that have ended, by name with the folder that counts, a killed worker may have left more than is needed.
    """
    now_s = time.time() if now_s is None else now_s
    gone = 0
    for folder in jobs_folder(home).glob("*"):
        if folder.name in ended:
            keep_only(home, folder.name, ended[folder.name])
        elif folder.name not in tokens and _age_s(folder, now_s) > _YOUNG_S:
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    for sound in (home / "generations" / "sounds").glob("*/*"):
        if _age_s(sound, now_s) > _UPLOADS_KEPT_S:
            sound.unlink(missing_ok=True)
            gone += 1
    return gone


def _age_s(path: Path, now_s: float) -> float:
    try:
        return now_s - path.stat().st_mtime
    except OSError:
        return 0.0
