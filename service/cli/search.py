"""`songspace search`: songs by words of their title and artist, or by what a text means."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.options import HowMany, Json
from service.cli.show import print_song_list, print_songs
from service.cli.state import settings_of

# No title is longer, and databases refuse patterns that go on and on.
LONGEST_TEXT = 1_000


def run(
    ctx: typer.Context,
    text: Annotated[list[str], typer.Argument(metavar="TEXT...", help="Words of title and artist.")],
    k: HowMany = 20,
    meaning: Annotated[
        bool, typer.Option("--meaning", help="Songs for what TEXT means, as the last nightly run learned it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find songs by words of their title and artist."""
    from pipelines.explore import search

    words = " ".join(text)
    if len(words) > LONGEST_TEXT:
        raise typer.BadParameter(f"TEXT has more than {LONGEST_TEXT:,} characters", ctx=ctx)
    if meaning:
        _search_meaning(ctx, words, k, as_json)
        return
    found = search(open_database(ctx), words, k)
    if as_json:
        print_json({"songs": [asdict(song) for song in found]})
    elif found:
        print_songs(found, score=None)
    else:
        print_line("No song holds all of these words.")


def _search_meaning(ctx: typer.Context, text: str, k: int, as_json: bool) -> None:
    from pipelines.meaning import search_meaning
    from pipelines.serving import need_release

    session_factory = open_database(ctx)
    answer = search_meaning(need_release(settings_of(ctx).home), session_factory, text, k)
    if as_json:
        print_json({"text": text, **asdict(answer)})
    else:
        print_song_list(answer, score="score")
