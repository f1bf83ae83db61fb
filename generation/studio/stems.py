"""One part of a score, played by the synthesiser into stereo samples.

Each part has a synthesiser of its own (a clone: the samples are shared), so there are as many channels as
parts, every part can be placed, sent to the room and measured for itself, and an excerpt costs no more than
what sounds in it. Notes begin and end on the very sample.

Programs of a SoundFont differ in loudness by 20 dB and more. Each is therefore brought to one level
(`program_gain_db`), so that `Part.gain_db` means the same for all instruments and all SoundFonts.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from generation.studio.score import Part, Score
from generation.studio.soundfont import SoundFont, load_synth, native_synth

DRUM_CHANNEL, MELODIC_CHANNEL = 9, 0
# Amplitude goes with this power of velocity / 127: between the synthesiser's own 1 and the standard's 2.
VELOCITY_EXPONENT = 1.5
MAX_VOICES = 128
_BYTES = 8  # of a stereo sample
# A note that began longer ago than this before an excerpt is struck anew at this distance.
LONGEST_LOOKBACK_S = 6.0
SHORTEST_NOTE_S = 0.02
# Drums are struck and left to ring; what is written as their length is how long the stick takes.
RING_S = {46: 0.7, 49: 2.5, 51: 1.5, 52: 2.5, 53: 1.5, 55: 2.0, 57: 2.5, 59: 1.5}
SHORTEST_DRUM_S = 0.3

LEVEL_DB, DRUMS_LEVEL_DB = -30.0, -33.0
"""Mean level that a note of each program, or a stroke of each kit, is brought to; dB of full scale."""
MOST_CORRECTION_DB = 14.0
FIRST_EFFECT = 112
# Correcting all of the difference would make a triangle as loud as a trumpet.
_CORRECTED = 0.8


class PartPlayer:
    """Plays a part on from a sample of the piece; `play` returns the samples that follow.

    Parameters
    ----------
    score, part : the piece, whose tempos turn beats into time, and one of its parts
    font : SoundFont
    sample_rate : int
    start : int
        Sample of the piece from which to play. Notes that are held there are struck before, unheard.
    """

    def __init__(
        self, score: Score, part: Part, font: SoundFont, *, sample_rate: int, start: int = 0
    ) -> None:
        self._synth = new_synth(font, part.program, drums=part.is_drums, sample_rate=sample_rate)
        self._channel = DRUM_CHANNEL if part.is_drums else MELODIC_CHANNEL
        self._gain = np.float32(
            10 ** (program_gain_db(font, part.program, drums=part.is_drums, sample_rate=sample_rate) / 20)
        )
        lookback = round(LONGEST_LOOKBACK_S * sample_rate)
        self._events = key_events(score, part, sample_rate, start=start, lookback=lookback)
        self._next = 0
        self._at = min([start, *self._events[0][:1].tolist()])
        self.play(start - self._at)

    @property
    def over(self) -> bool:
        """Whether all notes have been let go; the last ones may still ring."""
        return self._next >= len(self._events[0])

    def play(self, n_samples: int) -> np.ndarray:
        """Return the next samples, float32 of shape (2, n_samples)."""
        out = np.zeros((n_samples, 2), np.float32)
        if n_samples == 0:
            return out.T
        times, pitches, velocities = self._events
        buffer = out.data.cast("B")
        last = int(np.searchsorted(times, self._at + n_samples))
        written = 0
        for time, pitch, velocity in zip(
            (times[self._next : last] - self._at).tolist(),
            pitches[self._next : last].tolist(),
            velocities[self._next : last].tolist(),
            strict=True,
        ):
            if time > written:
                self._synth.render(buffer[_BYTES * written : _BYTES * time], False)
                written = time
            if velocity:
                self._synth.channel_note_on(self._channel, pitch, velocity)
            else:
                self._synth.channel_note_off(self._channel, pitch)
        if n_samples > written:
            self._synth.render(buffer[_BYTES * written :], False)
        self._next, self._at = last, self._at + n_samples
        return np.multiply(out.T, self._gain, order="C")


def key_events(
    score: Score, part: Part, sample_rate: int, *, start: int = 0, lookback: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """When a part's keys go down and up, of the notes that sound at sample `start` or later.

    Returns
    -------
    times : int64 array, shape (n_events,)
        Samples from the start of the piece, in order; none before `start - lookback`.
    pitches : int64 array, shape (n_events,)
    velocities : float64 array, shape (n_events,)
        0..1 as the synthesiser takes it; 0 lets go. Keys that are let go come before those struck at the
        same time, or a repeated note would be cut off.
    """
    notes = part.notes
    seconds = score.seconds_at(np.array([(note.start, note.end) for note in notes]).reshape(-1, 2))
    least = np.full(len(notes), SHORTEST_NOTE_S)
    if part.is_drums:
        least = np.array([RING_S.get(note.pitch, SHORTEST_DRUM_S) for note in notes]).reshape(-1)
    ons = np.round(seconds[:, 0] * sample_rate).astype(np.int64)
    offs = np.round(np.maximum(seconds[:, 1], seconds[:, 0] + least) * sample_rate).astype(np.int64)
    sounding = offs > start
    ons, offs = np.maximum(ons[sounding], start - lookback), offs[sounding]
    pitches = np.array([note.pitch for note in notes], dtype=np.int64)[sounding]
    struck = (np.array([note.velocity for note in notes])[sounding] / 127) ** VELOCITY_EXPONENT
    times = np.concatenate([offs, ons])
    keys = np.concatenate([pitches, pitches])
    velocities = np.concatenate([np.zeros(len(offs)), struck])
    order = np.lexsort((keys, velocities > 0, times))
    return times[order], keys[order], velocities[order]


def new_synth(font: SoundFont, program: int, *, drums: bool, sample_rate: int) -> Any:
    """Return a synthesiser with one program on `MELODIC_CHANNEL`, or one kit on `DRUM_CHANNEL`.

    A kit or program that the SoundFont lacks is played by its standard kit or the first program.
    """
    native = native_synth()
    synth = native.SoundFont(load_synth(font))
    synth.set_output(native.OutputMode.StereoInterleaved, sample_rate, 0.0)
    synth.set_max_voices(MAX_VOICES)
    synth.channel_set_preset_number(DRUM_CHANNEL if drums else MELODIC_CHANNEL, program, drums)
    return synth


@lru_cache(maxsize=1024)
def program_gain_db(font: SoundFont, program: int, *, drums: bool, sample_rate: int) -> float:
    """Return by how much to change a program's loudness so that it comes near `LEVEL_DB`.

    Measured on the louder half of a second of three single notes, or of kick, snare and hi-hat. Sound effects
    (programs from 112 on) are left as they are.
    """
    if program >= FIRST_EFFECT and not drums:
        return 0.0
    synth = new_synth(font, program, drums=drums, sample_rate=sample_rate)
    channel = DRUM_CHANNEL if drums else MELODIC_CHANNEL
    low = 32 <= program < 40  # basses
    pitches = (36, 42, 38, 42) if drums else (31, 38, 45) if low else (55, 62, 69)
    powers: list[float] = []
    half = sample_rate // 2
    for pitch in pitches:
        out = np.zeros((2 * half, 2), np.float32)
        synth.channel_note_on(channel, pitch, (90 / 127) ** VELOCITY_EXPONENT)
        synth.render(out.data.cast("B"), False)
        synth.channel_sounds_off(channel)
        halves = [audible_power(part, sample_rate) for part in np.split(out.T, 2, axis=1)]
        powers.append(halves[0] if drums else max(halves))
    power = float(np.mean(powers))
    if power <= 0:
        return 0.0
    level_db = DRUMS_LEVEL_DB if drums else LEVEL_DB
    correction = _CORRECTED * (level_db - 10 * np.log10(power))
    return float(np.clip(correction, -MOST_CORRECTION_DB, MOST_CORRECTION_DB))


def audible_power(stereo: np.ndarray, sample_rate: int) -> float:
    """Mean power of both channels together, shape (2, n_samples), as the ear weighs it; 0 of silence.

    The filters are those of loudness metering (ITU-R BS.1770-4, "K-weighting"), on every second sample, which
    folds the highest octave down but keeps its power.
    """
    from scipy.signal import sosfilt

    if not stereo.size or not stereo.any():
        return 0.0
    weighted = sosfilt(_k_weighting(sample_rate / 2), (stereo[0, ::2] + stereo[1, ::2]) / 2)
    return float(np.mean(np.square(weighted)))


@lru_cache(maxsize=8)
def _k_weighting(sample_rate: float) -> np.ndarray:
    """A high shelf of 4 dB at 1.5 kHz and a high-pass at 38 Hz, as second-order sections in float32."""
    sections = []
    for kind, gain_db, quality, frequency in (("shelf", 4.0, 0.707, 1500.0), ("pass", 0.0, 0.5, 38.0)):
        amplitude, w = 10 ** (gain_db / 40), 2 * np.pi * frequency / sample_rate
        alpha, cos = np.sin(w) / (2 * quality), np.cos(w)
        if kind == "shelf":
            root = 2 * np.sqrt(amplitude) * alpha
            plus, minus = amplitude + 1, amplitude - 1
            b = [
                amplitude * (plus + minus * cos + root),
                -2 * amplitude * (minus + plus * cos),
                amplitude * (plus + minus * cos - root),
            ]
            a = [plus - minus * cos + root, 2 * (minus - plus * cos), plus - minus * cos - root]
        else:
            b, a = [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2], [1 + alpha, -2 * cos, 1 - alpha]
        sections.append(np.array(b + a) / a[0])
    return np.array(sections, dtype=np.float32)
