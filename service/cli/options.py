"""Options and arguments that several commands share, each written once."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperCommand

# More than anybody reads, few enough to answer at once.
MOST_SONGS = 10_000

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
EngineName = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="E",
        help="Who does the work: local, this machine; ray, or ray:ADDRESS, a cluster.",
    ),
]
HowMany = Annotated[
    int, typer.Option("--k", min=1, max=MOST_SONGS, metavar="N", help="How many to show at most.")
]
Adventure = Annotated[
    float,
    typer.Option(
        min=0.0, max=1.0, metavar="X", help="From 0, what is surest, to 1, far out: new artists, rare songs."
    ),
]
UserName = Annotated[
    str, typer.Argument(metavar="USER", help="Id of a user, as `songspace users` lists them.")
]
SongName = Annotated[
    str, typer.Argument(metavar="SONG", help="Id of a song, as `playlists:17`, or its title.")
]


class SpreadingCommand(TyperCommand):
    """A command whose repeatable options also take several values in a row: `--plus A B` for
    `--plus A --plus B`.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Write each option before each of its values, then parse as usual."""
        repeatable = {
            name for option in self.params if getattr(option, "multiple", False) for name in option.opts
        }
        return super().parse_args(ctx, spread(args, repeatable))


def spread(args: list[str], repeatable: set[str]) -> list[str]:
    """Repeat a repeatable option before each value that follows it.

    >>> spread(["--plus", "a", "b", "--k", "3"], {"--plus"})
    ['--plus', 'a', '--plus', 'b', '--k', '3']
    """
    spread_out: list[str] = []
    current: str | None = None
    given = 0
    for i, arg in enumerate(args):
        if arg == "--":
            return spread_out + args[i:]
        if arg.startswith("-") and arg != "-":
            current, given = (arg if arg in repeatable else None), 0
            spread_out.append(arg)
        elif current is not None and given:
            spread_out += [current, arg]
        else:
            spread_out.append(arg)
            given += 1
    return spread_out
