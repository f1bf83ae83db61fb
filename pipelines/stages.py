"""Stages of a job: each writes one folder, leaves a stamp when it is done, and is not done twice for the
same input.

A stage's fingerprint is a hash of its settings and of the marks of the stages it reads; a stage's mark is a
hash of what it wrote, so that a stage done again with another outcome is news to those after it, and one with
the same outcome is not. The folder is written beside and renamed, the stamp is in it: after a crash a stage
is there whole or not at all, and the job goes on where it stopped. Asking for a stage by name does it again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.memory import peak_bytes

logger = logging.getLogger(__name__)

STAMP = "stamp.json"
_STAMPED = {"fingerprint", "mark", "counts", "seconds"}


class JobRunningError(Exception):
    """Another process is doing this job; the message names its lock file."""


@dataclass(frozen=True)
class StageReport:
    """What came of a stage: its counts, how long it took, and whether it had to be done at all.

    `peak_bytes` is the most memory that it took (pipelines/memory.py), now or when it was done; 0 where
    nobody measured.
    """

    name: str
    counts: Mapping[str, Any]
    seconds: float
    done_before: bool
    peak_bytes: int = 0


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold a lock file while a job runs; the lock goes with the process, whatever ends it.

    Raises
    ------
    JobRunningError
        Another process holds it.
    """
    import fcntl

    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise JobRunningError(f"another process is at work on this ({lock} is locked)") from None
        yield


def fingerprint(*parts: object) -> str:
    """Hash anything that JSON can hold."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Work:
    """The folder in which a job's stages leave their results."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, stage: str, file: str) -> Path:
        """A file of a finished stage."""
        return self.folder / stage / file

    def stamp(self, stage: str) -> Mapping[str, Any] | None:
        """What a finished stage left as its stamp; None when it was never done."""
        try:
            stamp = json.loads(self.path(stage, STAMP).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return stamp if isinstance(stamp, dict) and stamp.keys() >= _STAMPED else None

    def run(
        self,
        stage: str,
        write: Callable[[Path], Mapping[str, Any]],
        *,
        inputs: Sequence[object],
        again: bool = False,
    ) -> StageReport:
        """Do a stage unless its stamp says that it was done for these inputs.

        Parameters
        ----------
        write : function of a folder
            Writes the stage's files into it and returns its counts.
        inputs : sequence
            Settings and upstream marks.
        again : bool
            Do it whatever the stamp says.
        """
        mark = fingerprint(stage, *inputs)
        stamp = self.stamp(stage)
        if not again and stamp is not None and stamp.get("fingerprint") == mark:
            logger.info("%s: nothing new", stage)
            return StageReport(
                stage, stamp["counts"], float(stamp["seconds"]), True, int(stamp.get("peak_bytes", 0))
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        building, old = self.folder / f".building-{stage}", self.folder / f".old-{stage}"
        for leftover in (building, old):
            shutil.rmtree(leftover, ignore_errors=True)
        building.mkdir()
        started = time.perf_counter()
        counts = dict(write(building))
        seconds = time.perf_counter() - started
        peak = peak_bytes()
        facts = {
            "fingerprint": mark,
            "mark": _hash_of(building),
            "counts": counts,
            "seconds": round(seconds, 3),
            "peak_bytes": peak,
        }
        (building / STAMP).write_text(json.dumps(facts, indent=2), encoding="utf-8")
        # Moved out of the way first: a half-removed folder must not stand there with its stamp.
        if (self.folder / stage).exists():
            os.rename(self.folder / stage, old)
        os.rename(building, self.folder / stage)
        shutil.rmtree(old, ignore_errors=True)
        logger.info("%s: %s, %.1f s", stage, ", ".join(f"{k} {v}" for k, v in counts.items()), seconds)
        return StageReport(stage, counts, seconds, False, peak)

    def mark_of(self, stage: str) -> str:
        """Mark of what a finished stage wrote, for those that read it.

        Raises
        ------
        ValueError
            It was never done.
        """
        stamp = self.stamp(stage)
        if stamp is None:
            raise ValueError(f"stage {stage!r} has not been done yet: run the whole job first")
        return str(stamp["mark"])


def _hash_of(folder: Path) -> str:
    """Hash of the names and contents of all files in a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            digest.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()[:16]
