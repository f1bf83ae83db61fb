"""`songspace studio`: clips for training, and a sheet that shows what the studio plays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.engines import engine_named
from service.cli.options import EngineName, Json
from service.cli.pictures import picture_to_write
from service.cli.progress import counting_bar
from service.cli.state import settings_of

if TYPE_CHECKING:
    from service.pictures.spectrogram import Spectrogram

app = typer.Typer(add_completion=False, no_args_is_help=False)
Seconds = Annotated[float, typer.Option(min=0.1, max=600, metavar="S", help="How long a clip is.")]
Seed = Annotated[int, typer.Option(min=0, max=2**31, help="The same seed gives the same clips.")]
SampleRate = Annotated[int, typer.Option(min=8000, max=96_000, metavar="HZ", help="Samples a second.")]


@app.command()
def dataset(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the data set: a new one, or to go on.")],
    clips: Annotated[int, typer.Option(min=1, metavar="N", help="How many clips.")],
    seconds: Seconds = 10.0,
    seed: Seed = 1,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=1024, metavar="W", help="Processes; by default SONGSPACE_THREADS."),
    ] = None,
    audio: Annotated[bool, typer.Option("--audio", help="Store the sound, too, as FLAC.")] = False,
    tunes: Annotated[
        bool, typer.Option("--tunes/--no-tunes", help="Arrange old tunes in a fifth of the songs.")
    ] = True,
    sample_rate: SampleRate = 22_050,
    engine: EngineName = "local",
    as_json: Json = False,
) -> None:
    """Make clips for training from a seed: log-mel spectrograms, captions, and the truth about each."""
    from generation.studio.dataset import DatasetConfig, build_dataset
    from generation.studio.sampling import TUNE_SHARE

    settings = settings_of(ctx)
    config = DatasetConfig(seed, seconds, sample_rate, audio, TUNE_SHARE if tunes else 0.0)
    with counting_bar("rendering", clips) as progress:
        manifest = build_dataset(
            out,
            clips=clips,
            config=config,
            each=engine_named(ctx, engine, workers).map,
            soundfont=settings.soundfont,
            progress=progress,
        )
    if as_json:
        print_json(manifest)
        return
    splits = ", ".join(f"{count:,} {name}" for name, count in manifest["splits"].items())
    print_line(
        f"{clips:,} clips of {seconds:g} s in {out}: {splits}; SoundFont {manifest['soundfont']['name']}"
    )


@app.command()
def sheet(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The picture: .png, .svg or .pdf.")],
    audio: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the clips into this folder, too, as FLAC.")
    ] = None,
    seconds: Seconds = 10.0,
    seed: Seed = 1,
) -> None:
    """Draw sixteen clips, one a genre, as spectrograms side by side."""
    from generation.studio.piece import GENRES
    from service.pictures.spectrogram import draw_sheet

    soundfont = settings_of(ctx).soundfont
    with picture_to_write(out) as write:
        if audio is not None:
            if audio.exists() and not audio.is_dir():
                raise ValueError(f"{audio} is a file, a folder is expected")
            audio.mkdir(parents=True, exist_ok=True)
        clips = []
        with counting_bar("playing", len(GENRES)) as progress:
            for number, genre in enumerate(GENRES):
                progress(number, genre)
                clips.append(_clip(genre, seed, seconds, soundfont, audio))
        write(lambda format: draw_sheet(clips, format=format))
    if str(out) != "-":
        for clip in clips:
            print_line(f"{clip.title}: {clip.note}")


def _clip(genre: str, seed: int, seconds: float, soundfont: Path | None, audio: Path | None) -> Spectrogram:
    from generation.audio.spectrogram import SpectrogramConfig, log_mel
    from generation.audio_files import write_audio
    from generation.studio.showcase import showcase
    from service.pictures.spectrogram import Spectrogram

    rendered, truth = showcase(genre, seed=seed, seconds=seconds, soundfont=soundfont)
    if audio is not None:
        write_audio(audio / f"{genre.replace(' ', '-')}.flac", rendered.waveform, rendered.sample_rate)
    note = f"{truth.tempo_bpm:.0f} bpm, {truth.mood}: {', '.join(truth.names)}"
    return Spectrogram(log_mel(rendered.waveform), SpectrogramConfig(), genre, note)
