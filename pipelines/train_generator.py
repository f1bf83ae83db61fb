"""Train the generator's denoiser: music of the studio or of the catalogue, prepared once and learned from."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from db.repositories import audio as audio_repository
from db.repositories.songs import SongDescription, describe_songs
from db.repositories.tags import tags_of
from generation.audio.training.music import MusicError, prepare_music
from generation.audio.training.sources import FileSource, SoundFile, StudioSource
from generation.audio.wishes import Wishes, tags_of_wanted
from generation.prompt import parse_prompt
from pipelines.audio_analysis import current_version
from pipelines.decode import read_excerpts
from pipelines.features import KEYS
from pipelines.sources.audio_stream import AudioError
from pipelines.train_codec import NoMusicError, load_part

if TYPE_CHECKING:
    from torch import nn

    from db.session import SessionFactory
    from generation.audio.denoiser import Denoiser
    from generation.training.loop import Trained
    from pipelines.engine import Engine

logger = logging.getLogger(__name__)

Progress = Callable[[int, str], None]
Sheet = Callable[[int, Sequence[tuple[str, np.ndarray]]], None]
"""Is given a step, and titles with log-mel spectrograms (n_mels, n_frames)."""
SHEET_PROMPTS = (
    "a calm piano piece in C major",
    "fast heavy metal with distorted guitars and drums",
    "techno at 128 bpm",
    "a slow blues in A minor with harmonica",
    "a happy folk dance on fiddle and accordion",
    "jazz trio with upright bass and brushes",
    "dreamy ambient pads, no drums",
    "chiptune, 150 bpm",
)
_MOST_TAGS = 6
_CONFIDENT = 0.05  # Of a measured key: less is a guess, which is not learned from.


@dataclass(frozen=True)
class GeneratorRun:
    """A run: what is None is as the preset has it.

    Attributes
    ----------
    autoencoder : Path
        Folder of the trained autoencoder in whose latents it is learned.
    prediction_type : str or None
    bf16 : bool or None
        bfloat16 arithmetic: on GPUs by default; on a CPU with instructions for it half as fast again.
    start : Path or None
        A denoiser whose weights are the first ones.
    """

    preset: str
    out: Path
    autoencoder: Path
    steps: int | None = None
    minutes: float | None = None
    seed: int = 1
    resume: bool = False
    start: Path | None = None
    batch_size: int | None = None
    accumulate: int = 1
    learning_rate: float | None = None
    prediction_type: str | None = None
    schedule: str = "cosine"
    bf16: bool | None = None
    accelerate: bool | None = None
    sheet_every: int = 2000


def prepare_studio(
    folder: Path,
    *,
    clips: int,
    seed: int,
    seconds: float = 10.0,
    engine: Engine | None = None,
    soundfont: Path | None = None,
    progress: Progress = lambda _done, _note: None,
) -> None:
    """Render so many clips into a folder, or go on where that was interrupted; see `prepare_music`."""
    source = StudioSource(seed, clips, seconds, soundfont)
    prepare_music(folder, source, each=engine.map if engine else None, progress=progress)


def prepare_catalogue(
    folder: Path,
    session_factory: SessionFactory,
    *,
    engine: Engine | None = None,
    progress: Progress = lambda _done, _note: None,
) -> None:
    """Prepare excerpts of the catalogue's audio files, with all that is known of their songs.

    Raises
    ------
    NoMusicError
        There are no files.
    MusicError, PartitionLostError, EngineError, OSError
        See `prepare_music`.
    """
    files = catalogue_files(session_factory)
    if not files:
        raise NoMusicError(
            "there is no audio in the catalogue: `songspace ingest FOLDER` takes music in, and --data studio"
            " needs none"
        )
    source = FileSource(tuple(files), decode_windows)
    prepare_music(folder, source, each=engine.map if engine else None, progress=progress)


def catalogue_files(session_factory: SessionFactory) -> list[SoundFile]:
    """Every file that is there, by its hash, with measured tempo and key and captions of what is known."""
    with session_factory() as session:
        stored = [file for file in audio_repository.all_files(session) if not file.is_missing]
        songs = sorted({file.song_id for file in stored})
        described, tags = describe_songs(session, songs), tags_of(session, songs)
        # What was made here is no music to learn from: a model that feeds on itself forgets the rest.
        stored = [file for file in stored if not described[file.song_id].is_generated]
        features = audio_repository.features_of_hashes(
            session, current_version(), [file.sha256 for file in stored]
        )
    found: dict[str, SoundFile] = {}
    for file in sorted(stored, key=lambda one: one.sha256):
        measured = features[file.sha256].measures if file.sha256 in features else {}
        tempo, key = measured.get("tempo_bpm"), measured.get("key")
        if (measured.get("key_confidence") or 0.0) < _CONFIDENT:
            key = None
        named = list(tags.get(file.song_id, {}))[:_MOST_TAGS]
        captions = _captions(described.get(file.song_id), named, tempo, key)
        tonic, mode = key.split(" ", 1) if key else (None, None)
        wishes = Wishes(
            tempo_bpm=tempo,
            tonic=KEYS.index(tonic) if tonic else None,
            mode=mode,
            tags=tags_of_wanted(parse_prompt(", ".join(named))),
        )
        found.setdefault(file.sha256, SoundFile(Path(file.path), file.sha256, wishes, captions))
    return list(found.values())


def decode_windows(path: Path, seconds: float, n: int) -> tuple[list[np.ndarray], int]:
    """Decode n windows of a file, mono, with its sample rate; what cannot be decoded is a ValueError."""
    try:
        found = read_excerpts(path, seconds=seconds, n=n)
    except AudioError as error:
        raise ValueError(str(error)) from None
    length = round(seconds * found.sample_rate)
    # A short file comes as one excerpt.
    windows = [part[at : at + length] for part in found.waveforms for at in range(0, len(part), length)]
    return windows[:n], found.sample_rate


def train_generator(
    music: Path,
    run: GeneratorRun,
    *,
    progress: Progress = lambda _done, _note: None,
    stop: Callable[[], bool] = lambda: False,
    sheet: Sheet | None = None,
    engine: Engine | None = None,
    processes: int | None = None,
) -> tuple[Denoiser, Trained]:
    """Train a denoiser on prepared music, and save it in the run's folder.

    Parameters
    ----------
    engine : Engine, optional
        A cluster to train on, in so many processes (`pipelines.engine_training`), without sheets; `music`,
        the run's folder and the weights lie on paths that its nodes share.

    Raises
    ------
    ValueError
        An unknown preset, or settings that cannot be.
    CodecMissingError, MusicError, ResumeError, DivergedError, HardwareError, EngineError, OSError
    """
    from generation.audio.autoencoder import Autoencoder
    from generation.audio.denoiser import Denoiser
    from generation.audio.training.denoising import MODEL
    from generation.audio.training.latents import load_latents

    if engine is None:
        return _learn(music, run, progress=progress, stop=stop, sheet=sheet)
    from pipelines.engine_training import train_together

    run = replace(
        run,
        out=run.out.resolve(),
        autoencoder=run.autoencoder.resolve(),
        start=run.start.resolve() if run.start else None,
    )
    # What all processes read is computed once.
    load_latents(music, load_part(Autoencoder, run.autoencoder), progress=progress)
    trained = train_together(
        engine,
        partial(_learn_in_group, music.resolve(), run),
        run.out,
        processes=processes,
        resume=run.resume,
        progress=progress,
        stop=stop,
    )
    return load_part(Denoiser, run.out / MODEL), trained


def _learn_in_group(music: Path, run: GeneratorRun, *, resume: bool, stop: Callable[[], bool]) -> Trained:
    """Train as one process of several."""
    return _learn(music, replace(run, resume=resume), stop=stop)[1]


def _learn(
    music: Path,
    run: GeneratorRun,
    *,
    progress: Progress = lambda _done, _note: None,
    stop: Callable[[], bool] = lambda: False,
    sheet: Sheet | None = None,
) -> tuple[Denoiser, Trained]:
    """Train in this process."""
    from generation.audio.autoencoder import Autoencoder
    from generation.audio.denoiser import Denoiser
    from generation.audio.presets import preset
    from generation.audio.training.denoising import DenoisingConfig, train_denoiser
    from generation.audio.training.latents import load_latents
    from generation.training.hardware import Hardware
    from generation.training.loop import Every, LoopConfig

    chosen = preset(run.preset)
    steps = run.steps or chosen.steps
    hardware = Hardware(bf16=run.bf16, accelerate=run.accelerate)
    autoencoder = load_part(Autoencoder, run.autoencoder).to(hardware.device)
    data = load_latents(music, autoencoder, progress=progress)
    try:
        held_out = load_latents(music, autoencoder, split="test")
    except MusicError:
        held_out = None  # little music: none of it fell to that side
    model = replace(
        chosen.denoiser,
        channels=data.latents.shape[1],
        frames_per_second=data.frames_per_second,
        prediction_type=run.prediction_type or chosen.denoiser.prediction_type,
    )
    callbacks = [Every(run.sheet_every, _sheet(autoencoder, data.latents.shape[1:], sheet))] if sheet else []
    logger.info("generator: %d items, %d held out", len(data), len(held_out or ()))
    return train_denoiser(
        data,
        model,
        DenoisingConfig(
            batch_size=run.batch_size or chosen.batch_size,
            learning_rate=run.learning_rate or chosen.learning_rate,
        ),
        LoopConfig(
            steps=steps,
            seed=run.seed,
            warmup_steps=min(chosen.warmup_steps, steps // 4),
            schedule=run.schedule,
            accumulate=run.accumulate,
        ),
        out=run.out,
        held_out=held_out,
        start=load_part(Denoiser, run.start) if run.start else None,
        resume=run.resume,
        minutes=run.minutes,
        hardware=hardware,
        callbacks=callbacks,
        progress=progress,
        stop=stop,
    )


def _sheet(
    autoencoder: nn.Module, shape: tuple[int, ...], sheet: Sheet
) -> Callable[[int, Mapping[str, nn.Module]], None]:
    """Sample the prompts of the sheet with the model as it is, and hand their spectrograms on."""
    from generation.audio.conditioning import conditions_of
    from generation.audio.training.denoising import MODEL
    from generation.audio.training.sampling import sample_latents
    from generation.audio.wishes import wishes_of_prompt
    from generation.text_encoder import TextEncoder

    conditions = conditions_of([wishes_of_prompt(text) for text in SHEET_PROMPTS], TextEncoder().tokens)

    def draw(step: int, models: Mapping[str, nn.Module]) -> None:
        import torch

        model = models[MODEL]
        device = next(model.parameters()).device
        kind = str(model.config.prediction_type)  # type: ignore[union-attr]
        latents = sample_latents(model, kind, conditions.to(device), shape=(shape[0], shape[1]))
        with torch.inference_mode():
            log_mels = autoencoder.decode(latents).cpu().numpy()  # type: ignore[operator]
        sheet(step, list(zip(SHEET_PROMPTS, log_mels, strict=True)))

    return draw


def _captions(
    song: SongDescription | None, tags: Sequence[str], tempo: float | None, key: str | None
) -> tuple[str, ...]:
    """Say what is known of a song in a few ways; nothing where neither title nor tags are known."""
    title, artist = (song.title, song.artist) if song is not None else ("", "")
    named = f"{title} by {artist}" if title and artist else title
    measured = [f"{tempo:.0f} bpm"] if tempo is not None else []
    measured += [f"in {key}"] if key else []
    found = []
    if tags:
        found += [", ".join(tags), ", ".join([*tags, *measured])]
    if named:
        found += [named, ", ".join([named, *tags[:3]])]
    return tuple(dict.fromkeys(found))
