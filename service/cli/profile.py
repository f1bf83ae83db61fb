"""`songspace profile`: what is known of a user's taste."""

from __future__ import annotations

from dataclasses import asdict

import typer

from service.cli.console import print_json
from service.cli.database import open_database
from service.cli.options import Json, UserName
from service.cli.show import print_profile
from service.cli.state import settings_of


def run(ctx: typer.Context, user: UserName, as_json: Json = False) -> None:
    """Show a user's taste: interests with their shares, and what they play most."""
    from pipelines.explore import profile
    from pipelines.serving import need_release

    session_factory = open_database(ctx)
    answer = profile(need_release(settings_of(ctx).home), session_factory, user)
    if as_json:
        print_json(asdict(answer))
    else:
        print_profile(answer)
