"""From a log-mel spectrogram back to sound without a network: pseudo-inverse, first phases, Griffin-Lim.

The magnitudes come from the bands by the pseudo-inverse of the bands' weights, what is below 0 made 0: one
product of matrices where non-negative least squares cost seconds.
The first phases advance from frame to frame as the nearest peak's frequency asks (Beauregard, Harish & Wyse,
"Single pass spectrogram inversion", DSP 2015). Then sound and spectrum are made from each other in turns
(Griffin & Lim, 1984), with momentum (Perraudin, Balazs & Sondergaard, "A fast Griffin-Lim algorithm", 2013).

Shapes: B clips, T frames, F = n_fft // 2 + 1 frequencies. Frame t is centred on sample t * hop_length, as in
`spectrogram`; T frames make T * hop_length samples. No randomness: equal spectrograms make equal sound.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from generation.audio.spectrogram import FLOOR, SpectrogramConfig, mel_bands

if TYPE_CHECKING:
    import torch

MOMENTUM = 0.99
N_ITERATIONS = 32
_TINY = 1e-8


def griffin_lim(
    log_mel: torch.Tensor,
    *,
    n_iterations: int = N_ITERATIONS,
    config: SpectrogramConfig | None = None,
    phases: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return a waveform whose spectrogram is near to the one that is given.

    Parameters
    ----------
    log_mel : float tensor, shape (B, n_mels, T)
        Natural logarithms.
    n_iterations : int >= 0
    config : SpectrogramConfig, optional
    phases : float tensor, shape (B, F, T), optional
        To begin with, radians; by default those of the peaks.

    Returns
    -------
    float tensor, shape (B, T * hop_length)

    Raises
    ------
    ValueError
        Fewer than no iterations.
    """
    import torch

    if n_iterations < 0:
        raise ValueError(f"n_iterations must be 0 or more, got {n_iterations}")
    config = config or SpectrogramConfig()
    magnitudes = mel_to_magnitudes(log_mel, config)
    angles = peak_phases(magnitudes, config) if phases is None else phases
    n_samples = log_mel.shape[-1] * config.hop_length
    spectrum = torch.polar(magnitudes, angles)
    before = torch.zeros_like(spectrum)
    for _ in range(n_iterations):
        rebuilt = stft(istft(spectrum, n_samples, config), config)[..., : magnitudes.shape[-1]]
        pushed = rebuilt - MOMENTUM / (1 + MOMENTUM) * before
        before = rebuilt
        spectrum = magnitudes * (pushed / pushed.abs().clamp_min(_TINY))
    return istft(spectrum, n_samples, config)


def mel_to_magnitudes(log_mel: torch.Tensor, config: SpectrogramConfig | None = None) -> torch.Tensor:
    """Return magnitudes, shape (B, F, T), none below 0; bands at the floor are silent."""
    import torch

    config = config or SpectrogramConfig()
    bands = torch.exp(log_mel.clamp_min(float(np.log(FLOOR)))) - FLOOR
    spread = torch.from_numpy(_band_inverse(config)).to(log_mel)
    return (spread @ bands).clamp_min(0)


@lru_cache(maxsize=4)
def _band_inverse(config: SpectrogramConfig) -> np.ndarray:
    """Weights that turn bands into magnitudes, shape (F, n_mels): the pseudo-inverse."""
    bands = mel_bands(config).toarray().astype(np.float64)
    return np.asarray(np.linalg.pinv(bands), dtype=np.float32)


def bands_to_envelope(log_mel: torch.Tensor, config: SpectrogramConfig | None = None) -> torch.Tensor:
    """Return magnitudes, shape (B, F, T), each the mean of its bands: smooth, and nowhere empty."""
    import torch

    config = config or SpectrogramConfig()
    bands = torch.exp(log_mel.clamp_min(float(np.log(FLOOR))))
    return torch.from_numpy(_band_means(config)).to(log_mel) @ bands


@lru_cache(maxsize=4)
def _band_means(config: SpectrogramConfig) -> np.ndarray:
    """Weights that turn bands into magnitudes, shape (F, n_mels), none negative."""
    bands = mel_bands(config).toarray().astype(np.float64)
    shares = bands.T / np.maximum(bands.sum(axis=0), 1e-9)[:, None]
    # A band of unit area holds the sum of its magnitudes by weight; divided by the weights' sum, their mean.
    return np.asarray(shares / bands.sum(axis=1), dtype=np.float32)


def peak_phases(magnitudes: torch.Tensor, config: SpectrogramConfig | None = None) -> torch.Tensor:
    """Return phases, shape (B, F, T), radians, that advance as the frequency of the nearest peak asks."""
    import torch

    config = config or SpectrogramConfig()
    n_bins = magnitudes.shape[-2]
    log = torch.log(magnitudes + FLOOR)
    left, mid, right = log[:, :-2], log[:, 1:-1], log[:, 2:]
    is_peak = (mid > left) & (mid >= right)
    shift = (0.5 * (left - right) / (left - 2 * mid + right).clamp_max(-_TINY)).clamp(-0.5, 0.5)
    bins = torch.arange(n_bins, device=magnitudes.device, dtype=magnitudes.dtype)[None, :, None]
    # Every bin takes the frequency of the nearest peak: below it from one sweep, above it from the other.
    nan = torch.full_like(magnitudes[:, :1], -1.0)
    at = torch.cat([nan, torch.where(is_peak, bins[:, 1:-1] + shift, torch.full_like(mid, -1.0)), nan], dim=1)
    below = torch.cummax(at, dim=1).values
    far = torch.where(at < 0, torch.full_like(at, 4.0 * n_bins), at)
    above = torch.flip(torch.cummin(torch.flip(far, (1,)), dim=1).values, (1,))
    near_below = (below >= 0) & ((bins - below) <= (above - bins))
    peak = torch.where(near_below, below, torch.where(above < 2 * n_bins, above, bins.expand_as(above)))
    advance = 2 * torch.pi * config.hop_length / config.n_fft * peak
    # In double precision and whole turns taken away: a minute has thousands of turns.
    return torch.remainder(torch.cumsum(advance.double(), dim=-1), 2 * torch.pi).to(magnitudes.dtype)


def stft(waveform: torch.Tensor, config: SpectrogramConfig) -> torch.Tensor:
    """Return the complex spectrum, (B, F, 1 + n_samples // hop_length); beyond the ends there is silence."""
    import torch

    window = hann(config.n_fft, waveform)
    return torch.stft(
        waveform, config.n_fft, config.hop_length, window=window, pad_mode="constant", return_complex=True
    )


def istft(spectrum: torch.Tensor, n_samples: int, config: SpectrogramConfig) -> torch.Tensor:
    """Return the waveform, shape (B, n_samples), of a complex spectrum (B, F, T)."""
    import torch

    window = hann(config.n_fft, spectrum.real)
    return torch.istft(spectrum, config.n_fft, config.hop_length, window=window, length=n_samples)


def hann(n_fft: int, like: torch.Tensor) -> torch.Tensor:
    """Return the periodic Hann window."""
    import torch

    return torch.hann_window(n_fft, device=like.device, dtype=like.dtype)
