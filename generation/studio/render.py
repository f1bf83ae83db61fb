"""Score in, sound out: every part played, mixed in its genre's way, brought to its loudness.

`stems` plays, `mix` places the parts in a room and limits, `loudness` measures. The same score, SoundFont,
sample rate and libraries give the same bytes, with any number of threads. An excerpt sounds as the same
seconds of the whole do, but is brought to its loudness for itself, and costs only what it is long. Inside,
blocks have the shape (2, n_samples); what is handed out has (n_samples, 2), as sound files do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from generation.studio.loudness import SILENCE_LUFS, integrated_loudness
from generation.studio.mix import (
    ROOM_DB,
    LowCut,
    Room,
    Sound,
    kick_samples,
    limit,
    limiter_samples,
    place,
    pump,
    saturate,
    sound_of,
)
from generation.studio.score import Score, ScoreError
from generation.studio.soundfont import SoundFont, find_soundfont
from generation.studio.stems import PartPlayer, audible_power

SAMPLE_RATE = 22_050
BLOCK_S = 4.0
# An excerpt begins to be played so long before it is heard, for the notes and the room that ring into it.
PREROLL_S = 1.0
FADE_S = 0.008
"""At the ends of an excerpt: too short to be heard, long enough not to click."""
END_FADE_S = 1.0
"""At the end of a piece, under what still rings."""
TAIL_S = 1.5
"""How long a piece rings beside its room, after its last note."""
MOST_GAIN_DB = 40.0
MOST_LOST_DB = 3.0
# From how much of the loudest passage a stream judges the loudness of the whole.
REFERENCE_S = 6.0
FAINTEST_DB = -80.0


@dataclass(frozen=True)
class Rendered:
    """Sound, and where it comes from.

    Attributes
    ----------
    waveform : float32 array, shape (n_samples, 2)
        Left and right, within -1 .. 1.
    sample_rate : int
    soundfont : SoundFont
    prominence_db : mapping of str to float
        How loud each part that sounds is in the mix, by its name, loudest first: mean power as the ear weighs
        it, dB below the loudest. Parts of one name count together.
    """

    waveform: np.ndarray
    sample_rate: int
    soundfont: SoundFont
    prominence_db: Mapping[str, float]


def render(
    score: Score,
    *,
    sample_rate: int = SAMPLE_RATE,
    soundfont: Path | None = None,
    genres: Mapping[str, float] | None = None,
    start_beat: float = 0.0,
    n_seconds: float | None = None,
) -> Rendered:
    """Play a score, or `n_seconds` of it from `start_beat` on.

    Without `n_seconds` it plays to the end, rings out and fades. `genres` says how it is mixed.

    Raises
    ------
    ScoreError
        A score without notes.
    ValueError
        Not a positive number of seconds, a start outside the piece, or a sample rate below 8,000.
    SoundFontMissingError
    """
    font = find_soundfont(soundfont)
    take = _take(score, sample_rate, start_beat, n_seconds, sound_of(genres))
    mixdown = Mixdown(score, take, font)
    mix = np.concatenate(list(mixdown.blocks()), axis=1)
    waveform = np.concatenate(list(_mastered(iter([mix]), take, _gain(mix, take))))
    return Rendered(waveform, sample_rate, font, mixdown.prominence_db())


def render_stream(
    score: Score,
    *,
    sample_rate: int = SAMPLE_RATE,
    soundfont: Path | None = None,
    genres: Mapping[str, float] | None = None,
    start_beat: float = 0.0,
    n_seconds: float | None = None,
) -> Iterator[np.ndarray]:
    """Yield what `render` returns as successive float32 chunks of shape (n, 2), each as soon as it is played.

    The loudness of the whole is judged by its loudest passage, so that the first chunk need not wait; the
    result differs from `render`'s by that constant gain.

    Raises
    ------
    As `render`, at once.
    """
    font = find_soundfont(soundfont)
    take = _take(score, sample_rate, start_beat, n_seconds, sound_of(genres))
    loudest = _loudest_passage(score, take)
    gain = _gain(np.concatenate(list(Mixdown(score, loudest, font).blocks()), axis=1), loudest)
    return _mastered(Mixdown(score, take, font).blocks(), take, gain)


@dataclass(frozen=True)
class _Take:
    """What is to be heard, in samples of the piece, and how."""

    start: int
    n_samples: int
    sample_rate: int
    sound: Sound
    to_the_end: bool


def _take(score: Score, sample_rate: int, start_beat: float, n_seconds: float | None, sound: Sound) -> _Take:
    if not any(part.notes for part in score.parts):
        raise ScoreError("there is nothing to play: the score has no notes")
    if sample_rate < 8000:
        raise ValueError(f"sample_rate must be at least 8000, got {sample_rate}")
    if not 0 <= start_beat < score.n_beats:
        raise ValueError(f"start_beat must lie in the piece, 0 to {score.n_beats:g}, got {start_beat}")
    start = round(float(score.seconds_at(start_beat)) * sample_rate)
    if n_seconds is None:
        end_s = score.duration_s + sound.decay_s + TAIL_S
        return _Take(start, round(end_s * sample_rate) - start, sample_rate, sound, True)
    if not n_seconds > 0 or round(n_seconds * sample_rate) < 1 or not np.isfinite(n_seconds):
        raise ValueError(f"n_seconds must be positive, got {n_seconds}")
    return _Take(start, round(n_seconds * sample_rate), sample_rate, sound, False)


class Mixdown:
    """All parts played and mixed, block after block, before loudness is set."""

    def __init__(self, score: Score, take: _Take, font: SoundFont) -> None:
        self._take = take
        rate, sound = take.sample_rate, take.sound
        self._at = max(take.start - round(PREROLL_S * rate), 0)
        self._preroll = take.start - self._at
        self._parts = [part for part in score.parts if part.notes]
        self._players = [
            PartPlayer(score, part, font, sample_rate=rate, start=self._at) for part in self._parts
        ]
        self._room = Room(sound.decay_s, rate)
        self._low_cut = LowCut(rate)
        self._kicks = kick_samples(score, rate) if sound.pump_db > 0 else None
        self._energy = dict.fromkeys([part.name for part in self._parts], 0.0)

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield float32 blocks of shape (2, n) that together are what was asked for."""
        if self._preroll:
            self._block(self._preroll, heard=False)
        size = round(BLOCK_S * self._take.sample_rate)
        for done in range(0, self._take.n_samples, size):
            yield self._block(min(size, self._take.n_samples - done), heard=True)

    def prominence_db(self) -> dict[str, float]:
        """How loud each part was in the blocks so far, beside the loudest; those not heard are left out."""
        loudest = max(self._energy.values(), default=0.0)
        if loudest <= 0:
            return {}
        levels = {
            name: 10 * np.log10(energy / loudest) for name, energy in self._energy.items() if energy > 0
        }
        heard = [(name, round(float(level), 2)) for name, level in levels.items() if level > FAINTEST_DB]
        return dict(sorted(heard, key=lambda one: -one[1]))

    def _block(self, n_samples: int, *, heard: bool) -> np.ndarray:
        take = self._take
        mix = np.zeros((2, n_samples), np.float32)
        room = np.zeros((2, n_samples), np.float32)
        ducked: np.ndarray | None = None
        if self._kicks is not None:
            ducked = pump(
                self._kicks,
                self._at,
                n_samples,
                depth_db=take.sound.pump_db,
                sample_rate=take.sample_rate,
            )
        for part, player in zip(self._parts, self._players, strict=True):
            stem = place(player.play(n_samples), part)
            if not stem.any():
                continue
            if ducked is not None and not part.is_drums:
                stem *= ducked
            if heard:
                self._energy[part.name] += audible_power(stem, take.sample_rate) * n_samples
            mix += stem
            stem *= np.float32(10 ** ((take.sound.wet_db + ROOM_DB[part.role]) / 20))
            room += stem
        self._at += n_samples
        return self._low_cut.pass_on(mix + self._room.ring(room))


def _gain(mix: np.ndarray, take: _Take) -> float:
    """The factor that brings a mix to its sound's loudness after saturation and limiter.

    Those take some of the loudness away again, which is made up for.
    """
    loudness = integrated_loudness(mix.T, take.sample_rate)
    if loudness <= SILENCE_LUFS:
        return 1.0
    gain_db = min(take.sound.lufs - loudness, MOST_GAIN_DB)
    loud = mix * np.float32(10 ** (gain_db / 20))
    powers = [audible_power(one, take.sample_rate) for one in (loud, _shaped(loud, take))]
    lost_db = 10 * np.log10(powers[0] / powers[1])
    return float(10 ** ((gain_db + min(lost_db, MOST_LOST_DB)) / 20))


def _shaped(mix: np.ndarray, take: _Take) -> np.ndarray:
    return limit(saturate(mix, take.sound.drive), take.sample_rate)


def _mastered(blocks: Iterator[np.ndarray], take: _Take, gain: float) -> Iterator[np.ndarray]:
    """Yield blocks at their loudness, limited and faded; how they are cut changes no sample.

    The limiter looks to both sides, so what is yielded lags by its reach.
    """
    reach = 2 * limiter_samples(take.sample_rate)
    held = np.zeros((2, 0), np.float32)
    done = context = 0
    for block in chain(blocks, [None]):
        if block is not None:
            held = np.concatenate([held, block * np.float32(gain)], axis=1)
        ready = held.shape[1] - (reach if block is not None else 0)
        if ready <= context:
            continue
        out = _shaped(held, take)[:, context:ready]
        yield np.ascontiguousarray(_faded(out, done, take).T)
        done += out.shape[1]
        keep = max(ready - reach, 0)
        held, context = held[:, keep:], ready - keep


def _faded(block: np.ndarray, done: int, take: _Take) -> np.ndarray:
    """Fade what begins and ends in the middle of the music, and the end of a piece."""
    at = np.arange(done, done + block.shape[1])
    fade = FADE_S * take.sample_rate
    closing = min(END_FADE_S * take.sample_rate if take.to_the_end else fade, take.n_samples / 2)
    gain = np.minimum((take.n_samples - 1 - at) / closing, 1.0)
    if take.start > 0:
        gain = np.minimum(gain, at / min(fade, take.n_samples / 2))
    if gain.min() >= 1:
        return block
    return np.asarray(block * gain.astype(np.float32))


def _loudest_passage(score: Score, take: _Take) -> _Take:
    """The seconds in which the most is struck the hardest, of what is to be heard."""
    rate = take.sample_rate
    n = min(round(REFERENCE_S * rate), take.n_samples)
    seconds, struck = [], []
    for part in score.parts:
        starts = np.array([note.start for note in part.notes])
        seconds.append(score.seconds_at(starts))
        level = 10 ** (part.gain_db / 10)
        struck.append(level * np.array([note.velocity / 127 for note in part.notes]) ** 2)
    weights, _ = np.histogram(
        np.concatenate(seconds) * rate - take.start,
        bins=np.arange(0, take.n_samples + n, n),
        weights=np.concatenate(struck),
    )
    start = take.start + int(np.argmax(weights)) * n
    return _Take(start, min(n, take.start + take.n_samples - start), rate, take.sound, False)
