"""Whether edits hold what they promise: `python -m benchmarks.bench_edit`, or `make bench-edit`.

continue   three minutes, from nothing and from a studio clip: change at every join as a quantile of the
           change elsewhere, drift of tempo, key and loudness over parts of ten seconds (make bench-control
           prints how often the estimators find tempo and key of the studio's own clips)
inpaint    windows of studio clips: samples changed outside the window (none), change at its ends, level
loop       samples missing or too many (none); change and step at the seams of ten rounds
blend      at 0, .25, .. 1 between the prompts of two genres: the second's share in what the listener hears

Weights are those that ship, those of --weights, or --untrained ones, of which only what is exact means much.
All four kinds of trained weights go into docs/editing.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.bench_generate import build_untrained
from benchmarks.edits import change_at, drift, flux, is_monotonic, step_at_seam
from benchmarks.pages import Report
from generation.audio.edit.codec import frame_samples
from generation.audio.edit.continuation import OVERLAP_S, WINDOW_S, windows_of
from generation.audio.edit.edits import Blend, Continuation, Edit, Inpainting, Loop
from generation.audio.edit.given import Given
from generation.audio.pipeline import SongspacePipeline
from generation.audio.request import Request
from generation.audio.shipped import load_generator
from generation.audio.soundness import UnsoundError
from generation.audio_files import write_audio
from generation.studio.clips import render_clip

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
ROUNDS = 10
STUDIO_SEED = 91
PIECES = (
    ("techno at 128 bpm in A minor", 128.0, "A minor"),
    ("rock at 110 bpm in E minor", 110.0, "E minor"),
)
PAIRS = (("techno", "classical"), ("jazz", "metal"), ("folk", "edm"), ("reggae", "ambient"))


class Bench:
    """A generator, where tracks are kept, and what is asked of each."""

    def __init__(self, pipe: SongspacePipeline, out: Path | None, steps: int, report: Report) -> None:
        self.pipe, self.out, self.steps, self.report = pipe, out, steps, report
        self.frame_s = frame_samples(pipe) / pipe.sample_rate

    def make(self, name: str, prompt: str, *, seed: int, **wishes: Any) -> tuple[np.ndarray, int]:
        """Make a track; its samples, shape (n_samples, channels), and its rate."""
        request = Request(prompt, seed=seed, num_inference_steps=self.steps, **wishes)
        for number in range(4):
            try:
                track = self.pipe.generate(replace(request, seed=seed + 1000 * number)).tracks[0]
                break
            except UnsoundError:
                if number == 3:
                    raise
        if self.out is not None:
            write_audio(self.out / f"{name}.flac", track.waveform, track.sample_rate)
        waveform = track.waveform if track.waveform.ndim == 2 else track.waveform[:, None]
        return waveform, track.sample_rate


def studio_given(number: int) -> Given:
    """A studio clip of ten seconds, in its own stereo."""
    clip = render_clip(STUDIO_SEED, number, seconds=10.0)
    waveform = clip.rendered.waveform.astype(np.float32)
    return Given(waveform / max(1.0, float(np.abs(waveform).max())), 22_050)


def bench_continue(bench: Bench, seeds: int, seconds: float) -> None:
    """Print the table of continuations."""
    bench.report.line(f"\n### Continuation to {seconds:g} s, {seeds} seeds\n")
    bench.report.line(
        "| what | joins | change at joins, quantile: median / worst | in tempo | in key |"
        " loudness, range dB | trend, dB a minute | s |"
    )
    bench.report.line("|---|---|---|---|---|---|---|---|")
    width, overlap = (bench.pipe.latent_frames(span) for span in (WINDOW_S, OVERLAP_S))
    total = round(seconds / bench.frame_s)
    for prompt, tempo, key in PIECES:
        for seed in range(seeds):
            started = time.perf_counter()
            made, rate = bench.make(
                f"continue-{tempo:g}-{seed}", prompt, seed=seed, seconds=seconds, edit=Continuation()
            )
            spent = time.perf_counter() - started
            joins = [
                one.new * bench.frame_s for one in windows_of(0, total, [0], width=width, overlap=overlap)
            ][1:]
            _row(bench.report, f"{prompt}, seed {seed}", made.mean(1), rate, joins, tempo, key, spent)
    for number in range(seeds):
        clip = render_clip(STUDIO_SEED, number, seconds=10.0)
        given, truth = studio_given(number), clip.truth
        started = time.perf_counter()
        made, rate = bench.make(
            f"continue-clip-{number}",
            next(iter(truth.genres)),
            seed=number,
            seconds=seconds,
            edit=Continuation(given),
            tempo_bpm=truth.tempo_bpm,
        )
        spent = time.perf_counter() - started
        _row(
            bench.report,
            f"after studio clip {number}",
            made.mean(1),
            rate,
            [given.seconds - 0.025],
            truth.tempo_bpm,
            "",
            spent,
        )


def _row(
    report: Report,
    what: str,
    mono: np.ndarray,
    rate: int,
    joins: list[float],
    tempo: float,
    key: str,
    spent: float,
) -> None:
    at = change_at(flux(mono, rate), joins)
    held = drift(mono, rate, tempo_bpm=tempo, key=key)
    report.line(
        f"| {what} | {len(at)} | {np.median(at):.2f} / {max(at):.3f} |"
        f" {held.in_tempo:.0%} | {held.in_key:.0%} |"
        f" {held.loudness_range_db:.1f} | {held.loudness_slope_db:+.1f} | {spent:.0f} |"
    )


def bench_inpaint(bench: Bench, clips: int) -> None:
    """Print the table of inpaintings."""
    bench.report.line(f"\n### Inpainting 3.0-5.5 s of {clips} studio clips\n")
    bench.report.line(
        "| what | samples changed outside | change at its ends, quantile: median / worst |"
        " level to what is around, dB |"
    )
    bench.report.line("|---|---|---|---|")
    for name, band in (("all frequencies", (None, None)), ("200-2,000 Hz", (200.0, 2000.0))):
        outside, at, levels = 0, [], []
        for number in range(clips):
            given = studio_given(number)
            edit: Edit = Inpainting(given, 3.0, 5.5, *band)
            genre = next(iter(render_clip(STUDIO_SEED, number, seconds=10.0).truth.genres))
            made, rate = bench.make(f"inpaint-{number}-{band[0]}", genre, seed=number, edit=edit)
            window = slice(round(3.0 * rate), round(5.5 * rate))
            changed = (made != given.waveform).any(axis=1)
            changed[window] = False
            outside += int(changed.sum())
            at += change_at(flux(made.mean(1), rate), [3.015, 5.485])
            around = np.delete(made, window, axis=0)
            levels.append(10 * np.log10(np.mean(made[window] ** 2) / np.mean(around**2)))
        bench.report.line(
            f"| {name} | {outside} | {np.median(at):.2f} / {max(at):.3f} |"
            f" {np.mean(levels):+.1f} ± {np.std(levels):.1f} |"
        )


def bench_loop(bench: Bench, seeds: int) -> None:
    """Print the table of loops."""
    bench.report.line(f"\n### Loops, {ROUNDS} rounds of each of {seeds} seeds\n")
    bench.report.line(
        "| bars, tempo | samples too many | change at seams, quantile: median / worst |"
        " step at the seam, quantile: worst |"
    )
    bench.report.line("|---|---|---|---|")
    for bars, tempo in ((1, 120.0), (2, 97.0), (4, 128.0), (8, 174.0)):
        extra, at, steps = 0, [], []
        for seed in range(seeds):
            made, rate = bench.make(
                f"loop-{bars}-{tempo:g}-{seed}", "techno", seed=seed, edit=Loop(bars), tempo_bpm=tempo
            )
            loop = made[:, 0].astype(np.float64)
            extra += abs(len(loop) - round(bars * 4 * 60 / tempo * rate))
            seams = [n * len(loop) / rate for n in range(1, ROUNDS)]
            at += change_at(flux(np.tile(loop, ROUNDS), rate), seams)
            steps.append(step_at_seam(loop))
        bench.report.line(
            f"| {bars}, {tempo:g} bpm | {extra} | {np.median(at):.2f} / {max(at):.3f} | {max(steps):.4f} |"
        )


def bench_blend(bench: Bench, seeds: int) -> None:
    """Print the table of blends."""
    import soxr

    from generation.audio.listener import Listener
    from generation.audio.style_encoder import SAMPLE_RATE, StyleEncoder

    encoder, listener = StyleEncoder(threads=1), Listener()
    bench.report.line(
        f"\n### Blends: the second genre's share of both in what the listener hears, mean of {seeds} seeds\n"
    )
    bench.report.line(
        f"| prompts | {' | '.join(f'{share:g}' for share in SHARES)} | never goes back: mean / seeds |"
    )
    bench.report.line("|---|" + "---|" * (len(SHARES) + 1))
    for one, other in PAIRS:
        odds = np.zeros((seeds, len(SHARES)))
        for seed in range(seeds):
            for column, share in enumerate(SHARES):
                made, rate = bench.make(
                    f"blend-{one}-{other}-{share:g}-{seed}", one, seed=seed, blend=Blend(other, share)
                )
                heard = encoder.hear(np.asarray(soxr.resample(made[:, 0], rate, SAMPLE_RATE)))
                genres = listener.tags([heard]).genres
                odds[seed, column] = np.log(genres[other] + 1e-9) - np.log(genres[one] + 1e-9)
        shares = 1 / (1 + np.exp(-odds.mean(0)))
        alone = sum(is_monotonic(course) for course in odds.tolist())
        bench.report.line(
            f"| {one} to {other} | {' | '.join(f'{share:.2f}' for share in shares)} |"
            f" {'yes' if is_monotonic(odds.mean(0).tolist()) else 'no'} / {alone} of {seeds} |"
        )


@contextmanager
def generator(weights: Path | None, untrained: str | None) -> Iterator[SongspacePipeline]:
    """Load the generator that is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        yield load_generator(build_untrained(Path(folder), untrained) if untrained else weights)


def main() -> None:
    """Print the tables."""
    kinds = ("continue", "inpaint", "loop", "blend")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", help=f"of {', '.join(kinds)}; by default all")
    parser.add_argument("--weights", type=Path, help="folder of a generator; by default the one that ships")
    parser.add_argument("--untrained", metavar="PRESET", help="an untrained one of this size instead")
    parser.add_argument("--seeds", type=int, default=2, help="half as many continuations")
    parser.add_argument("--seconds", type=float, default=180.0, help="of a continuation")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-docs", action="store_true", help="print only")
    parser.add_argument("--out", type=Path, help="a folder to keep the tracks in, to be listened to")
    given = parser.parse_args()
    if unknown := set(given.kinds) - set(kinds):
        parser.error(f"expected {', '.join(kinds)}, got {', '.join(sorted(unknown))}")
    torch.set_num_threads(given.threads)
    if given.out is not None:
        given.out.mkdir(parents=True, exist_ok=True)
    with generator(given.weights, given.untrained) as pipe:
        whole = not given.kinds and not given.untrained
        report = Report("editing.md", "edit", writes=whole and not given.no_docs)
        bench = Bench(pipe, given.out, given.steps, report)
        runs: dict[str, Callable[[], None]] = {
            "continue": lambda: bench_continue(bench, -(-given.seeds // 2), given.seconds),
            "inpaint": lambda: bench_inpaint(bench, 2 * given.seeds),
            "loop": lambda: bench_loop(bench, given.seeds),
            "blend": lambda: bench_blend(bench, given.seeds),
        }
        report.line(
            f"{given.steps} steps, {'untrained ' if given.untrained else ''}weights {pipe.fingerprint()[:12]}"
        )
        for kind in given.kinds or kinds:
            runs[kind]()
        report.done()


if __name__ == "__main__":
    main()
