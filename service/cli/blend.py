"""`songspace blend`: song arithmetic, "this minus that plus those"."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from service.cli.console import print_json
from service.cli.database import open_database
from service.cli.options import HowMany, Json, SpreadingCommand
from service.cli.show import print_song_list
from service.cli.songs import song_ids
from service.cli.state import settings_of

COMMAND_CLASS = SpreadingCommand


def run(
    ctx: typer.Context,
    plus: Annotated[list[str], typer.Option("--plus", metavar="SONG...", help="Songs to add.")],
    minus: Annotated[
        list[str] | None, typer.Option("--minus", metavar="SONG...", help="Songs to take away.")
    ] = None,
    k: HowMany = 10,
    as_json: Json = False,
) -> None:
    """Show the songs at "these minus those"."""
    from pipelines.explore import blend
    from pipelines.serving import need_release
    from pipelines.shelf import Shelves

    session_factory = open_database(ctx)
    shelves = Shelves(need_release(settings_of(ctx).home))
    added, taken = song_ids(session_factory, plus), song_ids(session_factory, minus or [])
    answer = blend(shelves, session_factory, added, taken, k)
    if as_json:
        print_json({"plus": added, "minus": taken, **asdict(answer)})
    else:
        print_song_list(answer, score="cosine")
