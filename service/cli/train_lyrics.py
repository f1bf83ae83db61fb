"""`songspace train lyrics`: the models that write words, from counting to attention."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_line, print_note, print_table
from service.cli.database import NoDatabaseError, open_database
from service.cli.engines import cluster_named
from service.cli.ingest import print_problems
from service.cli.options import EngineName, Json
from service.cli.progress import counting_bar
from service.cli.state import settings_of
from service.cli.train_codec import Minutes, Processes, Resume, Seed, interruptible

if TYPE_CHECKING:
    from db.repositories.preferences import RankedTakes
    from generation.lyrics.corpus import Document
    from pipelines.train_lyrics import LyricsReport, LyricsRun


class Stage(StrEnum):
    """What is learned."""

    BASE = "base"
    SFT = "sft"
    REWARD = "reward"
    PREFERENCE = "preference"
    REINFORCE = "reinforce"


class Model(StrEnum):
    """The ages of language models."""

    NGRAM = "ngram"
    WINDOW = "window"
    RNN = "rnn"
    RNN_ATTENDS = "rnn-attends"
    LSTM = "lstm"
    LSTM_ATTENDS = "lstm-attends"
    TRANSFORMER = "transformer"


class Size(StrEnum):
    """For tests, a million parameters and a bit, several millions."""

    TINY = "tiny"
    SMALL = "small"
    BASE = "base"


def lyrics(
    ctx: typer.Context,
    stage: Annotated[
        Stage,
        typer.Option(
            help="Books of lyrics first; then, sft, prompts and their answers; then what is preferred: a"
            " model of it (reward), and learning it from rankings (preference) or from that (reinforce)."
        ),
    ] = Stage.BASE,
    model: Annotated[Model, typer.Option(help="Which model.")] = Model.TRANSFORMER,
    size: Annotated[Size, typer.Option(help="How large a network; n-grams take what they may.")] = Size.BASE,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Books of lyrics in plain text; by default those of the database."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder of all lyric models; by default lyrics/ of the home folder."
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Of the whole run; by default the size's.")
    ] = None,
    prompts: Annotated[
        int | None,
        typer.Option(min=2, metavar="N", help="From reward on: prompts whose takes are ranked, or drawn."),
    ] = None,
    minutes: Minutes = None,
    seed: Seed = 1,
    resume: Resume = False,
    everything: Annotated[
        bool, typer.Option("--everything", help="Hold no book back: for a model that ships.")
    ] = False,
    bf16: Annotated[
        bool | None,
        typer.Option("--bf16/--float32", help="Arithmetic; by default bfloat16 on GPUs alone."),
    ] = None,
    table: Annotated[
        int, typer.Option(min=0, max=1000, metavar="N", help="Show so many rows of the table of next words.")
    ] = 0,
    engine: EngineName = "local",
    processes: Processes = None,
    as_json: Json = False,
) -> None:
    """Train what writes lyrics, and print how well it knows books that were held back."""
    from pipelines.train_lyrics import LyricsRun, train_lyrics

    run = LyricsRun(
        model.value,
        out or settings_of(ctx).home / "lyrics",
        size.value,
        steps,
        minutes,
        seed,
        resume,
        bf16,
        everything,
    )
    cluster = cluster_named(ctx, engine, processes)
    if cluster is not None and stage is not Stage.BASE:
        raise typer.BadParameter("--engine ray is for --stage base: the other stages are small", ctx=ctx)
    if stage in (Stage.REWARD, Stage.PREFERENCE, Stage.REINFORCE):
        _tune(ctx, run, stage, prompts, as_json)
        return
    documents = _documents(ctx, data) if stage is Stage.BASE else []
    if table and documents:
        _print_table(documents, table)
    with counting_bar("learning", steps) as progress, interruptible() as stop:
        if stage is Stage.BASE:
            _, report = train_lyrics(
                documents, run, progress=progress, stop=stop, engine=cluster, processes=processes
            )
        else:
            from pipelines.teach_lyrics import teach_lyrics

            _, report = teach_lyrics(run, progress=progress, stop=stop)
    if as_json:
        print_json(asdict(report) | {"folder": str(report.folder), "seconds": round(report.seconds, 1)})
    else:
        _print(report, stage)


def _tune(ctx: typer.Context, run: LyricsRun, stage: Stage, prompts: int | None, as_json: bool) -> None:
    """Learn what is preferred, from people's rankings where there are any."""
    from pipelines.embeddings import cached_encoder
    from pipelines.tune_lyrics import PROMPTS, train_lyric_reward, tune_preference, tune_reinforce

    n = prompts or PROMPTS
    with counting_bar("learning", None) as progress, interruptible() as stop:
        if stage is Stage.REINFORCE:
            report = tune_reinforce(run, prompts=n, progress=progress, stop=stop)
        else:
            people = _people(ctx)
            learn = train_lyric_reward if stage is Stage.REWARD else tune_preference
            encode = cached_encoder(settings_of(ctx).home)
            report = learn(run, people, encode, prompts=n, progress=progress, stop=stop)
    if as_json:
        figures = {name: _or_none(value) for name, value in asdict(report).items()}
        print_json(figures | {"folder": str(report.folder)})
        return
    print_line(f"{report.name}: {report.folder}")
    if stage is not Stage.REINFORCE:
        print_line(f"{report.n_people} rankings by people, {report.n_rubric} by the rubric")
    if stage is Stage.REWARD:
        print_line(f"held-back pairs in the judge's order: {report.accuracy:.1%}")
    else:
        print_line(
            f"away from the taught model: {report.nats:.1f} nats a take, {report.nats_per_token:.3f} a token"
        )
        if report.reward == report.reward:
            print_line(f"reward of its takes: {report.reward:+.2f}, before: {report.reward_before:+.2f}")
    if not report.done:
        print_note("the run is not at its end: the same command with --resume goes on")


def _people(ctx: typer.Context) -> list[RankedTakes]:
    """What people said of takes of lyrics; nothing where there is no database."""
    from db.repositories.preferences import ranked_takes

    try:
        open_session = open_database(ctx)
    except NoDatabaseError:
        return []
    with open_session() as session:
        return ranked_takes(session)


def _or_none(value: object) -> object:
    """What JSON can hold: no NaN."""
    return None if value != value else round(value, 4) if isinstance(value, float) else value


def _documents(ctx: typer.Context, data: Path | None) -> list[Document]:
    from pipelines.lyric_corpus import documents_of_database, documents_of_folder

    if data is None:
        return documents_of_database(open_database(ctx))
    documents, problems = documents_of_folder(data)
    print_problems(problems)
    return documents


def _print_table(documents: list[Document], n_rows: int) -> None:
    from generation.lyrics.word_table import word_table

    rows = word_table((line for one in documents for line in one.song.lines), n_rows=n_rows)
    print_table(
        ["word", "times", "what follows"],
        [
            [row.word, f"{row.count:,}", ", ".join(f"{word} {share:.1%}" for word, share in row.followers)]
            for row in rows
        ],
    )


def _print(report: LyricsReport, stage: Stage) -> None:
    print_line(f"{report.name}, {report.n_parameters:,} parameters: {report.folder}")
    kind = "songs" if stage is Stage.BASE else "examples"
    print_line(f"{report.n_train:,} {kind}, {report.seconds:.1f} s")
    if report.n_shared:
        print_line(f"{report.n_shared:,} songs left out, which the held-back books hold, too")
    if report.valid_bits is not None and report.test_bits is not None:
        said = (
            f"of held-back books: {report.test_bits:.4f} ({report.valid_bits:.4f} of those that settings are"
            " chosen by)"
            if stage is Stage.BASE
            else f"of held-out answers: {report.test_bits:.4f}, of the base model {report.valid_bits:.4f}"
        )
        print_line(f"bits a byte {said}")
    elif report.valid_bits is not None:
        print_line(f"bits a byte of our own songs that were held out: {report.valid_bits:.4f}")
    if not report.done:
        print_note("the run is not at its end: the same command with --resume goes on")
