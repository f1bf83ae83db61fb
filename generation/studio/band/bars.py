"""The plan cut into bars, each with what a player needs to see: section, energy, chords, what comes next.

Patterns are written as text, one character a step: in simple meters a step is a sixteenth (a quarter of a
beat) and a pattern of 16 fills a 4/4 bar, longer and shorter bars tile or cut it; in compound meters a step
is a third of a beat. `.` rests, `-` holds what sounds, anything else is struck.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from generation.studio.plan import Plan
from generation.studio.score import CHORDS, MODES, Chord, Meter

# How much fuller or thinner a mood plays than the plan's energies say, and how much louder (in velocity).
_MOOD_DENSITY = {
    "energetic": 0.05,
    "happy": 0.02,
    "tense": 0.02,
    "calm": -0.06,
    "sad": -0.04,
    "dreamy": -0.06,
}
_MOOD_VELOCITY = {"energetic": 7, "happy": 2, "tense": 5, "dark": 1, "calm": -8, "sad": -5, "dreamy": -7}
_EPS = 1e-6


@dataclass(frozen=True)
class Bar:
    """A bar of the plan.

    Attributes
    ----------
    start, beats : float
        Where it begins and how long it is, in beats.
    meter : Meter
    kind : str
        Its section's kind.
    section, place, of : int
        Number of its section, its place in there from 0, and how many bars that section has.
    energy : float
        The section's, moved by the mood and by a rise within intro and prechorus; 0..1.
    loudness : int
        Velocity of an ordinary note.
    chords : tuple of Chord
        Those that sound in it, cut to the bar.
    next_root : int
        Pitch class of the bass after this bar.
    next_energy : float
        Energy of the next section, or its own before the end.
    final : bool
        Whether the piece ends with it.
    """

    start: float
    beats: float
    meter: Meter
    kind: str
    section: int
    place: int
    of: int
    energy: float
    loudness: int
    chords: tuple[Chord, ...]
    next_root: int
    next_energy: float
    final: bool

    @property
    def end(self) -> float:
        """Beat at which the next one begins."""
        return self.start + self.beats

    @property
    def level(self) -> int:
        """How full to play: 0 thin, 1 usual, 2 full, which is for choruses and solos alone."""
        level = 0 if self.energy < 0.38 else 1 if self.energy < 0.68 else 2
        return level if self.kind in ("chorus", "solo") else min(level, 0 if self.kind == "break" else 1)

    @property
    def last_of_section(self) -> bool:
        """Whether the next bar begins a section."""
        return self.place == self.of - 1

    def chord_at(self, beat: float) -> Chord:
        """Return the chord that holds at a beat of this bar."""
        return next((one for one in reversed(self.chords) if one.start <= beat + _EPS), self.chords[0])


def bass_class(chord: Chord) -> int:
    """Return the pitch class the bass plays: what is written below the chord, else its root."""
    return chord.root if chord.bass is None else chord.bass % 12


def cut_bars(plan: Plan) -> tuple[Bar, ...]:
    """Cut a plan into its bars; a plan without sections or chords has none."""
    if not plan.sections or not plan.chords:
        return ()
    bars: list[Bar] = []
    length = plan.meter.beats_per_bar
    for number, (section, energy) in enumerate(zip(plan.sections, plan.energies, strict=True)):
        n_bars = max(1, round(section.duration / length))
        following = plan.energies[number + 1] if number + 1 < len(plan.energies) else energy
        for place in range(n_bars):
            start = section.start + place * length
            final = number == len(plan.sections) - 1 and place == n_bars - 1
            beats = min(length, section.start + section.duration - start) if place == n_bars - 1 else length
            risen = _rise(section.kind, place / n_bars) + _MOOD_DENSITY.get(plan.mood, 0.0)
            bars.append(
                Bar(
                    start,
                    beats,
                    plan.meter,
                    section.kind,
                    number,
                    place,
                    n_bars,
                    min(max(energy + risen, 0.0), 1.0),
                    _loudness(energy + _rise(section.kind, place / n_bars), plan.mood),
                    _chords_within(plan.chords, start, start + beats),
                    bass_class(_chord_from(plan.chords, start + beats)),
                    following,
                    final,
                )
            )
    return tuple(bars)


def _rise(kind: str, share: float) -> float:
    """An intro and a prechorus grow on the way, an outro falls."""
    return {"intro": 0.15 * (share - 0.5), "prechorus": 0.2 * share, "outro": -0.15 * share}.get(kind, 0.0)


def _loudness(energy: float, mood: str) -> int:
    return int(min(max(54 + 44 * energy + _MOOD_VELOCITY.get(mood, 0), 36), 106))


def _chords_within(chords: tuple[Chord, ...], start: float, end: float) -> tuple[Chord, ...]:
    cut = []
    for one in chords:
        first, last = max(one.start, start), min(one.start + one.duration, end)
        if last - first > _EPS:
            cut.append(Chord(first, last - first, one.root, one.quality, one.bass))
    return tuple(cut) or (chords[-1],)


def _chord_from(chords: tuple[Chord, ...], beat: float) -> Chord:
    return next((one for one in chords if one.start + one.duration > beat + _EPS), chords[-1])


def final_start(bars: tuple[Bar, ...]) -> float:
    """Return the beat of the last chord, from which everybody holds: the last change of the last bar."""
    return max(bars[-1].start, bars[-1].chords[-1].start)


def strikes(pattern: str, bar: Bar, *, step: float = 0.25) -> Iterator[tuple[float, float, str]]:
    """Read a pattern over a bar: (beat of the piece, length in beats, character) of each strike.

    A pattern of several bars has them parted by `|` and goes round from the section's start.
    """
    choices = pattern.split("|")
    text = choices[bar.place % len(choices)]
    n_steps = round(bar.beats / step)
    text = (text * (n_steps // len(text) + 1))[:n_steps]
    for at, mark in enumerate(text):
        if mark in ".-":
            continue
        length = 1
        while at + length < n_steps and text[at + length] == "-":
            length += 1
        yield bar.start + at * step, length * step, mark


def accent(bar: Bar, beat: float) -> int:
    """Return the velocity a place in the bar adds: beats lead, sixteenths between eighths step back."""
    within = (beat - bar.start) % 1
    if min(within, 1 - within) < 1e-3:
        return 6
    return 0 if abs(within - 0.5) < 1e-3 else -6 if bar.meter.compound else -10


def third_of(chord: Chord, scale: tuple[int, str]) -> int:
    """Return the semitones of a chord's third; of a bare fifth, those of the scale's third there."""
    tones = CHORDS[chord.quality]
    if len(tones) > 2:
        return tones[1]
    return 3 if (chord.root + 3 - scale[0]) % 12 in MODES[scale[1]] else 4


def split_at_changes(bar: Bar, start: float, length: float) -> list[tuple[float, float, Chord]]:
    """Break a held note where the chord changes below it: (start, length, chord) of each piece."""
    edges = [start]
    edges += [one.start for one in bar.chords if start + _EPS < one.start < start + length - _EPS]
    edges.append(start + length)
    return [(a, b - a, bar.chord_at(a)) for a, b in itertools.pairwise(edges)]
