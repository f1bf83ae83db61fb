"""`songspace backup`: everything that cannot be made again, in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.options import Json
from service.cli.progress import status_line
from service.cli.state import settings_of


def run(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="To make; it must not be there yet.")],
    as_json: Json = False,
) -> None:
    """Back up the database, the releases, what was made, and the secrets."""
    from pipelines.backup import backup
    from pipelines.backup_files import as_json as told

    factory = open_database(ctx)
    with status_line("backup") as say:
        manifest = backup(factory, settings_of(ctx).home, folder, say)
    document = told(manifest)
    if as_json:
        print_json(document)
        return
    print_line(
        f"{folder}: {document['rows']:,} rows of {len(manifest.tables)} tables, {document['files']:,} files, "
        f"{document['bytes'] / 1e6:,.1f} MB; read back, and right."
    )
