"""`songspace evaluate`: Songspace beside its peers on held-back playlists."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_error, print_json, print_line, print_table
from service.cli.database import open_database
from service.cli.progress import status_line
from service.cli.state import settings_of

if TYPE_CHECKING:
    from pipelines.evaluate import Evaluation
    from pipelines.sources.batch import Problem


def run(
    ctx: typer.Context,
    data: Annotated[
        Path | None, typer.Option(help="Folder or file of playlists; the database by default.")
    ] = None,
    group_column: Annotated[
        str | None, typer.Option(help="Playlists with the same value of this attribute are one group.")
    ] = None,
    format: Annotated[str | None, typer.Option(help="Format of --data; found by looking by default.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the split and of all training.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compare Songspace with its peers on held-back playlists."""
    from pipelines.evaluate import corpus_of_database, corpus_of_folder, evaluate

    if data is None and group_column is not None:
        raise typer.BadParameter("--group-column needs --data: the database has its own groups")
    if data is None:
        corpus = corpus_of_database(open_database(ctx))
        problems: tuple[Problem, ...] = ()
    else:
        corpus, problems = corpus_of_folder(data, group_column=group_column, format=format)
    for problem in problems:
        print_error(str(problem))
    with TemporaryDirectory() as folder, status_line("measuring") as say:
        found = evaluate(
            corpus, folder=Path(folder), seed=seed, workers=settings_of(ctx).threads, progress=say
        )
    if as_json:
        print_json(asdict(found))
    else:
        print_evaluation(found)
    if problems:
        raise typer.Exit(1)


def print_evaluation(found: Evaluation) -> None:
    """Print the table: a row a model, best first, with Songspace's NDCG@100 over each and its interval."""
    rows = sorted(found.rows, key=lambda row: -row.metrics["ndcg@100"].mean)
    metrics = list(rows[0].metrics)
    print_table(
        ["model", *metrics, "songspace / it", "seconds"],
        [
            [
                row.model,
                *(f"{row.metrics[name].mean:.4f}" for name in metrics),
                "-"
                if row.ours_over_it is None
                else f"{row.ours_over_it.mean:.3f} ({row.ours_over_it.low:.3f}-{row.ours_over_it.high:.3f})",
                f"{row.seconds:.1f}",
            ]
            for row in rows
        ],
        title="Held-back playlists: the first songs shown, the rest to be found (continuation-v1)",
    )
    print_line(
        f"{found.n_cases:,} playlists of {found.n_groups:,} groups, {found.n_songs:,} songs, "
        f"{found.n_train:,} training lists, seed {found.seed}; "
        "in brackets the 95 % interval of the ratio, by group."
    )
    for model, why in found.left_out.items():
        print_line(f"{model} left out: {why}.")
