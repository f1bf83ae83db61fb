"""`songspace evaluate`: Songspace beside its peers, on what nobody learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import print_error, print_json, print_line, print_table
from service.cli.database import open_database
from service.cli.progress import status_line
from service.cli.state import settings_of

if TYPE_CHECKING:
    from pipelines.evaluate import Evaluation, Row
    from pipelines.evaluate_audio import AudioEvaluation
    from pipelines.evaluate_cold import ColdEvaluation
    from pipelines.evaluate_listens import ListenEvaluation
    from pipelines.material import Material

    Say = Callable[[str], None]


class Protocol(StrEnum):
    """What is held back."""

    CONTINUATION = "continuation-v1"
    NEXT_LISTEN = "next-listen"
    COLD_SONG = "cold-song"
    AUDIO = "audio-neighbours"


def run(
    ctx: typer.Context,
    data: Annotated[
        Path | None, typer.Option(help="Folder or file of playlists and listens; the database by default.")
    ] = None,
    protocol: Annotated[
        Protocol,
        typer.Option(
            help="Continue lists; predict next week's listens; recommend songs that nobody knew yet; "
            "or find songs of an album or artist by their sound."
        ),
    ] = Protocol.CONTINUATION,
    group_column: Annotated[
        str | None, typer.Option(help="Playlists with the same value of this attribute are one group.")
    ] = None,
    format: Annotated[str | None, typer.Option(help="Format of --data; found by looking by default.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the split and of all training.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compare Songspace with its peers on what was held back."""
    from pipelines.material import material_of_database, material_of_folder

    if protocol is Protocol.AUDIO:
        if data is not None:
            raise typer.BadParameter("audio-neighbours measures the database: ingest the folder first")
        _audio(ctx, seed, as_json)
        return
    if data is None and group_column is not None:
        raise typer.BadParameter("--group-column needs --data: the database has its own groups")
    if data is None:
        material = material_of_database(open_database(ctx))
    else:
        material = material_of_folder(data, group_column=group_column, format=format)
    for problem in material.problems:
        print_error(str(problem))
    with TemporaryDirectory() as folder, status_line("measuring") as say:
        found = _MEASURE[protocol](ctx, material, Path(folder), seed, say)
    if as_json:
        print_json(asdict(found))
    else:
        _PRINT[protocol](found)
    if material.problems:
        raise typer.Exit(1)


def _continuation(ctx: typer.Context, material: Material, folder: Path, seed: int, say: Say) -> Evaluation:
    from pipelines.evaluate import evaluate

    workers = settings_of(ctx).threads
    return evaluate(material.corpus, material.facts, folder=folder, seed=seed, workers=workers, progress=say)


def _next_listen(
    ctx: typer.Context, material: Material, folder: Path, seed: int, say: Say
) -> ListenEvaluation:
    from pipelines.columns import SONG_ID
    from pipelines.evaluate_listens import continuation_base, evaluate_listens, songspace_fit
    from pipelines.list_table import table_of
    from pipelines.release import ARTIST_ID

    base = continuation_base(folder, seed=seed, workers=settings_of(ctx).threads, facts=material.facts)
    artists = dict(zip(material.songs[SONG_ID].tolist(), material.songs[ARTIST_ID].tolist(), strict=True))
    fit = songspace_fit(base, artist_of=artists, playlists=table_of(material.playlists), seed=seed)
    known = material.playlists[SONG_ID].unique()
    return evaluate_listens(material.listens, fit, seed=seed, known=known, progress=say)


def _cold_song(ctx: typer.Context, material: Material, folder: Path, seed: int, say: Say) -> ColdEvaluation:
    from pipelines.embeddings import cached_encoder
    from pipelines.evaluate_cold import evaluate_cold_songs

    settings = settings_of(ctx)
    encode = cached_encoder(settings.home)
    return evaluate_cold_songs(
        material.corpus, material.songs, encode, folder=folder, tags=material.tags, seed=seed,
        workers=settings.threads, progress=say,
    )  # fmt: skip


def _audio(ctx: typer.Context, seed: int, as_json: bool) -> None:
    from pipelines.evaluate_audio import evaluate_audio
    from pipelines.serving import open_release

    session_factory = open_database(ctx)
    with status_line("measuring"):
        found = evaluate_audio(session_factory, open_release(settings_of(ctx).home), seed=seed)
    if as_json:
        print_json(asdict(found))
    else:
        print_audio(found)


def print_audio(found: AudioEvaluation) -> None:
    """Print mean average precisions, a row a way, best first."""
    columns = list(next(iter(found.rows.values())))
    best = sorted(found.rows.items(), key=lambda row: -sum(one.mean for one in row[1].values()))
    print_table(
        ["way", *columns],
        [
            [name, *(f"{e.mean:.3f} ({e.low:.3f}-{e.high:.3f})" for e in estimates.values())]
            for name, estimates in best
        ],
        title="Mean average precision of neighbours by sound (audio-neighbours)",
    )
    print_line(
        f"{found.n_songs:,} analysed songs, {found.n_artists:,} artists, {found.n_albums:,} albums, "
        f"seed {found.seed}; in brackets the 95 % interval, by artist."
    )
    if found.fit is not None:
        fit = found.fit
        print_line(
            f"Audio tower, artists held out: cosine {fit.cosine:.3f} with the true places (their mean "
            f"{fit.mean_cosine:.3f}), R2 {fit.r2:.3f}; back to style R2 {fit.back_r2:.3f}, cosine "
            f"{fit.back_cosine:.3f}."
        )


def print_evaluation(found: Evaluation) -> None:
    """Print the table: a row a model, best first, with Songspace's NDCG@100 over each and its interval."""
    _print_rows(
        found.rows, "Held-back playlists: the first songs shown, the rest to be found (continuation-v1)"
    )
    print_line(
        f"{found.n_cases:,} playlists of {found.n_groups:,} groups, {found.n_songs:,} songs, "
        f"{found.n_train:,} training lists, seed {found.seed}; "
        "in brackets the 95 % interval, by group."
    )
    for model, why in found.left_out.items():
        print_line(f"{model} left out: {why}.")


def print_listens(found: ListenEvaluation) -> None:
    """Print a table a variant: repeats counted, and not."""
    day = datetime.fromtimestamp(found.at_s, UTC).date()
    for variant, rows in found.rows.items():
        _print_rows(rows, f"What users play in the week from {day} on, {variant} (next-listen)")
        print_line(
            f"{found.n_cases[variant]:,} users, {found.n_songs:,} songs, {found.n_listens:,} listens before, "
            f"seed {found.seed}; in brackets the 95 % interval, by user."
        )


def print_cold(found: ColdEvaluation) -> None:
    """Print a table a kind of hidden song: by an artist that is known, and by a new one."""
    for kind, rows in found.rows.items():
        _print_rows(rows, f"Songs that no list held, ranked for held-back lists: {kind} (cold-song)")
        print_line(
            f"{found.n_cold[kind]:,} hidden songs, {found.n_cases[kind]:,} lists of "
            f"{found.n_groups[kind]:,} groups, {found.n_songs:,} songs to learn from, seed {found.seed}; "
            "in brackets the 95 % interval, by group."
        )


def _print_rows(rows: Sequence[Row], title: str) -> None:
    rows = sorted(rows, key=lambda row: -row.metrics["ndcg@100"].mean)
    metrics = list(rows[0].metrics)
    print_table(
        ["model", *metrics, "songspace / it", "seconds"],
        [
            [row.model, *(_estimate(row, name) for name in metrics), _ratio(row), f"{row.seconds:.1f}"]
            for row in rows
        ],
        title=title,
    )


def _estimate(row: Row, metric: str) -> str:
    estimate = row.metrics[metric]
    if metric != "ndcg@100":
        return f"{estimate.mean:.4f}"
    return f"{estimate.mean:.4f} ({estimate.low:.3f}-{estimate.high:.3f})"


def _ratio(row: Row) -> str:
    ratio = row.ours_over_it
    return "-" if ratio is None else f"{ratio.mean:.3f} ({ratio.low:.3f}-{ratio.high:.3f})"


_MEASURE: Mapping[Protocol, Callable[..., Any]] = {
    Protocol.CONTINUATION: _continuation,
    Protocol.NEXT_LISTEN: _next_listen,
    Protocol.COLD_SONG: _cold_song,
}
_PRINT: Mapping[Protocol, Callable[[Any], None]] = {
    Protocol.CONTINUATION: print_evaluation,
    Protocol.NEXT_LISTEN: print_listens,
    Protocol.COLD_SONG: print_cold,
}
