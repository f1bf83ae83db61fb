"""`songspace recommend`: songs for a user, after some songs, for a text or for anybody, each with its reason;
or for all users, into a file.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.engines import engine_named
from service.cli.files import file_to_write
from service.cli.options import Adventure, EngineName, HowMany, Json, SpreadingCommand
from service.cli.progress import counting_bar
from service.cli.show import print_recommendations
from service.cli.songs import song_ids
from service.cli.state import settings_of

REASONS = ("because", "signal", "retriever")
COMMAND_CLASS = SpreadingCommand


def run(
    ctx: typer.Context,
    user: Annotated[
        str | None, typer.Argument(metavar="USER", help="Id of a user, as `songspace users` lists them.")
    ] = None,
    songs: Annotated[
        list[str] | None,
        typer.Option("--songs", metavar="SONG...", help="For somebody new: songs they picked."),
    ] = None,
    prompt: Annotated[
        str | None, typer.Option(metavar="TEXT", help='What to listen to in words: "calm piano".')
    ] = None,
    adventure: Adventure = 0.3,
    k: HowMany = 10,
    explain: Annotated[bool, typer.Option(help="Say why each song is recommended.")] = True,
    all_users: Annotated[
        bool, typer.Option("--all-users", help="Recommend to everybody, into --out.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="With --all-users: a line of JSON a user, or .csv or .parquet; - is standard output.",
        ),
    ] = None,
    engine: EngineName = "local",
    as_json: Json = False,
) -> None:
    """Recommend songs to a user and say why."""
    from pipelines.recommend import Recommender
    from pipelines.recommend_batch import recommend_everybody
    from pipelines.serving import open_release
    from recsys.rules import RuleSettings

    if all_users != (out is not None):
        raise typer.BadParameter("--all-users and --out FILE go together", ctx=ctx)
    if sum([user is not None, bool(songs), all_users]) > 1 or (prompt is not None and (songs or all_users)):
        raise typer.BadParameter(
            "one of USER, --songs or --all-users is enough; --prompt goes alone or with USER", ctx=ctx
        )
    session_factory = open_database(ctx)
    home, rules = settings_of(ctx).home, RuleSettings.of_adventure(adventure)
    if out is None:
        recommender = Recommender(open_release(home), session_factory)
        if songs:
            refs = song_ids(session_factory, songs)
            answer = recommender.recommend_after(refs, k, rules=rules, explain=explain)
        elif user is not None:
            answer = recommender.recommend(user, k, text=prompt, rules=rules, explain=explain)
        elif prompt is not None:
            answer = recommender.recommend_for(prompt, k, rules=rules)
        else:
            answer = recommender.recommend_to_anybody(k, rules=rules)
        if as_json:
            print_json(_document(asdict(answer), explain))
        else:
            print_recommendations(answer, explain=explain)
        return
    with file_to_write(out) as file, counting_bar("recommending") as bar:
        users = recommend_everybody(
            file,
            home,
            session_factory,
            k,
            rules=rules,
            explain=explain,
            engine=engine_named(ctx, engine),
            progress=lambda done, total: bar(done, f"of {total:,} users"),
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
