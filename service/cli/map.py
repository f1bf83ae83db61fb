"""`songspace map`: the song space in the plane, as a picture or as a list of its regions."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_line, print_table
from service.cli.database import open_database
from service.cli.options import Json
from service.cli.pictures import Plot, picture_to_write
from service.cli.progress import status_line
from service.cli.state import settings_of

if TYPE_CHECKING:
    from pipelines.song_map import SongMap

MOST = 50_000


def run(
    ctx: typer.Context,
    plot: Plot = None,
    user: Annotated[
        str | None, typer.Option(metavar="USER", help="Mark the songs and interests of this user.")
    ] = None,
    songs: Annotated[
        int, typer.Option(min=2, max=MOST, metavar="N", help="How many songs, those in most lists first.")
    ] = 5_000,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="The same seed gives the same map.")] = 1,
    as_json: Json = False,
) -> None:
    """Draw a map of the song space."""
    from pipelines.serving import need_release
    from pipelines.song_map import song_map
    from service.pictures.song_map import draw_map

    session_factory = open_database(ctx)
    with picture_to_write(plot) if plot is not None else nullcontext() as write:
        release = need_release(settings_of(ctx).home)
        with status_line("laying out the songs"):
            drawn = song_map(release, session_factory, user=user, songs=songs, seed=seed)
        if write is not None:
            write(lambda format: draw_map(drawn, format=format))
    if str(plot) != "-":
        print_json(_document(drawn)) if as_json else _print_regions(drawn)


def _document(drawn: SongMap) -> dict[str, object]:
    regions = [asdict(region) for region in drawn.regions]
    return {"songs": len(drawn.places), "regions": regions, "release": drawn.release}


def _print_regions(drawn: SongMap) -> None:
    regions = sorted(drawn.regions, key=lambda region: -region.songs)
    print_line(f"{len(drawn.places):,} songs in {len(regions)} regions")
    rows = [[", ".join(one.axes) or "-", ", ".join(one.artists) or "-", one.songs] for one in regions]
    print_table(["axes", "artists", "songs"], rows)
