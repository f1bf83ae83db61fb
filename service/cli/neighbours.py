"""`songspace neighbours`: the users whose taste is nearest to one user's."""

from __future__ import annotations

from dataclasses import asdict

import typer

from service.cli.console import print_json
from service.cli.database import open_database
from service.cli.options import HowMany, Json, UserName
from service.cli.show import print_neighbours
from service.cli.state import settings_of


def run(ctx: typer.Context, user: UserName, k: HowMany = 10, as_json: Json = False) -> None:
    """Show the users whose taste is most like one's."""
    from pipelines.explore import neighbours
    from pipelines.serving import need_release

    session_factory = open_database(ctx)
    answer = neighbours(need_release(settings_of(ctx).home), session_factory, user, k)
    if as_json:
        print_json(asdict(answer))
    else:
        print_neighbours(answer)
