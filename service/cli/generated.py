"""`songspace generated`: the tracks of the catalogue that were made here, with their prompts; adding one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from service.cli.console import print_json, print_line, print_table
from service.cli.database import open_database
from service.cli.options import Json
from service.cli.state import settings_of

_SHOWN = 60


def run(
    ctx: typer.Context,
    add: Annotated[
        list[Path] | None,
        typer.Option("--add", metavar="FILE", help="Put a track that `generate` made into the catalogue."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the tracks of the catalogue that were made here, with their prompts."""
    from pipelines.add_generated import add_track, generated_tracks
    from service.cli.generate_taste import documents, print_added

    session_factory = open_database(ctx, create=bool(add))
    if add:
        added = [add_track(session_factory, settings_of(ctx).home, path) for path in add]
        if as_json:
            print_json({"added": documents(added)})
        else:
            print_added(added)
        return
    tracks = generated_tracks(session_factory)
    if as_json:
        print_json({"tracks": [asdict(one) for one in tracks]})
    elif not tracks:
        print_line(
            "No generated track is in the catalogue: `songspace generate PROMPT --add` puts one there."
        )
    else:
        rows = [
            (one.song, one.made_at[:10], one.prompt[:_SHOWN] or one.title, one.likes, one.dislikes)
            for one in tracks
        ]
        print_table(["song", "made", "prompt", "likes", "dislikes"], rows)
