"""`songspace train`: the models that ship, trained again from a seed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli import train_codec, train_generator, train_judge, train_lyrics
from service.cli.console import print_json, print_line, print_table
from service.cli.options import Json
from service.cli.progress import counting_bar, status_line
from service.cli.state import settings_of

if TYPE_CHECKING:
    from pipelines.listener_report import Report

app = typer.Typer(add_completion=False, no_args_is_help=False)
Seed = Annotated[int, typer.Option(min=0, max=2**31, help="The same seed gives the same model.")]
_CONFUSIONS = 8


@app.callback()
def train() -> None:
    """Train the models that ship, and say how good they are."""


app.command()(train_codec.autoencoder)
app.command()(train_codec.vocoder)
app.command()(train_generator.generator)
app.command()(train_lyrics.lyrics)
app.command()(train_judge.judge)
app.command()(train_judge.fingerprints)


@app.command()
def listener(
    ctx: typer.Context,
    clips: Annotated[int, typer.Option(min=1, metavar="N", help="How many clips, two of each song.")] = 3200,
    seed: Seed = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where it is saved; by default the one that ships.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=1024, metavar="W", help="Processes; by default SONGSPACE_THREADS."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train what `songspace listen` tags with, on clips of the studio, and print how right it is."""
    from generation.audio.listener import weights_folder
    from generation.audio.listener_examples import examples
    from generation.studio.soundfont import find_soundfont
    from pipelines.train_listener import train_listener

    settings = settings_of(ctx)
    font = find_soundfont(settings.soundfont, portable=True)
    found = []
    with counting_bar("listening", clips) as progress:
        for one in examples(seed, clips, workers=workers or settings.threads, soundfont=font.path):
            found.append(one)
            progress(len(found), "clips")
    with status_line("learning"):
        report = train_listener(
            found,
            out or weights_folder(),
            seed=seed,
            made_with={"clips": clips, "seed": seed, "soundfont": font.name},
        )
    if as_json:
        print_json(report.to_json())
    else:
        _print(report, out or weights_folder())


def _print(report: Report, folder: Path) -> None:
    from pipelines.listener_report import shown

    print_table(
        ["accuracy, %", "half of the songs", "test songs", "plain model, half"],
        [
            [name, shown(found), shown(report.test[name]), shown(report.plain[name])]
            for name, found in report.halves.items()
        ],
        title=f"{report.clips:,} clips of {report.songs:,} songs",
    )
    errors = ", ".join(f"{head} {value:.3f}" for head, value in report.calibration.items())
    print_line(f"expected calibration error on the test songs: {errors}")
    for one in report.confusions[:_CONFUSIONS]:
        print_line(f"{one.genre} taken for {one.heard}: {one.clips} of {one.of} clips")
    print_line(f"saved in {folder}: {report.sha256[:8]}")
