"""Loop: latents in a ring, so that the end meets the beginning in the music, and in every sample.

In each step the ring is opened at another place, drawn from the seed, and some seconds of it are repeated on
either side, so that no frame ever lies at an end; the denoiser hears bars of the tempo throughout. The ring
has a whole number of latent frames, the bars seldom have: in between, the spectrogram is stretched around the
ring to whole frames of its own, and the sound, which has a period, resampled in that period to whole samples
(less than half a per cent; in both, nothing is cut). Phases do not come round by themselves: where the sound
fits best to itself one period later it is crossfaded into itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from generation.audio.edit.codec import AROUND_FRAMES, decoded, frame_samples, sounded
from generation.audio.edit.edits import LONGEST_LOOP_S, SHORTEST_LOOP_S, Loop
from generation.audio.edit.joining import crossfaded
from generation.audio.edit.take import Made, Take, heard_as
from generation.audio.soundness import PEAK
from generation.audio.wishes import Wishes

if TYPE_CHECKING:
    import torch

    from generation.audio.pipeline import SongspacePipeline
    from generation.audio.told import Told

USUAL_BPM = 120.0
REPEATED_S, HEARD_S = 2.5, 10.0
_JOIN_FRAMES, _SEARCHED_FRAMES = 12, 43
_OTHER_NOISE = 0x100B


def default_tempo(wishes: Wishes) -> float:
    """The tempo of a loop that was asked for none: the usual one of the heaviest genre, or 120."""
    from generation.studio.idioms import IDIOMS

    genres = {name.partition(":")[2]: value for name, value in wishes.tags.items() if name[:6] == "genre:"}
    named = max(genres, key=lambda name: genres[name], default=None)
    if named is None or genres[named] <= 0 or named not in IDIOMS:
        return USUAL_BPM
    return float(IDIOMS[named].tempo[1])


def loop_samples(bars: int, tempo_bpm: float, beats_per_bar: float, sample_rate: int) -> int:
    """Return how many samples so many bars are, to the nearest.

    >>> loop_samples(2, 120, 4, 22_050)
    88200

    Raises
    ------
    ValueError
        Shorter than half a second or longer than a minute.
    """
    seconds = bars * beats_per_bar * 60 / tempo_bpm
    if not SHORTEST_LOOP_S <= seconds <= LONGEST_LOOP_S:
        raise ValueError(
            f"{bars} bars at {tempo_bpm:g} bpm last {seconds:.1f} s:"
            f" a loop has {SHORTEST_LOOP_S:g} to {LONGEST_LOOP_S:g}"
        )
    return round(seconds * sample_rate)


def go_round(take: Take, edit: Loop) -> Made:
    """Make a loop: mono, at the generator's rate, its first sample on a downbeat."""
    pipe = take.pipe
    n_samples = round(take.request.seconds * pipe.sample_rate)
    L = max(2, round(n_samples / frame_samples(pipe)))
    latent = _ring(take, L, edit.bars)
    waveform = turned_to_sound(pipe, latent, n_samples)
    waveform *= min(1.0, PEAK / max(float(np.abs(waveform).max()), 1e-9))
    return Made(waveform.astype(np.float32), pipe.sample_rate, frozenset({"ends"}))


def _ring(take: Take, L: int, bars: int) -> torch.Tensor:
    """Denoise a ring of L frames, which lasts so many bars."""
    import torch

    pipe = take.pipe
    around = max(pipe.latent_frames(REPEATED_S), -(-(pipe.latent_frames(HEARD_S) - L) // 2))
    rng = np.random.default_rng([take.seed, _OTHER_NOISE])
    seconds = (L + 2 * around) * frame_samples(pipe) / pipe.sample_rate
    # In frames of the ring, a bar may be a little shorter or longer than in the loop.
    told = _in_ring(take.told, L * frame_samples(pipe) / pipe.sample_rate / bars)
    columns = torch.arange(-around, L + around)

    def predict(noisy: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        opened = int(rng.integers(L))
        phase = (opened - around) / L * bars
        heard = pipe.predictor(heard_as(told, seconds, starts_bar=phase))
        answer = heard(noisy[..., (columns + opened) % L], timestep)[..., around : around + L]
        return torch.roll(answer, opened, dims=-1)

    noise = pipe.noise_of(L, take.seed)
    return take.sampler.run(noise, predict, take.watch(take.sampler.steps()))


def _in_ring(told: Told, bar_s: float) -> Told:
    """The same with the tempo at which a bar lasts so long."""
    import torch

    c = told.conditions
    tempo = torch.where(c.has_tempo, 60 * c.beats_per_bar / bar_s, c.tempo_bpm)
    return replace(told, conditions=replace(c, tempo_bpm=tempo))


def turned_to_sound(pipe: SongspacePipeline, latent: torch.Tensor, n_samples: int) -> np.ndarray:
    """Return the sound of a ring of latents, with a period of n_samples; float64, shape (n_samples,)."""
    import torch
    from scipy.signal import resample

    L, hop = latent.shape[-1], int(pipe.vocoder.config.hop_length)
    columns = torch.arange(-AROUND_FRAMES, L + AROUND_FRAMES) % L
    factor = int(pipe.autoencoder.config.factor)
    bands = decoded(pipe, latent[..., columns])[..., AROUND_FRAMES * factor : (AROUND_FRAMES + L) * factor]
    T = max(1, round(n_samples / hop))
    bands = stretched(bands, T)
    before, after = _SEARCHED_FRAMES, _SEARCHED_FRAMES + 2 * _JOIN_FRAMES
    around = torch.arange(-before, T + after) % T
    waveform = sounded(pipe, bands[..., around]).astype(np.float64)
    ring = closed(waveform, T * hop, before * hop, _JOIN_FRAMES * hop)
    return np.asarray(resample(ring, n_samples)) if len(ring) != n_samples else ring


def stretched(bands: torch.Tensor, length: int) -> torch.Tensor:
    """Return the frames of a ring, (1, n_mels, T), at so many places, evenly spaced, between two linearly."""
    import torch

    T = bands.shape[-1]
    if length == T:
        return bands
    at = torch.arange(length, device=bands.device, dtype=torch.float64) * (T / length)
    left = at.floor().long()
    share = (at - left).to(bands.dtype)
    return bands[..., left % T] * (1 - share) + bands[..., (left + 1) % T] * share


def closed(waveform: np.ndarray, period: int, before: int, n_join: int) -> np.ndarray:
    """Return one period of sound that goes round, crossfaded into itself where it fits best.

    Parameters
    ----------
    waveform : float array, shape (n,)
        Of music that has a period, though its waves may not; its sample `before` is the first that is wanted.
    n_join : int
        Length of the crossfade. There are `before` + `n_join` samples and more after the period.

    Returns
    -------
    float array, shape (period,)
        In which the last sample leads to the first.
    """
    hop = max(1, n_join // 4)
    starts = range(0, min(2 * before, len(waveform) - period - n_join) + 1, hop)

    def likeness(start: int) -> float:
        one, other = waveform[start : start + n_join], waveform[start + period : start + period + n_join]
        return float(one @ other / (np.sqrt((one @ one) * (other @ other)) + 1e-12))

    start = max(starts, key=likeness)
    ring = waveform[start : start + period].copy()
    # What comes after the period goes over into the beginning: so its end leads on to it.
    ring[:n_join] = crossfaded(
        waveform[start + period : start + period + n_join], waveform[start : start + n_join]
    )
    return np.roll(ring, start - before)
