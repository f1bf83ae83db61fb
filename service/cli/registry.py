"""The commands of `songspace`, and how they are loaded only when used.

`songspace --help` has to be instant, but the module of a command may import what takes seconds. So the top
level knows each command by its name and one line of help from `COMMANDS`, as a light stand-in; a stand-in is
replaced by the real command, imported from `service.cli.<name>`, at the moment when the command line turns
out to name it.

To add a command `find-twin`: add its line to `COMMANDS` and write `service/cli/find_twin.py` with either
a function `run` (a typer command; the docstring's first line is the line in `COMMANDS`; a `COMMAND_CLASS`
beside it parses in a way of its own) or, for a command with commands of its own, a typer application `app`.
Then document it in README.md or docs/: a test compares.
"""

from __future__ import annotations

from importlib import import_module
from keyword import iskeyword
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS: dict[str, str] = {
    "demo": "See everything at work on a made-up label.",
    "ingest": "Take playlists, listens and songs from files into the database.",
    "nightly": "Learn from all playlists and listens, and publish a release.",
    "search": "Find songs by words of their title and artist.",
    "similar": "Show the songs that are most like one.",
    "recommend": "Recommend songs to a user and say why.",
    "discover": "Show a week's songs that a user has never heard.",
    "radio": "Play on from some songs without end, and without repeating.",
    "path": "Show songs that lead smoothly from one song to another.",
    "profile": "Show a user's taste: interests with their shares, axis scores, and what they play most.",
    "axes": "List the axes (rock, calm, ...), or score a song, an artist or a user on them.",
    "map": "Draw a map of the song space.",
    "taste": "Pin, mute or forget an interest or a song of a user's taste, or undo that.",
    "feedback": "Like, dislike or block a song for a user, or take that back.",
    "neighbours": "Show the users whose taste is most like one's.",
    "blend": 'Show the songs at "these minus those".',
    "continue": "Show the songs that would go on a playlist, or after some songs.",
    "users": "List users with how much they listened.",
    "evaluate": "Compare Songspace with its peers on what was held back.",
    "releases": "List, show and verify releases, and go back to an earlier one.",
    "sound": "Find, or compose, the sound of a song of the library.",
    "generate": "Make a new track, from words or from noise alone, or of a sound that is given.",
    "policy": "Show what the operator's policy refuses, and how often it is right.",
    "generated": "List the tracks of the catalogue that were made here, with their prompts.",
    "compose": "Compose, or arrange, what a text asks for, and render it.",
    "studio": "Make clips for training, and look at what the studio plays.",
    "listen": "Say what a music file sounds like: genre, instruments, mood, tempo, key.",
    "lyrics": "Ask the lyric models for songs, what comes next, and how well they know a text.",
    "train": "Train the models that ship, and say how good they are.",
    "serve": "Serve the web page and the HTTP API.",
    "worker": "Make generations and run the nightly job, for a service on the same home folder.",
    "keys": "Make, list and revoke the keys of the service.",
    "player-password": "Give a user's key a password for music players, and show it this once.",
    "backup": "Back up the database, the releases, what was made, and the secrets.",
    "restore": "Bring a backup back into an empty home folder and an empty database.",
    "move-database": "Move the database into another one, as from SQLite to PostgreSQL, and compare them.",
    "sample-world": "Write a made-up label with playlists and listeners into the database.",
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
    module = import_module(f"service.cli.{module_name(name)}")
    parent = typer.Typer(
        add_completion=False, callback=lambda: None
    )  # a callback makes it a group, whatever is in it
    if hasattr(module, "app"):
        parent.add_typer(module.app, name=name, help=summary)
    else:
        parent.command(name, cls=getattr(module, "COMMAND_CLASS", None))(module.run)
    group = typer.main.get_command(parent)
    assert isinstance(group, TyperGroup)
    return group.commands[name]


def module_name(name: str) -> str:
    """Return the name of a command's module: `find_twin`; `continue_`, a word of Python."""
    name = name.replace("-", "_")
    return f"{name}_" if iskeyword(name) else name


def register_stand_ins(app: typer.Typer) -> None:
    """Give `app` a stand-in for every command; `app` has to be of class `LazyGroup`."""
    for name, summary in COMMANDS.items():
        app.command(name, help=summary)(_stand_in)


def _stand_in() -> None:
    raise AssertionError("a stand-in was called: the application is not a LazyGroup")
