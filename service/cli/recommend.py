"""`songspace recommend`: songs for a user, each with its reason; or for all users, into a file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.files import file_to_write
from service.cli.options import HowMany, Json
from service.cli.progress import counting_bar
from service.cli.show import print_recommendations
from service.cli.state import settings_of

REASONS = ("because", "signal", "retriever")


def run(
    ctx: typer.Context,
    user: Annotated[
        str | None, typer.Argument(metavar="USER", help="Id of a user, as `songspace users` lists them.")
    ] = None,
    k: HowMany = 10,
    explain: Annotated[bool, typer.Option(help="Say why each song is recommended.")] = True,
    all_users: Annotated[
        bool, typer.Option("--all-users", help="Recommend to everybody, into --out.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --all-users: a line of JSON a user; - is standard output."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Recommend songs to a user and say why."""
    from pipelines.recommend import Recommender
    from pipelines.serving import open_release

    if all_users != (user is None) or all_users != (out is not None):
        raise typer.BadParameter("either USER is needed, or --all-users with --out FILE", ctx=ctx)
    session_factory = open_database(ctx)
    recommender = Recommender(open_release(settings_of(ctx).home), session_factory)
    if user is not None:
        answer = recommender.recommend(user, k)
        if as_json:
            print_json(_document(asdict(answer), explain))
        else:
            print_recommendations(answer, explain=explain)
        return
    assert out is not None
    with file_to_write(out) as file, counting_bar("recommending") as bar:
        users = recommender.recommend_all(
            file, k, progress=lambda done, total: bar(done, f"of {total:,} users")
        )
    if as_json and str(out) != "-":
        print_json({"users": users, "out": str(out)})
    elif str(out) != "-":
        print_line(f"{users:,} users in {out}")


def _document(answer: dict[str, Any], explain: bool) -> dict[str, Any]:
    if explain:
        return answer
    songs = [{name: value for name, value in song.items() if name not in REASONS} for song in answer["songs"]]
    return answer | {"songs": songs}
