"""Whoever plays chords: strums, stabs, broken and power chords, pads and riffs, from the lines of `styles`.

Voices move as little as they can from chord to chord (`voicing`), in a register that leaves the melody alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generation.studio.band.bars import (
    Bar,
    accent,
    bass_class,
    final_start,
    split_at_changes,
    strikes,
    third_of,
)
from generation.studio.band.instruments import Instrument
from generation.studio.band.styles import Style
from generation.studio.band.voicing import fit_pitch, lead_voices
from generation.studio.score import CHORDS, Chord, Note

_ACCENT = {"X": 10, "x": 0, "o": -12, "u": -8, "m": -20, "p": -2}
_POWER_MARKS = (0, 7, 12)
# Seconds from string to string of a strum.
STRUM_S = 0.009


@dataclass(frozen=True)
class Hands:
    """Where somebody plays: the style, the register of chords, and the length of a beat."""

    style: Style
    instrument: Instrument
    low: int
    high: int
    beat_s: float
    scale: tuple[int, str]


def play_chords(
    bars: Sequence[Bar], activity: Sequence[float], hands: Hands, *, rng: np.random.Generator
) -> list[Note]:
    """Play the chords of a piece in a style.

    Parameters
    ----------
    bars, activity : sequences
        As for `drums.play_drums`; up to .5 takes the thinnest line.
    hands : Hands
    rng : numpy.random.Generator
        Draws a line for each kind of section.

    Returns
    -------
    list of Note
        The last chord is held from its beat to the end.
    """
    picks = {
        (kind, level): _draw(hands.style.lines[level], rng)
        for kind in dict.fromkeys(bar.kind for bar in bars)
        for level in range(3)
    }
    notes: list[Note] = []
    voicing: tuple[int, ...] = ()
    for number, bar in enumerate(bars):
        if activity[number] <= 0:
            continue
        level = 0 if activity[number] <= 0.5 else bar.level
        line, step = picks[bar.kind, level], 0.25
        if bar.meter.compound:
            line, step = hands.style.six, 1 / 3
        elif abs(bar.beats - 3) < 1e-6 and level > 0:
            line = hands.style.waltz
        struck = list(strikes(line, bar, step=step))
        if bar.final:
            last = final_start(tuple(bars))
            struck = [(last, bar.end - last, "x")]
            if last > bar.start:
                struck.insert(0, (bar.start, last - bar.start, "x"))
        for start, length, mark in struck:
            for at, piece, chord in split_at_changes(bar, start, length):
                voicing = _voiced(chord, voicing, hands)
                rings = bar.final or length > 0.8 or hands.style.gate >= 1
                sounding = piece if rings else piece * hands.style.gate
                notes += _strike(mark, at, sounding, voicing, chord=chord, bar=bar, hands=hands)
    return notes


def hold_chords(
    bars: Sequence[Bar], activity: Sequence[float], hands: Hands, *, rng: np.random.Generator
) -> list[Note]:
    """Hold every chord as a pad does, tones that stay being tied over; parameters as for `play_chords`."""
    del rng  # a pad has nothing to draw, but is called like the others
    ends: dict[int, Note] = {}
    done: list[Note] = []
    voicing: tuple[int, ...] = ()
    for number, bar in enumerate(bars):
        for chord in bar.chords if activity[number] > 0 else ():
            voicing = _voiced(chord, voicing, hands)
            loudness = _velocity(bar, -hands.style.softer)
            for pitch in with_tonic(voicing, chord, hands):
                tied = ends.pop(pitch, None)
                if tied is not None and abs(tied.end - chord.start) < 1e-6 and bar.place > 0:
                    ends[pitch] = Note(tied.start, tied.duration + chord.duration, pitch, tied.velocity)
                    continue
                done += [tied] if tied is not None else []
                ends[pitch] = Note(chord.start, chord.duration, pitch, loudness)
    return done + list(ends.values())


def _draw(line: str, rng: np.random.Generator) -> str:
    choices = line.split("/")
    return choices[int(rng.integers(len(choices)))]


def _voiced(chord: Chord, previous: tuple[int, ...], hands: Hands) -> tuple[int, ...]:
    if hands.style.power:
        floor = max(hands.instrument.low, 38)
        root = floor + (bass_class(chord) - floor) % 12
        # Distortion adds a major third of its own, so four voices say aloud which third is meant.
        third = (12 + third_of(chord, hands.scale),) if hands.style.voices > 3 else ()
        return tuple(root + step for step in (*_POWER_MARKS, *third))
    return lead_voices(chord, previous, low=hands.low, high=hands.high, n_voices=hands.style.voices)


def _strike(
    mark: str, at: float, length: float, voicing: tuple[int, ...], *, chord: Chord, bar: Bar, hands: Hands
) -> list[Note]:
    """Return the notes of one character of a line."""
    soft = -hands.style.softer
    if mark.isdigit() and not hands.style.degrees:
        return _picked(int(mark), at, length, voicing, bar=bar, hands=hands)
    if mark in "R34567Oa":
        pitch = _single(mark, chord, bar, hands)
        return [Note(at, length, pitch, _velocity(bar, soft + accent(bar, at)))]
    pitches = voicing[:1] if mark == "p" else voicing[1:] if mark == "u" else voicing
    if mark in "pm":
        length = min(length, 0.5 * 0.25 if mark == "m" else 0.18)
    spread = STRUM_S / hands.beat_s if hands.instrument.family in ("guitar", "plucked") else 0.0
    if hands.style.power:
        spread = 0.0
    elif mark not in "um":
        pitches = with_tonic(pitches, chord, hands)
    order = pitches[::-1] if mark == "u" else pitches
    return [
        Note(
            at + place * spread,
            max(length - place * spread, 0.05),
            pitch,
            _velocity(bar, soft + _ACCENT.get(mark, 0) + (accent(bar, at) if mark == "p" else 0)),
        )
        for place, pitch in enumerate(order)
    ]


def with_tonic(pitches: tuple[int, ...], chord: Chord, hands: Hands) -> tuple[int, ...]:
    """Double the tonic of the key, below or within the chord, where the chord has it: home is heard."""
    if hands.scale[0] not in chord.pitch_classes or hands.style.voices < 3:
        return pitches
    floor = max(hands.low - 5, hands.instrument.low)
    added = floor + (hands.scale[0] - floor) % 12
    if added > pitches[0]:
        added = pitches[0] + (hands.scale[0] - pitches[0]) % 12
    if added in pitches:
        added += 12
    return pitches if added > hands.instrument.high else tuple(sorted({*pitches, added}))


def _picked(
    voice: int, at: float, length: float, voicing: tuple[int, ...], *, bar: Bar, hands: Hands
) -> list[Note]:
    pitch = voicing[voice % len(voicing)] + 12 * (voice // len(voicing))
    pitch = fit_pitch(pitch, hands.instrument.low, hands.instrument.high)
    velocity = _velocity(bar, -hands.style.softer + accent(bar, at))
    notes = [Note(at, length, pitch, velocity)]
    if hands.style.octaves and pitch + 12 <= hands.instrument.high:
        notes.append(Note(at, length, pitch + 12, velocity))
    return notes


def _single(mark: str, chord: Chord, bar: Bar, hands: Hands) -> int:
    """A single note on a degree of the chord, in the octave below the chords' register."""
    floor = max(hands.instrument.low, hands.low - 8 + hands.style.shift // 2)
    root = floor + (bass_class(chord) - floor) % 12
    tones = CHORDS[chord.quality]
    third = third_of(chord, hands.scale)
    fifth = next((tone for tone in tones if tone in (6, 7, 8)), 7)
    steps = {"3": third, "5": fifth, "6": 9 if third == 4 else 10, "O": 12, "4": fifth - 12}
    steps["7"] = 10 if 10 in tones or third == 3 else 12
    if mark == "a":
        steps["a"] = (bar.next_root - root + 6) % 12 - 7
    return fit_pitch(root + steps.get(mark, 0), hands.instrument.low, hands.instrument.high)


def _velocity(bar: Bar, more: int) -> int:
    return int(min(max(bar.loudness + more, 18), 120))
