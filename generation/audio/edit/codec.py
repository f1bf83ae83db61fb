"""Sound to latents and back, with what lies around it, so that no part hears an end where there is none.

Shapes: waveforms (n_samples,) at the generator's rate, latents (1, C, L), spectrograms (1, n_mels, T).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from generation.audio.soundness import check_sound

if TYPE_CHECKING:
    import torch

    from generation.audio.pipeline import SongspacePipeline

AROUND_FRAMES = 12
"""Latent frames that encoder and decoder see to either side; see `convnext`: three of each block's kernel."""


def frame_samples(pipe: SongspacePipeline) -> int:
    """How many samples a latent frame lasts."""
    return int(pipe.autoencoder.config.factor * pipe.vocoder.config.hop_length)


def encoded(pipe: SongspacePipeline, mono: np.ndarray, *, around: tuple[int, int] = (0, 0)) -> torch.Tensor:
    """Return the latents of the whole frames of a waveform.

    Parameters
    ----------
    mono : float array, shape (n_samples,)
        At the generator's rate.
    around : (int, int)
        How many frames at its beginning and end are only to be heard, not returned. What is missing of
        `AROUND_FRAMES` at its end is mirrored, since most music goes on where a clip ends.
    """
    import torch

    from generation.audio.spectrogram import log_mel

    size = frame_samples(pipe)
    n_frames = len(mono) // size
    extended = np.pad(mono[: n_frames * size], (0, AROUND_FRAMES * size), mode="symmetric")
    T = (n_frames + AROUND_FRAMES) * int(pipe.autoencoder.config.factor)
    bands = torch.from_numpy(log_mel(extended, pipe.vocoder.spectrogram)[:, :T])[None]
    latent = encoded_bands(pipe, bands)
    return latent[..., around[0] : n_frames - around[1]]


def encoded_bands(pipe: SongspacePipeline, log_mel: torch.Tensor) -> torch.Tensor:
    """Return the latents of a spectrogram."""
    encoder = pipe.autoencoder
    latent: torch.Tensor = encoder.encode(log_mel.to(device=encoder.device, dtype=encoder.dtype))
    return latent.to(pipe.denoiser.dtype)


def decoded(pipe: SongspacePipeline, latent: torch.Tensor) -> torch.Tensor:
    """Return the spectrogram of latents."""
    bands: torch.Tensor = pipe.autoencoder.decode(latent.to(pipe.autoencoder.dtype))
    return bands


def sounded(pipe: SongspacePipeline, log_mel: torch.Tensor) -> np.ndarray:
    """Return the waveform of a spectrogram, T * 256 samples.

    Raises
    ------
    UnsoundError
        It is no music.
    """
    waveform: Any = pipe.vocoder(log_mel.to(pipe.vocoder.dtype))[0]
    samples = np.asarray(waveform.float().cpu().numpy())
    check_sound(samples, pipe.sample_rate)
    return samples
