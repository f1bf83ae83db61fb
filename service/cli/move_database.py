"""`songspace move-database`: the song database into another one, of either kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_error, print_json, print_line, print_note
from service.cli.database import open_database
from service.cli.options import Json
from service.cli.progress import status_line
from service.cli.state import settings_of
from service.settings import load_settings, redacted

if TYPE_CHECKING:
    from sqlalchemy import Engine


def run(
    ctx: typer.Context,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Of an empty database, as postgresql://USER@HOST/DATABASE.")
    ],
    check: Annotated[bool, typer.Option("--check", help="Only compare what the two databases hold.")] = False,
    as_json: Json = False,
) -> None:
    """Move the database into another one, as from SQLite to PostgreSQL, and compare them."""
    from pipelines.move_database import compare_databases, move_database

    source: Engine = open_database(ctx).kw["bind"]
    target = _target(ctx, url)
    with status_line("move-database") as say:
        if check:
            found = compare_databases(source, target, say)
        else:
            found = move_database(source, target, settings_of(ctx).home, say)
    if as_json:
        print_json(
            {
                "tables": {table.name: [table.rows, table.rows_there] for table in found.tables},
                "different": found.different,
                "rows": found.rows,
                "seconds": round(found.seconds, 3),
            }
        )
    elif not found.different:
        print_line(
            f"{redacted(url)}: {found.rows:,} rows of {len(found.tables)} tables "
            f"{'are the same' if check else 'moved; counted and compared, and right'}; "
            f"{found.seconds:,.1f} s, {found.rows / max(found.seconds, 1e-9):,.0f} rows a second."
        )
        if not check:
            print_note(
                "The old database is as it was. Set SONGSPACE_DATABASE_URL to the new one and start again."
            )
    if found.different:
        print_error(f"{len(found.different)} tables differ: {', '.join(found.different)}")
        raise typer.Exit(1)


def _target(ctx: typer.Context, url: str) -> Engine:
    from db.session import make_engine

    # Checked as the setting is, and with the password of SONGSPACE_DATABASE_PASSWORD_FILE.
    engine = make_engine(load_settings({"database_url": url}).database_url)
    ctx.call_on_close(engine.dispose)
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    return engine
