"""Stages of a job: each writes one folder, leaves a stamp when it is done, and is not done twice for the
same input.

A stage's fingerprint is a hash of its settings and of the fingerprints of the stages it reads. The folder is
written beside and renamed, the stamp is in it: after a crash a stage is there whole or not at all, and the
job goes on where it stopped. Asking for a stage by name does it again.
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

logger = logging.getLogger(__name__)

STAMP = "stamp.json"


class JobRunningError(Exception):
    """Another process is doing this job; the message names its lock file."""


@dataclass(frozen=True)
class StageReport:
    """What came of a stage: its counts, how long it took, and whether it had to be done at all."""

    name: str
    counts: Mapping[str, Any]
    seconds: float
    done_before: bool


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
        return stamp if isinstance(stamp, dict) else None

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
            Settings and upstream fingerprints.
        again : bool
            Do it whatever the stamp says.
        """
        mark = fingerprint(stage, *inputs)
        stamp = self.stamp(stage)
        if not again and stamp is not None and stamp.get("fingerprint") == mark:
            logger.info("%s: nothing new", stage)
            return StageReport(stage, stamp["counts"], float(stamp["seconds"]), True)
        self.folder.mkdir(parents=True, exist_ok=True)
        building = self.folder / f".building-{stage}"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir()
        started = time.perf_counter()
        counts = dict(write(building))
        seconds = time.perf_counter() - started
        text = json.dumps({"fingerprint": mark, "counts": counts, "seconds": round(seconds, 3)}, indent=2)
        (building / STAMP).write_text(text, encoding="utf-8")
        shutil.rmtree(self.folder / stage, ignore_errors=True)
        os.rename(building, self.folder / stage)
        logger.info("%s: %s, %.1f s", stage, ", ".join(f"{k} {v}" for k, v in counts.items()), seconds)
        return StageReport(stage, counts, seconds, False)

    def mark_of(self, stage: str) -> str:
        """Fingerprint of a finished stage, for those that read it.

        Raises
        ------
        ValueError
            It was never done.
        """
        stamp = self.stamp(stage)
        if stamp is None:
            raise ValueError(f"stage {stage!r} has not been done yet: run the whole job first")
        return str(stamp["fingerprint"])
