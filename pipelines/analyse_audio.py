"""Audio files of the database into features: the second half of `songspace ingest FOLDER` for music.

Every file that this version of the analysis has not measured, and that is not missing, is measured: in worker
processes where there are many, each on one thread. Content that was measured under another path is not
measured again. What is done is stored as it comes, so that a killed run goes on where it was. A file that
cannot be decoded is a problem; the reason is stored, and told again without another try until the file
changes.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from pathlib import Path

from db.repositories import audio
from db.repositories.audio import PROBLEM, Features, StoredFile
from db.session import SessionFactory, write_transaction
from pipelines.audio_analysis import current_version, warm_up
from pipelines.sources.batch import Problem

logger = logging.getLogger(__name__)

Progress = Callable[[Path, int], None]
"""Called with each file that is measured, and 1."""

LOCK = "audio"
# Fewer are measured in this process: a worker takes seconds to start.
FEWEST_FOR_WORKERS = 24
_STORED_AT_ONCE = 16
_STORED_EVERY_S = 5.0
_IN_FLIGHT = 3  # Files that wait for each worker.


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
    workers: int | None = None,
    progress: Progress | None = None,
    analyse: Analyse = analyse_one,
) -> AudioReport:
    """Measure the files that have not been measured.

    Parameters
    ----------
    paths : collection of str, optional
        Only files at these paths; all by default.
    workers : int, optional
        Processes; as many as there are cores by default.

    Raises
    ------
    DatabaseUnavailableError
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
        for file, outcome in _outcomes(tasks, version, analyse, workers):
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


def _outcomes(
    tasks: Sequence[StoredFile], version: str, analyse: Analyse, workers: int | None
) -> Iterator[tuple[StoredFile, Outcome]]:
    """Yield each file with its outcome, as they come."""
    workers = len(os.sched_getaffinity(0)) if workers is None else workers
    if len(tasks) < FEWEST_FOR_WORKERS or workers < 2:
        from threadpoolctl import threadpool_limits

        for number, file in enumerate(tasks):
            if not number:
                warm_up()
            with threadpool_limits(1):
                outcome = analyse(file.path, version)
            yield file, outcome
        return
    suspects: list[StoredFile] = []
    rest = list(tasks)
    while rest:  # A worker that dies takes the pool with it: whoever was in it is tried alone, later.
        done: set[int] = set()
        in_flight: list[StoredFile] = []
        try:
            for file, outcome in _in_pool(rest, version, analyse, workers, in_flight):
                done.add(file.file_id)
                yield file, outcome
        except BrokenProcessPool:
            suspects.extend(file for file in in_flight if file.file_id not in done)
            done.update(file.file_id for file in in_flight)
        rest = [file for file in rest if file.file_id not in done]
    for file in suspects:
        try:
            yield from _in_pool([file], version, analyse, 1, [])
        except BrokenProcessPool:
            yield file, Outcome(reason="the decoder broke down over it", is_lasting=True)


def _in_pool(
    tasks: Iterable[StoredFile], version: str, analyse: Analyse, workers: int, in_flight: list[StoredFile]
) -> Iterator[tuple[StoredFile, Outcome]]:
    """Yield files and outcomes from a pool of processes; `in_flight` holds who is in it."""
    queue = iter(tasks)
    running: dict[Future[Outcome], StoredFile] = {}
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_prepare_worker)
    try:
        while True:
            while len(running) < workers * _IN_FLIGHT and (file := next(queue, None)) is not None:
                in_flight.append(file)
                running[pool.submit(analyse, file.path, version)] = file
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                outcome = future.result()
                file = running.pop(future)
                in_flight.remove(file)
                yield file, outcome
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _prepare_worker() -> None:
    """One thread a worker; and what decoders say of damaged files goes nowhere: the outcome says it."""
    from threadpoolctl import threadpool_limits

    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    warm_up()
    threadpool_limits(1)  # Of all libraries that are loaded by now.


def _end_with_parent() -> None:
    """End this worker when the process that gave it work is gone, killed perhaps: it would wait for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
