"""`songspace generate`: a new track, from words or from noise alone."""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.options import Json
from service.cli.pictures import picture_to_write
from service.cli.progress import status_line
from service.cli.state import settings_of

if TYPE_CHECKING:
    from generation.audio.request import Callback, Generation, Request

FOLDER = "generations"
_LONGEST_SLUG = 60


def run(
    ctx: typer.Context,
    prompt: Annotated[
        str | None,
        typer.Argument(metavar="[PROMPT]", help='What it is to sound like: "slow jazz trio in F minor".'),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, max=60, metavar="S", help="How long it is to be.")] = 10.0,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same bytes; by default a new one."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, max=1000, metavar="N", help="Steps from noise to music.")
    ] = None,
    guidance: Annotated[
        float | None,
        typer.Option(min=0, max=50, metavar="X", help="How much is insisted on what is asked for; 1 is not."),
    ] = None,
    negative: Annotated[
        str | None, typer.Option(metavar="PROMPT", help="What it is not to sound like.")
    ] = None,
    takes: Annotated[
        int, typer.Option(min=1, max=16, metavar="N", help="How many; take k has the seed + k.")
    ] = 1,
    tempo: Annotated[
        float | None, typer.Option(min=20, max=400, metavar="BPM", help="Beats a minute.")
    ] = None,
    key: Annotated[str | None, typer.Option(metavar="KEY", help='As "F# minor", "Bb".')] = None,
    genre: Annotated[str | None, typer.Option(help="As jazz, techno, classical.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="NAME", help="dpm++, ddim, euler, unipc, flow-euler, flow-heun.")
    ] = None,
    backend: Annotated[
        str,
        typer.Option(
            help="songspace, audioldm2:MODEL, stable-audio:MODEL, ..., or a folder with a pipeline."
        ),
    ] = "songspace",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Sound: .flac, .wav, .ogg or .mp3.")
    ] = None,
    spectrogram: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A picture of the sound: .png, .svg or .pdf.")
    ] = None,
    preview: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A picture a step: how it comes out of the noise.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a new track, from words or from noise alone."""
    from generation.audio.request import Request

    request = Request(
        prompt=prompt,
        negative_prompt=negative,
        seconds=seconds,
        seed=secrets.randbelow(2**31 - takes) if seed is None else seed,
        n_takes=takes,
        num_inference_steps=steps,
        guidance_scale=guidance,
        tempo_bpm=tempo,
        key=key,
        genre=genre,
        scheduler=scheduler,
    )
    settings = settings_of(ctx)
    folder = settings.home / FOLDER
    files = _files(request, out, folder)
    with ExitStack() as stack:
        picture = stack.enter_context(picture_to_write(spectrogram)) if spectrogram is not None else None
        made = _generate(request, backend, settings.generator, settings.threads, preview)
        _write(made, files)
        if picture is not None:
            picture(lambda format: _drawn(made, format))
    if str(spectrogram) == "-":  # the picture is the answer
        return
    if as_json:
        print_json(_document(made, files))
    else:
        _print(made, files)


def _generate(
    request: Request, backend: str, weights: Path | None, threads: int, preview: Path | None
) -> Generation:
    import torch

    from generation.audio.backends import load_backend
    from generation.audio.request import Step

    torch.set_num_threads(threads)
    with status_line("loading the generator") as say:
        draw = _previews(preview) if preview is not None else None
        generator = load_backend(backend, weights=weights)

        def tell(step: Step) -> None:
            take = f"take {step.take} of {step.n_takes}, " if step.n_takes > 1 else ""
            say(f"{take}step {step.number} of {step.n_steps}")
            if draw is not None:
                draw(step)

        return generator.generate(request, callback=tell)


def _files(request: Request, out: Path | None, folder: Path) -> list[Path]:
    """Return where the takes go, in places that are there and free.

    Raises
    ------
    ValueError
        A format that is not known, a folder that is not there, or what is no ordinary file.
    PermissionError
    """
    from generation.audio_files import audio_format

    if out is None:
        folder.mkdir(parents=True, exist_ok=True)
        names = [_free(folder, f"{slug(request)}-{request.seed + take}") for take in range(request.n_takes)]
    else:
        audio_format(out)
        names = [
            out if request.n_takes == 1 else out.with_stem(f"{out.stem}-{take + 1}")
            for take in range(request.n_takes)
        ]
    for name in names:
        if name.exists() and not name.is_file():
            raise ValueError(f"{name} is no ordinary file")
        if not name.resolve().parent.is_dir():
            raise ValueError(f"there is no folder {name.parent} to write {name.name} in")
        if not os.access(name.resolve().parent, os.W_OK):
            raise PermissionError(f"{name} cannot be written")
    return [name.resolve() for name in names]


def _free(folder: Path, stem: str) -> Path:
    """Return a name that no file has: what was made before is kept."""
    path, number = folder / f"{stem}.flac", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.flac"
    return path


def slug(request: Request) -> str:
    """Return what is asked for as part of a file's name: letters, digits and hyphens.

    >>> from generation.audio.request import Request
    >>> slug(Request("Slow jazz trio, in F# minor!"))
    'slow-jazz-trio-in-f-minor'
    """
    words = request.prompt or request.genre or "noise"
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_SLUG].strip("-") or "track"


def _write(made: Generation, files: list[Path]) -> None:
    from generation.audio_files import write_audio

    for track, path in zip(made.tracks, files, strict=True):
        write_audio(path, track.waveform, track.sample_rate, bits=track.bits)


def _previews(folder: Path) -> Callback:
    """Return what draws each step into a folder, as take-1-step-001.png."""
    from generation.audio.request import Step
    from generation.audio.spectrogram import SpectrogramConfig
    from service.pictures.spectrogram import Spectrogram, draw_spectrogram

    folder.mkdir(parents=True, exist_ok=True)

    def draw(step: Step) -> None:
        if step.log_mel is None:
            raise ValueError("this backend's steps cannot be drawn: leave --preview out")
        note = f"step {step.number} of {step.n_steps}"
        clip = Spectrogram(step.log_mel(), SpectrogramConfig(), f"Take {step.take}", note)
        name = f"take-{step.take}-step-{step.number:03d}.png"
        with picture_to_write(folder / name) as write:
            write(lambda format: draw_spectrogram(clip, format=format))

    return draw


def _drawn(made: Generation, format: str) -> bytes:
    """Draw the spectrogram of a take, or a sheet of several."""
    from generation.audio.spectrogram import SpectrogramConfig, log_mel
    from service.pictures.spectrogram import Spectrogram, draw_sheet, draw_spectrogram

    clips = []
    for track in made.tracks:
        scale = max(1, round(track.sample_rate / 22_050))
        config = SpectrogramConfig(
            sample_rate=track.sample_rate,
            n_fft=1024 * scale,
            hop_length=256 * scale,
            fmax_hz=min(11_025.0, track.sample_rate / 2),
        )
        title = made.request.prompt or made.request.genre or "From noise"
        clips.append(Spectrogram(log_mel(track.waveform, config), config, title, f"seed {track.seed}"))
    if len(clips) == 1:
        return draw_spectrogram(clips[0], format=format)
    return draw_sheet(clips, format=format)


def _document(made: Generation, files: list[Path]) -> dict[str, object]:
    return {
        "tracks": [
            {
                "file": str(path),
                "seed": track.seed,
                "seconds": round(track.seconds, 3),
                "sample_rate": track.sample_rate,
            }
            for track, path in zip(made.tracks, files, strict=True)
        ],
        "request": made.request.to_json(),
        "backend": made.backend,
        "model": made.model,
        "threads": made.threads,
        "settings": dict(made.settings),
    }


def _print(made: Generation, files: list[Path]) -> None:
    for track, path in zip(made.tracks, files, strict=True):
        print_line(f"{path}: {track.seconds:.1f} s, seed {track.seed}")
