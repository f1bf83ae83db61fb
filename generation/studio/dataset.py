"""A data set of described clips in a folder, made from a seed: the same bytes on any number of workers.

    manifest.json            what it was made with: seed, SoundFont, spectrogram, versions; clips a split
    shards/00000.npy         log-mel spectrograms, float16 of shape (clips, n_mels, n_frames)
    shards/00000.jsonl       a line a clip, in the same order: excerpt, split, captions, truth
    audio/0000000.flac       the sound, where it was asked for

A shard's lines are written last and moved into place whole, so a shard that has its lines is finished: a
killed run goes on at the first shard that has none. A training machine needs no copy of a data set; it
makes its own.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO

import numpy as np

from generation.audio.spectrogram import SpectrogramConfig, log_mel
from generation.audio_files import write_audio
from generation.studio.clips import CLIP_SECONDS, render_clip
from generation.studio.render import SAMPLE_RATE
from generation.studio.sampling import CLIPS_PER_SONG, SPLITS, TUNE_SHARE
from generation.studio.soundfont import find_soundfont, load_synth
from generation.studio.tunes import list_tunes
from generation.studio.workers import start_worker

logger = logging.getLogger(__name__)

FORMAT = 1
CLIPS_PER_SHARD = 32
"""A whole number of songs, so that no song is composed by two workers."""
MANIFEST = "manifest.json"
_PART = ".part-"
_PACKAGES = ("songspace", "numpy", "scipy", "tinysoundfont", "pyloudnorm", "music21")
Progress = Callable[[int, str], None]
"""Takes how many clips are done by now, and a word about it."""
Each = Callable[[Callable[[Any], int], Iterable[Any]], Iterable[int]]
"""Maps a function over shards, wherever that is done, and yields its results in order."""


class DatasetError(ValueError):
    """A folder holds another data set than the one asked for, or is none."""


class WorkerLostError(RuntimeError):
    """A worker ended without saying why."""


@dataclass(frozen=True)
class DatasetConfig:
    """What every clip of a data set depends on, beside its number."""

    seed: int
    seconds: float = CLIP_SECONDS
    sample_rate: int = SAMPLE_RATE
    audio: bool = False
    tune_share: float = TUNE_SHARE

    def __post_init__(self) -> None:
        """Refuse what cannot be made."""
        if self.seed < 0 or not 0.1 <= self.seconds <= 600 or not 8000 <= self.sample_rate <= 192_000:
            raise ValueError(
                "a data set needs a seed of 0 or more, 0.1 to 600 seconds, and 8,000 to 192,000 Hz;"
                f" got {self.seed}, {self.seconds:g} s, {self.sample_rate} Hz"
            )

    @property
    def spectrogram(self) -> SpectrogramConfig:
        """The spectrogram at this sample rate."""
        usual = SpectrogramConfig()
        return replace(usual, sample_rate=self.sample_rate, fmax_hz=min(usual.fmax_hz, self.sample_rate / 2))


def build_dataset(
    out: Path,
    *,
    clips: int,
    config: DatasetConfig,
    workers: int = 1,
    each: Each | None = None,
    soundfont: Path | None = None,
    progress: Progress = lambda _done, _note: None,
) -> dict[str, Any]:
    """Make a data set in `out`, or go on with one that was interrupted, or make a finished one longer.

    Parameters
    ----------
    clips : int
        How many; clips 0 .. clips - 1 of the seed.
    workers : int
        Processes that render side by side.
    each : Each, optional
        What renders instead of them.
    soundfont : Path, optional
        By default the one that comes with the wheels, so that a seed means the same on every machine.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    ValueError
        Fewer than one clip or worker.
    DatasetError
        `out` holds a data set of other settings, another SoundFont or other versions, or a longer one.
    TuneError
        Tunes are asked for, and music21 is not installed.
    WorkerLostError
    SoundFontMissingError
    OSError
    """
    if clips < 1 or workers < 1:
        raise ValueError(f"clips and workers must be at least 1, got {clips} and {workers}")
    font = find_soundfont(soundfont, portable=True)
    load_synth(font)  # What is missing is better said now than by a worker.
    if config.tune_share > 0:
        list_tunes()
    made_with = _made_with(config, {"name": font.name, "sha256": font.sha256})
    _check_folder(out, made_with, clips)
    (out / "shards").mkdir(parents=True, exist_ok=True)
    if config.audio:
        (out / "audio").mkdir(exist_ok=True)
    for left in (*out.rglob(f"{_PART}*"), *out.glob("audio/.*")):  # of a run that was killed
        left.unlink(missing_ok=True)
    _write_json(out / MANIFEST, {**made_with, "clips": clips, "complete": False})
    started = perf_counter()
    shards = [
        Shard(out.resolve(), number, min(CLIPS_PER_SHARD, clips - first), config, font.path)
        for number, first in enumerate(range(0, clips, CLIPS_PER_SHARD))
    ]
    todo = [shard for shard in shards if not shard.finished]
    done = clips - sum(shard.n_clips for shard in todo)
    progress(done, "clips")
    for n_clips in _each(todo, workers) if each is None else each(Shard.build, todo):
        done += n_clips
        progress(done, "clips")
    splits = dict.fromkeys(SPLITS, 0)
    for shard in shards:
        for row in shard.rows():
            splits[row["split"]] += 1
    manifest = {**made_with, "clips": clips, "complete": True, "splits": splits}
    _write_json(out / MANIFEST, manifest)
    logger.info(
        "data set: %d clips, %d of them new, in %.1f s",
        clips,
        sum(s.n_clips for s in todo),
        perf_counter() - started,
    )
    return manifest


@dataclass(frozen=True)
class Shard:
    """Some successive clips of a data set, and their two files."""

    out: Path
    number: int
    n_clips: int
    config: DatasetConfig
    soundfont: Path

    @property
    def log_mels_path(self) -> Path:
        """The spectrograms' file."""
        return self.out / "shards" / f"{self.number:05d}.npy"

    @property
    def rows_path(self) -> Path:
        """The descriptions' file, which is written last."""
        return self.out / "shards" / f"{self.number:05d}.jsonl"

    @property
    def finished(self) -> bool:
        """Whether its files are there and hold that many clips."""
        return self.rows_path.is_file() and sum(1 for _ in self.rows()) == self.n_clips

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the descriptions that were written."""
        with self.rows_path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)

    def build(self) -> int:
        """Render and write all of it; return how many clips that were."""
        log_mels, lines = [], []
        first = self.number * CLIPS_PER_SHARD
        for number in range(first, first + self.n_clips):
            clip = render_clip(
                self.config.seed,
                number,
                seconds=self.config.seconds,
                sample_rate=self.config.sample_rate,
                soundfont=self.soundfont,
                tune_share=self.config.tune_share,
            )
            waveform = clip.rendered.waveform
            if self.config.audio:
                write_audio(self.out / "audio" / f"{number:07d}.flac", waveform, self.config.sample_rate)
            log_mels.append(log_mel(waveform, self.config.spectrogram).astype(np.float16))
            lines.append(json.dumps(clip.to_json(), ensure_ascii=False, allow_nan=False) + "\n")
        with _whole(self.log_mels_path) as file:
            np.save(file, np.stack(log_mels))
        with _whole(self.rows_path) as file:
            file.write("".join(lines).encode())
        return self.n_clips


def _each(shards: list[Shard], workers: int) -> Iterator[int]:
    """Build shards here, or side by side; yield the number of clips of each as it is done."""
    if workers == 1 or len(shards) < 2:
        for shard in shards:
            yield shard.build()
        return
    import multiprocessing

    # Spawned, not forked: a fork would copy the locks of whatever threads are running.
    pool = ProcessPoolExecutor(
        min(workers, len(shards)), multiprocessing.get_context("spawn"), initializer=start_worker
    )
    try:
        waiting: list[Future[int]] = [pool.submit(shard.build) for shard in shards]
        for built in as_completed(waiting):
            yield built.result()
    except BrokenProcessPool:
        raise WorkerLostError(
            "a worker process was killed (is there enough memory?); the same command goes on where it was"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _made_with(config: DatasetConfig, soundfont: dict[str, str]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        **asdict(config),
        "clips_per_song": CLIPS_PER_SONG,
        "clips_per_shard": CLIPS_PER_SHARD,
        "soundfont": soundfont,
        "spectrogram": asdict(config.spectrogram),
        "versions": {name: _version(name) for name in _PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _check_folder(out: Path, made_with: dict[str, Any], clips: int) -> None:
    """Refuse a folder that holds something else."""
    if out.exists() and not out.is_dir():
        raise DatasetError(f"{out} is a file, a folder is expected")
    if not (out / MANIFEST).exists():
        if out.is_dir() and any(out.iterdir()):
            raise DatasetError(f"{out} holds something else than a data set; name a new folder")
        return
    try:
        there = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        longer = there["clips"] > clips
    except (ValueError, KeyError, TypeError):
        raise DatasetError(f"{out / MANIFEST} is no manifest of a data set; name a new folder") from None
    for name, value in made_with.items():
        if there.get(name) != value:
            raise DatasetError(
                f"{out} was made with another {name.replace('_', ' ')} ({there.get(name)}, not {value}):"
                " name a new folder"
            )
    if longer:
        raise DatasetError(f"{out} is to hold {there['clips']} clips already; ask for as many or more")


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write that is moved to `path` when it is whole."""
    beside = path.with_name(f"{_PART}{os.getpid()}-{path.name}")
    try:
        with beside.open("wb") as file:
            yield file
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _write_json(path: Path, document: dict[str, Any]) -> None:
    with _whole(path) as file:
        file.write((json.dumps(document, indent=2) + "\n").encode())
