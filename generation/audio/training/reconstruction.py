"""The autoencoder's training: from principal components on, towards sharp reconstructions.

The loss is the mean absolute difference of spectrograms, of their slopes, of their means over squares and of
their roughness; late in training a patch discriminator adds its word. Latents get noise on their way to the
decoder, of a strength drawn for each clip, and are held near mean 0 and variance 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.audio.losses import movement_loss, slope_loss, squares_loss, texture_loss
from generation.audio.pca import PatchPca, fit_pca
from generation.audio.training.duel import Duel, DuelConfig
from generation.audio.training.pool import Pool
from generation.training.hardware import Hardware
from generation.training.loop import LoopConfig, Player, Trained, train
from generation.training.saving import save_model

if TYPE_CHECKING:
    import torch

    from generation.audio.autoencoder import Autoencoder, AutoencoderConfig

MODEL = "autoencoder"
"""The folder in a run's folder where the model is saved."""


@dataclass(frozen=True)
class ReconstructionConfig:
    """How an autoencoder is trained; weights are those of the losses.

    With `decoder_only` the encoder stays as it is, and latents with it: a denoiser that was trained on them
    goes on fitting.
    """

    clips: int = 8
    n_frames: int = 256
    learning_rate: float = 1e-3
    noise: float = 0.05
    slopes: float = 0.5
    squares: float = 0.5
    texture: float = 3.0
    movement: float = 1.0
    bound: float = 0.01
    critic_width: int = 16
    decoder_only: bool = False
    duel: DuelConfig = field(default_factory=lambda: DuelConfig(joins_at=0.85))


def train_autoencoder(
    pool: Pool,
    model_config: AutoencoderConfig,
    config: ReconstructionConfig,
    loop: LoopConfig,
    *,
    out: Path,
    resume: bool = False,
    start: Autoencoder | None = None,
    minutes: float | None = None,
    hardware: Hardware | None = None,
    progress: Callable[[int, str], None] = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Autoencoder, Trained]:
    """Train an autoencoder on a pool, and save its averaged weights in `out`/autoencoder.

    Parameters
    ----------
    start : Autoencoder, optional
        Trained weights to go on from (a new run, unlike `resume`); by default the principal components.

    Returns
    -------
    model : Autoencoder
        With averaged weights, on the CPU.
    trained : Trained

    Raises
    ------
    ValueError
        The pool's pieces are shorter than a cut; a decoder alone, and no `start`.
    ResumeError, DivergedError, OSError
        See `loop.train`.
    """
    import torch

    from generation.audio.autoencoder import build_autoencoder
    from generation.audio.discriminators import SpectrogramDiscriminator

    hardware = hardware or Hardware()
    torch.manual_seed(loop.seed)
    if config.decoder_only and start is None:
        raise ValueError("a decoder alone is trained from a trained autoencoder on")
    model = start or build_autoencoder(model_config, pool_pca(pool, model_config))
    for part in (model.to_latent, model.encoder):
        part.requires_grad_(not config.decoder_only)
    critic = SpectrogramDiscriminator(config.critic_width)
    duel = Duel(_Reconstruct(model, config), critic, config.duel, steps=loop.steps)

    def batch_at(number: int) -> dict[str, Any]:
        cuts = pool.spectrograms(loop.seed, number, clips=config.clips, n_frames=config.n_frames)
        return {"log_mel": torch.from_numpy(cuts), "step": number // (loop.accumulate * n_processes)}

    n_processes = hardware.n_processes
    trained = train(
        [
            Player(MODEL, model, duel.first_loss, config.learning_rate),
            Player("critic", critic, duel.second_loss, config.learning_rate / 2, averaged=False),
        ],
        batch_at,
        loop,
        out=out,
        run={"model": asdict(model_config), "training": asdict(config), "music": pool.name},
        resume=resume,
        minutes=minutes,
        hardware=hardware,
        progress=progress,
        stop=stop,
    )
    averaged: Any = trained.averages[MODEL].to("cpu").eval()
    if not config.decoder_only:
        standardise(averaged, pool)
    if hardware.is_main:
        save_model(averaged, out / MODEL)
    hardware.wait()
    return averaged, trained


class _Reconstruct:
    """What the autoencoder makes of a batch, and what that costs."""

    def __init__(self, model: Autoencoder, config: ReconstructionConfig) -> None:
        self._model, self._config = model, config

    def __call__(
        self, batch: Mapping[str, Any], generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        import torch

        config, model = self._config, self._model
        true = (batch["log_mel"] - model.mel_mean) / model.mel_std
        raw = model.raw_latent(true).float()
        strength = torch.rand((len(raw), 1, 1), generator=generator, device=raw.device) * config.noise
        noise = torch.randn(raw.shape, generator=generator, device=raw.device)
        made = model.rebuilt(raw + strength * noise).float()
        difference = (made - true).abs().mean()
        slopes, squares = slope_loss(made, true), squares_loss(made, true)
        texture, movement = texture_loss(made, true), movement_loss(made, true)
        bound = (
            raw.mean(dim=(0, 2)).square().mean() + raw.var(dim=(0, 2)).clamp_min(1e-4).log().square().mean()
        )
        loss = difference + config.slopes * slopes + config.squares * squares
        loss = loss + config.texture * texture + config.movement * movement + config.bound * bound
        parts = {
            "slopes": slopes,
            "squares": squares,
            "texture": texture,
            "movement": movement,
            "bound": bound,
        }
        return made, true, {"loss": loss, "difference": difference, **parts}


def pool_pca(pool: Pool, config: AutoencoderConfig) -> PatchPca:
    """Fit the linear codec of an autoencoder's size to a pool."""
    return fit_pca(pool.log_mels, channels=config.channels, factor=config.factor)


def standardise(model: Autoencoder, pool: Pool) -> None:
    """Bring the latents of a pool to mean 0 and variance 1 in every channel."""
    import torch

    latents = []
    with torch.no_grad():
        for log_mel in pool.log_mels:
            whole = log_mel[:, : log_mel.shape[1] // model.factor * model.factor].astype("float32")
            x = (torch.from_numpy(whole)[None].to(model.mel_mean.device) - model.mel_mean) / model.mel_std
            latents.append(model.raw_latent(x)[0].double())
    every = torch.cat(latents, dim=1)
    model.standardise(every.mean(dim=1).float(), every.std(dim=1).float())
