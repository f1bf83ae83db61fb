"""Training of the denoiser on latents: the loss, what is measured on music that was held out, and the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from generation.audio.denoiser_config import DenoiserConfig
from generation.audio.training.latents import Batch, LatentSet
from generation.audio.training.noising import draw_timesteps, loss_weight, mix
from generation.training.hardware import Hardware
from generation.training.loop import Every, LoopConfig, Player, Trained, train

if TYPE_CHECKING:
    import torch
    from torch import nn

    from generation.audio.denoiser import Denoiser

TIMES = (50.0, 150.0, 250.0, 350.0, 450.0, 550.0, 650.0, 750.0, 850.0, 950.0)
"""Timesteps at which held-out loss is measured."""
_HELD_OUT = 64
MODEL = "denoiser"
DROP: Mapping[str, float] = MappingProxyType(
    {"text": 0.15, "tags": 0.25, "tempo": 0.15, "bars": 0.15, "key": 0.2, "seconds": 0.2, "style": 0.6}
)
"""How often each group of conditions is left open in training; a style mostly, as prompts have none."""


@dataclass(frozen=True)
class DenoisingConfig:
    """How a denoiser learns.

    Attributes
    ----------
    batch_size : int
    learning_rate, weight_decay : float
    drop : mapping of str to float
        How often each group of conditions is left open; `drop_all`: all of them together.
    gamma : float
        Of min-SNR weighting.
    time_mean, time_spread : float
        Of the logistic normal from which flows draw timesteps.
    fixed_timestep : float or None
        Learn at this noise level alone: to see what a schedule of them is good for.
    crops : bool
        Whether batches are cut shorter at times.
    muon : bool
        Whether Muon moves the matrices of the blocks, and AdamW the rest; else AdamW moves all.
    """

    batch_size: int = 32
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.02
    drop: Mapping[str, float] = field(default_factory=lambda: dict(DROP))
    drop_all: float = 0.1
    gamma: float = 5.0
    time_mean: float = 0.0
    time_spread: float = 1.0
    fixed_timestep: float | None = None
    crops: bool = True
    muon: bool = False


def denoising_loss(
    model: nn.Module, prediction_type: str, config: DenoisingConfig
) -> Callable[[Batch, torch.Generator], dict[str, torch.Tensor]]:
    """Return the loss of a batch: the weighted squared error of what the model says of noisy latents."""
    import torch

    def loss(batch: Batch, generator: torch.Generator) -> dict[str, torch.Tensor]:
        clean = batch.latent
        timestep = draw_timesteps(
            prediction_type, len(clean), generator, mean=config.time_mean, spread=config.time_spread
        )
        if config.fixed_timestep is not None:
            timestep = torch.full_like(timestep, config.fixed_timestep)
        noise = torch.randn(clean.shape, generator=generator, device=generator.device)
        conditions = batch.conditions.thinned(generator).dropped(config.drop, config.drop_all, generator)
        noisy, target = mix(prediction_type, clean, noise, timestep)
        predicted = model(noisy, timestep, conditions).float()
        error = (predicted - target).square().mean(dim=(1, 2))
        return {"loss": (loss_weight(prediction_type, timestep, config.gamma) * error).mean()}

    return loss


def held_out_losses(model: nn.Module, prediction_type: str, batch: Batch) -> dict[str, float]:
    """Measure a model on held-out music, by timestep and by what it is told.

    Returns
    -------
    dict
        Mean squared errors, unweighted, with all conditions: `held_out/t050` .. `held_out/t950`, and their
        mean `held_out/told`. The mean with none of them (`held_out/untold`), with another item's
        (`held_out/swapped`), and with the words alone (`held_out/words`). Whoever listens is worst with
        another's.
    """
    import torch

    n = len(batch.latent)
    told, conditions = batch.conditions, {}
    conditions["told"] = told
    conditions["untold"] = told.without()
    conditions["swapped"] = told.rows(torch.arange(n, device=batch.latent.device).roll(1))
    conditions["words"] = told.only("text")
    device = batch.latent.device
    noise = torch.randn(batch.latent.shape, generator=torch.Generator().manual_seed(0)).to(device)
    found: dict[str, float] = {}
    with torch.inference_mode():
        for name, known in conditions.items():
            errors = []
            for time in TIMES:
                timestep = torch.full((n,), time, device=device)
                noisy, target = mix(prediction_type, batch.latent, noise, timestep)
                predicted = model(noisy, timestep, known).float()
                errors.append(float((predicted - target).square().mean()))
                if name == "told":
                    found[f"held_out/t{time:03.0f}"] = errors[-1]
            found[f"held_out/{name}"] = sum(errors) / len(errors)
    return found


def train_denoiser(
    music: LatentSet,
    model_config: DenoiserConfig,
    config: DenoisingConfig,
    loop: LoopConfig,
    *,
    out: Path,
    held_out: LatentSet | None = None,
    start: Denoiser | None = None,
    resume: bool = False,
    minutes: float | None = None,
    hardware: Hardware | None = None,
    evaluate_every: int = 1000,
    callbacks: Sequence[Every] = (),
    progress: Callable[[int, str], None] = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Denoiser, Trained]:
    """Train a denoiser; its average is saved in `out / "denoiser"`, also where time is over before.

    Parameters
    ----------
    start : Denoiser, optional
        Begin with its weights, and keep its constants.

    Raises
    ------
    ValueError
        Music of other latents than the model's.
    ResumeError, DivergedError, OSError
        See `loop.train`.
    """
    import torch

    from generation.audio.denoiser import Denoiser

    if music.latents.shape[1] != model_config.channels:
        raise ValueError(
            f"the denoiser takes latents of {model_config.channels} channels, the music has"
            f" {music.latents.shape[1]}"
        )
    torch.manual_seed(loop.seed)
    model = Denoiser.of(model_config)
    if start is not None:
        model.load_state_dict(start.state_dict())
    elif len(music) > 1:
        model.set_style_constants(music.conditions.style)
    kind = model_config.prediction_type
    hardware = hardware or Hardware()
    tests = []
    if held_out is not None:
        batch = hardware.move(held_out.batch(0, 0, size=min(_HELD_OUT, len(held_out)), crops=False))

        def measure(_step: int, models: Mapping[str, nn.Module]) -> Mapping[str, float]:
            with hardware.autocast():
                return held_out_losses(models[MODEL], kind, batch)

        tests.append(Every(evaluate_every, measure))
    trained = train(
        [
            Player(
                MODEL,
                model,
                denoising_loss(model, kind, config),
                learning_rate=config.learning_rate,
                weight_decay=config.weight_decay,
                orthogonal=_inner_matrices(model) if config.muon else frozenset(),
            )
        ],
        lambda number: music.batch(loop.seed, number, size=config.batch_size, crops=config.crops),
        loop,
        out=out,
        run={
            "model": _plain(asdict(model_config)),
            "denoising": asdict(config),
            "music": music.name,
        },
        resume=resume,
        minutes=minutes,
        hardware=hardware,
        callbacks=[*tests, *callbacks],
        progress=progress,
        stop=stop,
    )
    average = trained.averages[MODEL]
    assert isinstance(average, Denoiser)
    if hardware.is_main:
        average.save_pretrained(out / MODEL)
    return average, trained


def _inner_matrices(model: nn.Module) -> frozenset[str]:
    """Names of the matrices inside the blocks."""
    return frozenset(
        name
        for name, weight in model.named_parameters()
        if name.startswith("blocks.") and name.endswith(".weight") and weight.ndim == 2
    )


def _plain(settings: Mapping[str, object]) -> dict[str, object]:
    """Settings as a checkpoint can hold them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
