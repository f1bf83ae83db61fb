"""The song database of a command: opened from the settings, brought to this version's schema, closed at the
end of the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from service.cli.state import settings_of

if TYPE_CHECKING:
    from db.session import SessionFactory


class NoDatabaseError(Exception):
    """A command that only reads met no database; making an empty one would answer nothing."""


def open_database(ctx: typer.Context, *, create: bool = False) -> SessionFactory:
    """Open the database that the settings name.

    Parameters
    ----------
    create : bool
        Make it, and its folder, where there is none: for commands that write.

    Raises
    ------
    NoDatabaseError
        There is none, and `create` is false.
    DatabaseError
        It cannot be reached or opened, or is of a newer version.
    """
    return open_database_at(ctx, settings_of(ctx).database_url, create=create)


def open_database_at(ctx: typer.Context, url: str, *, create: bool = False) -> SessionFactory:
    """Open the database at a URL, as `open_database`."""
    from db.migrate import upgrade
    from db.session import make_engine, make_session_factory
    from service.database import connections_of

    engine = make_engine(url, connections_of(settings_of(ctx), ctx.command_path.removeprefix("songspace ")))
    ctx.call_on_close(engine.dispose)
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    if file and file != ":memory:":
        if create:
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        elif not Path(file).exists():
            raise NoDatabaseError(
                f"there is no database yet at {file}: "
                "`songspace ingest PATH` or `songspace sample-world` makes one"
            )
    upgrade(engine)
    return make_session_factory(engine)
