"""`songspace restore`: a backup into an empty home folder and an empty database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.options import Json
from service.cli.progress import status_line
from service.cli.state import settings_of

if TYPE_CHECKING:
    from sqlalchemy import Engine


def run(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="That `songspace backup` made.")],
    check: Annotated[
        bool, typer.Option("--check", help="Only read it through and say whether it is whole.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring a backup back into an empty home folder and an empty database."""
    from pipelines.backup_files import as_json as told
    from pipelines.backup_files import check_backup

    with status_line("restore") as say:
        if check:
            say("checking")
            manifest = check_backup(folder)
        else:
            from pipelines.restore import restore

            settings = settings_of(ctx)
            manifest = restore(_engine(ctx), settings.home, folder, say)
    document = told(manifest)
    if as_json:
        print_json(document)
        return
    what = (
        "is whole" if check else f"is restored into {settings_of(ctx).home}; counted and compared, and right"
    )
    print_line(
        f"{folder}, of {document['made_at']}, {what}: {document['rows']:,} rows of {len(manifest.tables)} "
        f"tables, {document['files']:,} files."
    )


def _engine(ctx: typer.Context) -> Engine:
    from db.session import make_engine

    engine = make_engine(settings_of(ctx).database_url)
    ctx.call_on_close(engine.dispose)
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    return engine
