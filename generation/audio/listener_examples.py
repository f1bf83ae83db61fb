"""What a listener learns from: studio clips as the style encoder hears them, with what is true of each.

Clips 0, 2 of a song, 1, 3 of the next, and so on: two of each song, one of them on a downbeat; more songs
teach more than more of each. Each is heard at a level drawn from its number, so that tags do not hang on
loudness, of which genres have their own in the studio.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from generation.audio.style_encoder import StyleEncoder

EACH = 2
"""Clips of a song."""
_AT_ONCE = 16
_GAIN_DB = (-12.0, 3.0)
_GAIN = 77  # Sets the level's randomness apart from that of excerpts and captions.


@dataclass(frozen=True)
class Example:
    """One clip.

    Attributes
    ----------
    song : str
        Its song, or the tune that its song arranges: what must not be on both sides of a split.
    split : str
    genres : mapping of str to float
    mood : str
    lead : str
    instruments : mapping of str to float
        Who sounds, with shares.
    place : float32 array, shape (dim,)
        `generation.audio.listener.embedding`.
    bands : float32 array, shape (3 * 96,)
        Of the encoder's log-mel bands the mean, the spread and the mean step: what a plain model hears.
    """

    song: str
    split: str
    genres: Mapping[str, float]
    mood: str
    lead: str
    instruments: Mapping[str, float]
    place: np.ndarray
    bands: np.ndarray


def examples(seed: int, clips: int, *, workers: int = 1, soundfont: Path | None = None) -> Iterator[Example]:
    """Render and hear so many clips of a seed, in order, the same on any number of workers.

    Raises
    ------
    ValueError
        Fewer than one clip or worker.
    StyleEncoderMissingError
    SoundFontMissingError
    WorkerLostError
    """
    from generation.audio.style_encoder import weights_folder
    from generation.studio.dataset import WorkerLostError
    from generation.studio.workers import start_worker

    if clips < 1 or workers < 1:
        raise ValueError(f"clips and workers must be at least 1, got {clips} and {workers}")
    weights_folder()  # What is missing is better said now than by a worker.
    numbers = [clip_number(row) for row in range(clips)]
    tasks = [numbers[row : row + _AT_ONCE] for row in range(0, clips, _AT_ONCE)]
    if workers == 1 or len(tasks) < 2:
        for task in tasks:
            yield from _hear(seed, task, soundfont)
        return
    import multiprocessing

    # Spawned, not forked: a fork would copy the locks of whatever threads are running.
    pool = ProcessPoolExecutor(
        min(workers, len(tasks)), multiprocessing.get_context("spawn"), initializer=start_worker
    )
    try:
        for found in pool.map(_hear, [seed] * len(tasks), tasks, [soundfont] * len(tasks)):
            yield from found
    except BrokenProcessPool:
        raise WorkerLostError("a worker process was killed (is there enough memory?)") from None
    finally:
        pool.shutdown(cancel_futures=True)


def clip_number(row: int) -> int:
    """Return which clip of the data set example number `row` is.

    >>> [clip_number(row) for row in range(6)]
    [0, 2, 5, 7, 8, 10]
    """
    song = row // EACH
    return 4 * song + 2 * (row % EACH) + song % 2


def _hear(seed: int, clips: Sequence[int], soundfont: Path | None) -> list[Example]:
    return [_example(seed, clip, soundfont) for clip in clips]


def _example(seed: int, clip: int, soundfont: Path | None) -> Example:
    import soxr

    from generation.audio.listener import embedding
    from generation.audio.style_encoder import SAMPLE_RATE
    from generation.studio.clips import render_clip

    made = render_clip(seed, clip, soundfont=soundfont, captions=0)
    gain_db = np.random.default_rng([seed, clip, _GAIN]).uniform(*_GAIN_DB)
    waveform = soxr.resample(made.rendered.waveform.mean(axis=1), made.rendered.sample_rate, SAMPLE_RATE)
    patches = _encoder().patches(waveform * 10 ** (gain_db / 20))
    tune = made.piece.tune.casefold()
    return Example(
        song=f"tune {tune}" if tune else f"song {made.spec.song}",
        split=made.split,
        genres=dict(made.truth.genres),
        mood=made.truth.mood,
        lead=made.truth.lead,
        instruments=dict(made.truth.instruments),
        place=embedding([_encoder().hear_patches(patches)]),
        bands=bands(patches),
    )


def bands(patches: np.ndarray) -> np.ndarray:
    """Mean, spread and mean step of each band over the frames of patches (B, T, F): shape (3 F,)."""
    steps = np.abs(np.diff(patches, axis=1)).mean(axis=1)
    every = np.concatenate([patches.mean(axis=1), patches.std(axis=1), steps], axis=1)
    return np.asarray(every.mean(axis=0))


@lru_cache(maxsize=1)
def _encoder() -> StyleEncoder:
    from generation.audio.style_encoder import StyleEncoder

    return StyleEncoder(threads=1)


def targets(names: Sequence[str], rows: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Put weights by name into columns: float64, shape (len(rows), len(names))."""
    return np.array([[row.get(name, 0.0) for name in names] for row in rows], dtype=np.float64)
