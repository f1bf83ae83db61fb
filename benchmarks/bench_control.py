"""Whether the generator does as it is told: `python -m benchmarks.bench_control`, or `make bench-control`.

For each of N prompts, sentences that no training caption is (`benchmarks.control_words`), a track is made and
measured. Beside the share of wishes that were fulfilled: the same on the studio's own clip of that truth (the
estimator's rate), on the track of another prompt (swapped: chance), and on tracks of some of the prompts with
no guidance at all (zero guidance: nothing is told). The bar is about the share of the estimator's rate.

Tracks are kept in --out by the model that made them, and what was heard of real clips whatever the model, so
that a broken run goes on and the next model costs less. The tables go into docs/control.md.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.control import KINDS, Asked, Ear, Obtained, draw_asked, hits, mono, rates
from benchmarks.outside_judge import LABELS, OutsideJudge, areas
from benchmarks.pages import Report
from benchmarks.studio_truth import share
from generation.audio.pipeline import SongspacePipeline
from generation.audio.request import Request
from generation.audio.shipped import load_generator
from generation.audio.soundness import UnsoundError
from generation.audio.wanted import guidance_of
from generation.audio_files import write_audio
from generation.studio.render import SAMPLE_RATE

BARS = {"tempo": 0.8, "key": 0.9, "genre": 0.9, "lead": 0.9}
"""Tempo: the share itself. The others: of the estimator's rate."""
SEED, PROMPTS, ZERO = 90_210, 200, 40
_SILENCE = Obtained(0.0, "", "", "")


@dataclass(frozen=True)
class Heard:
    """What was measured in a sound, and what the outside tagger says of it, shape (50,)."""

    obtained: Obtained
    tags: np.ndarray


class Ears:
    """All that listens, loaded once."""

    def __init__(self) -> None:
        self.ear, self.judge = Ear(), OutsideJudge()

    def hear(self, waveform: np.ndarray, sample_rate: int = SAMPLE_RATE) -> Heard:
        """Measure a waveform, and have it tagged; silence is nothing of all."""
        if np.abs(waveform).max() <= 1e-4:
            return Heard(_SILENCE, np.zeros(len(LABELS)))
        return Heard(self.ear.hear(waveform, sample_rate), self.judge.scores(waveform, sample_rate))


def kept(path: Path, what: str, make: Callable[[], Any]) -> Any:
    """Return what a file holds, if it is of the same kind; else make it, and keep it there."""
    if path.is_file():
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["what"] == what:
            return document["value"]
    value = make()
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(json.dumps({"what": what, "value": value}) + "\n", encoding="utf-8")
    os.replace(beside, path)
    return value


def as_json(heard: Heard) -> dict[str, Any]:
    """As a file holds it."""
    return {"obtained": asdict(heard.obtained), "tags": [round(float(one), 5) for one in heard.tags]}


def of_json(document: Mapping[str, Any]) -> Heard:
    """What `as_json` gave."""
    return Heard(Obtained(**document["obtained"]), np.array(document["tags"]))


def real_music(
    seed: int, n: int, ears: Ears, folder: Path, say: Callable[[str], None]
) -> tuple[list[Asked], list[Heard]]:
    """What is asked for, and what the studio's own clips of it are heard as."""

    def listen() -> list[Any]:
        found = []
        for asked, clip in draw_asked(seed, n):
            found.append([asked.to_json(), as_json(ears.hear(mono(clip)))])
            if len(found) % 20 == 0:
                say(f"{len(found)} of {n} real clips heard")
        return found

    rows = kept(folder / f"real-{seed}-{n}.json", "real clips, sentences 2", listen)
    return [Asked(**asked) for asked, _ in rows], [of_json(heard) for _, heard in rows]


def made_music(
    pipe: SongspacePipeline,
    requests: Sequence[tuple[str, Request]],
    ears: Ears,
    folder: Path,
    say: Callable[[str], None],
) -> list[Heard]:
    """Make and hear tracks, those that are there already but heard; in one thread."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for number, (name, request) in enumerate(requests, start=1):

        def make(name: str = name, request: Request = request) -> dict[str, Any]:
            try:
                track = pipe.generate(request).tracks[0]
            except UnsoundError:
                return as_json(Heard(_SILENCE, np.zeros(len(LABELS))))
            write_audio(folder / f"{name}.flac", track.waveform, track.sample_rate)
            return as_json(ears.hear(track.waveform, track.sample_rate))

        # The default scales may change under the same weights.
        what = json.dumps([request.to_json(), asdict(guidance_of(request))], sort_keys=True)
        found.append(of_json(kept(folder / f"{name}.json", what, make)))
        if number % 20 == 0:
            say(f"{number} of {len(requests)} tracks made and heard")
    return found


def main() -> None:
    """Print the tables, and write them into docs/control.md."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--weights", type=Path, help="folder of a generator; by default the one that ships")
    parser.add_argument("--prompts", type=int, default=PROMPTS)
    parser.add_argument("--zero", type=int, default=ZERO, help="prompts that are not listened to")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--guidance", type=float)
    parser.add_argument("--tempo-guidance", type=float)
    parser.add_argument("--key-guidance", type=float)
    parser.add_argument("--seed", type=int, default=SEED, help="of the songs whose truth is asked for")
    parser.add_argument("--out", type=Path, default=Path("var/bench-control"))
    parser.add_argument("--no-docs", action="store_true", help="print only")
    given = parser.parse_args()
    started = time.perf_counter()
    torch.set_num_threads(1)

    def say(text: str) -> None:
        print(f"{time.perf_counter() - started:6.0f} s  {text}", flush=True)

    given.out.mkdir(parents=True, exist_ok=True)
    pipe, ears = load_generator(given.weights), Ears()
    scales: dict[str, Any] = {
        "num_inference_steps": given.steps,
        "guidance_scale": given.guidance,
        "structure_guidance": given.tempo_guidance,
        "key_guidance": given.key_guidance,
    }
    asked, real = real_music(given.seed, given.prompts, ears, given.out, say)
    requests = [(f"{n:03d}", Request(one.prompt, seed=1000 + n, **scales)) for n, one in enumerate(asked)]
    nothing = [
        (f"zero-{n:03d}", Request(one.prompt, seed=1000 + n, guidance_scale=0.0))
        for n, one in enumerate(asked[: given.zero])
    ]
    folder = given.out / pipe.fingerprint()[:12]
    got = made_music(pipe, requests, ears, folder, say)
    free = made_music(pipe, nothing, ears, folder, say)
    lines = [
        {"asked": one.to_json(), "obtained": asdict(mine.obtained), "real": asdict(truth.obtained)}
        | {"file": f"{n:03d}.flac"}
        for n, (one, mine, truth) in enumerate(zip(asked, got, real, strict=True))
    ]
    (folder / "control.json").write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    report = Report("control.md", "control", writes=not given.no_docs)
    scale = guidance_of(Request(**scales))
    report.line(
        f"{len(asked)} prompts of 10 s, seed {given.seed}, weights {pipe.fingerprint()[:12]},"
        f" {given.steps or 25} steps, guidance {scale.text:g} (tempo {scale.structure:g}, key {scale.key:g});"
        f" zero guidance on {len(free)} of them; shares with 95 % intervals (Wilson):\n"
    )
    tables(report, asked, got, real, free, ears.ear.leads)
    report.done()
    say(f"tracks are in {folder}")


def tables(
    report: Report,
    asked: Sequence[Asked],
    got: Sequence[Heard],
    real: Sequence[Heard],
    free: Sequence[Heard],
    leads: frozenset[str],
) -> None:
    """Print what was fulfilled, and what the outsider hears."""

    def rows(heard: Sequence[Heard], shift: int = 0) -> dict[str, list[bool]]:
        turned = [*heard[shift:], *heard[:shift]]
        return rates([hits(one, it.obtained, leads) for one, it in zip(asked, turned, strict=False)])

    half = len(asked) // 2
    columns = {
        "asked": rows(got),
        "estimator on real clips": rows(real),
        "swapped prompts": rows(got, shift=half),
        "zero guidance": rows(free),
    }
    report.line("| wish | " + " | ".join(columns) + " | of the estimator's rate | bar |")
    report.line("|---" * (len(columns) + 3) + "|")
    for kind in KINDS:
        cells = [share(column[kind]) for column in columns.values()]
        mine, most = (float(np.mean(columns[name][kind])) for name in ("asked", "estimator on real clips"))
        bar = f"{BARS[kind]:.2f}" + (" (the share)" if kind == "tempo" else "")
        report.line(f"| {kind} | " + " | ".join(cells) + f" | {mine / max(most, 1e-9):.3f} | {bar} |")
    judged, truly = (np.stack([one.tags for one in heard]) for heard in (got, real))
    outside = {
        "asked": areas(asked, judged),
        "real clips": areas(asked, truly),
        "swapped": areas(asked, np.roll(judged, -half, axis=0)),
    }
    report.line("\nThe outside tagger's tags, share of pairs in which the fitting track has more of it:\n")
    report.line("| tag | " + " | ".join(outside) + " |\n|---|---|---|---|")
    for tag in outside["asked"]:
        report.line(f"| {tag} | " + " | ".join(f"{column[tag]:.2f}" for column in outside.values()) + " |")
    means = [float(np.mean(list(one.values()))) if one else 0.0 for one in outside.values()]
    report.line("| mean | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")


if __name__ == "__main__":
    main()
