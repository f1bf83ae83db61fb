"""`songspace ingest`: files and folders of music, playlists and listens into the database."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import print_json, print_note
from service.cli.database import open_database
from service.cli.engines import engine_named
from service.cli.logs import quieten
from service.cli.options import EngineName, Json
from service.cli.progress import counting_bar
from service.cli.show import print_ingest
from service.cli.state import settings_of, tells_progress

if TYPE_CHECKING:
    from pipelines.ingest import IngestReport
    from pipelines.sources.batch import Problem

# More than this fill a screen and say nothing new; --json has them all.
MOST_PROBLEMS = 50


def run(
    ctx: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders to read.")],
    format: Annotated[
        str | None,
        typer.Option(
            metavar="F",
            help="tabular, mpd, jspf, xspf, m3u, listenbrainz, lastfm, audio or lyrics; by default found.",
        ),
    ] = None,
    namespace: Annotated[
        str | None,
        typer.Option(metavar="N", help="Prefix of the files' own ids; by default the folder's name."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Read large files too that are as they were when last read.")
    ] = False,
    engine: EngineName = "local",
    as_json: Json = False,
) -> None:
    """Take playlists, listens and songs from files into the database.

    Music (mp3, flac, ogg, opus, m4a, wav) is analysed: tempo, key, loudness, and how it sounds.
    """
    from pipelines.ingest import ingest
    from pipelines.sources.detect import FORMATS

    if format is not None and format not in FORMATS:
        raise typer.BadParameter(f"--format is one of {', '.join(FORMATS)}, got {format!r}", ctx=ctx)
    analyst = engine_named(ctx, engine)
    if tells_progress(ctx):
        quieten()
    session_factory = open_database(ctx, create=True)
    rows = 0
    with counting_bar("ingest") as bar:

        def count(source: Path, n: int) -> None:
            nonlocal rows
            rows += n
            bar(rows, f"rows, {source.name}")

        report = ingest(
            paths,
            session_factory=session_factory,
            format=format,
            namespace=namespace,
            releases=settings_of(ctx).home / "releases",
            progress=count,
            engine=analyst,
            again=again,
        )
    if as_json:
        print_json(ingest_document(report))
    else:
        print_ingest(report)
    print_problems(report.problems)
    if report.problems:
        raise typer.Exit(1)


def print_problems(problems: tuple[Problem, ...]) -> None:
    """Name the first problems on standard error, a line each, and say how many more there are."""
    for problem in problems[:MOST_PROBLEMS]:
        print_note(f"problem: {problem}")
    if len(problems) > MOST_PROBLEMS:
        print_note(f"and {len(problems) - MOST_PROBLEMS:,} problems more (--json lists them all)")


def ingest_document(report: IngestReport) -> dict[str, Any]:
    """Return what JSON shows of an ingest."""
    problems = [
        {"file": str(problem.file), "place": problem.place, "reason": problem.reason}
        for problem in report.problems
    ]
    document = asdict(report) | {"problems": problems, "seconds": round(report.seconds, 3)}
    if report.audio is not None:
        counts = {name: count for name, count in asdict(report.audio).items() if name != "problems"}
        document["audio"] = counts | {"realtime": round(report.audio.realtime, 1)}
    return document
