"""`songspace train judge` and `songspace train fingerprints`: what takes are judged and checked with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.console import print_json, print_line, print_table
from service.cli.options import Json
from service.cli.progress import counting_bar, status_line
from service.cli.state import settings_of

CACHE = "judge-clips"


def judge(
    ctx: typer.Context,
    clips: Annotated[
        int, typer.Option(min=1, metavar="N", help="Clips to learn from, two of each song.")
    ] = 1200,
    test_clips: Annotated[
        int, typer.Option(min=8, metavar="N", help="Clips to measure by, one of each song.")
    ] = 180,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="The same seed gives the same model.")] = 6,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where it is saved; by default the one that ships.")
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where heard clips are kept, so that a broken run goes on."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train what ranks takes, on studio clips that no generator sees, and print how right it is."""
    from generation.audio.judge import weights_folder
    from generation.audio.judge_examples import examples
    from generation.studio.soundfont import find_soundfont
    from generation.text_encoder import TextEncoder
    from pipelines.judge_report import table
    from pipelines.train_judge import estimate, train_judge

    settings = settings_of(ctx)
    font = find_soundfont(settings.soundfont, portable=True)
    kept = cache or settings.home / CACHE
    found = {}
    for split, n, each in (("test", test_clips, 1), ("judge", clips, 2)):
        with counting_bar(f"hearing {split} clips", n) as progress:
            found[split] = examples(
                seed, n, split, cache=kept, each=each, soundfont=font.path, progress=progress,
                estimate=estimate if split == "test" else None,
            )  # fmt: skip
    with status_line("learning") as say:
        report = train_judge(
            found["judge"],
            found["test"],
            out or weights_folder(),
            seed=seed,
            made_with={"clips": clips, "test_clips": test_clips, "seed": seed, "soundfont": font.name},
            text_encoder=TextEncoder(threads=1),
            progress=say,
        )
    if as_json:
        print_json(report.to_json())
        return
    print_table(
        ["right, %", "judge", "librosa", "chance", "clips"],
        table(report),
        title=f"{report.test_clips:,} clips of {report.test_songs:,} songs that it never heard",
    )
    print_line(f"area under the curve of instruments: {report.instruments:.3f} (chance 0.5)")
    for what, own in (("tempo", report.own_tempo), ("key", report.own_key)):
        print_line(f"{what}: {'its own head is better' if own else 'librosa is as good or better'}")
    print_line(f"saved in {out or weights_folder()}: {report.sha256[:8]}")


def fingerprints(
    music: Annotated[
        Path, typer.Option(metavar="DIR", help="Prepared music, as `songspace train generator` keeps it.")
    ],
    rate: Annotated[
        float,
        typer.Option(min=0.0001, max=0.5, metavar="X", help="Share of honest clips that may be accused."),
    ] = 0.01,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where it is saved; by default the one that ships.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make the index that takes are compared with, so that none is a copy of what was trained on."""
    from generation.audio.memorisation import index_folder
    from generation.audio.training.prints import build_index

    with status_line("reading music") as say:
        made = build_index(
            music, out or index_folder(), rate=rate, progress=lambda done, note: say(f"{done:,} {note}")
        )
    t = made.thresholds
    if as_json:
        print_json({"clips": made.clips, "mel": t.mel, "place": t.place, "rate": t.rate, "honest": t.clips,
                    "accused": made.accused, "sha256": made.sha256})  # fmt: skip
        return
    print_line(f"{made.clips:,} clips; a copy from {t.mel:.3f} by mel, {t.place:.3f} by place on")
    print_line(
        f"set for {t.rate:.1%} of honest clips, by {t.clips}; crosswise {made.accused:.1%} were accused"
    )
    print_line(f"saved in {out or index_folder()}: {made.sha256[:8]}")
