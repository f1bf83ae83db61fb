"""The theory of harmony that composers use: numerals, scales over a chord, nearest tones.

Conventions. A *numeral* is a chord against the major scale of the tonic, accidentals spelled out whatever the
mode: "i", "bVI", "V7", "ii7", "viih7" (half diminished), "IV/3" (its third in the bass). Capitals are
major. A *ladder* is a rising tuple of MIDI pitches that a line may step on.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache

from generation.studio.score import CHORDS, MODES, Chord

_NUMERALS = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_NUMERAL = re.compile(r"([b#]?)([ivIV]+)([^/]*)(?:/([357]))?")
# What a suffix makes of a capital numeral and of a small one.
_SUFFIXES = {
    "": ("maj", "min"),
    "7": ("7", "min7"),
    "M7": ("maj7", "min7"),
    "9": ("9", "min9"),
    "M9": ("maj9", "min9"),
    "6": ("6", "min6"),
    "13": ("13", "min9"),
    "p": ("5", "5"),
    "o": ("dim", "dim"),
    "o7": ("dim7", "dim7"),
    "h7": ("min7b5", "min7b5"),
    "s4": ("sus4", "sus4"),
    "s2": ("sus2", "sus2"),
    "a9": ("add9", "min"),
    "+": ("aug", "aug"),
}


@lru_cache(maxsize=4096)
def parse_numeral(numeral: str, tonic: int) -> tuple[int, str, int | None]:
    """Return root pitch class, quality and bass pitch class (None: the root) of a numeral.

    Raises
    ------
    ValueError
        The text is no numeral.
    """
    found = _NUMERAL.fullmatch(numeral)
    if found is None or found[2].lower() not in _NUMERALS or found[3] not in _SUFFIXES:
        raise ValueError(f"no such numeral: {numeral!r}; suffixes are {list(_SUFFIXES)}")
    shift = {"b": -1, "#": 1, "": 0}[found[1]]
    root = (tonic + _NUMERALS[found[2].lower()] + shift) % 12
    quality = _SUFFIXES[found[3]][0 if found[2].isupper() else 1]
    if found[4] is None:
        return root, quality, None
    tones = CHORDS[quality]
    member = {"3": 1, "5": 2, "7": 3}[found[4]]
    return root, quality, (root + tones[member]) % 12 if member < len(tones) else None


@lru_cache(maxsize=256)
def scale(tonic: int, mode: str) -> tuple[int, ...]:
    """Return the pitch classes of a key, the tonic first."""
    return tuple((tonic + step) % 12 for step in MODES[mode])


@lru_cache(maxsize=256)
def gapped(tonic: int, mode: str) -> tuple[int, ...]:
    """Return the pitch classes of a key without its half steps: 1 b3 4 5 b7, or 1 2 3 4 5 6.

    In major the fourth stays: without it the scale might as well be the dominant's.
    """
    steps = (0, 2, 4, 5, 7, 9) if MODES[mode][2] == 4 else (0, 3, 5, 7, 10)
    return tuple((tonic + step) % 12 for step in steps)


@lru_cache(maxsize=4096)
def chord_scale(tonic: int, key: tuple[int, ...], root: int, quality: str) -> tuple[int, ...]:
    """Bend a key's scale to a chord: its foreign tones replace the scale tones they alter.

    A foreign third of a dominant is raised, so the tone below it goes; any other is lowered, so the tone
    above it goes, unless that is the tonic or the fifth.

    Parameters
    ----------
    tonic : int
    key : tuple of int
        Pitch classes of the key (`scale`, `gapped`).
    root, quality
        As in `Chord`.
    """
    tones = {(root + step) % 12 for step in CHORDS[quality]}
    pitch_classes = set(key) | tones
    for tone in sorted(tones - set(key)):
        above, below = (tone + 1) % 12, (tone - 1) % 12
        raised = (tone - root) % 12 == 4 or above in (tonic, (tonic + 7) % 12)
        pitch_classes -= {below if raised else above} - tones
    return tuple(sorted(pitch_classes))


def ladder(pitch_classes: Iterable[int], low: int, high: int) -> tuple[int, ...]:
    """Return all MIDI pitches of the pitch classes from low to high, both included."""
    return _ladder(tuple(sorted({pc % 12 for pc in pitch_classes})), low, high)


@lru_cache(maxsize=4096)
def _ladder(pitch_classes: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
    return tuple(pitch for pitch in range(low, high + 1) if pitch % 12 in pitch_classes)


def nearest(pitch: float, rungs: Sequence[int]) -> int:
    """Return the rung of a ladder nearest to a pitch, the lower one of two; the ladder is not empty."""
    at = bisect_left(rungs, pitch)
    if at == 0:
        return rungs[0]
    if at == len(rungs):
        return rungs[-1]
    return rungs[at] if rungs[at] - pitch < pitch - rungs[at - 1] else rungs[at - 1]


def step(pitch: int, steps: int, rungs: Sequence[int]) -> int:
    """Climb (or descend) a ladder from a pitch by so many rungs; stops at its ends.

    From between two rungs the first step leads to the next one in that direction.
    """
    at = bisect_left(rungs, pitch)
    off = at == len(rungs) or rungs[at] != pitch
    to = at + steps - (1 if off and steps > 0 else 0)
    return rungs[min(max(to, 0), len(rungs) - 1)]


def rungs_between(a: int, b: int, rungs: Sequence[int]) -> int:
    """Count the steps from one pitch up (positive) or down to another on a ladder."""
    return bisect_left(rungs, b) - bisect_left(rungs, a)


def chord_rungs(chord: Chord, low: int, high: int) -> tuple[int, ...]:
    """Return the pitches of a chord from low to high."""
    return ladder(chord.pitch_classes, low, high)


def voice_distance(a: Sequence[int], b: Sequence[int]) -> int:
    """Sum how far each pitch of one chord is from the nearest of the other, in semitones, both ways round."""
    if not a or not b:
        raise ValueError("a voicing without pitches has no distance")
    rungs_a, rungs_b = sorted(a), sorted(b)
    return sum(abs(p - nearest(p, rungs_b)) for p in a) + sum(abs(p - nearest(p, rungs_a)) for p in b)
