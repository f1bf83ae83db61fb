"""`songspace sample-world`: a small made-up label, to try everything on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.ingest import ingest_document
from service.cli.logs import quieten
from service.cli.options import Json
from service.cli.progress import status_line
from service.cli.show import print_ingest
from service.cli.state import settings_of, tells_progress


def run(
    ctx: typer.Context,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same world.")] = 7,
    songs: Annotated[int, typer.Option(min=60, help="How many songs, at most the 600 written.")] = 600,
    playlists: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many playlists.")] = 3000,
    users: Annotated[int, typer.Option(min=1, help="How many users, each with a year of listens.")] = 500,
    as_json: Json = False,
) -> None:
    """Write a made-up label with playlists and listeners into the database."""
    from pipelines.ingest import ingest_batches
    from pipelines.sample_world import build_world

    if tells_progress(ctx):
        quieten()
    with status_line("drawing the sample world"):
        world = build_world(seed, n_songs=songs, n_playlists=playlists, n_users=users)
    session_factory = open_database(ctx, create=True)
    with status_line("writing the sample world"):
        report = ingest_batches(
            world.batches(),
            session_factory=session_factory,
            source=Path("sample-world"),
            releases=settings_of(ctx).home / "releases",
        )
    if as_json:
        print_json({"seed": seed, **ingest_document(report)})
        return
    print_ingest(report)
    print_line(f"Songs are sample:0 to sample:{songs - 1}; users are {world.user_refs[0]} and so on.")
