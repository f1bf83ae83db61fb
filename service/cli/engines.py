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


def cluster_named(ctx: typer.Context, name: str, processes: int | None) -> Engine | None:
    """The engine by its name where it is a cluster; None for this machine, where training has one process.

    Raises
    ------
    typer.BadParameter, EngineError
        As `engine_named`; or several processes are asked for here.
    """
    engine = engine_named(ctx, name)
    if name != "local":
        return engine
    if processes is not None:
        raise typer.BadParameter(
            "--processes needs a cluster: --engine ray (here, `accelerate launch` starts several)", ctx=ctx
        )
    return None
