"""How far music lies from real music in the judge's space: `make bench-frechet`.

The protocol is frozen, so that figures of different days compare: sets of `CLIPS` clips of 10 s, in mono at
22,050 Hz; real ones are studio clips of seed `SEED`, one a song, of songs that neither generators nor the
judge are trained on; points are the judge's, `Judge.point`, on 16 axes that ship with it. The distance is
Frechet's between Gaussians, times 1,000. Floor: real against other real. Ceilings: white noise as loud as
the clips; real clips with their tenths of a second shuffled. Between them: real clips rebuilt from
spectrograms by Griffin & Lim, and through the generator's codec alone; and generated tracks, those that
`make bench-control` left of the same weights. Beside each: how many of its clips the judge calls unsound.
The table goes into docs/judge.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.bench_memorisation import DEFAULT_TRACKS, SECONDS, coded, rebuilt, tracks
from benchmarks.frechet import frechet
from benchmarks.pages import Report
from generation.audio.hearing import at_rates, hear
from generation.audio.judge import Judge, Wish
from generation.audio.judge_examples import clip_numbers
from generation.audio.shipped import load_generator
from generation.audio.style_encoder import StyleEncoder
from generation.studio.clips import render_clip

SEED, CLIPS, RATE = 20_261_122, 80, 22_050
_SHUFFLED_S = 0.1


def real(n: int) -> Iterator[np.ndarray]:
    """So many real clips, a song each."""
    numbers, done = clip_numbers(SEED, "test", each=1), 0
    while done < n:
        made = render_clip(SEED, next(numbers), seconds=SECONDS, captions=0)
        if made.split == "test":
            done += 1
            yield at_rates(made.rendered.waveform, made.rendered.sample_rate)[1]


def shuffled(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A clip with its tenths of a second in any order."""
    n = round(_SHUFFLED_S * RATE)
    parts = clip[: len(clip) // n * n].reshape(-1, n)
    return np.asarray(rng.permutation(parts).ravel())


def noise(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """White noise as loud as a clip."""
    return np.asarray(clip.std() * rng.standard_normal(len(clip)), np.float32)


class Line:
    """What is known of one set: its points, and how many were unsound."""

    def __init__(self, judge: Judge, encoder: StyleEncoder) -> None:
        self._judge, self._encoder = judge, encoder
        self.points: list[np.ndarray] = []
        self.unsound = 0

    def add(self, waveform: np.ndarray, sample_rate: int = RATE) -> None:
        """Hear one clip of the set."""
        sound = hear(waveform, sample_rate, self._encoder)
        self.points.append(self._judge.point(sound))
        self.unsound += self._judge.judge(sound, Wish()).soundness < 0


def main() -> None:
    """Print the distances."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--judge", type=Path, help="folder of a judge; by default the one that ships")
    parser.add_argument("--weights", type=Path, help="folder of a generator; by default the one that ships")
    parser.add_argument(
        "--tracks", type=Path, action="append", help="folder of generated tracks; by default bench-control's"
    )
    parser.add_argument("--no-docs", action="store_true", help="print only")
    parser.add_argument("--clips", type=int, default=CLIPS, help="another number is another protocol")
    given = parser.parse_args()
    report = Report("judge.md", "frechet", writes=not given.no_docs)
    started, rng = time.perf_counter(), np.random.default_rng(SEED)
    judge, encoder = Judge(given.judge), StyleEncoder(threads=1)
    names = ["real against real (floor)", "through the codec alone", "rebuilt from spectrograms",
             "shuffled tenths (ceiling)", "white noise (ceiling)"]  # fmt: skip
    pipe = load_generator(given.weights)
    lines = {name: Line(judge, encoder) for name in ["real", *names]}
    for number, clip in enumerate(real(2 * given.clips)):
        if number % 2:
            lines["real against real (floor)"].add(clip)
            continue
        lines["real"].add(clip)
        lines["rebuilt from spectrograms"].add(rebuilt(clip, clip, rng))
        lines["shuffled tenths (ceiling)"].add(shuffled(clip, rng))
        lines["white noise (ceiling)"].add(noise(clip, rng))
        lines["through the codec alone"].add(coded(pipe, clip))
    for folder in given.tracks or [DEFAULT_TRACKS / pipe.fingerprint()[:12]]:
        if not folder.is_dir():
            report.line(f"(no tracks in {folder}: `make bench-control` makes them)\n")
            continue
        lines[f"tracks in {folder.name}" if given.tracks else "generated tracks"] = made = Line(
            judge, encoder
        )
        for waveform, sample_rate in tracks(folder, given.clips):
            made.add(waveform, sample_rate)
    against = np.stack(lines.pop("real").points)
    report.line(f"{given.clips} clips a set, seed {SEED}, {judge.name}, weights {pipe.fingerprint()[:12]}\n")
    report.line("| what | Frechet distance x 1,000 | clips | unsound |\n|---|---|---|---|")
    for name, line in lines.items():
        distance = 1000 * frechet(against, np.stack(line.points))
        report.line(f"| {name} | {distance:.1f} | {len(line.points)} | {line.unsound} |")
    report.done()
    print(f"\n{time.perf_counter() - started:.0f} s, {time.process_time():.0f} of them computing")


if __name__ == "__main__":
    main()
