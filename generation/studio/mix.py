"""The mix: every part in its place, in a room, with what the genre's records have in common.

A `Sound` holds what a genre's mix is like; a piece of two genres is mixed between theirs. Everything here
works on successive blocks of samples and remembers what it has to, so a song can be heard while it is played.
Blocks have the shape (2, n_samples), left and right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

from generation.studio.score import Part, Score


@dataclass(frozen=True)
class Sound:
    """What a mix is like.

    Attributes
    ----------
    lufs : float
        Integrated loudness it is brought to (ITU-R BS.1770-4).
    wet_db : float
        Level of the room beside the direct sound.
    decay_s : float
        Seconds in which the room dies away by 60 dB.
    drive : float
        How hard the tape is driven: 0 is clean, 1 rounds every peak.
    pump_db : float
        By how much each kick pushes the other parts down.
    """

    lufs: float = -16.0
    wet_db: float = -14.0
    decay_s: float = 1.0
    drive: float = 0.2
    pump_db: float = 0.0


SOUNDS: Mapping[str, Sound] = {
    "rock": Sound(-13, -17, 0.8, 0.45),
    "pop": Sound(-14, -15, 1.1, 0.25),
    "edm": Sound(-12, -15, 1.3, 0.35, 8.0),
    "techno": Sound(-13, -14, 1.4, 0.4, 7.0),
    "hip hop": Sound(-13, -18, 0.7, 0.4, 2.0),
    "jazz": Sound(-17, -14, 1.0, 0.1),
    "blues": Sound(-15, -16, 0.8, 0.35),
    "classical": Sound(-20, -9, 2.2, 0.0),
    "ambient": Sound(-18, -5, 3.0, 0.05),
    "folk": Sound(-17, -15, 0.9, 0.1),
    "country": Sound(-15, -16, 0.9, 0.2),
    "metal": Sound(-12, -19, 0.7, 0.7),
    "latin": Sound(-14, -15, 1.0, 0.2),
    "reggae": Sound(-14, -11, 1.5, 0.25),
    "funk": Sound(-13, -18, 0.6, 0.3),
    "chiptune": Sound(-13, -30, 0.4, 0.1),
}
# Where what a part does says how far back it stands in the room; dB on top of the sound's own `wet_db`.
ROOM_DB: Mapping[str, float] = {
    "lead": 0.0,
    "counter": 0.0,
    "riff": -3.0,
    "harmony": 0.0,
    "pad": 2.0,
    "bass": -14.0,
    "drums": -5.0,
    "effect": 2.0,
}
KICKS = (35, 36)
PUMP_S = 0.18
"""Seconds in which a part comes back after a kick, to 1/e."""
LOW_CUT_HZ = 25.0
CEILING = 0.97
LIMITER_S = 0.006


def sound_of(genres: Mapping[str, float] | None) -> Sound:
    """Return the sound of a mixture of genres: the weighted mean of theirs.

    Genres without a sound of their own, and no genres at all, sound like `Sound()`.
    """
    weighted = [(SOUNDS.get(name, Sound()), weight) for name, weight in (genres or {}).items()] or [
        (Sound(), 1.0)
    ]
    total = sum(weight for _, weight in weighted)
    return Sound(
        **{
            one.name: sum(getattr(sound, one.name) * weight for sound, weight in weighted) / total
            for one in fields(Sound)
        }
    )


def place(stem: np.ndarray, part: Part) -> np.ndarray:
    """Set a stereo stem's level and turn it left or right, keeping its power (in place); a part in the middle
    stays as it is.

    Parameters
    ----------
    stem : float32 array, shape (2, n_samples)
    """
    angle = (part.pan + 1) * np.pi / 4
    level = np.sqrt(2) * 10 ** (part.gain_db / 20)
    stem *= np.array([[level * np.cos(angle)], [level * np.sin(angle)]], dtype=np.float32)
    return stem


def kick_samples(score: Score, sample_rate: int) -> np.ndarray:
    """Samples at which a bass drum is struck, in order; int64 of shape (n_kicks,)."""
    beats = sorted(
        {note.start for part in score.parts if part.is_drums for note in part.notes if note.pitch in KICKS}
    )
    return np.round(score.seconds_at(np.array(beats)) * sample_rate).astype(np.int64)


def pump(kicks: np.ndarray, start: int, n_samples: int, *, depth_db: float, sample_rate: int) -> np.ndarray:
    """Gain of the other parts under the kicks, as a side-chain compressor would set it.

    Returns
    -------
    float32 array, shape (n_samples,)
        1 long after a kick, `-depth_db` decibels a few milliseconds after one.
    """
    times = np.arange(start, start + n_samples)
    last = np.searchsorted(kicks, times, side="right") - 1
    long_ago = -(10**9)
    since = times - np.concatenate([[long_ago], kicks])[last + 1]
    attack = np.minimum(since / (0.004 * sample_rate), 1.0)
    # The gain before the kick is not quite 1 where kicks are dense; the attack hides the step.
    ducked = attack * np.exp(-since / (PUMP_S * sample_rate))
    return np.asarray(10 ** (-depth_db / 20 * ducked), dtype=np.float32)


class Room:
    """A room: convolution with stereo noise that dies away, block after block."""

    def __init__(self, decay_s: float, sample_rate: int) -> None:
        self._response = room_response(round(decay_s, 3), sample_rate)
        self._tail = np.zeros((2, self._response.shape[1] - 1), np.float32)

    def ring(self, sent: np.ndarray) -> np.ndarray:
        """Return what the room answers while a block is sent into it; float32 of the block's shape."""
        from scipy.signal import fftconvolve

        answer = fftconvolve(sent, self._response, axes=1)
        answer[:, : self._tail.shape[1]] += self._tail
        self._tail = answer[:, sent.shape[1] :]
        return np.asarray(answer[:, : sent.shape[1]])


class LowCut:
    """A high-pass of second order at LOW_CUT_HZ, block after block: no rumble, no constant offset.

    Samples of some programs, square waves above all, have an offset that would eat up headroom.
    """

    def __init__(self, sample_rate: int) -> None:
        from scipy.signal import butter

        self._sections = butter(2, LOW_CUT_HZ, "highpass", fs=sample_rate, output="sos")
        self._state = np.zeros((len(self._sections), 2, 2))

    def pass_on(self, mix: np.ndarray) -> np.ndarray:
        """Return a block without what lies below; float32 of the block's shape."""
        from scipy.signal import sosfilt

        passed, self._state = sosfilt(self._sections, mix.astype(np.float64), axis=1, zi=self._state)
        return np.asarray(passed, dtype=np.float32)


@lru_cache(maxsize=32)
def room_response(decay_s: float, sample_rate: int) -> np.ndarray:
    """A room's impulse response: noise of its own on each side, less and less bright, of unit energy.

    Returns
    -------
    float32 array, shape (2, n_samples)
        As long as it takes to fall by 60 dB.
    """
    from scipy.signal import lfilter

    n = max(round(decay_s * sample_rate), 64)
    seconds = np.arange(n) / sample_rate
    # Noise is the same for every room: rooms between two genres' differ by their decay alone.
    bright, dark = np.random.default_rng(1961).normal(size=(2, 2, n))
    dark = lfilter([0.25], [1, -0.75], dark) * 1.8
    fall = np.log(1000) / decay_s
    noise = 0.6 * bright * np.exp(-2.2 * fall * seconds) + dark * np.exp(-fall * seconds)
    noise = lfilter([1, -1], [1, -0.97], noise)  # no rumble
    noise *= np.minimum(seconds / 0.012, 1)  # the walls are a few metres away
    return np.asarray(noise / np.sqrt(np.sum(noise**2, axis=1, keepdims=True)), dtype=np.float32)


def saturate(mix: np.ndarray, drive: float) -> np.ndarray:
    """Round peaks as tape does: y = tanh(k x) / k, of slope 1 at 0, with k growing with `drive`."""
    if drive <= 0:
        return mix
    k = np.float32(1.2 * drive)
    return np.asarray(np.tanh(mix * k) / k)


def limiter_samples(sample_rate: int) -> int:
    """How far the limiter looks to each side."""
    return round(LIMITER_S * sample_rate)


def limit(mix: np.ndarray, sample_rate: int) -> np.ndarray:
    """Turn down around peaks so that no sample leaves -CEILING .. CEILING.

    The least gain within reach, averaged over the same reach: at a peak, every gain averaged is at most what
    the peak needs.
    """
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    peaks = np.maximum(np.abs(mix[0]), np.abs(mix[1]))
    if not (peaks > CEILING).any():
        return mix
    reach = 2 * (limiter_samples(sample_rate) // 2) + 1
    needed = CEILING / np.maximum(peaks, CEILING)
    gain = uniform_filter1d(minimum_filter1d(needed, reach, mode="nearest"), reach, mode="nearest")
    return np.asarray(np.clip(mix * gain, -CEILING, CEILING))
