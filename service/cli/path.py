"""`songspace path`: songs that lead from one to another."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.options import Json
from service.cli.playlist_file import PlaylistFile, check_playlist_file, save_playlist
from service.cli.show import print_relaxed, print_songs
from service.cli.songs import song_ids
from service.cli.state import settings_of


def run(
    ctx: typer.Context,
    start: Annotated[str, typer.Argument(metavar="SONG_A", help="Where it starts: an id or a title.")],
    end: Annotated[str, typer.Argument(metavar="SONG_B", help="Where it ends.")],
    k: Annotated[
        int, typer.Option("--k", min=2, max=100, metavar="N", help="How many songs, with both ends.")
    ] = 10,
    out: PlaylistFile = None,
    as_json: Json = False,
) -> None:
    """Show songs that lead smoothly from one song to another."""
    from pipelines.path import song_path
    from pipelines.serving import need_release
    from pipelines.shelf import Shelves

    check_playlist_file(out)
    session_factory = open_database(ctx)
    shelves = Shelves(need_release(settings_of(ctx).home))
    first, last = song_ids(session_factory, [start, end])
    answer = song_path(shelves, session_factory, first, last, k)
    save_playlist(session_factory, out, "Path", answer.songs)
    if as_json:
        print_json({"from": first, "to": last, **asdict(answer)})
        return
    print_songs(answer.songs, score="to the one before")
    print_line(
        f"The largest step is {answer.largest_step:.0f} degrees; straight on it would be {answer.direct:.0f}."
    )
    if len(answer.songs) < k:
        print_line("No more songs lie between these.")
    print_relaxed(answer.relaxed)
