"""Options that commands of `songspace lyrics` share, and what each of them does with them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_line, print_note
from service.cli.state import settings_of
from service.cli.train_lyrics import Model

if TYPE_CHECKING:
    from generation.lyrics.form import Form
    from pipelines.lyrics import Writer

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
    int, typer.Option(min=1, max=5000, metavar="N", help="End after about so many tokens, without --form.")
]
SeedOption = Annotated[
    int | None, typer.Option(min=0, max=2**31, metavar="N", help="By default another one each time.")
]


def drawn_seed(seed: int | None, temperature: float) -> int:
    """The seed, or one that is drawn and told."""
    import secrets

    if seed is not None:
        return seed
    drawn = secrets.randbelow(2**31)
    if temperature:
        print_note(f"seed {drawn}")
    return drawn


def stream(parts: Iterable[str]) -> None:
    """Print parts as they come, and end the last line."""
    last = ""
    for part in parts:
        sys.stdout.write(part)
        sys.stdout.flush()
        last = part or last
    if not last.endswith("\n"):
        print_line()


def form_of(form: str | None, lines: int, scheme: str, syllables: str | None) -> Form | None:
    """The form that options ask for.

    Raises
    ------
    ValueError
    """
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


def writer_of(ctx: typer.Context, models: Path | None, model: Model, stage: str | None = "base") -> Writer:
    """Load a model of a stage; None is the last that answers prompts."""
    from pipelines.lyrics import answering_stage, load_writer, model_root

    root = models or model_root(settings_of(ctx).home)
    if model is not Model.NGRAM:
        import torch

        # One token at a time is too little to share: a second thread costs more than it does.
        torch.set_num_threads(1)
    return load_writer(root, model.value, stage=stage or answering_stage(root, model.value))


def check_policy(ctx: typer.Context, *texts: str | None) -> None:
    """Refuse what the operator's policy refuses, before any model is asked."""
    from generation.policy import load_policy

    load_policy(settings_of(ctx).policy).check(texts)


def read_text(file: Path) -> str:
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
        with file.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError(f"more than {_MOST_BYTES:,} bytes are no song")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is not UTF-8 at byte {error.start}") from None
