"""Whether copies of training music are found, and honest music is not accused: `make bench-memorisation`.

Planted: training clips of the index, rendered again and passed off as takes: as they are; later, with other
music in front; quieter; with noise; stored as Ogg Vorbis and MP3; rebuilt from their spectrogram, and
through the generator's codec. Honest: studio clips of another seed, of songs and tunes that no generator is
trained on. And tracks that `make bench-control` left of the same weights: how many of them are called copies.
All of it goes into docs/judge.md.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.pages import Report
from benchmarks.studio_truth import share
from generation.audio.hearing import at_rates
from generation.audio.judge_examples import clip_numbers
from generation.audio.memorisation import Index, Nearest, load_index
from generation.audio.shipped import load_generator
from generation.audio.spectrogram import log_mel
from generation.audio.style_encoder import StyleEncoder
from generation.audio_files import encoded
from generation.studio.clips import render_clip

if TYPE_CHECKING:
    from generation.audio.pipeline import SongspacePipeline

RATE = 22_050
DEFAULT_TRACKS = Path("var/bench-control")
SEED, SECONDS = 424_242, 10.0
"""Of honest clips, and of noise."""
Change = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]


def mono(seed: int, clip: int) -> np.ndarray:
    """A studio clip at 22,050 Hz."""
    made = render_clip(seed, clip, captions=0)
    return at_rates(made.rendered.waveform, made.rendered.sample_rate)[1]


def later(seconds: float) -> Change:
    """The clip begins later: other music is in front of it, and its end is cut off."""

    def change(clip: np.ndarray, other: np.ndarray, _rng: np.random.Generator) -> np.ndarray:
        n = round(seconds * RATE)
        return np.concatenate([other[:n], clip[: len(clip) - n]])

    return change


def noisy(clip: np.ndarray, _other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """White noise 20 dB under the clip."""
    return clip + 0.1 * float(clip.std()) * rng.standard_normal(len(clip)).astype(np.float32)


def stored(suffix: str) -> Change:
    """Encoded and decoded."""

    def change(clip: np.ndarray, _other: np.ndarray, _rng: np.random.Generator) -> np.ndarray:
        import soundfile

        peak = max(1.0, float(np.abs(clip).max()))
        waveform, _ = soundfile.read(io.BytesIO(encoded(clip / peak, RATE, suffix)), dtype="float32")
        return np.asarray(waveform)

    return change


def rebuilt(clip: np.ndarray, _other: np.ndarray, _rng: np.random.Generator) -> np.ndarray:
    """From its spectrogram by Griffin & Lim."""
    import torch

    from generation.audio.griffin_lim import griffin_lim

    waveform = griffin_lim(torch.from_numpy(log_mel(clip))[None])[:, : len(clip)]
    return np.asarray(waveform[0].numpy(), np.float32)


def through(pipe: SongspacePipeline) -> Change:
    """Through the autoencoder and vocoder of a generator."""

    def change(clip: np.ndarray, _other: np.ndarray, _rng: np.random.Generator) -> np.ndarray:
        return coded(pipe, clip)

    return change


def coded(pipe: SongspacePipeline, clip: np.ndarray) -> np.ndarray:
    """A waveform at 22,050 Hz through a generator's autoencoder and vocoder."""
    import torch

    from generation.audio.edit.codec import decoded, encoded, frame_samples

    filled = np.pad(clip, (0, -len(clip) % frame_samples(pipe)))
    with torch.inference_mode():
        waveform = pipe.vocoder(decoded(pipe, encoded(pipe, filled)))[0, : len(clip)]
    return np.asarray(waveform.numpy(), np.float32)


def honest(n: int) -> Iterator[np.ndarray]:
    """So many clips of songs that no generator is trained on."""
    numbers, done = clip_numbers(SEED, "test", each=1), 0
    while done < n:
        clip = render_clip(SEED, next(numbers), captions=0)
        if clip.split == "test":
            done += 1
            yield at_rates(clip.rendered.waveform, clip.rendered.sample_rate)[1]


def tracks(folder: Path, most: int) -> Iterator[tuple[np.ndarray, int]]:
    """The first ten seconds of a folder's tracks that were asked for with words; silence is left out."""
    import soundfile

    told = folder / "control.json"
    names = [row["file"] for row in json.loads(told.read_text())] if told.is_file() else None
    paths = [folder / name for name in names] if names else sorted(folder.glob("*.flac"))
    for path in [path for path in paths if path.is_file()][:most]:  # what came out unsound has none
        waveform, sample_rate = soundfile.read(path, dtype="float32")
        waveform = waveform[: round(SECONDS * sample_rate)]
        if np.abs(waveform).max() > 1e-4:
            yield waveform, sample_rate


def ask(index: Index, encoder: StyleEncoder, waveform: np.ndarray) -> Nearest:
    """The nearest training clips of a waveform at 22,050 Hz."""
    fast, slow = at_rates(waveform, RATE)
    return index.nearest(log_mel(slow), encoder.hear(fast).penultimate.mean(0))


def main() -> None:
    """Print both rates."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--index", type=Path, help="folder of an index; by default the one that ships")
    parser.add_argument("--weights", type=Path, help="folder of a generator; by default the one that ships")
    parser.add_argument("--planted", type=int, default=24)
    parser.add_argument("--honest", type=int, default=100)
    parser.add_argument("--no-docs", action="store_true", help="print only")
    given = parser.parse_args()
    report = Report("judge.md", "memorisation", writes=not given.no_docs)
    started = time.perf_counter()
    index, encoder = load_index(given.index), StyleEncoder(threads=1)
    t = index.thresholds
    assert t is not None
    if index.source.get("kind") != "studio":
        parser.error("copies can be planted of the studio's clips only, and the index is of sound files")
    report.line(
        f"{len(index):,} training clips; a copy from mel similarity and stand-out {t.mel:.3f} or place"
        f" {t.place:.3f} on, for {t.rate:.1%} of honest clips\n"
    )
    changes: dict[str, Change] = {
        "as it is": lambda clip, _other, _rng: clip,
        "1.3 s later, other music in front": later(1.3),
        "3 s later, other music in front": later(3.0),
        "18 dB quieter": lambda clip, _other, _rng: np.float32(10 ** (-18 / 20)) * clip,
        "white noise at -20 dB": noisy,
        "as Ogg Vorbis": stored(".ogg"),
        "as MP3": stored(".mp3"),
        "rebuilt from its spectrogram": rebuilt,
        "through the generator's codec": through(load_generator(given.weights)),
    }
    fair = list(honest(given.honest))
    accused = [ask(index, encoder, waveform) for waveform in fair]
    rng = np.random.default_rng(SEED)
    items = rng.choice(index.prints.items, given.planted, replace=False)
    found: dict[str, list[tuple[Nearest, int]]] = defaultdict(list)
    for number, item in enumerate(items.tolist()):
        clip = mono(int(index.source["seed"]), item)
        for name, change in changes.items():
            nearest = ask(index, encoder, change(clip, fair[number % len(fair)], rng))
            found[name].append((nearest, item))
    report.line("| planted copy | found | the right clip named, by mel | by place | mel similarity, median |")
    report.line("|---|---|---|---|---|")
    for name, rows in found.items():
        right = [
            float(np.mean([getattr(nearest, kind) == item for nearest, item in rows]))
            for kind in ("mel_item", "place_item")
        ]
        middle = float(np.median([nearest.mel_similarity for nearest, _ in rows]))
        cells = [
            share([nearest.is_copy for nearest, _ in rows]),
            *(f"{one:.2f}" for one in right),
            f"{middle:.2f}",
        ]
        report.line(f"| {name} | {' | '.join(cells)} |")
    every = [nearest.is_copy for rows in found.values() for nearest, _ in rows]
    report.line(f"\nplanted copies found: {share(every)}")
    report.line(f"honest clips accused: {share([one.is_copy for one in accused])}")
    for one in accused:
        if one.is_copy:
            report.line(f"  accused: {one.to_json()}")
    folder = DEFAULT_TRACKS / load_generator(given.weights).fingerprint()[:12]
    if folder.is_dir():
        takes = [ask(index, encoder, waveform) for waveform, _ in tracks(folder, given.honest)]
        report.line(f"generated tracks called copies: {share([one.is_copy for one in takes])}")
    report.done()
    print(f"\n{time.perf_counter() - started:.0f} s, {time.process_time():.0f} of them computing")


if __name__ == "__main__":
    main()
