"""Continuation: window after window, each of which knows the end of what there is.

A window is as long as the clips of training. Its first part is known, at least four seconds, and held in
place in each step; the rest is made. Windows are put together as latents and decoded as one, so that no seam
is ever in the sound, but where given sound goes over into new. All windows hear the same tempo, key, tags
and style, and where the first of them knows its bars, so do all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generation.audio.edit.codec import decoded, encoded, frame_samples, sounded
from generation.audio.edit.edits import Continuation
from generation.audio.edit.given import Given
from generation.audio.edit.joining import (
    MOST_LAG_S,
    best_lag,
    channel_levels,
    crossfaded,
    levelled,
    resampled,
    rms,
)
from generation.audio.edit.masks import fade
from generation.audio.edit.take import Made, Take, heard_as, heard_inside
from generation.audio.soundness import finished
from generation.audio.wanted import wishes_of_sections
from generation.audio.wishes import Wishes

if TYPE_CHECKING:
    import torch

    from generation.audio.told import Told

WINDOW_S, OVERLAP_S = 10.0, 4.0
JOIN_S, COMPARED_S, LEVELLED_S, FADE_OUT_S = 0.05, 0.25, 3.0, 2.0


@dataclass(frozen=True)
class Window:
    """Latent frames `start` up to `end`, those before `new` known; `section` says what is told."""

    start: int
    new: int
    end: int
    section: int


def windows_of(known: int, total: int, cuts: list[int], *, width: int, overlap: int) -> list[Window]:
    """Lay windows over what is to be made.

    Parameters
    ----------
    known, total : int
        Frames that there are, and that there are to be.
    cuts : list of int
        Frames at which section 0, 1, ... begin; the first is 0. New parts end there, so that a section begins
        where it should.
    width, overlap : int
        Frames of a window, and how many of these are known at least, where there are so many.

    Returns
    -------
    list of Window
        What is new in them adds up to the rest without gaps, in parts of about the same length.
    """
    found = []
    at = known
    for section, begins in enumerate(cuts):
        ends = min(cuts[section + 1] if section + 1 < len(cuts) else total, total)
        if ends <= max(at, begins):
            continue
        if at == 0:  # nothing is known yet: a whole window
            found.append(Window(0, 0, min(width, ends), section))
            at = found[-1].end
        n = -(-(ends - at) // (width - overlap))
        for part in range(n):
            end = at + -(-(ends - at) // (n - part))
            found.append(Window(max(0, end - width), at, end, section))
            at = end
    return found


def go_on(take: Take, edit: Continuation) -> Made:
    """Make the whole: what is given, sample for sample, and what comes after it."""
    if edit.given is None:
        return _from_the_beginning(take)
    return _after(take, edit.given)


def _from_the_beginning(take: Take) -> Made:
    pipe = take.pipe
    seconds, rate = take.request.seconds, pipe.sample_rate
    L = -(-round(seconds * rate) // frame_samples(pipe))
    latent = _extended(take, None, L, 0.0)
    waveform = sounded(pipe, decoded(pipe, latent))[: round(seconds * rate)]
    return Made(finished(waveform, rate), rate)


def _after(take: Take, given: Given) -> Made:
    pipe, rate = take.pipe, take.pipe.sample_rate
    size = frame_samples(pipe)
    mono = resampled(given.mono, given.sample_rate, rate)
    # The grid of frames ends where the given sound ends; of a long one the end is enough.
    n_known = min(len(mono) // size, pipe.latent_frames(WINDOW_S))
    mono = mono[len(mono) - n_known * size :]
    missing_s = take.request.seconds - given.seconds
    n_new = -(-round(missing_s * rate) // size) + 1  # one more, for the lag
    known = encoded(pipe, mono)
    latent = _extended(take, known, n_known + n_new, given.seconds - len(mono) / rate)
    new = resampled(sounded(pipe, decoded(pipe, latent)), rate, given.sample_rate)
    n_samples = round(take.request.seconds * given.sample_rate)
    waveform = joined(given, new, round(len(mono) / rate * given.sample_rate), n_samples)
    return Made(waveform, given.sample_rate, frozenset({"level", "ends"}), given.bits)


def _extended(take: Take, known: torch.Tensor | None, total: int, start_s: float) -> torch.Tensor:
    """Return latents of `total` frames that begin with those known; frame 0 is at `start_s` of the whole."""
    import torch

    pipe = take.pipe
    frame_s = frame_samples(pipe) / pipe.sample_rate
    sections = _sections(take, in_bars=known is None)
    cuts = [max(0, round((section.start_s - start_s) / frame_s)) for section in sections]
    n_known = 0 if known is None else known.shape[-1]
    width, overlap = pipe.latent_frames(WINDOW_S), pipe.latent_frames(OVERLAP_S)
    windows = windows_of(n_known, total, cuts, width=width, overlap=overlap)
    noise = pipe.noise_of(total, take.seed)
    latent = noise.clone() if known is None else torch.cat([known, noise[..., n_known:]], dim=-1)
    watch = take.watch(len(windows) * take.sampler.steps())
    tags = tuple(pipe.denoiser.config.tags)
    for window in windows:
        section = sections[window.section]
        seconds = (window.end - window.start) * frame_s
        phase = None
        if section.bar_s is not None:
            phase = (window.start * frame_s - section.bars_since_s) / section.bar_s
        told = heard_as(section.told, seconds, starts_bar=phase)
        is_first = known is None and window.start == 0
        told = heard_inside(told, tags, first=is_first, last=window.end == total)
        cut = slice(window.start, window.end)
        there = latent[..., window.start : window.new]

        def settle(clean: torch.Tensor, there: torch.Tensor = there) -> torch.Tensor:
            return torch.cat([there, clean[..., there.shape[-1] :]], dim=-1)

        latent[..., cut] = take.sampler.run(noise[..., cut], pipe.predictor(told), watch, settle=settle)
    return latent


@dataclass(frozen=True)
class _Heard:
    """What is told in a section, and its bars: since when they are counted, and how long one lasts."""

    told: Told
    start_s: float
    bars_since_s: float
    bar_s: float | None


def _sections(take: Take, *, in_bars: bool) -> list[_Heard]:
    """What is told in each section; bars are counted on until one has another tempo."""
    found: list[_Heard] = []
    starts = [0.0, *(section.start_s for section in take.request.sections)]
    wished = wishes_of_sections(take.request)
    for start_s, wishes, told in zip(starts, wished, take.tolds, strict=True):
        bar_s = _bar_s(wishes) if in_bars else None
        goes_on = bool(found) and bar_s == found[-1].bar_s
        found.append(_Heard(told, start_s, found[-1].bars_since_s if goes_on else start_s, bar_s))
    return found


def _bar_s(wishes: Wishes) -> float | None:
    return None if wishes.tempo_bpm is None else wishes.beats_per_bar * 60 / wishes.tempo_bpm


def joined(given: Given, new: np.ndarray, n_known: int, n_samples: int) -> np.ndarray:
    """Return given sound and new sound as one of n_samples; float32, (n_samples, channels).

    Up to the crossfade, 50 ms before its end, the given sound is kept as it is. The new one may come up to 8
    ms earlier or later, as waves meet best; it fades out over two seconds.

    Parameters
    ----------
    new : float array, shape (n,)
        At the rate of the given sound; its first `n_known` samples are what became of the end of it.
    """
    rate, old = given.sample_rate, given.waveform.astype(np.float64)
    n_join, most = round(JOIN_S * rate), round(MOST_LAG_S * rate)
    n_compared = round(COMPARED_S * rate)
    end = given.mono[-n_compared:].astype(np.float64)
    lag = best_lag(end, new[n_known - n_compared - most : n_known + most], most)
    after = new[n_known - n_join + lag :][: n_samples - len(old) + n_join]
    after = np.pad(after, (0, n_samples - len(old) + n_join - len(after)))
    levels = channel_levels(old[-n_known:], new[:n_known])
    fresh = levelled(after[:, None] * levels, rms(old[-n_known:]), slice(0, round(LEVELLED_S * rate)), rate)
    n_out = min(round(FADE_OUT_S * rate), (n_samples - len(old)) // 2)
    fresh[len(fresh) - n_out :] *= fade(n_out)[::-1, None]
    whole = np.concatenate([old[: len(old) - n_join], fresh])
    whole[len(old) - n_join : len(old)] = crossfaded(old[len(old) - n_join :], fresh[:n_join])
    out = whole.clip(-1, 1).astype(np.float32)
    out[: len(old) - n_join] = given.waveform[: len(old) - n_join]
    return out
