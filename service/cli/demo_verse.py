"""The demo's own words: a verse from a prompt."""

from __future__ import annotations

from pathlib import Path

from service.cli.console import print_line
from service.cli.progress import status_line
from service.cli.show import print_wrapped

PROMPT = "a folk song about rain on a tin roof"
SEED = 7


def write_verse(home: Path) -> None:
    """Write a verse and print it, or say plainly why there is none."""
    from generation.checkpoint import CheckpointError
    from generation.lyrics.sampling import Sampling
    from pipelines.lyrics import DEFAULT_MODEL, NoLyricModelError, answering_stage, load_writer, model_root
    from pipelines.write_lyrics import NO_REPEAT, REPETITION, RefusedError, write_song

    try:
        with status_line("writing"):
            root = model_root(home)
            writer = load_writer(root, DEFAULT_MODEL, stage=answering_stage(root, DEFAULT_MODEL))
            take = write_song(writer, PROMPT, Sampling(repetition=REPETITION, no_repeat=NO_REPEAT), seed=SEED)
            for _ in take:
                if len(take.song.sections) > 1:
                    break
    except (NoLyricModelError, CheckpointError, RefusedError) as error:
        print_wrapped(f"(No verse here: {error})")
        return
    song = take.song
    print_line(f'"{PROMPT}", seed {SEED}')
    for line in (song.title, *song.sections[0].lines):
        print_line(f"  {line}")
