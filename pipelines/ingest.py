"""Files in, database rows out: the use case behind `songspace ingest`.

Each batch of a reader is one transaction, so that a killed ingest leaves whole batches, and running it
again completes them. The same input again changes no row. Songs are resolved as `pipelines.resolve` says. A
playlist is known by its ref: with the same content it is left as it is, with other content it is replaced.
At the end the groups of playlists are worked out anew if any playlist is new or changed.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy.exc import DBAPIError

from db.repositories import playlists
from db.repositories.late_index import made_late
from db.repositories.read_sources import read_marks, remember_sources
from db.session import SessionFactory, write_transaction
from pipelines.columns import PATH
from pipelines.erasures import Erasures
from pipelines.ingest_batch import NO_COUNTS, Counts, SongState, StoredBatch, store_batch
from pipelines.ingest_files import known_files, mark_missing
from pipelines.ingest_songs import MOST_REMEMBERED, SongMemory
from pipelines.listen_sums import ListenSums
from pipelines.regroup import FILE as GROUPS_FILE
from pipelines.regroup import regroup
from pipelines.sources.audio_folder import path_key
from pipelines.sources.batch import Batch, Problem
from pipelines.sources.read_before import ReadBefore

if TYPE_CHECKING:
    from pipelines.analyse_audio import AudioReport
    from pipelines.engine import Engine

logger = logging.getLogger(__name__)

Progress = Callable[[Path, int], None]
"""Called after each stored batch with its source and its number of entries, listens, likes and lyrics."""

LOCK = "ingest"


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did; `audio` where audio files came in.

    A song counts once however many batches it is in; the entries of a replaced playlist count as changed.
    `passed_over` counts files and sets of tables that were not read, since nothing in them had changed.
    """

    songs: Counts = NO_COUNTS
    playlists: Counts = NO_COUNTS
    entries: Counts = NO_COUNTS
    listens: Counts = NO_COUNTS
    feedback: Counts = NO_COUNTS
    lyrics: Counts = NO_COUNTS
    users_added: int = 0
    passed_over: int = 0
    audio: AudioReport | None = None
    problems: tuple[Problem, ...] = ()
    seconds: float = 0.0

    @property
    def changed_anything(self) -> bool:
        """Whether any row of the database is other than before."""
        parts = (self.songs, self.playlists, self.listens, self.feedback, self.lyrics)
        heard = self.audio is not None and bool(
            self.audio.analysed or self.audio.recognised or self.audio.missing
        )
        return heard or bool(self.users_added) or any(part.added or part.changed for part in parts)


def ingest(
    paths: Sequence[Path],
    *,
    session_factory: SessionFactory,
    format: str | None = None,
    namespace: str | None = None,
    releases: Path | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
    again: bool = False,
) -> IngestReport:
    """Read files and folders of any known format and store what they hold.

    Malformed parts become problems in the report and do not stop the rest. `releases` is the folder of the
    releases in whose spaces users have profiles: their sums of listens are kept up to date, and songs that
    the published release does not know get a place in its space (`pipelines.new_songs`). Users who asked to
    be forgotten (`pipelines.erasures`) do not come back. Of large files and folders what was read whole
    before, and is as it was, is passed over, unless it is to be read `again`. Audio files are measured by
    `engine`, by default processes of this machine.

    Raises
    ------
    EngineError
        Whole batches were stored.
    ValueError
        A format that is not known, or a namespace that cannot be one.
    DatabaseUnavailableError
        The database is lost, locked or full; whole batches were stored.
    """
    from pipelines.read_ahead import is_large, is_worth_it, read_ahead
    from pipelines.sources.detect import check_names, read_any

    known = known_files(session_factory)
    with session_factory() as session:
        before = ReadBefore({} if again else read_marks(session))

    def read(path: Path) -> Iterator[tuple[Path, Batch]]:
        if is_worth_it(path, format, namespace, before):
            batches = read_ahead(path, format=format, namespace=namespace, before=before)
        else:
            once = before if is_large(path) else None
            batches = read_any(path, format=format, namespace=namespace, known=known, before=once)
        yield from ((path, batch) for batch in batches)

    check_names(format, namespace)
    batches = map(read, map(Path, paths))
    folders = [path_key(path) for path in map(Path, paths) if path.is_dir()]
    late = any(map(is_large, map(Path, paths)))
    return _ingest(
        chain.from_iterable(batches), session_factory, progress, releases, folders, engine, late=late
    )


def ingest_batches(
    batches: Iterable[Batch],
    *,
    session_factory: SessionFactory,
    source: Path = Path(),
    releases: Path | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Store batches from elsewhere than a file; problems name `source`."""
    return _ingest(((source, batch) for batch in batches), session_factory, progress, releases)


@dataclass
class _Run:
    """What one run has stored so far."""

    playlists: Counts = NO_COUNTS
    entries: Counts = NO_COUNTS
    listens: Counts = NO_COUNTS
    feedback: Counts = NO_COUNTS
    lyrics: Counts = NO_COUNTS
    users_added: int = 0
    passed_over: int = 0
    paths: set[str] = field(default_factory=set)  # of audio files
    problems: list[Problem] = field(default_factory=list)
    song_states: bytearray = field(default_factory=bytearray)  # by song id, see `SongState`
    contents: dict[tuple[str, str], str] = field(default_factory=dict)  # hashes of this run's playlists
    said: SongMemory = field(default_factory=dict)

    def add(self, stored: StoredBatch) -> None:
        """Take up what one committed batch did."""
        self.playlists += stored.playlists
        self.entries += stored.entries
        self.listens += stored.listens
        self.feedback += stored.feedback
        self.lyrics += stored.lyrics
        self.users_added += stored.users_added
        self.problems.extend(stored.problems)
        self.contents.update(stored.contents)
        if len(self.said) < MOST_REMEMBERED:
            self.said.update(stored.said)
        n = len(stored.song_states)
        songs = np.fromiter(stored.song_states.keys(), np.int64, n)
        told = np.fromiter(stored.song_states.values(), np.uint8, n)
        self.song_states.extend(bytes(max(0, int(songs.max(initial=0)) + 1 - len(self.song_states))))
        states = np.frombuffer(self.song_states, dtype=np.uint8)
        states[songs] = np.maximum(states[songs], told)

    def report(self, seconds: float, audio: AudioReport | None = None) -> IngestReport:
        """Return the whole, each song counted once."""
        states = np.frombuffer(bytes(self.song_states), dtype=np.uint8)
        order = (SongState.ADDED, SongState.CHANGED, SongState.UNCHANGED)
        return IngestReport(
            Counts(*(int((states == state).sum()) for state in order)),
            self.playlists,
            self.entries,
            self.listens,
            self.feedback,
            self.lyrics,
            self.users_added,
            self.passed_over,
            audio,
            (*self.problems, *(audio.problems if audio is not None else ())),
            seconds,
        )


def _ingest(
    batches: Iterable[tuple[Path, Batch]], session_factory: SessionFactory, progress: Progress | None,
    releases: Path | None, folders: Sequence[str] = (), engine: Engine | None = None, *, late: bool = False,
) -> IngestReport:  # fmt: skip
    started = time.perf_counter()
    run = _Run()
    with made_late(session_factory) if late else nullcontext(), _seldom_collected():
        _store(run, batches, session_factory, progress, releases)
    with session_factory() as session:
        stale = playlists.has_ungrouped(session)
    if stale:
        memory = None if releases is None else releases.parent / GROUPS_FILE
        logger.info("groups: %d playlists in another group", regroup(session_factory, memory))
    audio = _hear(run.paths, folders, session_factory, progress, engine)
    report = run.report(time.perf_counter() - started, audio)
    logger.info(
        "ingest: %d songs, %d playlists, %d listens added in %.1f s; %d problems",
        report.songs.added,
        report.playlists.added,
        report.listens.added,
        report.seconds,
        len(report.problems),
    )
    if releases is not None and _has_news(report):
        from pipelines.new_songs import place_after_ingest

        place_after_ingest(session_factory, releases.parent)
    return report


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Let Python look for circles of garbage seldom: a batch makes millions of objects, hardly a circle.

    Only where a command ingests: the setting is the process's, and threads of a service would undo each
    other's.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = gc.get_threshold()
    gc.set_threshold(50_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _store(
    run: _Run, batches: Iterable[tuple[Path, Batch]], session_factory: SessionFactory,
    progress: Progress | None, releases: Path | None,
) -> None:  # fmt: skip
    """Store batches, each in a transaction of its own."""
    sums = None if releases is None else ListenSums(releases)
    erasures = None if releases is None else Erasures(releases.parent)
    spoiled: set[Path] = set()  # Sources of which something was not stored.
    for source, batch in batches:
        run.problems.extend(batch.problems)
        run.passed_over += batch.passed_over
        try:
            with write_transaction(session_factory, lock=LOCK) as session:
                stored = store_batch(
                    session, batch, source=source, earlier=run.contents, sums=sums, erasures=erasures,
                    memory=run.said,
                )  # fmt: skip
                if stored.problems:
                    spoiled.add(source)
                if source not in spoiled:
                    remember_sources(session, batch.read_whole)
        except DBAPIError as error:  # What no check foresaw costs its batch, not the ones after it.
            reason = " ".join(str(error.orig).split())
            spoiled.add(source)
            run.problems.append(Problem(source, "", f"a part could not be stored: {reason}"))
            continue
        run.add(stored)
        run.paths.update(batch.files[PATH].tolist())
        if progress is not None:
            parts = (batch.entries, batch.listens, batch.feedback, batch.files, batch.lyrics)
            progress(source, sum(map(len, parts)))


def _hear(
    paths: set[str],
    folders: Sequence[str],
    session_factory: SessionFactory,
    progress: Progress | None,
    engine: Engine | None,
) -> AudioReport | None:
    """Analyse the audio files that came in, and note which below the folders are gone; None for neither."""
    with write_transaction(session_factory, lock=LOCK) as session:
        missing = mark_missing(session, folders, paths) if folders else 0
    if not paths and not missing:
        return None
    from pipelines.analyse_audio import AudioReport, analyse_audio

    if not paths:
        return AudioReport(missing=missing)
    heard = analyse_audio(session_factory, paths=paths, engine=engine, progress=progress)
    return replace(heard, missing=missing)


def _has_news(report: IngestReport) -> bool:
    """Whether there may be songs to place: new ones, known ones in new company, or sounds."""
    heard = report.audio is not None and bool(report.audio.analysed or report.audio.recognised)
    return heard or any(part.added or part.changed for part in (report.songs, report.playlists))
