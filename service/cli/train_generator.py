"""`songspace train generator`: the denoiser, which turns noise into music that fits what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.engines import cluster_named, engine_named
from service.cli.options import EngineName, Json
from service.cli.progress import counting_bar
from service.cli.state import settings_of
from service.cli.train_codec import (
    Clips,
    Data,
    DataOption,
    Minutes,
    Out,
    Preset,
    PresetOption,
    Processes,
    Resume,
    Seed,
    Start,
    Steps,
    Workers,
    interruptible,
)

if TYPE_CHECKING:
    import numpy as np

    from pipelines.engine import Engine

_CLIPS = {Preset.TINY: 64, Preset.SMALL: 20_000, Preset.BASE: 60_000}


class Prediction(StrEnum):
    """What the denoiser is taught to say of a noisy latent."""

    FLOW = "flow"
    V = "v_prediction"
    EPSILON = "epsilon"
    SAMPLE = "sample"


def generator(
    ctx: typer.Context,
    out: Out,
    autoencoder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="The autoencoder in whose latents it works; by default the one that ships."
        ),
    ] = None,
    vocoder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The vocoder that it sounds with; by default the one that ships."),
    ] = None,
    preset: PresetOption = Preset.SMALL,
    data: DataOption = Data.STUDIO,
    clips: Clips = None,
    steps: Steps = None,
    minutes: Minutes = None,
    seed: Seed = 1,
    resume: Resume = False,
    start: Start = None,
    prediction: Annotated[
        Prediction | None, typer.Option(help="What it predicts; by default as the preset has it.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Clips a batch; by default the preset's.")
    ] = None,
    accumulate: Annotated[int, typer.Option(min=1, metavar="N", help="Batches a step.")] = 1,
    bf16: Annotated[
        bool | None,
        typer.Option("--bf16/--float32", help="Arithmetic; by default bfloat16 on GPUs alone."),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where prepared music is kept; by default SONGSPACE_HOME/cache."),
    ] = None,
    workers: Workers = None,
    engine: EngineName = "local",
    processes: Processes = None,
    as_json: Json = False,
) -> None:
    """Train what makes music of noise, and print how well it predicts music that was held out."""
    from generation.training.curves import read_curves
    from pipelines.assemble_generator import assemble_generator, part_folder
    from pipelines.train_generator import GeneratorRun, train_generator

    if (autoencoder is None) != (vocoder is None):
        raise typer.BadParameter("--autoencoder and --vocoder belong together: give both, or neither")
    codec, sounder = part_folder("autoencoder", autoencoder), part_folder("vocoder", vocoder)
    cluster = cluster_named(ctx, engine, processes)
    music = _prepared(
        ctx, data, clips or _CLIPS[preset], seed, cache, cluster or engine_named(ctx, engine, workers)
    )
    run = GeneratorRun(
        preset,
        out,
        codec,
        steps,
        minutes,
        seed,
        resume,
        start,
        batch_size=batch,
        accumulate=accumulate,
        prediction_type=prediction,
        bf16=bf16,
    )
    with counting_bar("learning") as progress, interruptible() as stop:
        _, trained = train_generator(
            music,
            run,
            progress=progress,
            stop=stop,
            sheet=lambda step, clips: _draw(out, step, clips),
            engine=cluster,
            processes=processes,
        )
    held_out: dict[str, float] = {}
    for row in read_curves(out):
        held_out |= {name: value for name, value in row.items() if name.startswith("held_out/")}
    folder = assemble_generator(
        out,
        autoencoder=codec,
        vocoder=sounder,
        denoiser=out / "denoiser",
        said={"music": f"{data}, seed {seed}", "preset": preset, "steps": trained.step, **held_out},
    )
    if as_json:
        last = dict(trained.losses[-1]) if trained.losses else {}
        print_json(
            {
                "model": str(out / "denoiser"),
                "generator": str(folder),
                "step": trained.step,
                "done": trained.done,
                "seconds": round(trained.seconds, 1),
                "last": last,
                "held_out": held_out,
            }
        )
        return
    print_line(f"step {trained.step:,}: {out / 'denoiser'}")
    if held_out:
        told, swapped = held_out["held_out/told"], held_out["held_out/swapped"]
        print_line(f"loss on held-out music {told:.4f}; told what is true of other music {swapped:.4f}")
    print_line(f"SONGSPACE_GENERATOR={folder} songspace generate PROMPT makes music with it")
    if not trained.done:
        print_line("the run is not at its end: the same command with --resume goes on")


def _prepared(
    ctx: typer.Context, data: Data, clips: int, seed: int, cache: Path | None, engine: Engine
) -> Path:
    """Prepare what is to be learned from; return its folder."""
    from pipelines.train_generator import prepare_catalogue, prepare_studio

    settings = settings_of(ctx)
    root = cache or settings.home / "cache"
    if data is Data.CATALOGUE:
        folder = root / "music-catalogue"
        session_factory = open_database(ctx)
        with counting_bar("decoding") as progress:
            prepare_catalogue(folder, session_factory, engine=engine, progress=progress)
        return folder
    folder = root / f"music-studio-{seed}"
    with counting_bar("rendering", clips) as progress:
        prepare_studio(
            folder,
            clips=clips,
            seed=seed,
            engine=engine,
            soundfont=settings.soundfont,
            progress=progress,
        )
    return folder


def _draw(out: Path, step: int, clips: Sequence[tuple[str, np.ndarray]]) -> None:
    """Draw a sheet of spectrograms beside the curves."""
    from generation.audio.spectrogram import SpectrogramConfig
    from service.pictures.spectrogram import Spectrogram, draw_sheet

    drawn = [Spectrogram(log_mel, SpectrogramConfig(), title) for title, log_mel in clips]
    folder = out / "sheets"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"step-{step:06d}.png").write_bytes(draw_sheet(drawn, format="png"))
