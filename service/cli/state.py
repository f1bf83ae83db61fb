"""What one run of `songspace` knows beside its command's arguments: settings, and whether tracebacks show."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from service.settings import Settings


@dataclass
class State:
    """Filled in by the options before the command name; `main` reads `debug` when a command fails."""

    debug: bool = False
    settings: Settings | None = None
    options: tuple[str, ...] = ()  # names of the settings given as options

    @property
    def sources(self) -> dict[str, str]:
        """Where each setting comes from: an option, its variable, or "default"."""
        assert self.settings is not None
        by_option = {name: "--" + name.replace("_", "-") for name in self.options}
        return self.settings.sources | by_option


def state_of(ctx: typer.Context) -> State:
    """Return the state of the run that `ctx` belongs to."""
    state = ctx.obj
    assert isinstance(state, State)
    return state


def settings_of(ctx: typer.Context) -> Settings:
    """Return the settings in force, options included."""
    settings = state_of(ctx).settings
    assert settings is not None
    return settings


def tells_progress(ctx: typer.Context) -> bool:
    """Tell whether somebody watches a terminal and asked for no log level: then a command tells its progress
    itself, and the log would only repeat it.
    """
    return sys.stderr.isatty() and state_of(ctx).sources["log_level"] == "default"
