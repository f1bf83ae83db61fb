"""Fine-tuning of the generator on tracks that people like, published only where a frozen measurement allows.

From `TuningSettings.fewest_liked` liked tracks on, the denoiser goes on learning from them, at a tenth of the
rate that it was trained with and for a few hundred steps. A fifth of the liked tracks takes no part. Before
anything changes the new denoiser has to pass two measurements, each the mean squared error of its answers on
the same noise at ten noise levels, as training measures held-out music:

- on the liked tracks that took no part, its error is smaller: the 95 % interval of the paired difference,
  tracks resampled, lies below 0;
- on clips of the studio with fixed seeds, which no generator trains on, its error is at most 2 % larger.

The first says that it learned something of what is liked and not only these tracks; the second, that it
forgot nothing. Why a hundred tracks: they are some seventeen minutes, of which three hundred steps see each
item some thirty times, and the fifth held out, twenty tracks, gives that interval a meaning; with fewer, what
was learned by heart cannot be told from what holds.

A tuned generator is a folder under `SONGSPACE_HOME/generators/`, written beside and renamed, and the file
`current` names the one in force. It holds the SHA-256 of the generator that it came from: where the shipped
one is another by now, the tuned one is no longer used.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.audio.shipped import INDEX, MANIFEST, generator_folder, load_generator, save_generator
from pipelines.release_files import write_text_atomically
from recsys.metrics import Estimate, bootstrap_mean

if TYPE_CHECKING:
    from generation.audio.denoiser import Denoiser
    from generation.audio.pipeline import SongspacePipeline
    from generation.audio.training.latents import LatentSet

logger = logging.getLogger(__name__)

FOLDER, CURRENT = "generators", "current"
_BUILDING = ".building"
_KEPT = 3
_NOISES = 4
_NAME_LENGTH = 16


@dataclass(frozen=True)
class TuningSettings:
    """How far and how long.

    Attributes
    ----------
    fewest_liked : int
        Tracks with more likes than dislikes; fewer change nothing.
    steps, batch_size : int
    learning_rate : float
    minutes : float
        At most; what was learned until then is measured.
    largest_rise : float
        Of the error on frozen clips, as a share.
    frozen_clips : int
    """

    fewest_liked: int = 100
    steps: int = 300
    batch_size: int = 8
    learning_rate: float = 1.5e-4
    minutes: float = 20.0
    largest_rise: float = 0.02
    frozen_clips: int = 32


@dataclass(frozen=True)
class TuningVerdict:
    """What the measurement says.

    Attributes
    ----------
    gain : Estimate
        Of the new error less the old one on liked tracks that took no part; below 0 is better.
    rise : float
        Of the error on frozen clips, as a share of the old one.
    publish : bool
    message : str
    """

    gain: Estimate
    rise: float
    publish: bool
    message: str


def tune(
    pipeline: SongspacePipeline,
    liked: LatentSet,
    held_out: LatentSet,
    frozen: LatentSet,
    folder: Path,
    settings: TuningSettings | None = None,
    *,
    seed: int = 1,
) -> tuple[Denoiser, TuningVerdict]:
    """Train on, and measure; nothing is published here.

    Parameters
    ----------
    liked, held_out, frozen : LatentSet
        To learn from; liked tracks that take no part; clips that no generator trains on.
    folder : Path
        Of the training's checkpoints.

    Raises
    ------
    DivergedError, OSError
    """
    from generation.audio.training.denoising import DenoisingConfig, train_denoiser
    from generation.training.loop import LoopConfig

    settings = settings or TuningSettings()
    old = pipeline.denoiser
    before = [errors(old, one, seed=seed) for one in (held_out, frozen)]
    new, _ = train_denoiser(
        liked,
        _config_of(old),
        DenoisingConfig(batch_size=settings.batch_size, learning_rate=settings.learning_rate),
        LoopConfig(settings.steps, seed=seed, warmup_steps=min(20, settings.steps)),
        out=folder,
        start=old,
        minutes=settings.minutes,
    )
    after = [errors(new, one, seed=seed) for one in (held_out, frozen)]
    return new, judge_tuning(before, after, settings, np.random.default_rng(seed))


def judge_tuning(
    before: list[np.ndarray],
    after: list[np.ndarray],
    settings: TuningSettings,
    rng: np.random.Generator,
) -> TuningVerdict:
    """Decide by the errors before and after, each of liked tracks that took no part and of frozen clips."""
    change = after[0] - before[0]
    gain = bootstrap_mean(change, np.arange(len(change)), rng)
    rise = float(after[1].mean() / max(before[1].mean(), 1e-12) - 1.0)
    said = (
        f"error on liked tracks {gain.mean:+.4f} (interval {gain.low:+.4f} to {gain.high:+.4f}),"
        f" on frozen clips {rise:+.1%}"
    )
    if not np.isfinite([gain.mean, rise]).all():
        return TuningVerdict(
            gain, rise, False, "the tuned generator answers with numbers that are not finite"
        )
    if gain.high >= 0:
        return TuningVerdict(gain, rise, False, f"{said}: it learned nothing that holds; not published")
    if rise > settings.largest_rise:
        return TuningVerdict(gain, rise, False, f"{said}: it forgot too much; not published")
    return TuningVerdict(gain, rise, True, said)


def errors(model: Any, music: LatentSet, *, seed: int) -> np.ndarray:
    """Mean squared error of each item over noise levels, with all that is known of it; shape (n,)."""
    import torch

    from generation.audio.training.denoising import TIMES
    from generation.audio.training.noising import mix

    kind = str(model.config.prediction_type)
    batch = _whole(music)
    total = torch.zeros(len(music))
    generator = torch.Generator().manual_seed(seed)
    with torch.inference_mode():
        for number in range(_NOISES):
            noise = torch.randn(batch.latent.shape, generator=generator)
            for time in TIMES[number % 2 :: 2]:
                timestep = torch.full((len(music),), time)
                noisy, target = mix(kind, batch.latent, noise, timestep)
                answer = model(noisy, timestep, batch.conditions).float()
                total += (answer - target).square().mean(dim=(1, 2))
    return np.asarray((total / (_NOISES * len(TIMES) / 2)).numpy(), dtype=np.float64)


def publish_tuned(
    home: Path,
    pipeline: SongspacePipeline,
    denoiser: Denoiser,
    verdict: TuningVerdict,
    facts: Mapping[str, Any],
) -> str:
    """Put a tuned generator in force: written beside, loaded back, named, and then pointed to.

    Raises
    ------
    ValueError
        The verdict is against it, or weights that cannot be saved.
    CheckpointError
        It does not load again.
    OSError
    """
    from generation.audio.pipeline import SongspacePipeline

    if not verdict.publish:
        raise ValueError(f"a generator that failed its measurement is not published: {verdict.message}")
    tuned = SongspacePipeline(pipeline.autoencoder, pipeline.vocoder, denoiser, pipeline.scheduler)
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    said = {**facts, "verdict": verdict.message, "gain": verdict.gain.mean, "rise": verdict.rise}
    card = (
        "# A tuned generator\n\nThe generator, trained on with tracks that listeners of this service like.\n"
    )
    beside = folder / _BUILDING
    shutil.rmtree(beside, ignore_errors=True)
    try:
        save_generator(tuned, beside, card=card)
        # The name is of the weights as they load, from half precision: records of tracks bear that.
        name = load_generator(beside).fingerprint()[:_NAME_LENGTH]
        if not (folder / name).exists():
            os.rename(beside, folder / name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    write_text_atomically(folder / f"{name}.json", json.dumps(said, indent=1) + "\n")
    write_text_atomically(folder / CURRENT, name + "\n")
    _remove_old(folder, name)
    logger.info("tuning: generator %s is in force; %s", name, verdict.message)
    return name


def generator_in_force(home: Path, given: Path | None = None, *, model: str | None = None) -> Path | None:
    """The folder of the generator to use: the given one, else the tuned one of what ships, else None for what
    ships.

    Parameters
    ----------
    model : str, optional
        SHA-256 of the weights that made a track which is to be made again: the tuned ones with it, in force
        or not, else what ships.
    """
    if given is not None:
        return given
    folder = home / FOLDER
    if model is not None:
        return folder / model[:_NAME_LENGTH] if (folder / model[:_NAME_LENGTH] / INDEX).is_file() else None
    try:
        name = (folder / CURRENT).read_text(encoding="utf-8").strip()
        facts = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if (
        not name
        or facts.get("base") != base_mark(generator_folder())
        or not (folder / name / INDEX).is_file()
    ):
        return None
    return folder / name


def base_mark(folder: Path) -> str:
    """What tells one generator's folder from another's, without loading it: a hash of its manifest, which
    holds the hashes of its files.
    """
    for name in (MANIFEST, INDEX):
        if (folder / name).is_file():
            return sha256((folder / name).read_bytes()).hexdigest()
    return ""


def _config_of(denoiser: Denoiser) -> Any:
    """The configuration that makes a denoiser of the same shape."""
    from dataclasses import fields

    from generation.audio.denoiser_config import DenoiserConfig

    known = {one.name for one in fields(DenoiserConfig)}
    plain: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in denoiser.config.items()
        if name in known
    }
    return DenoiserConfig(**plain)


def _whole(music: LatentSet) -> Any:
    """All items of a set, uncut, each with its first caption."""
    import torch

    from generation.audio.conditioning import TEXT_DIM
    from generation.audio.training.latents import Batch

    texts = [
        (int(music.texts[first]), int(music.texts[first + 1])) if first < end else (0, 0)
        for first, end in zip(music.captions[:-1], music.captions[1:], strict=True)
    ]
    length = max(1, *(end - start for start, end in texts))
    tokens = np.zeros((len(music), length, TEXT_DIM), np.float32)
    mask = np.zeros((len(music), length), bool)
    for row, (start, end) in enumerate(texts):
        tokens[row, : end - start], mask[row, : end - start] = music.states[start:end], True
    conditions = replace(music.conditions, tokens=torch.from_numpy(tokens), token_mask=torch.from_numpy(mask))
    return Batch(torch.from_numpy(music.latents.astype(np.float32)), conditions)


def _remove_old(folder: Path, name: str) -> None:
    """Remove all but the newest few, and what a crash left."""
    made = sorted(
        (one for one in folder.iterdir() if one.is_dir() and one.name != name),
        key=lambda one: one.stat().st_mtime,
    )
    for one in made[: max(0, len(made) - (_KEPT - 1))]:
        shutil.rmtree(one, ignore_errors=True)
        (folder / f"{one.name}.json").unlink(missing_ok=True)
