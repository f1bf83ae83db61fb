"""`songspace player-password`: lets music players in that know of no keys."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.console import print_json, print_line, print_note
from service.cli.database import open_database
from service.cli.options import Json
from service.cli.state import settings_of


def run(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its number, as `songspace keys list` shows it.")],
    off: Annotated[bool, typer.Option("--off", help="Take the password away; the key stays.")] = False,
    as_json: Json = False,
) -> None:
    """Give a user's key a password for music players, and show it this once."""
    from pipelines.player_passwords import drop_password, give_password
    from service.http.keys import key_number

    factory, number = open_database(ctx), key_number(key)
    if off:
        had = drop_password(factory, number)
        if as_json:
            print_json({"key": number, "changed": had})
        else:
            print_line(f"Key {number} has no password {'any more' if had else 'that could be taken away'}.")
        return
    made = give_password(factory, settings_of(ctx).home, number)
    if as_json:
        print_json({"key": number, "user": made.user, "password": made.password})
        return
    print_line(f"user      {made.user}")
    print_line(f"password  {made.password}")
    print_note("Keep it: it is not shown again. The one that this key had before opens nothing any more.")
