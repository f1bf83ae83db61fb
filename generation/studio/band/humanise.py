"""From the grid to hands: swing, small errors of time and force, laying back, and machines that do neither.

A piece swings as the weighted mean of its genres, so that everybody, the lead too, swings alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from generation.studio.band.ensembles import ENSEMBLES
from generation.studio.plan import Plan
from generation.studio.score import Note, Part

# Nobody is further from the grid than this, swing and strums apart: beats must stay clear.
MOST_JITTER_MS = 10.0
_JITTER_MS = {"drums": 2.5, "bass": 3.0}
_NEAR = 0.04


def swing_of(plan: Plan) -> tuple[float, float]:
    """Return where the second eighth of a beat and the second sixteenth of an eighth fall; .5 is straight.

    Compound meters have their triplets already. Fast swing is straighter: above 160 beats a minute the eighth
    moves back towards the middle, as players do (Friberg & Sundstrom, Music Perception 2002).
    """
    if plan.meter.compound:
        return 0.5, 0.5
    eighth = sum(ENSEMBLES[name].swing8 * weight for name, weight in plan.genres.items())
    sixteenth = sum(ENSEMBLES[name].swing16 * weight for name, weight in plan.genres.items())
    straighter = float(np.clip((plan.tempo_bpm - 160) / 160, 0, 0.6))
    return 0.5 + (eighth - 0.5) * (1 - straighter), sixteenth


def swung(beat: float, eighth: float, sixteenth: float) -> float:
    """Move a beat of the straight grid to where it is played; triplets stay where they are."""
    whole = math.floor(beat + 1e-6)
    within = max(float(beat - whole), 0.0)
    if min(abs(within - 1 / 3), abs(within - 2 / 3)) < _NEAR:
        return float(beat)
    if sixteenth != 0.5:
        half = math.floor(within * 2 + 1e-6) / 2
        within = half + _bent((within - half) * 2, sixteenth) / 2
    return whole + _bent(within, eighth)


def _bent(share: float, middle: float) -> float:
    """Bend 0..1 so that .5 falls on `middle`."""
    share = min(max(share, 0.0), 1.0)
    return share * middle / 0.5 if share <= 0.5 else middle + (share - 0.5) * (1 - middle) / 0.5


def humanise_part(part: Part, plan: Plan, *, rng: np.random.Generator) -> Part:
    """Play a part as people of the plan's genres would.

    Parameters
    ----------
    part : Part
        On the grid.
    plan : Plan
    rng : numpy.random.Generator
        Genres of machines keep their time and vary their force a little.

    Returns
    -------
    Part
        Swung; each onset at most `MOST_JITTER_MS` from there and not before 0; velocities varied, beats
        leaning on the first of the bar; no note beyond the piece's end, none over another of its pitch.
    """
    eighth, sixteenth = swing_of(plan)
    tight = sum(weight for name, weight in plan.genres.items() if ENSEMBLES[name].tight) >= 0.5
    push_ms = 0.0
    if part.role in ("harmony", "riff", "lead", "counter"):
        push_ms = sum(ENSEMBLES[name].push_ms * weight for name, weight in plan.genres.items())
    deviation_ms = 0.0 if tight else _JITTER_MS.get(part.role, 3.5)
    per_ms = plan.tempo_bpm / 60_000
    end = plan.n_beats if plan.n_beats > 0 else float("inf")
    late: dict[int, float] = {}
    notes = []
    force = rng.normal(0, 1.5 if tight else 3.5, len(part.notes)).round().astype(int).tolist()
    bar_beats = plan.meter.beats_per_bar
    swings = eighth != 0.5 or sixteenth != 0.5
    for note, stronger in zip(part.notes, force, strict=True):
        # Notes struck together, a strummed chord's too, go wrong together.
        together = round(note.start * 12)
        if together not in late:
            drawn = float(rng.normal(push_ms, deviation_ms)) if deviation_ms else 0.0
            late[together] = min(max(drawn, -MOST_JITTER_MS), MOST_JITTER_MS) * per_ms
        on, off = note.start, note.end
        if swings:
            on, off = swung(on, eighth, sixteenth), swung(off, eighth, sixteenth)
        start = max(on + late[together], 0.0)
        stop = end if note.end >= end - 1e-3 else min(off, end)
        lean = 3 if note.start % bar_beats < 1e-6 else 0
        velocity = min(max(note.velocity + lean + stronger, 1), 127)
        if start < end - 0.02:
            length = max(float(stop - start), 0.03)
            notes.append(Note(float(start), length, note.pitch, velocity))
    return replace(part, notes=without_overlaps(notes))


def without_overlaps(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Cut every note where its pitch is struck again; of two struck at once the louder stays."""
    kept: list[Note] = []
    last: dict[int, int] = {}
    for note in sorted(notes, key=lambda one: (one.start, one.pitch, -one.velocity, -one.duration)):
        before = last.get(note.pitch)
        if before is not None:
            old = kept[before]
            if note.start - old.start < 0.02:
                continue
            if old.end > note.start:
                kept[before] = replace(old, duration=note.start - old.start)
        last[note.pitch] = len(kept)
        kept.append(note)
    return tuple(kept)
