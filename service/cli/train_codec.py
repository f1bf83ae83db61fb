"""`songspace train autoencoder` and `songspace train vocoder`: spectrograms to latents and back; to sound."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.options import Json
from service.cli.progress import counting_bar
from service.cli.state import settings_of

if TYPE_CHECKING:
    from generation.audio.training.pool import Pool
    from generation.training.loop import Trained


class Preset(StrEnum):
    """Sizes of models and runs."""

    TINY = "tiny"
    SMALL = "small"
    BASE = "base"


class Data(StrEnum):
    """Where the music comes from."""

    STUDIO = "studio"
    CATALOGUE = "catalogue"


Out = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder of the run: checkpoint, curves, and the model.")
]
PresetOption = Annotated[Preset, typer.Option(help="How large, and how long: seconds, CPU or GPU.")]
DataOption = Annotated[Data, typer.Option(help="Train on the studio's clips, or on the catalogue's audio.")]
Clips = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Clips of the studio; by default the preset's.")
]
Steps = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Of the whole run; by default the preset's.")
]
Minutes = Annotated[
    float | None, typer.Option(min=0, metavar="M", help="End this part of the run then, with a checkpoint.")
]
Seed = Annotated[int, typer.Option(min=0, max=2**31, help="The same seed gives the same model.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint in --out.")]
Start = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Begin a new run with the weights of this model.")
]
Cache = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where clips are kept; by default SONGSPACE_HOME/cache/clips."),
]
Processes = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=4096,
        metavar="N",
        help="Processes of the cluster that train; by default a GPU or a node each.",
    ),
]
Workers = Annotated[
    int | None, typer.Option(min=1, max=1024, metavar="W", help="Processes that render clips.")
]


def autoencoder(
    ctx: typer.Context,
    out: Out,
    preset: PresetOption = Preset.SMALL,
    data: DataOption = Data.STUDIO,
    clips: Clips = None,
    steps: Steps = None,
    minutes: Minutes = None,
    seed: Seed = 1,
    resume: Resume = False,
    start: Start = None,
    decoder_only: Annotated[
        bool,
        typer.Option(
            "--decoder-only", help="Leave the encoder of --start as it is: what was trained on it stays fit."
        ),
    ] = False,
    cache: Cache = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Train what turns spectrograms into few numbers and back."""
    from generation.audio.codec_presets import autoencoder_preset
    from pipelines.train_codec import Run, train_autoencoder

    if decoder_only and start is None:
        raise typer.BadParameter("--decoder-only needs --start: a trained autoencoder")
    config = autoencoder_preset(preset)
    pool = _pool(ctx, data, clips or config.clips, seed, cache, workers, sound=False)
    run = Run(preset, out, steps, minutes, seed, resume, start)
    with counting_bar("learning", steps or config.loop.steps) as progress, interruptible() as stop:
        trained = train_autoencoder(pool, run, progress=progress, stop=stop, decoder_only=decoder_only)
    _tell(trained, out / "autoencoder", pool, steps or config.loop.steps, as_json)


def vocoder(
    ctx: typer.Context,
    out: Out,
    preset: PresetOption = Preset.SMALL,
    data: DataOption = Data.STUDIO,
    autoencoder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Train on what this autoencoder rebuilds, too.")
    ] = None,
    clips: Clips = None,
    steps: Steps = None,
    minutes: Minutes = None,
    seed: Seed = 1,
    resume: Resume = False,
    start: Start = None,
    cache: Cache = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Train what turns spectrograms into sound."""
    from generation.audio.codec_presets import vocoder_preset
    from pipelines.train_codec import Run, train_vocoder

    config = vocoder_preset(preset)
    pool = _pool(ctx, data, clips or config.clips, seed, cache, workers)
    run = Run(preset, out, steps, minutes, seed, resume, start)
    with counting_bar("learning", steps or config.loop.steps) as progress, interruptible() as stop:
        trained = train_vocoder(pool, run, autoencoder=autoencoder, progress=progress, stop=stop)
    _tell(trained, out / "vocoder", pool, steps or config.loop.steps, as_json)


def _pool(
    ctx: typer.Context,
    data: Data,
    clips: int,
    seed: int,
    cache: Path | None,
    workers: int | None,
    *,
    sound: bool = True,
) -> Pool:
    from pipelines.train_codec import catalogue_pool, studio_pool

    settings = settings_of(ctx)
    if data is Data.CATALOGUE:
        session_factory = open_database(ctx)
        with counting_bar("decoding") as progress:
            return catalogue_pool(session_factory, progress=progress)
    with counting_bar("rendering", clips) as progress:
        return studio_pool(
            cache or settings.home / "cache" / "clips",
            clips=clips,
            seed=seed,
            sound=sound,
            workers=workers or settings.threads,
            soundfont=settings.soundfont,
            progress=progress,
        )


def _tell(trained: Trained, folder: Path, pool: Pool, steps: int, as_json: bool) -> None:
    last = dict(trained.losses[-1]) if trained.losses else {}
    if as_json:
        print_json(
            {
                "model": str(folder),
                "step": trained.step,
                "steps": steps,
                "done": trained.done,
                "seconds": round(trained.seconds, 1),
                "music": pool.name,
                "music_minutes": round(pool.minutes, 1),
                "last": last,
            }
        )
        return
    print_line(f"step {trained.step:,} of {steps:,} on {pool.minutes:.0f} minutes of music: {folder}")
    if not trained.done:
        print_line("the run is not at its end: the same command with --resume goes on")


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C end the run after its step, with a checkpoint; the second one at once."""
    asked = False

    def ask(_number: int, _frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
