"""The second players: networks that learn to tell what was made from what is true, patch by patch.

Of waveforms they see magnitudes at several window lengths (Jang et al., "UnivNet", Interspeech 2021), of
spectrograms the numbers as they are (Isola et al., "pix2pix", CVPR 2017). Each gives a verdict for every
patch, above 0 for true. They are used in training only, and stay small.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from generation.audio.stft_distance import N_FFTS, magnitudes

Said = tuple[torch.Tensor, list[torch.Tensor]]


class PatchDiscriminator(nn.Module):
    """Verdicts on patches of a picture of one channel; frequency shrinks by 16, time by 4."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        wide = 2 * width
        sizes = [(1, width, (2, 1)), (width, width, (2, 2)), (width, wide, (2, 1)), (wide, wide, (2, 2))]
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(n_in, n_out, (5, 3), stride=stride, padding=(2, 1)))
            for n_in, n_out, stride in sizes
        )
        self.verdict = weight_norm(nn.Conv2d(wide, 1, 3, padding=1))

    def forward(self, x: torch.Tensor) -> Said:
        """Verdicts and features of pictures (B, frequencies, frames)."""
        inner, features = x[:, None], []
        for layer in self.layers:
            inner = functional.leaky_relu(layer(inner), 0.1)
            features.append(inner)
        return self.verdict(inner), features


class SpectrogramDiscriminator(nn.Module):
    """Listens to a spectrogram: one patch discriminator."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.patches = PatchDiscriminator(width)

    def forward(self, x: torch.Tensor) -> Sequence[Said]:
        """What it says of spectrograms (B, n_mels, T)."""
        return [self.patches(x)]


class WaveformDiscriminator(nn.Module):
    """Listens to a waveform at several resolutions: a patch discriminator for each window length."""

    def __init__(self, width: int = 16, n_ffts: tuple[int, ...] = N_FFTS) -> None:
        super().__init__()
        self.n_ffts = n_ffts
        self.patches = nn.ModuleList(PatchDiscriminator(width) for _ in n_ffts)

    def forward(self, waveform: torch.Tensor) -> Sequence[Said]:
        """What they say of waveforms (B, n_samples), each of log magnitudes near mean 0."""
        with torch.autocast(waveform.device.type, enabled=False):
            pictures = [torch.log(magnitudes(waveform.float(), n_fft)) / 3 + 0.5 for n_fft in self.n_ffts]
        return [patches(picture) for patches, picture in zip(self.patches, pictures, strict=True)]
