"""`songspace listen`: what a music file sounds like, in words, figures and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.options import Json
from service.cli.pictures import picture_to_write
from service.cli.progress import status_line

if TYPE_CHECKING:
    from pipelines.listen import Heard
    from pipelines.sources.audio_marks import Mark

_SHOWN, _LEAST = 5, 0.05


def run(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Music: mp3, flac, ogg, opus, m4a, wav, ...")],
    spectrogram: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A picture of what decided the tags: .png, .svg or .pdf."),
    ] = None,
    by_judge: Annotated[
        bool, typer.Option("--judge", help="Tag with the judge of generated music, and say so.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what a music file sounds like: genre, instruments, mood, tempo, key."""
    from generation.audio.judge import Judge
    from pipelines.listen import Ear, worth_seeing

    if by_judge and spectrogram is not None:
        raise ValueError("--spectrogram shows what decided the listener's tags: leave out --judge")
    with ExitStack() as files:
        picture = files.enter_context(picture_to_write(spectrogram)) if spectrogram is not None else None
        with status_line("listening"):
            ear = Ear()
            heard = ear.hear(file, judge=Judge() if by_judge else None)
            if picture is not None:
                from service.pictures.listen import draw_heard

                seen = ear.look(file, worth_seeing(heard.tags))
                picture(lambda format: draw_heard(heard, seen, format=format))
    if str(spectrogram) == "-":  # the picture is the answer
        return
    if as_json:
        print_json(heard.to_json())
    else:
        _print(heard)


def _print(heard: Heard) -> None:
    tags = heard.tags
    print_line(heard.sentence)
    print_line()
    if heard.mark is not None:
        print_line(f"made by      a model, say its tags: AI-generated{_details(heard.mark)}")
    print_line(f"genres       {_shares(tags.genres)}")
    print_line(f"moods        {_shares(tags.moods)}")
    print_line(f"melody       {_shares({name or 'nobody': share for name, share in tags.leads.items()})}")
    print_line(f"instruments  {_shares(tags.instruments, most=10, least=0.3)}")
    measured = [
        f"{heard.tempo_bpm:.1f} beats a minute" if heard.tempo_bpm is not None else "no beat",
        f"{heard.key} (confidence {heard.key_confidence:.2f})" if heard.key else "no key",
        f"{heard.loudness_lufs:.1f} LUFS" if heard.loudness_lufs is not None else "",
        f"{heard.duration_s:.1f} s",
    ]
    print_line(f"measured     {', '.join(part for part in measured if part)}")
    if heard.real_tags:
        print_line(f"elsewhere    {_shares(heard.real_tags)}, says a tagger of real recordings")
    print_line(f"tags by      {heard.tagger}{' (the judge)' if heard.is_judge else ''}")


def _details(mark: Mark) -> str:
    said = [
        f'from "{mark.prompt}"' if mark.prompt else "",
        f"seed {mark.seed}" if mark.seed else "",
        f"model {mark.model[:12]}" if mark.model else "",
        mark.date,
    ]
    return "".join(f", {part}" for part in said if part)


def _shares(shares: Mapping[str, float], *, most: int = _SHOWN, least: float = _LEAST) -> str:
    shown = [f"{name} {share:.2f}" for name, share in list(shares.items())[:most] if share >= least]
    return ", ".join(shown) or "none"
