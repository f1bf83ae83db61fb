"""`songspace lyrics write` and `revise`: songs that answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import print_json, print_line, print_note
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
    check_policy,
    drawn_seed,
    form_of,
    read_text,
    stream,
    writer_of,
)
from service.cli.options import Json
from service.cli.pictures import picture_to_write
from service.cli.train_lyrics import Model, Stage

if TYPE_CHECKING:
    from generation.lyrics.attention import LineAttention
    from pipelines.lyrics import Writer
    from pipelines.write_lyrics import Take

StageOption = Annotated[
    Stage | None, typer.Option(help="How far it has learned; by default the last stage that answers.")
]
Attention = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Draw which words each word of a line looked at: .png, .svg or .pdf."),
]
AttentionLine = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Of which line, with --attention; by default the last.")
]
AttentionHead = Annotated[
    str | None, typer.Option(metavar="LAYER[.HEAD]", help="Of one layer or head, with --attention.")
]


def write(
    ctx: typer.Context,
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What the song is to be like.")] = "",
    genre: Annotated[str, typer.Option(metavar="GENRE", help="As folk, country, hip-hop.")] = "",
    theme: Annotated[str, typer.Option(metavar="THEME", help="What it is about.")] = "",
    model: ModelOption = Model.TRANSFORMER,
    stage: StageOption = None,
    temperature: Temperature = 0.8,
    top_p: TopP = 0.95,
    form: FormOption = None,
    lines: Lines = 4,
    scheme: Scheme = "",
    rhyme: Rhyming = Rhyme.ENFORCED,
    syllables: Syllables = None,
    topic: Annotated[
        float,
        typer.Option(min=0, max=3, metavar="X", help="How much words of the prompt are helped; 0: not."),
    ] = 1.0,
    takes: Annotated[int, typer.Option(min=1, max=100, metavar="N", help="How many songs.")] = 1,
    max_tokens: MostTokens = 400,
    seed: SeedOption = None,
    attention: Attention = None,
    attention_line: AttentionLine = None,
    attention_head: AttentionHead = None,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Print a song that answers a prompt, word by word as it is written; take k of seed s has seed s + k."""
    from generation.lyrics.attention import check_looks_back
    from generation.lyrics.dialogue import worded_prompt
    from generation.lyrics.sampling import Sampling
    from generation.lyrics.verse_writer import RhymeRule
    from pipelines.write_lyrics import NO_REPEAT, REPETITION, notes_on, write_song

    settings = Sampling(
        temperature, top_p=top_p, repetition=REPETITION, no_repeat=NO_REPEAT, max_tokens=max_tokens
    )
    wanted, rule = form_of(form, lines, scheme, syllables), RhymeRule(rhyme.value)
    layer_head = _layer_and_head(attention_head)
    asked = worded_prompt(prompt, genre, theme)
    check_policy(ctx, prompt, genre, theme, asked)
    with ExitStack() as stack:
        picture = stack.enter_context(picture_to_write(attention)) if attention is not None else None
        writer = writer_of(ctx, models, model, stage.value if stage is not None else None)
        if picture is not None:
            check_looks_back(writer.model)
        first = drawn_seed(seed, temperature)
        notes = notes_on(writer, asked)
        for note in notes:
            print_note(note)

        def songs() -> Iterator[Take]:
            for take in range(takes):
                yield write_song(
                    writer, asked, settings, seed=first + take, form=wanted, rhyme=rule, topic=topic
                )

        written = []
        for number, take in enumerate(songs(), start=1):
            if as_json or str(attention) == "-":
                for _ in take:
                    pass
            else:
                if takes > 1:
                    print_line(f"{chr(10) if number > 1 else ''}=== take {number}, seed {take.seed} ===")
                stream(take)
            written.append(take)
        if picture is not None:
            looked = _attention_of(writer, written[0], attention_line, layer_head)
            picture(lambda format: _drawn(looked, format))
    if as_json:
        print_json(
            {
                "prompt": asked,
                "asked": {"prompt": prompt, "genre": genre, "theme": theme},
                **_record(writer, settings, wanted),
                "topic": topic,
                "notes": notes,
                "takes": [_document(writer, take) for take in written],
            }
        )


def revise(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A song in plain text; - is standard input.")],
    ask: Annotated[str, typer.Argument(metavar="ASK", help='What is to be other, as "make it sadder".')],
    model: ModelOption = Model.TRANSFORMER,
    stage: StageOption = None,
    temperature: Temperature = 0.8,
    top_p: TopP = 0.95,
    max_tokens: MostTokens = 400,
    seed: SeedOption = None,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Print a song changed as asked, word by word as it is written."""
    from generation.lyrics.sampling import Sampling
    from pipelines.write_lyrics import notes_on, revise_song

    settings = Sampling(temperature, top_p=top_p, max_tokens=max_tokens)
    text = read_text(file)
    check_policy(ctx, text, ask)
    writer = writer_of(ctx, models, model, stage.value if stage is not None else None)
    for note in notes_on(writer, ask):
        print_note(note)
    take = revise_song(writer, text, ask, settings, seed=drawn_seed(seed, temperature))
    if not as_json:
        stream(take)
        return
    for _ in take:
        pass
    print_json({"ask": ask, **_record(writer, settings, None), "takes": [_document(writer, take)]})


def _record(writer: Writer, settings: Any, form: Any) -> dict[str, object]:
    """How songs were made."""
    from dataclasses import asdict

    return {
        "model": {"name": writer.model.name, "stage": writer.stage, "sha256": writer.sha256},
        "settings": asdict(settings),
        "form": None if form is None else asdict(form),
    }


def _document(writer: Writer, take: Take) -> dict[str, object]:
    """One song with its measures."""
    from generation.lyrics.song import marked
    from pipelines.write_lyrics import measures_of

    song = take.song
    return {
        "seed": take.seed,
        "title": song.title,
        "text": marked(song),
        "sections": [{"mark": one.mark, "lines": list(one.lines)} for one in song.sections],
        "measures": measures_of(writer, song, has_ended=take.has_ended),
    }


def _layer_and_head(text: str | None) -> tuple[int | None, int | None]:
    """Read `3` or `3.1`."""
    if text is None:
        return None, None
    layer, dot, head = text.partition(".")
    if not layer.isdigit() or (dot and not head.isdigit()):
        raise ValueError(f"--attention-head is a layer, or a layer and a head, as 3 or 3.1; got {text!r}")
    return int(layer), int(head) if dot else None


def _attention_of(
    writer: Writer, take: Take, line: int | None, layer_head: tuple[int | None, int | None]
) -> LineAttention:
    from generation.lyrics.attention import attention_of_line

    return attention_of_line(
        writer.model,
        writer.tokenizer,
        [*take.read, *take.written],
        line=-1 if line is None else line - 1,
        written_from=len(take.read),
        layer=layer_head[0],
        head=layer_head[1],
    )


def _drawn(looked: LineAttention, format: str) -> bytes:
    from service.pictures.attention import draw_line_attention

    return draw_line_attention(looked, format=format)
