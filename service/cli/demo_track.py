"""The demo's own music: a track made from a prompt, with its spectrogram."""

from __future__ import annotations

from pathlib import Path

from service.cli.console import print_line
from service.cli.progress import status_line
from service.cli.show import print_wrapped

PROMPT = "slow jazz trio in F minor with a saxophone"
SEED, SECONDS = 7, 10.0


def make_track(home: Path, weights: Path | None, threads: int) -> None:
    """Make a track, or find the one of the last time, and say where it and its picture lie."""
    import torch

    from generation.audio.backends import load_backend
    from generation.audio.export import export
    from generation.audio.request import Request
    from generation.audio.soundness import UnsoundError
    from generation.audio.takes import make_takes
    from generation.checkpoint import CheckpointError
    from service.cli.generate import now
    from service.cli.generate_files import FOLDER, slug
    from service.cli.generate_pictures import drawn
    from service.cli.pictures import picture_to_write

    request = Request(PROMPT, seconds=SECONDS, seed=SEED)
    sound = home / FOLDER / f"{slug(request)}-{SEED}.flac"
    picture = sound.with_suffix(".png")
    if not (sound.is_file() and picture.is_file()):
        sound.parent.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(threads)
        try:
            with status_line("taking noise away, 25 steps"):
                made = make_takes(load_backend("songspace", weights=weights), request)
                done = export(made, [sound], made_at=now())
                with picture_to_write(picture) as write:
                    write(lambda format: drawn(done, format))
        except (CheckpointError, UnsoundError) as error:
            print_wrapped(f"(No track here: {error})")
            return
    print_line(f'"{PROMPT}", {SECONDS:g} s, seed {SEED}')
    print_line(str(sound))
    print_line(f"{picture}   (its spectrogram)")
