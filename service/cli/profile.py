"""`songspace profile`: what is known of a user's taste, in words or as a picture."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict

import typer

from service.cli.console import print_json
from service.cli.database import open_database
from service.cli.options import Json, UserName
from service.cli.pictures import Plot, picture_to_write
from service.cli.show import print_profile
from service.cli.state import settings_of


def run(ctx: typer.Context, user: UserName, plot: Plot = None, as_json: Json = False) -> None:
    """Show a user's taste: interests with their shares, axis scores, and what they play most."""
    from pipelines.explore import profile
    from pipelines.serving import need_release
    from service.pictures.profile import draw_profile

    session_factory = open_database(ctx)
    with picture_to_write(plot) if plot is not None else nullcontext() as write:
        answer = profile(need_release(settings_of(ctx).home), session_factory, user)
        if write is not None:
            write(lambda format: draw_profile(answer, format=format))
    if str(plot) == "-":
        return
    if as_json:
        print_json(asdict(answer))
    else:
        print_profile(answer)
