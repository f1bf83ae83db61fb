"""`songspace compose`: music that was asked for in words, as sound, as notes and as a picture."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import print_json, print_line, print_note
from service.cli.files import file_to_write
from service.cli.options import Json
from service.cli.pictures import picture_to_write
from service.cli.progress import status_line
from service.cli.state import settings_of

if TYPE_CHECKING:
    from generation.studio.piece import Piece
    from generation.studio.truth import Truth

Seed = Annotated[int, typer.Option(min=0, max=2**31, help="The same seed gives the same music.")]
SampleRate = Annotated[int, typer.Option(min=8000, max=96_000, metavar="HZ", help="Samples a second.")]


def run(
    ctx: typer.Context,
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help='What it is to be: "slow jazz trio in F minor".')
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Sound: .flac, .wav, .ogg or .mp3.")
    ] = None,
    midi: Annotated[Path | None, typer.Option(metavar="FILE", help="Notes, as a MIDI file.")] = None,
    spectrogram: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A picture of the sound: .png, .svg or .pdf.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=10, max=900, metavar="S", help="How long it is to be.")
    ] = None,
    seed: Seed = 1,
    sample_rate: SampleRate = 44_100,
    as_json: Json = False,
) -> None:
    """Compose, or arrange, what a text asks for, and render it."""
    from generation.audio_files import audio_format
    from generation.policy import load_policy
    from generation.prompt import parse_prompt
    from generation.studio.commission import commission, stand_in
    from generation.studio.midi import write_midi
    from generation.studio.truth import describe

    load_policy(settings_of(ctx).policy).check([text])
    if out is None and midi is None and spectrogram is None:
        raise ValueError("name a file to write: --out, --midi or --spectrogram")
    if out is not None:
        audio_format(out)
    with ExitStack() as files:
        midi_file = files.enter_context(file_to_write(midi)) if midi is not None else None
        sound_file = _ordinary(out) if out is not None else None
        picture = files.enter_context(picture_to_write(spectrogram)) if spectrogram is not None else None
        with status_line("composing"):
            wanted = parse_prompt(text)
            piece = commission(wanted, seed=seed, duration_s=seconds)
            instead = stand_in(wanted, piece)
        if instead:
            print_note(instead)
        elif not wanted.spans and not wanted.tune:
            print_note("nothing in the text says what to play, so all of it is drawn from the seed")
        if midi_file is not None:
            write_midi(midi_file, piece.score)
        prominence: dict[str, float] = {}
        if sound_file is not None or picture is not None:
            prominence = _sound(ctx, piece, sample_rate, sound_file, picture)
        truth = describe(piece, prominence=prominence or None)
    if Path("-") in (midi, spectrogram):
        return  # standard output holds the file
    if as_json:
        print_json({"title": piece.score.title, "seed": seed, "truth": truth.to_json()})
    else:
        _print(piece, truth)


def _ordinary(out: Path) -> Path:
    """Return where a sound file goes; its format is told by its name, so no pipe will do."""
    if out.exists() and not out.is_file():
        raise ValueError(f"{out} is no ordinary file")
    if not out.resolve().parent.is_dir():
        raise ValueError(f"there is no folder {out.parent} to write {out.name} in")
    return out.resolve()


def _sound(
    ctx: typer.Context, piece: Piece, sample_rate: int, out: Path | None, picture: Any
) -> dict[str, float]:
    from generation.audio.spectrogram import SpectrogramConfig, log_mel
    from generation.audio_files import write_audio
    from generation.studio.render import render
    from service.pictures.spectrogram import Spectrogram, draw_spectrogram

    with status_line("playing"):
        rendered = render(
            piece.score,
            sample_rate=sample_rate,
            soundfont=settings_of(ctx).soundfont,
            genres=piece.genres,
        )
        if out is not None:
            write_audio(out, rendered.waveform, sample_rate)
        if picture is not None:
            config = SpectrogramConfig().at_rate(sample_rate)
            clip = Spectrogram(
                log_mel(rendered.waveform, config), config, piece.score.title, ", ".join(piece.genres)
            )
            picture(lambda format: draw_spectrogram(clip, format=format))
    return dict(rendered.prominence_db)


def _print(piece: Piece, truth: Truth) -> None:
    score = piece.score
    minutes, rest = divmod(round(score.duration_s), 60)
    genres = " and ".join(truth.genres)
    key = f", {score.key}" if score.key else ""
    print_line(f'"{score.title}": {genres}, {truth.mood}')
    print_line(f"{truth.tempo_bpm:.0f} beats a minute{key}, {score.meter}, {minutes}:{rest:02d}")
    print_line(", ".join(truth.names))
    if piece.tune:
        print_line(f"After {piece.tune} ({piece.origin})" if piece.origin else f"After {piece.tune}")
