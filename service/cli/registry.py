"""The commands of `songspace`, and how they are loaded only when used.

`songspace --help` has to be instant, but the module of a command may import what takes seconds. So the top
level knows each command by its name and one line of help from `COMMANDS`, as a light stand-in; a stand-in is
replaced by the real command, imported from `service.cli.<name>`, at the moment when the command line turns
out to name it.

To add a command `find-twin`: add its line to `COMMANDS` and write `service/cli/find_twin.py` with either
a function `run` (a typer command; the docstring's first line is the line in `COMMANDS`) or, for a command
with commands of its own, a typer application `app`. Then document it in README.md or docs/: a test compares.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS: dict[str, str] = {
    "settings": "Show the settings in force and where each comes from.",
}


class LazyGroup(TyperGroup):
    """A group whose commands are stand-ins until one of them is called."""

    # typer gives no public name to click's classes, which it carries inside: hence `Any`.
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that `args` begin with, importing it first."""
        if args and args[0] in COMMANDS:
            self.commands[args[0]] = load_command(args[0])
        return super().resolve_command(ctx, args)


def load_command(name: str) -> Any:
    """Import `service.cli.<name>` and return its command under that name.

    Raises
    ------
    KeyError
        The name is not in `COMMANDS`.
    """
    summary = COMMANDS[name]
    module = import_module(f"service.cli.{name.replace('-', '_')}")
    parent = typer.Typer(
        add_completion=False, callback=lambda: None
    )  # a callback makes it a group, whatever is in it
    if hasattr(module, "app"):
        parent.add_typer(module.app, name=name, help=summary)
    else:
        parent.command(name)(module.run)
    group = typer.main.get_command(parent)
    assert isinstance(group, TyperGroup)
    return group.commands[name]


def register_stand_ins(app: typer.Typer) -> None:
    """Give `app` a stand-in for every command; `app` has to be of class `LazyGroup`."""
    for name, summary in COMMANDS.items():
        app.command(name, help=summary)(_stand_in)


def _stand_in() -> None:
    raise AssertionError("a stand-in was called: the application is not a LazyGroup")
