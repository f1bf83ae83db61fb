"""`songspace similar`: the songs nearest to one in the song space."""

from __future__ import annotations

from dataclasses import asdict

import typer

from service.cli.console import print_json
from service.cli.database import open_database
from service.cli.options import HowMany, Json, SongName
from service.cli.show import print_song_list
from service.cli.songs import song_ids
from service.cli.state import settings_of


def run(ctx: typer.Context, song: SongName, k: HowMany = 10, as_json: Json = False) -> None:
    """Show the songs that are most like one."""
    from pipelines.explore import similar
    from pipelines.serving import need_release
    from pipelines.shelf import Shelves

    session_factory = open_database(ctx)
    shelves = Shelves(need_release(settings_of(ctx).home))
    (song_id,) = song_ids(session_factory, [song])
    answer = similar(shelves, session_factory, song_id, k)
    if as_json:
        print_json({"song": song_id, **asdict(answer)})
    else:
        print_song_list(answer, score="cosine")
