"""`--out FILE` of the commands that make a playlist."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_note
from service.cli.files import file_to_write

if TYPE_CHECKING:
    from db.session import SessionFactory
    from pipelines.playlist_out import Named

PlaylistFile = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write a playlist too: FILE.m3u8, FILE.jspf or FILE.xspf."),
]


def check_playlist_file(out: Path | None) -> None:
    """Refuse a name that says no format, before any work is done.

    Raises
    ------
    ValueError
    """
    from pipelines.playlist_out import check_suffix

    if out is not None:
        check_suffix(out)


def save_playlist(
    session_factory: SessionFactory, out: Path | None, title: str, songs: Sequence[Named]
) -> None:
    """Write the playlist where one was asked for, and say so on standard error."""
    from pipelines.playlist_out import write_playlist

    if out is None:
        return
    with file_to_write(out) as file:
        write_playlist(session_factory, file, title, songs, suffix=out.suffix)
    print_note(f"{len(songs):,} songs in {out}")
