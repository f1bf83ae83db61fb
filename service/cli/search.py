"""`songspace search`: songs by words of their title and artist."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.options import HowMany, Json
from service.cli.show import print_songs

# No title is longer, and databases refuse patterns that go on and on.
LONGEST_TEXT = 1_000


def run(
    ctx: typer.Context,
    text: Annotated[list[str], typer.Argument(metavar="TEXT...", help="Words of title and artist.")],
    k: HowMany = 20,
    as_json: Json = False,
) -> None:
    """Find songs by words of their title and artist."""
    from pipelines.explore import search

    words = " ".join(text)
    if len(words) > LONGEST_TEXT:
        raise typer.BadParameter(f"TEXT has more than {LONGEST_TEXT:,} characters", ctx=ctx)
    found = search(open_database(ctx), words, k)
    if as_json:
        print_json({"songs": [asdict(song) for song in found]})
    elif found:
        print_songs(found, score=None)
    else:
        print_line("No song holds all of these words.")
