"""What our MIDI files say in words, and the numbers of a mix: written by `midi.py`, read by `midi_reader.py`.

Words: `OURS` marks a file of ours; "key: D dorian"; a part's "role: lead; gain_db: -3; pan: 0.25"; chord
symbols as `str(Chord)` has them. Volume 100 (CC7) is 0 dB, and CC7 falls by 40 log10 of its share; pan 64
(CC10) is the middle.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import log10

from generation.studio.score import CHORDS, MODES, PITCH_CLASSES, ROLES, Part

TICKS = 960
OURS = "songspace score 1"
KEY_PREFIX = "key: "
CHORD_GAP = "N.C."
SECTION_GAP = "end"
UNITY_VOLUME = 100
_PART = re.compile(r"role: (\w+); gain_db: (\S+); pan: (\S+)")
_CHORD = re.compile(r"([A-G][b#]?)([^/]*)(?:/([A-G][b#]?))?")


class MidiError(ValueError):
    """A MIDI file cannot be read or written; the message names it and says why."""


@dataclass(frozen=True)
class PartWords:
    """What a part's text says of it."""

    role: str
    gain_db: float
    pan: float


def part_text(part: Part) -> str:
    """Say what MIDI cannot of a part."""
    return f"role: {part.role}; gain_db: {float(part.gain_db)!r}; pan: {float(part.pan)!r}"


def read_part_text(text: str) -> PartWords | None:
    """Read `part_text` back; None where the text is another."""
    found = _PART.fullmatch(text)
    if found is None or found[1] not in ROLES:
        return None
    try:
        words = PartWords(found[1], float(found[2]), float(found[3]))
    except ValueError:
        return None
    return words if -1 <= words.pan <= 1 and abs(words.gain_db) < 200 else None


def read_key(text: str) -> tuple[int | None, str | None]:
    """Read "D dorian", either word of which may be missing or unknown."""
    tonic, _, mode = text.partition(" ")
    return (
        PITCH_CLASSES.index(tonic) if tonic in PITCH_CLASSES else None,
        mode if mode in MODES else None,
    )


def read_chord(text: str) -> tuple[int, str, int | None] | None:
    """Return root, quality and bass of a symbol as `str(Chord)` writes it; None of other texts."""
    found = _CHORD.fullmatch(text)
    if found is None or found[1] not in PITCH_CLASSES or (found[2] or "maj") not in CHORDS:
        return None
    if found[3] is not None and found[3] not in PITCH_CLASSES:
        return None
    bass = None if found[3] is None else PITCH_CLASSES.index(found[3])
    return PITCH_CLASSES.index(found[1]), found[2] or "maj", bass


def volume_value(gain_db: float) -> int:
    """Return the CC7 value of a gain, as near as CC7 comes to it (-80 to +4.15 dB)."""
    return min(127, max(0, round(UNITY_VOLUME * 10 ** (max(gain_db, -200.0) / 40))))


def gain_of_volume(volume: int) -> float:
    """Return the decibels of a CC7 value; silence is -80."""
    return 40 * log10(volume / UNITY_VOLUME) if volume else -80.0


def pan_value(pan: float) -> int:
    """Return the CC10 value of a place from -1 (left) to 1 (right)."""
    return round(64 + (63 if pan > 0 else 64) * pan)


def pan_of_value(value: int) -> float:
    """Return the place that a CC10 value means."""
    return (value - 64) / (63 if value > 64 else 64)
