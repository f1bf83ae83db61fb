"""The vocoder's training: near in spectra first, then against discriminators of several resolutions.

A share of the clips comes as the autoencoder rebuilds them, with the true sound to be made of it, so that the
vocoder knows what a decoder leaves out. Cuts have margins that count for no loss: at a cut, frames lack the
neighbours that they have in a whole clip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.audio.losses import mel_loss
from generation.audio.stft_distance import stft_distance
from generation.audio.training.duel import Duel, DuelConfig
from generation.audio.training.pool import Pool
from generation.training.hardware import Hardware
from generation.training.loop import LoopConfig, Player, Trained, train
from generation.training.saving import save_model

if TYPE_CHECKING:
    import torch

    from generation.audio.autoencoder import Autoencoder
    from generation.audio.vocoder import Vocoder, VocoderConfig

MODEL = "vocoder"
"""The folder in a run's folder where the model is saved."""


@dataclass(frozen=True)
class AdversarialConfig:
    """How a vocoder is trained; weights are those of the losses, `rebuilt` a share of the clips.

    The discriminators, whose turn costs most, hear the first `heard_frames` of a cut. Spectra are compared in
    windows of `n_ffts`: the longest tells semitones apart, which bands do not.
    """

    clips: int = 4
    n_frames: int = 128
    margin: int = 8
    heard_frames: int = 64
    learning_rate: float = 1e-3
    bands: float = 1.0
    spectra: float = 1.0
    n_ffts: tuple[int, ...] = (512, 1024, 2048, 4096)
    rebuilt: float = 0.3
    critic_width: int = 16
    duel: DuelConfig = field(default_factory=lambda: DuelConfig(joins_at=0.7, deceive=0.05, features=0.3))


def train_vocoder(
    pool: Pool,
    model_config: VocoderConfig,
    config: AdversarialConfig,
    loop: LoopConfig,
    *,
    out: Path,
    autoencoder: Autoencoder | None = None,
    resume: bool = False,
    start: Vocoder | None = None,
    minutes: float | None = None,
    hardware: Hardware | None = None,
    progress: Callable[[int, str], None] = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Vocoder, Trained]:
    """Train a vocoder on a pool, and save its averaged weights in `out`/vocoder.

    Parameters
    ----------
    autoencoder : Autoencoder, optional
        Rebuilds a share of the clips; without one all come as they are.
    start : Vocoder, optional
        Trained weights to go on from (a new run, unlike `resume`).

    Returns
    -------
    model : Vocoder
        With averaged weights, on the CPU.
    trained : Trained

    Raises
    ------
    ValueError
        The pool's pieces are shorter than a cut.
    ResumeError, DivergedError, OSError
        See `loop.train`.
    """
    import torch

    from generation.audio.discriminators import WaveformDiscriminator
    from generation.audio.vocoder import build_vocoder

    hardware = hardware or Hardware()
    torch.manual_seed(loop.seed)
    model = start or build_vocoder(model_config)
    critic = WaveformDiscriminator(config.critic_width)
    if autoencoder is not None:
        autoencoder = autoencoder.to(hardware.device).eval().requires_grad_(False)
    duel = Duel(_Sound(model, autoencoder, config), critic, config.duel, steps=loop.steps)
    n_frames, n_processes = config.n_frames + 2 * config.margin, hardware.n_processes

    def batch_at(number: int) -> dict[str, Any]:
        log_mels, waveforms = pool.sounds(loop.seed, number, clips=config.clips, n_frames=n_frames)
        step = number // (loop.accumulate * n_processes)
        return {"log_mel": torch.from_numpy(log_mels), "waveform": torch.from_numpy(waveforms), "step": step}

    trained = train(
        [
            Player(MODEL, model, duel.first_loss, config.learning_rate),
            Player("critic", critic, duel.second_loss, config.learning_rate / 2, averaged=False),
        ],
        batch_at,
        loop,
        out=out,
        run={
            "model": asdict(model_config),
            "training": asdict(config) | {"n_ffts": list(config.n_ffts)},
            "music": pool.name,
            "autoencoder": fingerprint(autoencoder),
        },
        resume=resume,
        minutes=minutes,
        hardware=hardware,
        progress=progress,
        stop=stop,
    )
    averaged: Any = trained.averages[MODEL].to("cpu").eval()
    if hardware.is_main:
        save_model(averaged, out / MODEL)
    hardware.wait()
    return averaged, trained


class _Sound:
    """What the vocoder makes of a batch, and how far that is from the true sound."""

    def __init__(self, model: Vocoder, autoencoder: Autoencoder | None, config: AdversarialConfig) -> None:
        self._model, self._autoencoder, self._config = model, autoencoder, config

    def __call__(
        self, batch: Mapping[str, Any], generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        config = self._config
        made = self._model(self._given(batch["log_mel"], generator))
        cut = config.margin * self._model.spectrogram.hop_length
        made, true = made[:, cut:-cut], batch["waveform"][:, cut:-cut]
        bands, spectra = mel_loss(made, true), stft_distance(made, true, n_ffts=config.n_ffts)
        heard = slice(0, config.heard_frames * self._model.spectrogram.hop_length)
        loss = config.bands * bands + config.spectra * spectra
        return made[:, heard], true[:, heard], {"loss": loss, "bands": bands, "spectra": spectra}

    def _given(self, log_mel: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """The batch's spectrograms, some of them rebuilt."""
        import torch

        if self._autoencoder is None:
            return log_mel
        with torch.no_grad():
            rebuilt = self._autoencoder(log_mel).float()
        chosen = torch.rand(len(log_mel), generator=generator, device=log_mel.device) < self._config.rebuilt
        return torch.where(chosen[:, None, None], rebuilt, log_mel)


def fingerprint(model: torch.nn.Module | None) -> str:
    """Name a network's weights: eight hexadecimal digits, or "" where there is no network."""
    from hashlib import sha256

    if model is None:
        return ""
    digest = sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().numpy().tobytes())
    return digest.hexdigest()[:8]
