"""Music in symbols: notes in beats, in parts with a General MIDI instrument and a role.

Conventions. A *beat* is the felt one: a quarter note in 4/4 and 3/4, a dotted quarter in 6/8 (`Meter`). Times
and lengths are in beats from the start of the piece; pitches are MIDI numbers (60 is middle C, 69 is A at
440 Hz); velocities 1..127. `pitch class` 0 is C. A drum part's pitches are those of the General MIDI
percussion map, whatever its program. Everything here is immutable; `midi.py` writes and reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

PITCH_CLASSES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
# Semitones of each mode's scale above its tonic.
MODES: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "major": (0, 2, 4, 5, 7, 9, 11),
        "minor": (0, 2, 3, 5, 7, 8, 10),
        "dorian": (0, 2, 3, 5, 7, 9, 10),
        "phrygian": (0, 1, 3, 5, 7, 8, 10),
        "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    }
)
# Semitones of each kind of chord above its root.
CHORDS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "maj": (0, 4, 7),
        "min": (0, 3, 7),
        "dim": (0, 3, 6),
        "aug": (0, 4, 8),
        "sus2": (0, 2, 7),
        "sus4": (0, 5, 7),
        "5": (0, 7),
        "6": (0, 4, 7, 9),
        "min6": (0, 3, 7, 9),
        "7": (0, 4, 7, 10),
        "maj7": (0, 4, 7, 11),
        "min7": (0, 3, 7, 10),
        "dim7": (0, 3, 6, 9),
        "min7b5": (0, 3, 6, 10),
        "9": (0, 4, 7, 10, 14),
        "maj9": (0, 4, 7, 11, 14),
        "min9": (0, 3, 7, 10, 14),
        "13": (0, 4, 7, 10, 14, 21),
        "add9": (0, 4, 7, 14),
    }
)
# What a part does in the music. A piece has at most one lead at a time.
ROLES = ("lead", "counter", "riff", "harmony", "pad", "bass", "drums", "effect")
SECTIONS = ("intro", "verse", "prechorus", "chorus", "bridge", "solo", "break", "outro")


class ScoreError(ValueError):
    """The music says what cannot be: a note of no length, a pitch outside MIDI, an unknown chord."""


@dataclass(frozen=True)
class Meter:
    """A time signature: `numerator` notes of 1/`denominator` a bar.

    Compound meters (6/8, 9/8, 12/8) are felt in beats of three eighths.
    """

    numerator: int = 4
    denominator: int = 4

    def __post_init__(self) -> None:
        """Refuse what is no meter."""
        if not 1 <= self.numerator <= 32 or self.denominator not in (1, 2, 4, 8, 16, 32):
            raise ScoreError(f"no such meter: {self.numerator}/{self.denominator}")

    @property
    def compound(self) -> bool:
        """Whether the felt beat divides into three."""
        return self.denominator >= 8 and self.numerator % 3 == 0 and self.numerator > 3

    @property
    def beats_per_bar(self) -> float:
        """Felt beats in a bar: 4 in 4/4, 2 in 6/8, 3.5 in 7/8."""
        return self.numerator / 3 if self.compound else self.numerator * 4 / self.denominator

    @property
    def quarters_per_beat(self) -> float:
        """Quarter notes in a felt beat: 1, or 1.5 in 6/8."""
        return 12 / self.denominator if self.compound else 1.0

    def __str__(self) -> str:
        """The meter as it is written: 6/8."""
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One note: `start` and `duration` in beats, MIDI `pitch`, `velocity` 1..127."""

    start: float
    duration: float
    pitch: int
    velocity: int = 80

    def __post_init__(self) -> None:
        """Refuse what cannot sound."""
        if not (
            np.isfinite(self.start) and self.start >= 0 and np.isfinite(self.duration) and self.duration > 0
        ):
            raise ScoreError(f"a note starts at 0 or later and lasts: {self.start}, {self.duration}")
        if not (0 <= self.pitch <= 127 and 1 <= self.velocity <= 127):
            raise ScoreError(f"pitch 0..127 and velocity 1..127, got {self.pitch}, {self.velocity}")

    @property
    def end(self) -> float:
        """Beat at which it is let go."""
        return self.start + self.duration


@dataclass(frozen=True)
class Part:
    """What one player plays.

    Attributes
    ----------
    name : str
        As a listener would call the instrument: "electric guitar", "drum kit".
    role : str
        One of ROLES; "drums" and nothing else is read as percussion.
    program : int
        General MIDI program, 0..127. For drums, the kit (0 standard, 8 room, 16 power, 24 electronic, 25
        TR-808, 32 jazz, 40 brush, 48 orchestra).
    notes : tuple of Note
        In order of start.
    gain_db, pan : float
        Its place in the mix: decibels about 0, and -1 (left) .. 1 (right).
    """

    name: str
    role: str
    program: int
    notes: tuple[Note, ...]
    gain_db: float = 0.0
    pan: float = 0.0

    def __post_init__(self) -> None:
        """Refuse unknown roles and programs; put the notes in order."""
        if self.role not in ROLES or not 0 <= self.program <= 127 or not -1 <= self.pan <= 1:
            raise ScoreError(
                f"part {self.name!r}: role {self.role!r}, program {self.program}, pan {self.pan}"
            )
        object.__setattr__(self, "notes", tuple(sorted(self.notes)))

    @property
    def is_drums(self) -> bool:
        """Whether its pitches are drums."""
        return self.role == "drums"


@dataclass(frozen=True)
class Chord:
    """A harmony from `start` on for `duration` beats; `bass` is a pitch class, the root by default."""

    start: float
    duration: float
    root: int
    quality: str = "maj"
    bass: int | None = None

    def __post_init__(self) -> None:
        """Refuse chords that are not in CHORDS."""
        if self.quality not in CHORDS or not 0 <= self.root <= 11 or self.duration <= 0:
            raise ScoreError(f"no such chord: root {self.root}, {self.quality!r}, {self.duration} beats")

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes that belong to it, the root first."""
        return tuple((self.root + step) % 12 for step in CHORDS[self.quality])

    def __str__(self) -> str:
        """As a lead sheet has it: Bbmin7."""
        over = "" if self.bass is None or self.bass == self.root else f"/{PITCH_CLASSES[self.bass]}"
        return f"{PITCH_CLASSES[self.root]}{'' if self.quality == 'maj' else self.quality}{over}"


@dataclass(frozen=True)
class Section:
    """A part of the form: `kind` is one of SECTIONS, `start` and `duration` in beats."""

    kind: str
    start: float
    duration: float

    def __post_init__(self) -> None:
        """Refuse unknown kinds."""
        if self.kind not in SECTIONS or self.duration <= 0:
            raise ScoreError(f"no such section: {self.kind!r}, {self.duration} beats")


@dataclass(frozen=True)
class Tempo:
    """From beat `start` on, `bpm` felt beats a minute."""

    start: float
    bpm: float

    def __post_init__(self) -> None:
        """Refuse tempos nobody can play."""
        if not 10 <= self.bpm <= 400 or self.start < 0:
            raise ScoreError(
                f"tempo must be from 10 to 400 beats a minute, got {self.bpm} at beat {self.start}"
            )


@dataclass(frozen=True)
class Score:
    """A piece of music.

    Attributes
    ----------
    title : str
    tempos : tuple of Tempo
        The first at beat 0; most pieces have one.
    tonic : int or None
        Pitch class of the key; None where the music has none, or nobody said.
    mode : str or None
        One of MODES.
    meter : Meter
    parts : tuple of Part
    chords : tuple of Chord
        What the parts agree on, in order, without overlaps; empty where unknown.
    sections : tuple of Section
    """

    title: str
    tempos: tuple[Tempo, ...]
    parts: tuple[Part, ...]
    tonic: int | None = None
    mode: str | None = None
    meter: Meter = field(default_factory=Meter)
    chords: tuple[Chord, ...] = ()
    sections: tuple[Section, ...] = ()

    def __post_init__(self) -> None:
        """Refuse scores without a tempo at the start, or in an unknown key."""
        if not self.tempos or self.tempos[0].start != 0:
            raise ScoreError("the first tempo must stand at beat 0")
        if any(a.start >= b.start for a, b in zip(self.tempos, self.tempos[1:], strict=False)):
            raise ScoreError("tempos must be in order")
        if (self.tonic is not None and not 0 <= self.tonic <= 11) or (self.mode and self.mode not in MODES):
            raise ScoreError(f"no such key: {self.tonic} {self.mode}")

    @cached_property
    def n_beats(self) -> float:
        """Beat at which the last note, chord or section ends; 0 of nothing."""
        ends = [note.end for part in self.parts for note in part.notes]
        ends += [chord.start + chord.duration for chord in self.chords]
        ends += [section.start + section.duration for section in self.sections]
        return max(ends, default=0.0)

    @property
    def tempo_bpm(self) -> float:
        """The tempo that holds for the longest time, in felt beats a minute."""
        ends = [*(tempo.start for tempo in self.tempos[1:]), max(self.n_beats, self.tempos[-1].start + 1e-9)]
        seconds: dict[float, float] = {}
        for tempo, end in zip(self.tempos, ends, strict=True):
            seconds[tempo.bpm] = seconds.get(tempo.bpm, 0.0) + (end - tempo.start) * 60 / tempo.bpm
        return max(seconds, key=lambda bpm: seconds[bpm])

    def seconds_at(self, beats: np.ndarray | float) -> np.ndarray:
        """Turn beats into seconds from the start, through the tempos; any shape."""
        starts = np.array([tempo.start for tempo in self.tempos])
        per_beat = np.array([60 / tempo.bpm for tempo in self.tempos])
        clock = np.concatenate([[0.0], np.cumsum(np.diff(starts) * per_beat[:-1])])
        at = np.asarray(beats, dtype=np.float64)
        row = np.clip(np.searchsorted(starts, at, side="right") - 1, 0, None)
        return np.asarray(clock[row] + (at - starts[row]) * per_beat[row])

    @property
    def duration_s(self) -> float:
        """Seconds to the end of the last note."""
        return float(self.seconds_at(self.n_beats))

    @property
    def bar_starts(self) -> np.ndarray:
        """Beats at which bars start, the first at 0; shape (n_bars,)."""
        return np.arange(0.0, self.n_beats, self.meter.beats_per_bar)

    def section_at(self, beat: float) -> Section | None:
        """Return the section that holds at a beat; None between and outside them."""
        return next((one for one in self.sections if one.start <= beat < one.start + one.duration), None)

    def chord_at(self, beat: float) -> Chord | None:
        """Return the chord that holds at a beat; None where there is none."""
        return next((one for one in self.chords if one.start <= beat < one.start + one.duration), None)

    @property
    def key(self) -> str:
        """The key in words, "F# minor"; empty where there is none."""
        return "" if self.tonic is None or self.mode is None else f"{PITCH_CLASSES[self.tonic]} {self.mode}"
