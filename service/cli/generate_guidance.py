"""The options of `songspace generate` that say how much is insisted on what, and what was not read at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_note

if TYPE_CHECKING:
    from generation.audio.request import Request

MOST = 50.0

Guidance = Annotated[
    float | None,
    typer.Option(
        "--guidance",
        min=0,
        max=MOST,
        metavar="X",
        help="How much is insisted on what is asked for; 1 is not.",
    ),
]
TempoGuidance = Annotated[
    float | None,
    typer.Option(
        "--tempo-guidance", min=0, max=MOST, metavar="X", help="The same for tempo and length alone."
    ),
]
KeyGuidance = Annotated[
    float | None,
    typer.Option("--key-guidance", min=0, max=MOST, metavar="X", help="The same for the key alone."),
]
StyleGuidance = Annotated[
    float | None,
    typer.Option(
        "--style-guidance", min=0, max=MOST, metavar="X", help="The same for a taste, song or artist alone."
    ),
]


def say_unread(request: Request) -> None:
    """Say what of its prompts means no music: a tempo of 1000, a key of J."""
    from generation.words.unread import unread

    texts = [request.prompt, request.blend.prompt if request.blend is not None else None]
    texts += [section.prompt for section in request.sections]
    for text in texts:
        for sentence in unread(text or ""):
            print_note(sentence)
