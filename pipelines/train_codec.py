"""Train the autoencoder or the vocoder: music from the studio or from the catalogue, a preset, a folder.

The studio's music is rendered once into a cache, a data set of clips with their sound, which both trainings
and later ones share; a catalogue's is decoded from its files, a few excerpts of each.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from db.repositories import audio as audio_repository
from generation.audio.codec_presets import autoencoder_preset, vocoder_preset
from generation.audio.spectrogram import SpectrogramConfig
from generation.audio.training.pool import Pool, pool_of_dataset, pool_of_waveforms
from generation.studio.dataset import DatasetConfig, build_dataset
from pipelines.decode import read_excerpts
from pipelines.sources.audio_stream import AudioError

if TYPE_CHECKING:
    import numpy as np

    from db.session import SessionFactory
    from generation.training.loop import Trained

logger = logging.getLogger(__name__)

FILES_AT_MOST = 2000
Progress = Callable[[int, str], None]


class NoMusicError(Exception):
    """The catalogue has no audio that can be decoded."""


@dataclass(frozen=True)
class Run:
    """How long and where a training goes; what is None is as the preset has it."""

    preset: str
    out: Path
    steps: int | None = None
    minutes: float | None = None
    seed: int = 1
    resume: bool = False
    start: Path | None = None


def studio_pool(
    cache: Path,
    *,
    clips: int,
    seed: int,
    sound: bool = True,
    workers: int = 1,
    soundfont: Path | None = None,
    progress: Progress = lambda _done, _note: None,
) -> Pool:
    """Render so many clips of the studio into a cache, if they are not there yet; read those to train on.

    Spectrograms alone take a fourth of the memory: without `sound` they are all that is read.

    Raises
    ------
    DatasetError, SoundFontMissingError, WorkerLostError, OSError
        See `build_dataset`.
    """
    folder = cache / f"studio-{seed}"
    config = DatasetConfig(seed=seed, audio=True)
    there = _clips_there(folder)
    build_dataset(
        folder,
        clips=max(clips, there),
        config=config,
        workers=workers,
        soundfont=soundfont,
        progress=progress,
    )
    # So that a longer cache does not change what so many clips are.
    return pool_of_dataset(folder, first=clips, sound=sound)


def catalogue_pool(
    session_factory: SessionFactory, *, progress: Progress = lambda _done, _note: None
) -> Pool:
    """Decode excerpts of the catalogue's audio files, at most `FILES_AT_MOST` of them, evenly chosen.

    Raises
    ------
    NoMusicError
    """
    with session_factory() as session:
        files = [file for file in audio_repository.all_files(session) if not file.is_missing]
    files = files[:: max(len(files) // FILES_AT_MOST, 1)][:FILES_AT_MOST]
    try:
        return pool_of_waveforms(_excerpts([Path(file.path) for file in files], progress))
    except ValueError:
        raise NoMusicError(
            "the catalogue has no audio of four seconds or more: `songspace ingest FOLDER` takes music in,"
            " and --data studio needs none"
        ) from None


def train_autoencoder(
    pool: Pool,
    run: Run,
    *,
    progress: Progress,
    stop: Callable[[], bool],
    decoder_only: bool = False,
) -> Trained:
    """Train an autoencoder, or its decoder alone, and save it in the run's folder.

    Raises
    ------
    ValueError
        An unknown preset, or music that is too short for it.
    ResumeError, DivergedError, CodecMissingError, OSError
    """
    from generation.audio.autoencoder import Autoencoder
    from generation.audio.training import reconstruction

    preset = autoencoder_preset(run.preset)
    _, trained = reconstruction.train_autoencoder(
        pool,
        preset.model,
        replace(preset.training, decoder_only=decoder_only),
        replace(preset.loop, steps=run.steps or preset.loop.steps, seed=run.seed),
        out=run.out,
        resume=run.resume,
        start=load_part(Autoencoder, run.start) if run.start else None,
        minutes=run.minutes,
        progress=progress,
        stop=stop,
    )
    return trained


def train_vocoder(
    pool: Pool, run: Run, *, autoencoder: Path | None, progress: Progress, stop: Callable[[], bool]
) -> Trained:
    """Train a vocoder, on what an autoencoder makes too where one is given, and save it in the run's folder.

    Raises
    ------
    ValueError
        An unknown preset, or music that is too short for it.
    ResumeError, DivergedError, CodecMissingError, OSError
    """
    from generation.audio.autoencoder import Autoencoder
    from generation.audio.training import adversarial
    from generation.audio.vocoder import Vocoder

    preset = vocoder_preset(run.preset)
    _, trained = adversarial.train_vocoder(
        pool,
        preset.model,
        preset.training,
        replace(preset.loop, steps=run.steps or preset.loop.steps, seed=run.seed),
        out=run.out,
        autoencoder=load_part(Autoencoder, autoencoder) if autoencoder else None,
        resume=run.resume,
        start=load_part(Vocoder, run.start) if run.start else None,
        minutes=run.minutes,
        progress=progress,
        stop=stop,
    )
    return trained


class CodecMissingError(Exception):
    """A folder holds no such trained network."""


def load_part(kind: Any, folder: Path) -> Any:
    """Load a network that a training saved, float32, in evaluation mode.

    Raises
    ------
    CodecMissingError
    """
    import torch
    from safetensors import SafetensorError

    if not (folder / "config.json").is_file():
        raise CodecMissingError(f"there is no trained {kind.__name__.lower()} in {folder}")
    try:
        loaded = kind.from_pretrained(
            folder, local_files_only=True, low_cpu_mem_usage=False, torch_dtype=torch.float32
        )
        return loaded.eval()
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        first = (str(error).splitlines() or [""])[0]
        raise CodecMissingError(f"the {kind.__name__.lower()} in {folder} cannot be read: {first}") from None


def _excerpts(paths: list[Path], progress: Progress) -> Iterator[np.ndarray]:
    started, unread = perf_counter(), 0
    rate = SpectrogramConfig().sample_rate
    for done, path in enumerate(paths, start=1):
        try:
            yield from read_excerpts(path).at(rate)
        except (AudioError, OSError) as error:
            unread += 1
            logger.warning("%s is left out: %s", path, error)
        progress(done, "files")
    logger.info("decoding: %d files, %d unread, %.1f s", len(paths), unread, perf_counter() - started)


def _clips_there(folder: Path) -> int:
    """How many clips a cache is to hold already."""
    import json

    from generation.studio.dataset import MANIFEST

    try:
        return int(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["clips"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
