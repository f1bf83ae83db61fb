"""`songspace taste`: what a user decides about the own profile."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.options import Json, UserName
from service.cli.show import named as named_song
from service.cli.songs import song_ids
from service.cli.state import settings_of

if TYPE_CHECKING:
    from pipelines.edit_profile import DecisionsAnswer


class Action(StrEnum):
    """What can be done with an interest or a song."""

    PIN = "pin"
    MUTE = "mute"
    FORGET = "forget"
    UNDO = "undo"


DONE = {"pin": "pinned", "mute": "muted", "forget": "forgotten"}


def run(
    ctx: typer.Context,
    user: UserName,
    action: Annotated[Action | None, typer.Argument(help="Without it, what is decided so far.")] = None,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="INTEREST|SONG",
            help="Number of an interest, as `songspace profile` shows it, or its song; or another song.",
        ),
    ] = None,
    song: Annotated[
        bool, typer.Option("--song", help="Only the song, also where it stands for an interest.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="With undo: all decisions.")] = False,
    as_json: Json = False,
) -> None:
    """Pin, mute or forget an interest or a song of a user's taste, or undo that."""
    from pipelines.edit_profile import decide, decisions, undo
    from pipelines.serving import need_release

    if everything and (action is not Action.UNDO or what is not None):
        raise typer.BadParameter("--all goes with undo, in the place of INTEREST|SONG", ctx=ctx)
    if (action is not None) != (what is not None or everything) or (song and what is None):
        raise typer.BadParameter("an action and what it is done to go together", ctx=ctx)
    session_factory = open_database(ctx)
    if action is None:
        answer = decisions(session_factory, user)
    else:
        release = need_release(settings_of(ctx).home)
        if what is not None and not what.isdecimal():
            (what,) = song_ids(session_factory, [what])
        if action is Action.UNDO:
            answer = undo(release, session_factory, user, what)
        else:
            assert what is not None
            answer = decide(release, session_factory, user, action.value, what, alone=song)
    if as_json:
        print_json(asdict(answer))
    else:
        print_decisions(answer)


def print_decisions(answer: DecisionsAnswer) -> None:
    """Print what a user decided, a line a decision."""
    if not answer.decisions:
        print_line(f"{answer.user}: nothing is pinned, muted or forgotten.")
    for one in answer.decisions:
        around = "the interest around " if one.what == "interest" else ""
        print_line(f"{DONE[one.do]}: {around}{named_song(one.title, one.artist)}  [{one.song}]")
