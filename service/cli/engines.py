"""The engine that a command was told to work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from service.cli.state import settings_of

if TYPE_CHECKING:
    from pipelines.engine import Engine


def engine_named(ctx: typer.Context, name: str, workers: int | None = None) -> Engine:
    """The engine by its name; `workers` processes, SONGSPACE_THREADS by default, where that is this machine.

    Raises
    ------
    typer.BadParameter
        There is no engine of this name.
    EngineError
        Ray is not installed, or no cluster answers.
    """
    from pipelines.engine import engine_of

    try:
        return engine_of(name, workers=workers or settings_of(ctx).threads)
    except ValueError as error:
        raise typer.BadParameter(str(error), ctx=ctx) from None
