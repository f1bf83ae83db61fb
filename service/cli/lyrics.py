"""`songspace lyrics`: ask the lyric models what comes next, and let them write on."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_line, print_note, print_table
from service.cli.options import Json
from service.cli.state import settings_of
from service.cli.train_lyrics import Model

if TYPE_CHECKING:
    from generation.lyrics.form import Form
    from pipelines.lyrics import Writer

app = typer.Typer(add_completion=False, no_args_is_help=False)
_MOST_BYTES = 1_000_000


class Rhyme(StrEnum):
    """How rhymes of a scheme are brought about."""

    ENFORCED = "enforced"
    REWARDED = "rewarded"


ModelOption = Annotated[Model, typer.Option(help="Which model answers.")]
Models = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of lyric models; by default yours, else what ships."),
]
Temperature = Annotated[
    float,
    typer.Option(min=0, max=100, metavar="T", help="0 is greedy, 1 as the model says, more is unhinged."),
]


TopP = Annotated[
    float, typer.Option(min=0.001, max=1, metavar="P", help="Only the likeliest, together of this share.")
]
FormOption = Annotated[
    str | None,
    typer.Option("--form", metavar="FORM", help='Sections to write, as "verse chorus verse chorus".'),
]
Lines = Annotated[int, typer.Option(min=1, max=12, metavar="N", help="Of a section, with --form.")]
Scheme = Annotated[
    str, typer.Option(metavar="SCHEME", help="Lines that rhyme, with --form, as abab or aabb.")
]
Rhyming = Annotated[Rhyme, typer.Option(help="Whether rhymes must be, or are preferred.")]
Syllables = Annotated[str | None, typer.Option(metavar="MIN-MAX", help="Of a line, with --form, as 6-9.")]
MostTokens = Annotated[
    int, typer.Option(min=1, max=5000, metavar="N", help="Write at most so many tokens, without --form.")
]
SeedOption = Annotated[
    int | None, typer.Option(min=0, max=2**31, metavar="N", help="By default another one each time.")
]


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

    found = next_words_of(_writer(ctx, models, model), text, k=k)
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
            text = _read(file)
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


@app.command()
def write(
    ctx: typer.Context,
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What the song is to be like.")],
    model: ModelOption = Model.TRANSFORMER,
    temperature: Temperature = 0.8,
    top_p: TopP = 0.95,
    form: FormOption = None,
    lines: Lines = 4,
    scheme: Scheme = "",
    rhyme: Rhyming = Rhyme.ENFORCED,
    syllables: Syllables = None,
    takes: Annotated[int, typer.Option(min=1, max=100, metavar="N", help="How many songs.")] = 1,
    max_tokens: MostTokens = 400,
    seed: SeedOption = None,
    models: Models = None,
) -> None:
    """Print a song that answers a prompt, word by word as it is written; take k of seed s has seed s + k."""
    from generation.lyrics.sampling import Sampling
    from generation.lyrics.verse_writer import RhymeRule
    from pipelines.write_lyrics import write_song

    settings = Sampling(temperature, top_p=top_p, max_tokens=max_tokens)
    wanted = _form(form, lines, scheme, syllables)
    _check_policy(ctx, prompt)
    writer = _writer(ctx, models, model, "sft")
    first = _drawn(seed, temperature)
    for take in range(takes):
        if take:
            print_line()
        _stream(
            write_song(writer, prompt, settings, seed=first + take, form=wanted, rhyme=RhymeRule(rhyme.value))
        )


@app.command()
def revise(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A song in plain text; - is standard input.")],
    ask: Annotated[str, typer.Argument(metavar="ASK", help='What is to be other, as "make it sadder".')],
    model: ModelOption = Model.TRANSFORMER,
    temperature: Temperature = 0.8,
    top_p: TopP = 0.95,
    max_tokens: MostTokens = 400,
    seed: SeedOption = None,
    models: Models = None,
) -> None:
    """Print a song changed as asked, word by word as it is written."""
    from generation.lyrics.sampling import Sampling
    from pipelines.write_lyrics import revise_song

    settings = Sampling(temperature, top_p=top_p, max_tokens=max_tokens)
    text = _read(file)
    _check_policy(ctx, text, ask)
    writer = _writer(ctx, models, model, "sft")
    _stream(revise_song(writer, text, ask, settings, seed=_drawn(seed, temperature)))


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
    wanted = _form(form, lines, scheme, syllables)
    text = _read(file)
    writer = _writer(ctx, models, model)
    drawn = _drawn(seed, temperature)
    _stream(continue_text(writer, text, settings, seed=drawn, form=wanted, rhyme=RhymeRule(rhyme.value)))


def _drawn(seed: int | None, temperature: float) -> int:
    """The seed, or one that is drawn and told."""
    import secrets

    if seed is not None:
        return seed
    drawn = secrets.randbelow(2**31)
    if temperature:
        print_note(f"seed {drawn}")
    return drawn


def _stream(parts: Iterable[str]) -> None:
    """Print parts as they come, and end the last line."""
    last = ""
    for part in parts:
        sys.stdout.write(part)
        sys.stdout.flush()
        last = part or last
    if not last.endswith("\n"):
        print_line()


def _form(form: str | None, lines: int, scheme: str, syllables: str | None) -> Form | None:
    from generation.lyrics.form import Form

    if form is None:
        if scheme or syllables:
            raise ValueError("--scheme and --syllables say how the lines of a --form are: name its sections")
        return None
    return Form.parse(form, lines=lines, scheme=scheme, syllables=_span(syllables) if syllables else None)


def _span(text: str) -> tuple[int, int]:
    """Read `6-9`, or `8` alone."""
    first, _, last = text.partition("-")
    if not first.strip().isdigit() or not (last or first).strip().isdigit():
        raise ValueError(f"--syllables is a number or two, as 6-9; got {text!r}")
    return int(first), int(last or first)


def _writer(ctx: typer.Context, models: Path | None, model: Model, stage: str = "base") -> Writer:
    from pipelines.lyrics import load_writer, model_root

    return load_writer(models or model_root(settings_of(ctx).home), model.value, stage=stage)


def _check_policy(ctx: typer.Context, *texts: str) -> None:
    """Refuse what the operator's policy refuses, before any model is asked."""
    from generation.policy import load_policy

    load_policy(settings_of(ctx).policy).check(texts)


def _read(file: Path) -> str:
    """The text of a file, or of standard input.

    Raises
    ------
    OSError
    ValueError
        No UTF-8, or far too long.
    """
    if str(file) == "-":
        data = sys.stdin.buffer.read(_MOST_BYTES + 1)
    else:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError(f"more than {_MOST_BYTES:,} bytes are no song")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is not UTF-8 at byte {error.start}") from None
