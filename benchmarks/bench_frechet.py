"""How far music lies from real music in the judge's space: `make bench-frechet`.

The protocol is frozen, so that figures of different days compare: sets of `CLIPS` clips of 10 s, in mono at
22,050 Hz; real ones are studio clips of seed `SEED`, one a song, of songs that neither generators nor the
judge are trained on; points are the judge's, `Judge.point`, on 16 axes that ship with it. The distance is
Frechet's between Gaussians, times 1,000. Floor: real against other real. Ceilings: white noise as loud as
the clips; real clips with their tenths of a second shuffled. Between them: real clips rebuilt from
spectrograms by Griffin & Lim; with --weights through the generator's codec alone; with --tracks a folder of
generated tracks. Beside each: how many of its clips the judge calls unsound.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.bench_memorisation import coded, rebuilt
from benchmarks.frechet import frechet
from generation.audio.hearing import at_rates, hear
from generation.audio.judge import Judge, Wish
from generation.audio.judge_examples import clip_numbers
from generation.audio.style_encoder import StyleEncoder
from generation.studio.clips import render_clip

SEED, CLIPS, SECONDS, RATE = 20_261_122, 80, 10.0, 22_050
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
    parser.add_argument("--weights", type=Path, help="folder of a generator, for its codec")
    parser.add_argument("--tracks", type=Path, action="append", default=[], help="folder of generated tracks")
    parser.add_argument("--clips", type=int, default=CLIPS, help="another number is another protocol")
    given = parser.parse_args()
    started, rng = time.perf_counter(), np.random.default_rng(SEED)
    judge, encoder = Judge(given.judge), StyleEncoder(threads=1)
    names = ["real against real (floor)", "rebuilt from spectrograms", "shuffled tenths (ceiling)",
             "white noise (ceiling)"]  # fmt: skip
    pipe = None
    if given.weights:
        from generation.audio.shipped import load_generator

        pipe = load_generator(given.weights)
        names.insert(1, "through the codec alone")
    lines = {name: Line(judge, encoder) for name in ["real", *names]}
    for number, clip in enumerate(real(2 * given.clips)):
        if number % 2:
            lines["real against real (floor)"].add(clip)
            continue
        lines["real"].add(clip)
        lines["rebuilt from spectrograms"].add(rebuilt(clip, clip, rng))
        lines["shuffled tenths (ceiling)"].add(shuffled(clip, rng))
        lines["white noise (ceiling)"].add(noise(clip, rng))
        if pipe is not None:
            lines["through the codec alone"].add(coded(pipe, clip))
    for folder in given.tracks:
        lines[f"tracks in {folder.name}"] = made = Line(judge, encoder)
        for waveform, sample_rate in tracks(folder, given.clips):
            made.add(waveform, sample_rate)
    against = np.stack(lines.pop("real").points)
    print(f"{given.clips} clips a set, seed {SEED}, {judge.name}\n")
    print("| what | Frechet distance x 1,000 | clips | unsound |\n|---|---|---|---|")
    for name, line in lines.items():
        distance = 1000 * frechet(against, np.stack(line.points))
        print(f"| {name} | {distance:.1f} | {len(line.points)} | {line.unsound} |")
    print(f"\n{time.perf_counter() - started:.0f} s")


def tracks(folder: Path, most: int) -> Iterator[tuple[np.ndarray, int]]:
    """The first ten seconds of a folder's tracks that were asked for with words; silence is left out."""
    import soundfile

    told = folder / "control.json"
    names = [row["file"] for row in json.loads(told.read_text())] if told.is_file() else None
    paths = [folder / name for name in names] if names else sorted(folder.glob("*.flac"))
    for path in paths[:most]:
        waveform, sample_rate = soundfile.read(path, dtype="float32")
        waveform = waveform[: round(SECONDS * sample_rate)]
        if np.abs(waveform).max() > 1e-4:
            yield waveform, sample_rate


if __name__ == "__main__":
    main()
