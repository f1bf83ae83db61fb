"""`songspace discover`: a week's songs that a user has never heard."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.options import Adventure, HowMany, Json, UserName
from service.cli.playlist_file import PlaylistFile, check_playlist_file, save_playlist
from service.cli.show import named, print_relaxed, print_wrapped, reason
from service.cli.state import settings_of


def run(
    ctx: typer.Context,
    user: UserName,
    k: HowMany = 30,
    week: Annotated[
        str, typer.Option(metavar="WEEK", help="An ISO week, as 2026-W47; by default this one.")
    ] = "",
    adventure: Adventure = 0.5,
    out: PlaylistFile = None,
    as_json: Json = False,
) -> None:
    """Show a week's songs that a user has never heard."""
    from pipelines.discover import discover
    from pipelines.serving import need_release

    check_playlist_file(out)
    session_factory = open_database(ctx)
    release = need_release(settings_of(ctx).home)
    answer = discover(release, session_factory, user, k, week=week or _this_week(), adventure=adventure)
    save_playlist(session_factory, out, f"Discoveries of {answer.week}", answer.songs)
    if as_json:
        print_json(asdict(answer))
        return
    if answer.fallback is not None:
        print_line("Too little is known of this user's taste, so this is popular and of many kinds:")
    if not answer.songs:
        print_line("There is nothing that this user has not heard.")
    for place, song in enumerate(answer.songs, start=1):
        print_line(f"{place:3d}  {named(song.title, song.artist)}  [{song.song}]")
        print_wrapped(reason(song), indent=5)
    print_relaxed(answer.relaxed)


def _this_week() -> str:
    from datetime import UTC, datetime

    year, week, _ = datetime.now(UTC).isocalendar()
    return f"{year}-W{week:02d}"
