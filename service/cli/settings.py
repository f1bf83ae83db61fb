"""`songspace settings`: what is in force, and where it comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.console import print_json, print_table
from service.cli.state import settings_of, state_of
from service.settings import variable


def run(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the settings in force and where each comes from."""
    sources = state_of(ctx).sources
    rows = [
        {"name": name, "variable": variable(name), "value": value, "source": sources[name]}
        for name, value in settings_of(ctx).shown().items()
    ]
    if as_json:
        print_json({"settings": rows})
    else:
        print_table(
            ["setting", "value", "from", "variable"],
            [[r["name"], str(r["value"]), r["source"], r["variable"]] for r in rows],
        )
