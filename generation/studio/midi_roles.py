"""What a part of somebody else's MIDI file probably does in the music, from its name, program and notes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generation.studio.score import Part

# The sixteen families of General MIDI, eight programs each.
FAMILIES = (
    "piano",
    "chromatic percussion",
    "organ",
    "guitar",
    "bass",
    "strings",
    "ensemble",
    "brass",
    "reed",
    "pipe",
    "synth lead",
    "synth pad",
    "synth effects",
    "ethnic",
    "percussive",
    "sound effects",
)
_WORDS = {
    "lead": ("melody", "lead", "vocal", "voice", "solo", "tune", "soprano", "gesang"),
    "bass": ("bass",),
    "pad": ("pad",),
    "riff": ("riff",),
}
# Up to here a part sounds one note at a time, but for notes that overlap a little.
_MELODIC_POLYPHONY = 1.2
_BASS_PITCH = 48


def program_name(program: int) -> str:
    """Return the General MIDI family of a program, as a name for a part without one."""
    return FAMILIES[program // 8]


def guess_roles(parts: Sequence[Part], *, drums: Sequence[bool]) -> list[str]:
    """Return a role for each part, at most one of them "lead".

    Parameters
    ----------
    parts : sequence of Part
    drums : sequence of bool
        Whether each is on the percussion channel.
    """
    roles = [
        "drums" if is_drums else _by_name(part) or _by_program(part)
        for part, is_drums in zip(parts, drums, strict=True)
    ]
    named = [row for row, role in enumerate(roles) if role == "lead"]
    melodic = [row for row, role in enumerate(roles) if role == "counter"]
    # Whoever is called the melody leads; else the highest line, a busier one before one of few notes.
    candidates = named or [row for row in melodic if 4 * len(parts[row].notes) >= _busiest(parts, melodic)]
    lead = max(candidates, key=lambda row: _mean_pitch(parts[row]), default=None)
    for row in named:
        roles[row] = "counter"
    if lead is not None:
        roles[lead] = "lead"
    return roles


def _by_name(part: Part) -> str:
    """Role that a part's name says; empty where it says none."""
    name = part.name.lower()
    return next((role for role, words in _WORDS.items() if any(word in name for word in words)), "")


def _by_program(part: Part) -> str:
    """Role of a part from its program and its notes; "counter" for any line that might lead."""
    family = part.program // 8
    if family == 4 or (_polyphony(part) <= _MELODIC_POLYPHONY and _mean_pitch(part) < _BASS_PITCH):
        return "bass"
    if family in (11, 12):
        return "pad" if family == 11 else "effect"
    if family == 15:
        return "effect"
    return "counter" if _polyphony(part) <= _MELODIC_POLYPHONY else "harmony"


def _busiest(parts: Sequence[Part], rows: Sequence[int]) -> int:
    """Notes of the part with most of them."""
    return max((len(parts[row].notes) for row in rows), default=0)


def _mean_pitch(part: Part) -> float:
    """Mean pitch; 0 of no notes."""
    return float(np.mean([note.pitch for note in part.notes])) if part.notes else 0.0


def _polyphony(part: Part) -> float:
    """How many notes sound on average while any does; 0 of no notes."""
    sounding = sum(note.duration for note in part.notes)
    covered, reach = 0.0, 0.0
    for note in part.notes:
        covered += max(0.0, note.end - max(note.start, reach))
        reach = max(reach, note.end)
    return sounding / covered if covered else 0.0
