"""How far two waveforms are from each other in several short-time spectra: a measure and a loss.

After Yamamoto, Song & Kim, "Parallel WaveGAN" (ICASSP 2020): for each window length, the spectral convergence
(the norm of the difference of magnitudes over the norm of the true ones) and the mean absolute difference of
log magnitudes; both, averaged over the lengths. 0 for equal waveforms; phases do not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

N_FFTS = (512, 1024, 2048)
_LEAST = 1e-4
"""Magnitudes below this are silence: -80 dB under a full-scale window, and no logarithm of noise."""


def stft_distance(
    waveform: torch.Tensor, true: torch.Tensor, *, n_ffts: tuple[int, ...] = N_FFTS
) -> torch.Tensor:
    """Return the multi-resolution distance, a scalar with gradient.

    Parameters
    ----------
    waveform, true : float tensors, shape (B, n_samples)
    n_ffts : tuple of int
        Window lengths; hops are quarters of them.

    Raises
    ------
    ValueError
        Shapes that disagree.
    """
    import torch

    if waveform.shape != true.shape:
        raise ValueError(
            f"two waveforms of one shape are compared, got {tuple(waveform.shape)}, {tuple(true.shape)}"
        )
    distances = []
    for n_fft in n_ffts:
        ours, theirs = magnitudes(waveform, n_fft), magnitudes(true, n_fft)
        convergence = (ours - theirs).flatten(1).norm(dim=1) / theirs.flatten(1).norm(dim=1).clamp_min(_LEAST)
        logs = (torch.log(ours) - torch.log(theirs)).abs().flatten(1).mean(dim=1)
        distances.append((convergence + logs).mean())
    return torch.stack(distances).mean()


def magnitudes(waveform: torch.Tensor, n_fft: int) -> torch.Tensor:
    """Return magnitudes, not below the least, shape (B, n_fft // 2 + 1, frames)."""
    import torch

    window = torch.hann_window(n_fft, device=waveform.device, dtype=waveform.dtype)
    spectrum = torch.stft(
        waveform, n_fft, n_fft // 4, window=window, pad_mode="constant", return_complex=True
    )
    # The root of a sum with a floor under it: the gradient of a magnitude is not defined at 0.
    power = spectrum.real.square() + spectrum.imag.square()
    return torch.sqrt(power.clamp_min(_LEAST**2))
