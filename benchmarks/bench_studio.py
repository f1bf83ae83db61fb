"""How fast the studio composes, renders and builds data sets: `python -m benchmarks.bench_studio`.

Rendering is measured in one thread on songs of all genres, by wall clock and by processor time (which other
work on the machine disturbs less), with the whole mix: room, saturation, loudness, limiter.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from generation.audio.spectrogram import log_mel
from generation.studio.caption import sentences
from generation.studio.compose import compose
from generation.studio.dataset import DatasetConfig, build_dataset
from generation.studio.piece import GENRES, Piece
from generation.studio.render import SAMPLE_RATE, render, render_stream
from generation.studio.sampling import TUNE_SHARE
from generation.studio.truth import describe

EXCERPT_S = 10.0


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of wall clock and of processor time that some work takes."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def measure_genre(genre: str, *, seed: int) -> list[float]:
    """Composing, s; whole song and excerpt, times realtime by processor time; first sound, s."""
    made: list[Piece] = []
    composing, _ = timed(lambda: made.append(compose(seed, genres={genre: 1.0})))
    score, genres = made[0].score, made[0].genres
    render(score, genres=genres, n_seconds=0.5)  # the levels of its programs are measured once
    wall, processor = timed(lambda: render(score, genres=genres))
    middle = score.n_beats / 2
    _, excerpt = timed(lambda: render(score, genres=genres, start_beat=middle, n_seconds=EXCERPT_S))
    first, _ = timed(lambda: next(render_stream(score, genres=genres)))
    return [composing, score.duration_s / wall, score.duration_s / processor, EXCERPT_S / excerpt, first]


def measure_stages(*, seed: int) -> dict[str, float]:
    """Milliseconds of processor time that each stage takes of a clip of 10 s."""
    piece = compose(seed)
    clip = render(piece.score, genres=piece.genres, n_seconds=EXCERPT_S)
    truth = describe(piece, start_s=0, end_s=EXCERPT_S, prominence=clip.prominence_db)
    rng = np.random.default_rng(seed)
    stages: dict[str, Callable[[], object]] = {
        "compose (a quarter of a song)": lambda: compose(seed + 1),
        "render": lambda: render(piece.score, genres=piece.genres, n_seconds=EXCERPT_S),
        "describe": lambda: describe(piece, start_s=0, end_s=EXCERPT_S),
        "five captions": lambda: sentences(truth, rng=rng, n=5),
        "log-mel": lambda: log_mel(clip.waveform),
    }
    spent = {
        name: 1000 * float(np.median([timed(work)[1] for _ in range(5)])) for name, work in stages.items()
    }
    spent["compose (a quarter of a song)"] /= 4
    return spent


def main() -> None:
    """Print a line a genre, the stages of a clip, and a data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=100, help="clips of the data set; 0 leaves it out")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-tunes", action="store_true")
    given = parser.parse_args()
    print_rendering(given.seed)
    print(f"\nA clip of 10 s at {SAMPLE_RATE:,} Hz, processor time:")
    for name, milliseconds in measure_stages(seed=given.seed).items():
        print(f"  {name}: {milliseconds:.0f} ms")
    if given.clips:
        config = DatasetConfig(given.seed, tune_share=0.0 if given.no_tunes else TUNE_SHARE)
        print_dataset(config, given.clips, given.workers)


def print_rendering(seed: int) -> None:
    """Print a table, a line a genre."""
    print("| genre | compose, s | render, x realtime | by processor time | excerpt | first sound, s |")
    print("|---|---|---|---|---|---|")
    table: list[list[float]] = []
    for genre in GENRES:
        row = measure_genre(genre, seed=seed)
        table.append(row)
        print(f"| {genre} | {row[0]:.2f} | {row[1]:.0f} | {row[2]:.0f} | {row[3]:.0f} | {row[4]:.2f} |")
    for name, row in (
        ("least", np.min(table, axis=0).tolist()),
        ("median", np.median(table, axis=0).tolist()),
    ):
        print(f"| {name} | {row[0]:.2f} | {row[1]:.0f} | {row[2]:.0f} | {row[3]:.0f} | {row[4]:.2f} |")


def print_dataset(config: DatasetConfig, clips: int, workers: int) -> None:
    """Print how long a data set takes, and what 1,000 clips would."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        wall, _ = timed(lambda: build_dataset(out, clips=clips, config=config, workers=workers))
    minutes = wall / clips * 1000 / 60
    print(f"\n{clips} clips of 10 s, {workers} workers: {wall:.0f} s; 1,000 at that rate: {minutes:.1f} min")


if __name__ == "__main__":
    main()
