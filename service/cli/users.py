"""`songspace users`: who there is to ask for."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.console import print_json, print_line, print_table
from service.cli.database import open_database
from service.cli.options import Json


def run(
    ctx: typer.Context,
    k: Annotated[
        int | None,
        typer.Option("--k", min=1, max=2**31, metavar="N", help="How many to list; all by default."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List users with how much they listened."""
    from db.repositories.users import list_users

    with open_database(ctx)() as session:
        users = list_users(session, limit=k)
    if as_json:
        listed = [{"user": user.ref, "name": user.name, "listens": user.n_listens} for user in users]
        print_json({"users": listed})
    elif users:
        print_table(["user", "name", "listens"], [[user.ref, user.name, user.n_listens] for user in users])
    else:
        print_line("There are no users: they come with listens (`songspace ingest`).")
