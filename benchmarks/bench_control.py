"""Whether the generator does as it is told: `python -m benchmarks.bench_control`, or `make bench-control`.

For each of N prompts a track is made and measured. Beside the share of wishes that were fulfilled: the same
on the studio's own clip of that truth (the estimator's rate), on the track of another prompt (swapped:
chance), and on tracks made from noise alone (no prompt). The bar is about the share of the estimator's rate.
Tracks are kept in --out, so a broken run goes on, and can be listened to.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from benchmarks.control import KINDS, Asked, Ear, Obtained, draw_asked, hits, mono, rates
from benchmarks.outside_judge import LABELS, OutsideJudge, areas
from benchmarks.studio_truth import share
from generation.audio.pipeline import SongspacePipeline
from generation.audio.request import Request
from generation.audio.soundness import UnsoundError
from generation.audio_files import write_audio
from generation.studio.render import SAMPLE_RATE

BARS = {"tempo": 0.8, "key": 0.9, "genre": 0.9, "lead": 0.9}
"""Tempo: the share itself. The others: of the estimator's rate."""


def make(folder: Path, weights: Path | None, requests: Sequence[tuple[str, Request]]) -> None:
    """Make those tracks that are not there yet, one after the other in one thread."""
    from generation.audio.shipped import load_generator, load_shipped

    torch.set_num_threads(1)
    pipe: SongspacePipeline | None = None
    for name, request in requests:
        path = folder / f"{name}.flac"
        if path.exists():
            continue
        pipe = pipe or (load_generator(weights) if weights else load_shipped())
        try:
            track = pipe.generate(request).tracks[0]
        except UnsoundError:
            write_audio(path, np.zeros(round(request.seconds * SAMPLE_RATE), np.float32), SAMPLE_RATE)
            continue
        write_audio(path, track.waveform, track.sample_rate)


def hear(paths: Sequence[Path]) -> list[tuple[Obtained, np.ndarray]]:
    """Measure files, and have them judged; silence is nothing of all."""
    import soundfile

    torch.set_num_threads(1)
    ear, judge = Ear(), OutsideJudge()
    found = []
    for path in paths:
        waveform, sample_rate = soundfile.read(path, dtype="float32")
        if np.abs(waveform).max() > 1e-4:
            found.append((ear.hear(waveform, sample_rate), judge.scores(waveform, sample_rate)))
        else:
            found.append((Obtained(0.0, "", "", ""), np.zeros(len(LABELS))))
    return found


def main() -> None:
    """Print the table, and write it with all rows as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--weights", type=Path, help="folder of a generator; by default the one that ships")
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--free", type=int, default=40, help="tracks without a prompt")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--guidance", type=float)
    parser.add_argument("--structure-guidance", type=float)
    parser.add_argument("--seed", type=int, default=90_210, help="of the songs whose truth is asked for")
    parser.add_argument("--out", type=Path, default=Path("var/bench-control"))
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    started = time.perf_counter()
    given.out.mkdir(parents=True, exist_ok=True)
    pairs = draw_asked(given.seed, given.prompts)
    ear = Ear()
    judge = OutsideJudge()
    real = [ear.hear(mono(clip)) for _, clip in pairs]
    real_judged = np.stack([judge.scores(mono(clip), SAMPLE_RATE) for _, clip in pairs])
    asked: list[Asked] = [one for one, _ in pairs]
    settings = {
        "num_inference_steps": given.steps,
        "guidance_scale": given.guidance,
        "structure_guidance": given.structure_guidance,
    }
    requests = [(f"{n:03d}", Request(one.prompt, seed=1000 + n, **settings)) for n, one in enumerate(asked)]
    requests += [(f"free-{n:03d}", Request(seed=5000 + n)) for n in range(given.free)]
    with ProcessPoolExecutor(given.workers, mp_context=get_context("spawn")) as pool:
        parts = [requests[start :: given.workers] for start in range(given.workers)]
        for done in [pool.submit(make, given.out, given.weights, part) for part in parts]:
            done.result()
        paths = [given.out / f"{name}.flac" for name, _ in requests]
        halves = [pool.submit(hear, paths[start :: given.workers]) for start in range(given.workers)]
        heard: dict[int, tuple[Obtained, np.ndarray]] = {}
        for start, half in enumerate(halves):
            heard |= zip(range(start, len(paths), given.workers), half.result(), strict=True)
    got, free = ([heard[n][0] for n in part] for part in (range(len(asked)), range(len(asked), len(paths))))
    judged = np.stack([heard[n][1] for n in range(len(asked))])
    leads = ear.leads

    def rows(obtained: Sequence[Obtained], shift: int = 0) -> dict[str, list[bool]]:
        turned = [*obtained[shift:], *obtained[:shift]]
        return rates([hits(one, other, leads) for one, other in zip(asked, turned, strict=False)])

    columns = {
        "asked": rows(got),
        "estimator on real clips": rows(real),
        "swapped prompts": rows(got, shift=len(asked) // 2),
        "no prompt": rows(free),
    }
    print(f"{len(asked)} prompts of 10 s, seed {given.seed}\n")
    print("| wish | " + " | ".join(columns) + " | of the estimator's rate | bar |")
    print("|---" * (len(columns) + 3) + "|")
    for kind in KINDS:
        cells = [share(column[kind]) for column in columns.values()]
        mine, most = (float(np.mean(columns[name][kind])) for name in ("asked", "estimator on real clips"))
        bar = f"{BARS[kind]:.2f}" + (" (the share)" if kind == "tempo" else "")
        print(f"| {kind} | " + " | ".join(cells) + f" | {mine / max(most, 1e-9):.3f} | {bar} |")
    outside = {
        "asked": areas(asked, judged),
        "real clips": areas(asked, real_judged),
        "swapped": areas(asked, np.roll(judged, -(len(asked) // 2), axis=0)),
    }
    print("\nAn outside tagger's tags, share of pairs in which the fitting track has more of it:\n")
    print("| tag | " + " | ".join(outside) + " |\n|---|---|---|---|")
    for tag in outside["asked"]:
        print(f"| {tag} | " + " | ".join(f"{column[tag]:.2f}" for column in outside.values()) + " |")
    print("| mean | " + " | ".join(f"{np.mean(list(one.values())):.3f}" for one in outside.values()) + " |")
    print(f"\n{time.perf_counter() - started:.0f} s")
    lines = [
        {"asked": one.to_json(), "obtained": vars(other), "real": vars(truth), "file": f"{n:03d}.flac"}
        for n, (one, other, truth) in enumerate(zip(asked, got, real, strict=True))
    ]
    (given.out / "control.json").write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
