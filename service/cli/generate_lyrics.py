"""`songspace generate --lyrics`: words to the same prompt, beside the track and in its record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from service.cli.console import print_note
from service.cli.progress import status_line
from service.cli.state import settings_of

if TYPE_CHECKING:
    from generation.audio.export import Exported
    from generation.audio.request import Generation
    from pipelines.track_lyrics import TrackLyrics


def lyrics_for(ctx: typer.Context, prompt: str | None, genre: str | None, seed: int) -> TrackLyrics:
    """Write the words, before any sound is made.

    Raises
    ------
    ValueError
        No prompt, no lyric model, or one that declines.
    """
    from pipelines.track_lyrics import lyrics_for_track

    if not (prompt or genre):
        raise ValueError("--lyrics writes words to a prompt or a genre: say one")
    with status_line("writing words"):
        return lyrics_for_track(settings_of(ctx).home, prompt, genre=genre, seed=seed)


def sung_to(made: Generation, sung: TrackLyrics | None) -> Generation:
    """Write the words down for the record."""
    from pipelines.track_lyrics import with_lyrics

    return made if sung is None else replace(made, settings=with_lyrics(made.settings, sung))


def lay_words_beside(done: Sequence[Exported]) -> None:
    """Write the words of each finished take that has some into a file beside it."""
    from pipelines.track_lyrics import write_beside

    for one in done:
        path = write_beside(one.path, one.record.settings)
        if path is not None:
            print_note(f"words: {path}")
