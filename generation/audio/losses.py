"""What the codec is taught by: differences of spectrograms and waveforms, and the second player's word.

Spectrograms are compared number by number, in their slopes in time and frequency (edges: onsets, harmonics),
averaged over squares, and in how rough they are. The adversarial losses are the hinge (Lim & Ye, "Geometric
GAN", 2017), with the differences of the discriminator's features as a guide (Larsen et al., ICML 2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from generation.audio.griffin_lim import stft
from generation.audio.spectrogram import FLOOR, SpectrogramConfig, mel_bands

if TYPE_CHECKING:
    import torch

Heard = Sequence["tuple[torch.Tensor, Sequence[torch.Tensor]]"]
"""What each discriminator says of a batch: its verdicts, and its features layer by layer."""
_SQUARES = (2, 4, 8)
_PIECE, _STILL = 32, 0.02


def slope_loss(x: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of the slopes of spectrograms (B, n_mels, T), in time and in frequency."""
    in_time = (x.diff(dim=2) - true.diff(dim=2)).abs().mean()
    in_frequency = (x.diff(dim=1) - true.diff(dim=1)).abs().mean()
    return (in_time + in_frequency) / 2


def squares_loss(x: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of means over squares of 2, 4 and 8 of spectrograms (B, n_mels, T)."""
    import torch
    from torch.nn import functional

    error = (x - true)[:, None]
    return torch.stack([functional.avg_pool2d(error, side).abs().mean() for side in _SQUARES]).mean()


def texture_loss(x: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of how much spectrograms (B, n_mels, T) change, over squares of 8.

    What is unsure is smoothest where absolute differences are least. This asks for as much roughness as there
    is, wherever exactly it lies; noise has texture again.
    """
    import torch
    from torch.nn import functional

    def roughness(one: torch.Tensor, dim: int) -> torch.Tensor:
        return functional.avg_pool2d(one.diff(dim=dim).abs()[:, None], _SQUARES[-1])

    return torch.stack([(roughness(x, dim) - roughness(true, dim)).abs().mean() for dim in (1, 2)]).mean()


def movement_loss(x: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """How far off each band's movement from frame to frame is, over pieces of 32 frames of (B, n_mels, T).

    The logarithms of the ratios of its means of orders 1, 2 and 4 (the usual, the root mean square, and what
    the largest steps decide), so that bands that move little count as much as others. What tells kinds of
    music apart is in there: a smoothed band is another instrument.
    """
    import torch
    from torch.nn import functional

    def movement(one: torch.Tensor, order: int) -> torch.Tensor:
        powers = functional.avg_pool1d((one.diff(dim=2).abs() + _STILL) ** order, _PIECE)
        return powers.log() / order

    return torch.stack(
        [(movement(x, order) - movement(true, order)).abs().mean() for order in (1, 2, 4)]
    ).mean()


def mel_loss(waveform: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of the log-mel spectrograms of waveforms (B, n_samples)."""
    return (torch_log_mel(waveform) - torch_log_mel(true)).abs().mean()


def torch_log_mel(waveform: torch.Tensor, config: SpectrogramConfig | None = None) -> torch.Tensor:
    """Return what `spectrogram.log_mel` gives, with gradient: (B, n_samples) in, (B, n_mels, T) out."""
    import torch

    config = config or SpectrogramConfig()
    spectrum = stft(waveform, config)
    magnitudes = torch.sqrt((spectrum.real.square() + spectrum.imag.square()).clamp_min(1e-14))
    bands = torch.from_numpy(mel_bands(config).toarray()).to(waveform)
    with torch.autocast(waveform.device.type, enabled=False):  # Half precision is too coarse for decibels.
        return torch.log((bands @ magnitudes).clamp_min(FLOOR))


def deceive_loss(fake: Heard) -> torch.Tensor:
    """For the generator: small where the discriminators take what it made for true."""
    import torch

    return torch.stack([-verdict.mean() for verdict, _ in fake]).mean()


def tell_loss(true: Heard, fake: Heard) -> torch.Tensor:
    """For the discriminators: zero where verdicts on what is true are at least 1, on the other at most -1."""
    import torch

    pairs = zip(true, fake, strict=True)
    return torch.stack([(1 - t[0]).relu().mean() + (1 + f[0]).relu().mean() for t, f in pairs]).mean()


def features_loss(true: Heard, fake: Heard) -> torch.Tensor:
    """Mean absolute difference of the features by layer, each measured in the mean of the true ones."""
    import torch

    return torch.stack(
        [
            (f - t.detach()).abs().mean() / t.detach().abs().mean().clamp_min(1e-4)
            for (_, trues), (_, fakes) in zip(true, fake, strict=True)
            for t, f in zip(trues, fakes, strict=True)
        ]
    ).mean()
