"""The nightly job: clean -> corpus -> song2vec -> cooccurrence -> index -> words -> sounds -> axes ->
evaluate -> listens -> ratings -> publish.

Each stage (pipelines/night/, a module each) leaves its folder under `SONGSPACE_HOME/nightly/`
(pipelines/stages.py) and is skipped when nothing that it reads has changed, so a job that was killed goes on
where it stopped. How much memory each took at its peak is in its report and in the release's manifest.
`publish` makes the release (pipelines/release_files.py), asks the gate (pipelines/gate.py), moves the pointer
and renews the users' profiles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from db.session import SessionFactory
from pipelines.engine import Engine
from pipelines.memory import peak_memory
from pipelines.night import (
    axes,
    clean,
    cooccurrence,
    corpus,
    evaluate,
    index,
    listens,
    publish,
    ratings,
    song2vec,
    sounds,
    words,
)
from pipelines.night.job import GateClosedError, Job, NightlySettings, NothingToLearnError
from pipelines.release_files import current_name
from pipelines.stages import StageReport, only_one

__all__ = ["STAGES", "GateClosedError", "Night", "NightlyReport", "NightlySettings", "NothingToLearnError"]

_RUN: Mapping[str, Callable[[Job], StageReport]] = {
    "clean": clean.run,
    "corpus": corpus.run,
    "song2vec": song2vec.run,
    "cooccurrence": cooccurrence.run,
    "index": index.run,
    "words": words.run,
    "sounds": sounds.run,
    "axes": axes.run,
    "evaluate": evaluate.run,
    "listens": listens.run,
    "ratings": ratings.run,
    "publish": publish.run,
}
STAGES = tuple(_RUN)


@dataclass(frozen=True)
class NightlyReport:
    """What a night did: its stages, and the release in force afterwards."""

    stages: Sequence[StageReport]
    release: str | None
    message: str


class Night:
    """One run of the job over a database and a home folder."""

    def __init__(
        self,
        home: Path,
        session_factory: SessionFactory,
        settings: NightlySettings,
        engine: Engine | None = None,
    ) -> None:
        self.job = Job(home, session_factory, settings, engine)

    def run(self, progress: Callable[[str], None] | None = None) -> NightlyReport:
        """Do all stages, or the one that the settings name.

        Raises
        ------
        JobRunningError
            Another process does the nightly job of this home folder.
        NothingToLearnError, GateClosedError
        ValueError
            A stage that is not known, or one whose inputs were never made.
        """
        job = self.job
        chosen = job.settings.stage
        if chosen is not None and chosen not in STAGES:
            raise ValueError(f"stage is one of {', '.join(STAGES)}, got {chosen!r}")
        reports = []
        with only_one(job.home / "nightly.lock"):
            for name in STAGES if chosen is None else (chosen,):
                if progress is not None:
                    progress(name)
                with peak_memory() as memory:
                    report = _RUN[name](job)
                # A stage that was done before keeps the peak of when it was.
                peak = report.peak_bytes if report.done_before and report.peak_bytes else memory.peak_bytes
                reports.append(replace(report, peak_bytes=peak))
        return NightlyReport(tuple(reports), current_name(job.releases), job.message)
