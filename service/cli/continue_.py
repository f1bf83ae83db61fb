"""`songspace continue`: songs that would go on a playlist, after some songs, or after each case of a file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_note
from service.cli.database import open_database
from service.cli.files import file_to_write
from service.cli.options import HowMany, Json, SpreadingCommand
from service.cli.progress import counting_bar
from service.cli.show import print_song_list
from service.cli.songs import song_ids
from service.cli.state import settings_of

if TYPE_CHECKING:
    from pipelines.continue_lists import Continuer

COMMAND_CLASS = SpreadingCommand


def run(
    ctx: typer.Context,
    playlist: Annotated[
        str | None, typer.Argument(metavar="PLAYLIST", help="Id of a stored playlist, as `playlists:3`.")
    ] = None,
    songs: Annotated[
        list[str] | None, typer.Option("--songs", metavar="SONG...", help="Songs to continue, in order.")
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='Cases, a line each: {"id": 1, "songs": ["playlists:17"]}.'),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --batch: where to; - is standard output.")
    ] = None,
    k: HowMany = 20,
    as_json: Json = False,
) -> None:
    """Show the songs that would go on a playlist, or after some songs."""
    from pipelines.continue_lists import Continuer
    from pipelines.serving import need_release

    if (playlist is not None) + bool(songs) + (batch is not None) != 1:
        raise typer.BadParameter("one of PLAYLIST, --songs and --batch is needed", ctx=ctx)
    if out is not None and batch is None:
        raise typer.BadParameter("--out goes with --batch", ctx=ctx)
    session_factory = open_database(ctx)
    continuer = Continuer(need_release(settings_of(ctx).home), session_factory)
    if batch is not None:
        _answer_cases(continuer, batch, out or Path("-"), k)
    else:
        given = song_ids(session_factory, songs or [])
        answer = (
            continuer.continue_songs(given, k) if given else continuer.continue_playlist(str(playlist), k)
        )
        if as_json:
            asked = {"asked": given} if given else {"playlist": playlist}
            print_json({**asked, **asdict(answer)})
        else:
            print_song_list(answer, score="score")


def _answer_cases(continuer: Continuer, cases: Path, out: Path, k: int) -> None:
    with file_to_write(out) as file, counting_bar("continuing") as bar:
        report = continuer.batch(cases, file, k, progress=lambda done: bar(done, "cases"))
    where = "" if str(out) == "-" else f" in {out}"
    cases_word = "case" if report.answered == 1 else "cases"
    print_note(f"{report.answered:,} {cases_word} answered{where}, {report.malformed:,} malformed")
    if report.malformed:
        raise typer.Exit(1)
