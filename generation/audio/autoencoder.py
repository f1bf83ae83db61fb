"""Spectrograms as few numbers a second and back: principal components, refined by convolutions.

Eight frames of 80 bands become 96 numbers. Encoder and decoder each are the sum of a linear map, which
begins as the principal components of such patches (`pca`), and of a network that begins at zero. So training
starts at the linear codec and goes on from there. What is between them, the latent, has mean 0 and variance 1
in every channel over the training set; the noise that training adds to it keeps near latents near in sound.

Shapes: B spectrograms of n_mels bands and T frames, L = T / factor latent frames of C channels.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import nn

from generation.audio.convnext import Network
from generation.audio.pca import PatchPca
from generation.audio.spectrogram import FLOOR


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes: C channels of latent; `width` and `hidden` units in each of `depth` blocks, on both sides."""

    n_mels: int = 80
    factor: int = 8
    channels: int = 96
    width: int = 160
    hidden: int = 320
    depth: int = 3


class Autoencoder(ModelMixin, ConfigMixin):
    """Log-mel spectrogram to latent and back.

    Attributes
    ----------
    mel_mean, mel_std : scalar buffers
        Of the training set's spectrograms; inside, spectrograms are measured in these.
    latent_mean, latent_std : buffers, shape (C,)
        Of the latents before they are brought to mean 0 and variance 1.
    """

    @register_to_config
    def __init__(
        self,
        n_mels: int = 80,
        factor: int = 8,
        channels: int = 96,
        width: int = 160,
        hidden: int = 320,
        depth: int = 3,
    ) -> None:
        super().__init__()
        self.n_mels, self.factor, self.channels = n_mels, factor, channels
        size = {"width": width, "hidden": hidden, "depth": depth}
        self.to_latent = nn.Linear(n_mels * factor, channels)
        self.encoder = Network(n_mels * factor, channels, **size)
        self.from_latent = nn.Linear(channels, n_mels * factor)
        self.decoder = Network(channels, n_mels * factor, **size)
        self.register_buffer("mel_mean", torch.tensor(-4.0))
        self.register_buffer("mel_std", torch.tensor(2.3))
        self.register_buffer("latent_mean", torch.zeros(channels))
        self.register_buffer("latent_std", torch.ones(channels))

    def encode(self, log_mel: torch.Tensor) -> torch.Tensor:
        """Latent (B, C, T / factor) of a log-mel spectrogram (B, n_mels, T).

        Raises
        ------
        ValueError
            T is no multiple of `factor`, or another number of bands.
        """
        _, F, T = log_mel.shape
        if self.n_mels != F or T % self.factor:
            raise ValueError(
                f"a spectrogram has {self.n_mels} bands and a multiple of {self.factor} frames,"
                f" got {F} and {T}"
            )
        raw = self.raw_latent((log_mel - self.mel_mean) / self.mel_std)
        return torch.as_tensor((raw - self.latent_mean[:, None]) / self.latent_std[:, None])

    def decode(self, latent: torch.Tensor) -> torch.Tensor:
        """Log-mel spectrogram (B, n_mels, L * factor), not below the floor, of a latent (B, C, L)."""
        raw = latent * self.latent_std[:, None] + self.latent_mean[:, None]
        log_mel = self.rebuilt(raw) * self.mel_std + self.mel_mean
        return torch.as_tensor(log_mel.clamp_min(float(np.log(FLOOR))))

    def forward(self, log_mel: torch.Tensor) -> torch.Tensor:
        """Encode and decode: shape (B, n_mels, T) in and out."""
        return self.decode(self.encode(log_mel))

    def raw_latent(self, x: torch.Tensor) -> torch.Tensor:
        """Latent (B, C, L) as the networks know it, of a spectrogram (B, n_mels, T) in its own measure."""
        B, F, T = x.shape
        patch = x.reshape(B, F, T // self.factor, self.factor).transpose(1, 2).flatten(2)
        code = self._linear(self.to_latent, patch) + self.encoder(patch)
        return torch.as_tensor(code.transpose(1, 2))

    def rebuilt(self, raw: torch.Tensor) -> torch.Tensor:
        """Spectrogram (B, n_mels, T) in its own measure, of a latent (B, C, L) as the networks know it."""
        code = raw.transpose(1, 2)
        patch = self._linear(self.from_latent, code) + self.decoder(code)
        B, L, _ = patch.shape
        return torch.as_tensor(patch.reshape(B, L, self.n_mels, self.factor).transpose(1, 2).flatten(2))

    def _linear(self, layer: nn.Linear, x: torch.Tensor) -> torch.Tensor:
        """A linear path, in full precision where the rest trains in half: most of the signal is in it."""
        with torch.autocast(x.device.type, enabled=False):
            return torch.as_tensor(layer(x.to(layer.weight.dtype)))

    def set_linear(self, pca: PatchPca) -> None:
        """Make the linear path that codec; where the networks are new, the whole is that codec.

        Raises
        ------
        ValueError
            It has another shape.
        """
        shape = (self.channels, self.n_mels * self.factor)
        if pca.components.shape != shape or pca.factor != self.factor:
            raise ValueError(f"{shape[0]} components of {shape[1]} are needed, got {pca.components.shape}")
        with torch.no_grad():
            self.mel_mean.fill_(pca.band_mean)
            self.mel_std.fill_(pca.band_std)
            directions = torch.from_numpy(pca.components)
            mean, scales = torch.from_numpy(pca.mean), torch.from_numpy(pca.scales)
            # Of x = (log_mel - band_mean) / band_std.
            self.to_latent.weight.copy_(directions / scales[:, None] * pca.band_std)
            self.to_latent.bias.copy_(((pca.band_mean - mean) @ directions.T) / scales)
            self.from_latent.weight.copy_((directions * scales[:, None]).T / pca.band_std)
            self.from_latent.bias.copy_((mean - pca.band_mean) / pca.band_std)

    def standardise(self, mean: torch.Tensor, std: torch.Tensor) -> None:
        """Take over the mean and standard deviation, shape (C,), of raw latents over the training set."""
        with torch.no_grad():
            self.latent_mean.copy_(mean)
            self.latent_std.copy_(std.clamp_min(1e-4))


def build_autoencoder(config: AutoencoderConfig, pca: PatchPca | None = None) -> Autoencoder:
    """Build a new autoencoder; with a `pca`, one that is that codec."""
    model: Autoencoder = Autoencoder(**asdict(config))
    if pca is not None:
        model.set_linear(pca)
    return model
