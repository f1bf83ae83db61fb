"""`songspace nightly`: learn from all playlists and listens, and publish a release."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.engines import engine_named
from service.cli.logs import quieten
from service.cli.options import EngineName, Json
from service.cli.progress import StageClock, status_line
from service.cli.state import settings_of, tells_progress


def run(
    ctx: typer.Context,
    only: Annotated[
        str | None, typer.Option(metavar="STAGE", help="Do this stage again and no other.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all that is drawn by lot.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Publish even if the accuracy fell.")] = False,
    engine: EngineName = "local",
    as_json: Json = False,
) -> None:
    """Learn from all playlists and listens, and publish a release."""
    from pipelines.nightly import STAGES, Night, NightlySettings

    if only is not None and only not in STAGES:
        raise typer.BadParameter(f"--only is one of {', '.join(STAGES)}, got {only!r}", ctx=ctx)
    settings = settings_of(ctx)
    if tells_progress(ctx):
        quieten()
    night = Night(
        settings.home,
        open_database(ctx),
        NightlySettings(
            seed=seed,
            workers=settings.threads,
            stage=only,
            force=force,
            generator=settings.generator,
            index=settings.index.value,
        ),
        engine_named(ctx, engine),
    )
    with status_line("nightly") as say:
        clock = StageClock(settings.home / "nightly", STAGES, (lambda _: None) if as_json else print_line)

        def started(stage: str) -> None:
            clock.started(stage)
            say(stage)

        report = night.run(started)
        clock.finish(dict(report.stages[-1].counts), report.stages[-1].peak_bytes)
    if as_json:
        print_json(asdict(report))
        return
    if report.message:
        print_line(f"gate: {report.message}")
    print_line(f"Release {report.release} is in force." if report.release else "No release is in force.")
