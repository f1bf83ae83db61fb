"""Audio files of the database into features: the second half of `songspace ingest FOLDER` for music.

Every file that this version of the analysis has not measured, and that is not missing, is measured: by the
workers of an engine (pipelines/engine.py) where there are many, each on one thread. Content that was measured
under another path is not measured again. What is done is stored as it comes, so that a killed run goes on
where it was. A file that cannot be decoded is a problem; the reason is stored, and told again without another
try until the file changes.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import parent_process
from pathlib import Path

from db.repositories import audio
from db.repositories.audio import PROBLEM, Features, StoredFile
from db.session import SessionFactory, write_transaction
from pipelines.audio_analysis import current_version, warm_up
from pipelines.engine import Engine, Local
from pipelines.sources.batch import Problem

logger = logging.getLogger(__name__)

Progress = Callable[[Path, int], None]
"""Called with each file that is measured, and 1."""

LOCK = "audio"
# Fewer are measured in this process: a worker takes seconds to start.
FEWEST_FOR_WORKERS = 24
_STORED_AT_ONCE = 16
_STORED_EVERY_S = 5.0


@dataclass(frozen=True)
class AudioReport:
    """What an analysis did.

    Attributes
    ----------
    analysed : int
        Files that were decoded and measured.
    recognised : int
        Files whose content was measured before, under another path.
    unchanged : int
        Files that had been measured.
    failed : int
        Files that cannot be measured, now or as was found before.
    missing : int
        Files that were there the last time.
    audio_s, busy_s, seconds : float
        Length of what was analysed; time that cores worked on it, all together, without loading
        libraries; and the clock's time with everything.
    problems : tuple of Problem
    """

    analysed: int = 0
    recognised: int = 0
    unchanged: int = 0
    failed: int = 0
    missing: int = 0
    audio_s: float = 0.0
    busy_s: float = 0.0
    seconds: float = 0.0
    problems: tuple[Problem, ...] = ()

    @property
    def realtime(self) -> float:
        """How many seconds of music one core analyses in a second; 0 where nothing was."""
        return self.audio_s / self.busy_s if self.busy_s else 0.0


@dataclass(frozen=True)
class Outcome:
    """What became of one file: its features, or why there are none.

    `is_lasting` says that another try is idle; `seconds` are those that its core worked.
    """

    features: Features | None = None
    reason: str = ""
    is_lasting: bool = False
    seconds: float = 0.0


Analyse = Callable[[str, str], Outcome]
"""Path and version in, outcome out; never raises. It has to be picklable to run in workers."""


def analyse_one(path: str, version: str) -> Outcome:
    """Measure one file, whatever is wrong with it."""
    from generation.audio.style_encoder import StyleEncoderMissingError
    from pipelines.audio_analysis import analyse_file
    from pipelines.sources.audio_stream import AudioDecoderMissingError, AudioError
    from pipelines.sources.files import reason_of

    started = time.process_time()
    try:
        return Outcome(analyse_file(Path(path), version=version), seconds=time.process_time() - started)
    except (AudioDecoderMissingError, StyleEncoderMissingError) as error:
        return Outcome(reason=str(error))
    except AudioError as error:
        return Outcome(reason=str(error), is_lasting=True)
    except OSError as error:
        return Outcome(reason=f"cannot be read: {reason_of(error)}")
    except (ValueError, RuntimeError, ArithmeticError, MemoryError) as error:
        # Of a library, over a sound that nobody foresaw: it costs this file, not the others.
        return Outcome(reason=f"cannot be analysed: {reason_of(error)}", is_lasting=True)


def analyse_audio(
    session_factory: SessionFactory,
    *,
    paths: Collection[str] | None = None,
    engine: Engine | None = None,
    progress: Progress | None = None,
    analyse: Analyse = analyse_one,
) -> AudioReport:
    """Measure the files that have not been measured.

    Parameters
    ----------
    paths : collection of str, optional
        Only files at these paths; all by default.
    engine : Engine, optional
        What measures; by default a process a core. Paths have to mean the same to its workers.

    Raises
    ------
    DatabaseUnavailableError, EngineError
        What was measured before is stored.
    """
    started = time.perf_counter()
    version = current_version()
    wanted = None if paths is None else set(paths)
    with session_factory() as session:
        files = [file for file in audio.files_without_features(session, version) if _among(file, wanted)]
        before = audio.problems_of(session, version, wanted or ())
        known = audio.features_of_hashes(session, version, (file.sha256 for file in files))
    _store(session_factory, version, known)
    pending = {file.sha256: file for file in reversed(files) if file.sha256 not in known}
    tasks = sorted(pending.values(), key=lambda file: file.path)
    problems = [Problem(Path(path), "", reason) for path, reason in sorted(before.items())]
    analysed, audio_s, busy_s = 0, 0.0, 0.0
    waiting: dict[str, Features] = {}
    stored_at = time.perf_counter()
    try:
        outcomes = (engine or Local(len(os.sched_getaffinity(0)))).map(
            partial(_measured, analyse=analyse, version=version),
            (file.path for file in tasks),
            prepare=_prepare_worker,
            lost=_broke_down,
            fewest=FEWEST_FOR_WORKERS,
        )
        for file, outcome in zip(tasks, outcomes, strict=True):
            if outcome.features is not None:
                waiting[file.sha256] = outcome.features
                analysed += 1
                audio_s += file.duration_s or 0.0
                busy_s += outcome.seconds
            else:
                problems.append(Problem(Path(file.path), "", outcome.reason))
                if outcome.is_lasting:
                    waiting[file.sha256] = Features({PROBLEM: outcome.reason})
            if progress is not None:
                progress(Path(file.path), 1)
            if len(waiting) >= _STORED_AT_ONCE or time.perf_counter() - stored_at > _STORED_EVERY_S:
                _store(session_factory, version, waiting)
                waiting, stored_at = {}, time.perf_counter()
    finally:
        _store(session_factory, version, waiting)
    report = AudioReport(
        analysed=analysed,
        recognised=len(files) - len(tasks),
        unchanged=0 if wanted is None else len(wanted) - len(files) - len(before),
        failed=len(problems),
        audio_s=audio_s,
        busy_s=busy_s,
        seconds=time.perf_counter() - started,
        problems=tuple(problems),
    )
    if files:
        logger.info(
            "audio: %d files analysed, %d recognised, %d failed, %.1f s; %.0fx realtime a core",
            report.analysed, report.recognised, report.failed, report.seconds, report.realtime,
        )  # fmt: skip
    return report


def _among(file: StoredFile, wanted: Collection[str] | None) -> bool:
    return wanted is None or file.path in wanted


def _store(session_factory: SessionFactory, version: str, found: dict[str, Features]) -> None:
    """Store features, by hash, for every file of that hash that has none."""
    if not found:
        return
    with write_transaction(session_factory, lock=LOCK) as session:
        without = {file.file_id for file in audio.files_without_features(session, version)}
        files = audio.files_with(session, hashes=found)
        audio.save_features(
            session, version, {file.file_id: found[file.sha256] for file in files if file.file_id in without}
        )


def _measured(path: str, *, analyse: Analyse, version: str) -> Outcome:
    """What an engine is given: one file."""
    return analyse(path, version)


def _broke_down(_path: str) -> Outcome:
    """What becomes of a file that took its workers down."""
    return Outcome(reason="the decoder broke down over it", is_lasting=True)


def _prepare_worker() -> None:
    """Load the libraries; in a worker of ours, what decoders say of damaged files goes nowhere: the outcome
    says it.
    """
    if parent_process() is not None:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    warm_up()
