"""`songspace axes`: the named directions of the song space, and where a song, an artist or a user lies."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_line, print_table
from service.cli.database import open_database
from service.cli.options import Json
from service.cli.show import print_axis_scores, print_wrapped
from service.cli.songs import song_ids
from service.cli.state import settings_of

if TYPE_CHECKING:
    from pipelines.axis_scores import AxesAnswer, ScoresAnswer

NO_AXES = (
    "There are no axes in this release: they are learned from tags, which come with songs (columns `tags` or "
    "`genre`, or a table `tags`; see `songspace ingest`) and need 20 songs each."
)

_LEFT_OUT = 10


def run(
    ctx: typer.Context,
    song: Annotated[str | None, typer.Option(metavar="SONG", help="Score this song, by id or title.")] = None,
    artist: Annotated[str | None, typer.Option(metavar="NAME", help="Score this artist's songs.")] = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Score what this user listens to.")] = None,
    as_json: Json = False,
) -> None:
    """List the axes (rock, calm, ...), or score a song, an artist or a user on them."""
    from pipelines import axis_scores
    from pipelines.serving import need_release
    from pipelines.shelf import Shelves

    given = [
        name
        for name, value in (("--song", song), ("--artist", artist), ("--user", user))
        if value is not None
    ]
    if len(given) > 1:
        raise typer.BadParameter(f"{given[0]} and {given[1]} cannot be asked for at once")
    session_factory = open_database(ctx)
    release = need_release(settings_of(ctx).home)
    if not given:
        listed = axis_scores.list_axes(release)
        print_json(asdict(listed)) if as_json else _print_axes(listed)
        return
    if song is not None:
        (song_id,) = song_ids(session_factory, [song])
        answer = axis_scores.song_axes(Shelves(release), session_factory, song_id)
    elif artist is not None:
        answer = axis_scores.artist_axes(release, artist)
    else:
        answer = axis_scores.user_axes(release, session_factory, user or "")
    print_json(asdict(answer)) if as_json else _print_scores(answer)


def _print_axes(answer: AxesAnswer) -> None:
    if not answer.axes:
        print_line(NO_AXES if not answer.left_out else "None of the tags can be learned yet.")
    else:
        print_table(
            ["axis", "songs with it", "without", "AUC", "Brier", "of no model", "calibration error"],
            [[a.name, a.songs, a.others, a.auc, a.brier, a.base_brier, a.ece] for a in answer.axes],
        )
        print_wrapped(
            "Measured on songs by artists who were held back. AUC: how often a song with the tag scores "
            "above one without (1 always, .5 chance). Brier: mean square of score less tag, beside that of "
            "a guess at the tag's share. Calibration error: how far scores lie from shares, on average."
        )
    for name, reason in answer.left_out[:_LEFT_OUT]:
        print_line(f"no axis: {name} ({reason})")
    if len(answer.left_out) > _LEFT_OUT:
        print_line(f"and {len(answer.left_out) - _LEFT_OUT} more tags")


def _print_scores(answer: ScoresAnswer) -> None:
    of = f", {answer.songs:,} songs" if answer.kind != "song" else ""
    print_line(f"{answer.name}{of}")
    if answer.axes:
        print_axis_scores(answer.axes)
    elif answer.songs == 0:
        print_line("Nothing of it has a place in the song space yet.")
    else:
        print_line(NO_AXES)
