"""`songspace lyrics`: ask the lyric models what comes next, and let them write on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.console import print_json, print_note, print_table
from service.cli.lyrics_options import (
    FormOption,
    Lines,
    ModelOption,
    Models,
    MostTokens,
    Rhyme,
    Rhyming,
    Scheme,
    SeedOption,
    Syllables,
    Temperature,
    TopP,
    drawn_seed,
    form_of,
    read_text,
    stream,
    writer_of,
)
from service.cli.lyrics_write import revise, write
from service.cli.options import Json
from service.cli.state import settings_of
from service.cli.train_lyrics import Model

app = typer.Typer(add_completion=False, no_args_is_help=False)


@app.callback()
def lyrics() -> None:
    """Ask the lyric models for songs, what comes next, and how well they know a text."""


@app.command()
def next(
    ctx: typer.Context,
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="How a song begins; its last line is not over.")
    ],
    model: ModelOption = Model.TRANSFORMER,
    k: Annotated[int, typer.Option("--k", min=1, max=100, metavar="N", help="How many words.")] = 10,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Show the words that are likeliest to come next, with their probabilities."""
    from pipelines.lyrics import next_words_of

    found = next_words_of(writer_of(ctx, models, model), text, k=k)
    if as_json:
        print_json({"text": text, "next": [{"word": word, "probability": p} for word, p in found]})
        return
    print_table(["word", "probability"], [[word, f"{p:.2%}"] for word, p in found])


@app.command()
def score(
    ctx: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Songs in plain text; - is standard input.")
    ],
    model: Annotated[Model | None, typer.Option(help="Which model; by default all that there are.")] = None,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Show how many bits a byte each model needs for songs: fewer, the better it knows such texts."""
    from pipelines.lyrics import load_writer, model_root, models_in, score_text

    root = models or model_root(settings_of(ctx).home)
    names = [model.value] if model is not None else models_in(root)
    writers = {name: load_writer(root, name) for name in names or [Model.TRANSFORMER.value]}
    rows, failed = [], False
    for file in files:
        try:
            text = read_text(file)
            rows += [(file, score_text(writer, name, text)) for name, writer in writers.items()]
        except (OSError, ValueError) as error:
            failed = True
            reason = error.strerror if isinstance(error, OSError) else error
            print_note(f"problem: {file}: {reason}")
    if as_json:
        print_json(
            [
                {
                    "file": str(file),
                    "model": one.model,
                    "bits_per_byte": one.bits_per_byte,
                    "bytes": one.n_bytes,
                    "tokens": one.n_tokens,
                }
                for file, one in rows
            ]
        )
    else:
        print_table(
            ["file", "model", "bits a byte", "bytes"],
            [[str(file), one.model, one.bits_per_byte, one.n_bytes] for file, one in rows],
        )
    if failed:
        raise typer.Exit(1)


@app.command("continue")
def continue_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A song in plain text; - is standard input.")],
    model: ModelOption = Model.TRANSFORMER,
    temperature: Temperature = 0.8,
    top_k: Annotated[int, typer.Option(min=0, metavar="K", help="Only the K likeliest tokens; 0: all.")] = 0,
    top_p: TopP = 0.95,
    min_p: Annotated[
        float, typer.Option(min=0, max=1, metavar="P", help="Only those this share as likely as the first.")
    ] = 0.0,
    repetition: Annotated[
        float,
        typer.Option(min=0, max=20, metavar="X", help="How much less likely words are that came lately."),
    ] = 0.0,
    form: FormOption = None,
    lines: Lines = 4,
    scheme: Scheme = "",
    rhyme: Rhyming = Rhyme.ENFORCED,
    syllables: Syllables = None,
    max_tokens: MostTokens = 300,
    seed: SeedOption = None,
    models: Models = None,
) -> None:
    """Print how a song goes on, word by word as it is written."""
    from generation.lyrics.sampling import Sampling
    from generation.lyrics.verse_writer import RhymeRule
    from pipelines.lyrics import continue_text

    settings = Sampling(temperature, top_k, top_p, min_p, repetition, max_tokens=max_tokens)
    wanted = form_of(form, lines, scheme, syllables)
    text = read_text(file)
    writer = writer_of(ctx, models, model)
    drawn = drawn_seed(seed, temperature)
    stream(continue_text(writer, text, settings, seed=drawn, form=wanted, rhyme=RhymeRule(rhyme.value)))


app.command()(write)
app.command()(revise)
