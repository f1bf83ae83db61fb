"""Inpainting: a window made anew, or some of its frequencies, and every sample outside it as it was.

The latents of what lies around the window are known. In each step they take the place of what the denoiser
makes of them, so that the window is denoised beside them (Lugmayr et al., "RePaint", CVPR 2022). Once done,
all of it is noised half way up again, with other noise, and denoised once more: what was decided before the
window knew its surroundings well can still change (their resampling, in one jump; Xu et al., "Restart
sampling", NeurIPS 2023).

Of a band of frequencies, the spectrogram outside it is known, too: in each step the clean latent is decoded,
the known bands are put in and it is encoded again. In the sound, the band is taken out of the given waveform
and the band of the new one put in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generation.audio.edit.codec import decoded, encoded, encoded_bands, frame_samples, sounded
from generation.audio.edit.edits import Inpainting
from generation.audio.edit.joining import channel_levels, levelled, resampled, rms
from generation.audio.edit.masks import (
    FADE_S,
    Span,
    band_of_mels,
    band_part,
    fade,
    frames_touching,
    samples_of,
)
from generation.audio.edit.take import Made, Take, heard_as

if TYPE_CHECKING:
    import torch

    from generation.audio.pipeline import SongspacePipeline
    from generation.audio.sampler import Settle

CONTEXT_S, LEAST_CONTEXT_S = 10.0, 3.0
AGAIN = 0.5
"""Up to where all is noised again; in strength, of that of the edit."""
_OTHER_NOISE = 0x5EED


@dataclass(frozen=True)
class Scene:
    """The window with what lies around it, at the generator's rate.

    Attributes
    ----------
    start_s : float
        Where in the clip it begins.
    mono : float array, shape (L * 2048,)
    window : Span
        Latent frames that are made anew.
    """

    start_s: float
    mono: np.ndarray
    window: Span


def inpaint(take: Take, edit: Inpainting) -> Made:
    """Make the window anew: as long as the given sound, at its rate and with its channels."""
    pipe, given = take.pipe, edit.given
    scene = scene_of(pipe, edit)
    known = encoded(pipe, scene.mono)
    made = _denoised(take, edit, scene, known)
    new = resampled(sounded(pipe, decoded(pipe, made)), pipe.sample_rate, given.sample_rate)
    waveform = spliced(edit, new, round(scene.start_s * given.sample_rate))
    return Made(waveform, given.sample_rate, frozenset({"level", "ends"}), given.bits)


def scene_of(pipe: SongspacePipeline, edit: Inpainting) -> Scene:
    """Cut the window out of the clip with what lies around it: ten seconds, or three on either side."""
    given, rate = edit.given, pipe.sample_rate
    around = max(LEAST_CONTEXT_S, (CONTEXT_S - (edit.end_s - edit.start_s)) / 2)
    # What is missing on one side is taken from the other.
    start_s = max(0.0, min(edit.start_s - around, given.seconds - CONTEXT_S))
    end_s = min(given.seconds, max(edit.end_s + around, start_s + CONTEXT_S))
    cut = samples_of(start_s, end_s, given.sample_rate, len(given.waveform))
    mono = resampled(given.mono[cut.start : cut.end], given.sample_rate, rate)
    size = frame_samples(pipe)
    L = -(-len(mono) // size)
    mono = np.pad(mono, (0, L * size - len(mono)), mode="symmetric")
    begins_s = cut.start / given.sample_rate
    window = frames_touching(edit.start_s - begins_s, edit.end_s - begins_s, size / rate, L)
    return Scene(begins_s, mono, window)


def _denoised(take: Take, edit: Inpainting, scene: Scene, known: torch.Tensor) -> torch.Tensor:
    pipe, sampler = take.pipe, take.sampler
    L = known.shape[-1]
    predict = pipe.predictor(heard_as(take.told, len(scene.mono) / pipe.sample_rate))
    settle = _settle(pipe, edit, scene, known)
    again = AGAIN * edit.strength
    watch = take.watch(sampler.steps(edit.strength) + sampler.steps(again))
    first = sampler.run(
        pipe.noise_of(L, take.seed), predict, watch, settle=settle, start=known, strength=edit.strength
    )
    other = pipe.noise_of(L, take.seed ^ _OTHER_NOISE)
    return sampler.run(other, predict, watch, settle=settle, start=first, strength=again)


def _settle(pipe: SongspacePipeline, edit: Inpainting, scene: Scene, known: torch.Tensor) -> Settle:
    import torch

    is_new = torch.zeros(known.shape[-1], dtype=torch.bool, device=known.device)
    is_new[scene.window.start : scene.window.end] = True
    if edit.band is None:
        return lambda clean: torch.where(is_new, clean, known)
    share = torch.from_numpy(band_of_mels(*edit.band, pipe.vocoder.spectrogram).astype(np.float32))
    share = share[None, :, None].to(known.device)
    bands = decoded(pipe, known)

    def settle(clean: torch.Tensor) -> torch.Tensor:
        mixed = share * decoded(pipe, clean) + (1 - share) * bands
        return torch.where(is_new, encoded_bands(pipe, mixed), known)

    return settle


def spliced(edit: Inpainting, new: np.ndarray, offset: int) -> np.ndarray:
    """Return the given sound with the window taken from new sound; float32, (n_samples, channels).

    Parameters
    ----------
    new : float array, shape (n,)
        At the rate of the given sound, whose sample `offset` is its first.
    """
    given = edit.given
    rate, old = given.sample_rate, given.waveform
    span = samples_of(edit.start_s, edit.end_s, rate, len(old))
    here = slice(span.start - offset, span.end - offset)
    scene = old[offset : max(offset + len(new), span.end)]  # rounding may lose a sample
    new = np.pad(new, (0, max(0, len(scene) - len(new))))[: len(scene)]
    outside = np.ones(len(scene), dtype=bool)
    outside[here] = False
    around = scene[outside] if rms(scene[outside]) > 1e-4 else scene
    levels = channel_levels(around.astype(np.float64), new[outside] if outside.any() else new)
    fresh = new[:, None] * levels
    before = scene[here].astype(np.float64)
    if edit.band is not None:
        fresh = band_part(fresh, rate, *edit.band)
        part = band_part(scene.astype(np.float64), rate, *edit.band)
        replaced, reference = part[here], rms(part[outside]) or rms(part)
    else:
        replaced, reference = before, rms(around)
    fresh = levelled(fresh, reference, here, rate)[here]
    out, into = _ramps(span, len(old), rate)
    out_of_it = before + (out[:, None] - 1) * replaced if edit.band is not None else out[:, None] * before
    whole = old.copy()
    whole[span.start : span.end] = (out_of_it + into[:, None] * fresh).clip(-1, 1).astype(np.float32)
    return whole


def _ramps(span: Span, n_samples: int, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """How loud old and new are in a window: powers add up to 1, for their waves have nothing in common.

    Where the window begins or ends with the clip there is nothing to fade from.
    """
    n = min(round(FADE_S * rate), len(span) // 4)
    rising = np.ones(len(span))
    if span.start > 0:
        rising[:n] = fade(n)
    if span.end < n_samples:
        rising[len(span) - n :] = np.minimum(rising[len(span) - n :], fade(n)[::-1])
    angle = rising * np.pi / 2
    out = np.cos(angle)
    out[rising == 1] = 0.0  # a cosine of half pi is not quite 0
    return out, np.sin(angle)
