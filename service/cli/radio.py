"""`songspace radio`: an endless sequence from some songs, a stretch of it at a time."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.options import Adventure, HowMany, Json
from service.cli.playlist_file import PlaylistFile, check_playlist_file, save_playlist
from service.cli.show import print_relaxed, print_songs
from service.cli.songs import song_ids
from service.cli.state import settings_of


def run(
    ctx: typer.Context,
    songs: Annotated[
        list[str], typer.Argument(metavar="SONG...", help="Songs to start from: their ids or titles.")
    ],
    k: HowMany = 50,
    after: Annotated[
        int, typer.Option(min=0, max=90_000, metavar="N", help="Go on after so many songs.")
    ] = 0,
    seed: Annotated[
        int, typer.Option(min=0, max=2**31, metavar="N", help="Another number, another radio.")
    ] = 1,
    adventure: Adventure = 0.3,
    user: Annotated[
        str | None, typer.Option(metavar="USER", help="Lean to this user's taste, and obey their blocks.")
    ] = None,
    out: PlaylistFile = None,
    as_json: Json = False,
) -> None:
    """Play on from some songs without end, and without repeating."""
    from pipelines.radio import play_radio
    from pipelines.serving import need_release
    from pipelines.shelf import Shelves

    check_playlist_file(out)
    session_factory = open_database(ctx)
    shelves = Shelves(need_release(settings_of(ctx).home))
    seeds = song_ids(session_factory, songs)
    answer = play_radio(
        shelves, session_factory, seeds, k, after=after, seed=seed, adventure=adventure, user=user
    )
    save_playlist(session_factory, out, "Radio", answer.songs)
    if as_json:
        print_json({"asked": seeds, **asdict(answer)})
        return
    if answer.songs:
        print_songs(answer.songs, score="to the one before")
    if len(answer.songs) < k:
        print_line("That was every song there is.")
    print_relaxed(answer.relaxed)
