"""`songspace feedback`: a like, a dislike or a block, and taking it back."""

from __future__ import annotations

import time
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.options import Json, SongName, UserName
from service.cli.songs import song_ids


class Word(StrEnum):
    """What can be said of a song."""

    LIKE = "like"
    DISLIKE = "dislike"
    BLOCK = "block"
    CLEAR = "clear"


def run(
    ctx: typer.Context,
    user: UserName,
    kind: Annotated[Word, typer.Argument(help="`clear` takes back whatever was said.")],
    song: SongName,
    as_json: Json = False,
) -> None:
    """Like, dislike or block a song for a user, or take that back."""
    from pipelines.edit_profile import give_feedback

    session_factory = open_database(ctx)
    (ref,) = song_ids(session_factory, [song])
    answer = give_feedback(session_factory, user, kind.value, ref, now_s=int(time.time()))
    if as_json:
        print_json(asdict(answer))
    else:
        said = " and ".join(answer.kinds) or "nothing"
        print_line(f"{answer.user} says of {answer.song}: {said}{'' if answer.changed else ', as before'}")
