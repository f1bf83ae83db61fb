"""Melodies: themes set on the chords of a plan, for a voice of a given range.

Standing notes become chord tones, moving ones lead from each to the next through the scale of the chord, by
step where they can. A theme on the same chords is the same melody, so choruses return; on others it bends
to them. Beats are felt ones, as everywhere.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from generation.studio.motif import Tone
from generation.studio.plan import Plan
from generation.studio.rhythm import is_strong
from generation.studio.score import Chord, Meter
from generation.studio.themes import Theme
from generation.studio.theory import (
    chord_rungs,
    chord_scale,
    gapped,
    ladder,
    nearest,
    rungs_between,
    scale,
    step,
)

# A moving note that is more than this away from the one before is brought nearer.
_WIDE = 7
# How much a standing note minds its distance from the one before, against its distance from the contour.
_INERTIA = 0.45
# How many semitones nearer the tonic and its third seem than they are, and the fifth farther.
_TONIC_PULL, _THIRD_PULL, _FIFTH_PULL = 1.8, 1.2, -1.2
# A voice with more room than this keeps to the middle of it: an octave and a sixth.
_COMPASS = 21


@dataclass
class Tune:
    """A note while the line is being made: beats, pitch, and whether it stands."""

    start: float
    length: float
    pitch: int
    stands: bool

    @property
    def end(self) -> float:
        """Beat at which it stops."""
        return self.start + self.length


class Singer:
    """Sets themes on the chords of a plan, between two pitches.

    Parameters
    ----------
    plan : Plan
    low, high : int
        The voice's range; an octave at least.
    five : bool
        Whether moving notes keep to the gapped scale of folk and blues.
    """

    def __init__(self, plan: Plan, low: int, high: int, *, five: bool = False) -> None:
        if high - low < 12:
            raise ValueError(f"a lead needs an octave, got {low}..{high}")
        spare = max(high - low - _COMPASS, 0)
        self.low, self.high = low + spare // 2, high - (spare - spare // 2)
        self.plan = plan
        self.key = scale(plan.tonic, plan.mode)
        self.moves = gapped(plan.tonic, plan.mode) if five else self.key
        self.rungs = ladder(self.key, self.low, self.high)
        # The tonic, its third and its fifth.
        self._pull = {
            self.key[0]: _TONIC_PULL,
            self.key[2]: _THIRD_PULL,
            self.key[4]: _FIFTH_PULL,
        }
        self._starts = [chord.start for chord in plan.chords]

    def chord_at(self, beat: float) -> Chord:
        """Return the chord that holds at a beat, the first or last one outside."""
        return self.plan.chords[max(bisect_right(self._starts, beat + 1e-6) - 1, 0)]

    def sing(self, theme: Theme, start: float, end: float) -> list[Tune]:
        """Set a theme from one beat on; what would begin at `end` or later is left out."""
        notes: list[Tune] = []
        place = nearest(self.low + theme.height * (self.high - self.low), self.rungs)
        at = start
        for row, unit in enumerate(theme.units):
            centre = step(place, unit.rise, self.rungs)
            tones = [tone for tone in unit.motif.tones if at + tone.start < end - 1e-6]
            notes += self._set(tones, at, centre, home=unit.ends == "full")
            if theme.pickup and row % 2 == 0:
                _lead_in(notes, at, self.rungs, self.plan.meter)
            at += unit.motif.beats
        notes.sort(key=lambda note: note.start)
        if notes:
            notes[-1].length = min(notes[-1].length, end - notes[-1].start)
        return self._soften(notes)

    def _set(self, tones: Sequence[Tone], at: float, centre: int, *, home: bool) -> list[Tune]:
        """Set a unit's tones from a beat on, about a centre; `home`: to the tonic if the chord has it."""
        notes = [Tune(at + tone.start, tone.length, 0, tone.stands) for tone in tones]
        standing = [row for row, tone in enumerate(tones) if tone.stands]
        before: int | None = None
        for row in standing:
            last = home and row == len(tones) - 1
            notes[row].pitch = self._stand(tones[row], notes[row], centre, before, home=last)
            before = notes[row].pitch
        for row, after in zip([-1, *standing], [*standing, len(tones)], strict=True):
            self._fill(tones, notes, row, after, centre)
        return notes

    def _stand(self, tone: Tone, note: Tune, centre: int, before: int | None, *, home: bool) -> int:
        """Choose the pitch of a standing note: the chord tone nearest to where the motif has it."""
        wanted = step(centre, tone.offset, self.rungs)
        strong = is_strong(note.start % self.plan.meter.beats_per_bar, self.plan.meter)
        # An anticipation belongs to the chord in which most of it sounds.
        chord = self.chord_at(note.start if strong else note.start + note.length / 2)
        tones = chord_rungs(chord, self.low, self.high)
        if home and self.plan.tonic in chord.pitch_classes:
            return nearest(wanted, ladder([self.plan.tonic], self.low, self.high))
        if not strong and note.length < 1 and before is not None:
            rungs = self._scale_at(note.start)
            to = nearest(wanted, rungs)
            return to if abs(to - before) <= 4 else step(before, 1 if to > before else -1, rungs)
        if before is None:
            return nearest(wanted, tones)
        # Near to where the contour has it, but not far from where the line comes from.

        def cost(one: int) -> tuple[float, int]:
            return abs(one - wanted) + _INERTIA * abs(one - before) - self._pull.get(one % 12, 0.0), one

        pitch = min(tones, key=cost)
        if pitch == before and wanted != before and abs(wanted - before) > 1:
            return step(pitch, 1 if wanted > before else -1, tones)
        return pitch

    def _scale_at(self, beat: float) -> tuple[int, ...]:
        chord = self.chord_at(beat)
        return ladder(
            chord_scale(self.plan.tonic, self.moves, chord.root, chord.quality), self.low, self.high
        )

    def _fill(self, tones: Sequence[Tone], notes: list[Tune], left: int, right: int, centre: int) -> None:
        """Give pitches to the moving notes between two standing ones (either may be outside the unit)."""
        n_moving = right - left - 1
        if n_moving <= 0:
            return
        a = notes[left].pitch if left >= 0 else None
        b = notes[right].pitch if right < len(notes) else None
        origin = a if a is not None else b if b is not None else centre
        goal = b if b is not None else origin
        guide = tones[left] if left >= 0 else tones[left + 1]
        for k in range(n_moving):
            row = left + 1 + k
            before = notes[row - 1].pitch if row else origin
            rungs = self._scale_at(notes[row].start)
            chord = chord_rungs(self.chord_at(notes[row].start), self.low, self.high)
            notes[row].pitch = _move(
                guide,
                tones[row],
                origin,
                before,
                goal,
                (k + 1) / (n_moving + 1),
                k == n_moving - 1,
                rungs,
                chord,
            )

    def _soften(self, notes: list[Tune]) -> list[Tune]:
        """Bring moving notes after wide leaps nearer; answer a leap by a step back where a note may move."""
        for a, b in pairwise(notes):
            rungs = self._scale_at(b.start)
            if abs(b.pitch - a.pitch) > _WIDE and not b.stands:
                b.pitch = step(nearest(a.pitch, rungs), 2 if b.pitch > a.pitch else -2, rungs)
            elif abs(b.pitch - a.pitch) > 9:
                octave = b.pitch + (-12 if b.pitch > a.pitch else 12)
                if self.low <= octave <= self.high and abs(octave - a.pitch) < abs(b.pitch - a.pitch):
                    b.pitch = octave
        for a, b, c in zip(notes, notes[1:], notes[2:], strict=False):
            leap = b.pitch - a.pitch
            if abs(leap) > 5 and not c.stands:
                c.pitch = step(b.pitch, -1 if leap > 0 else 1, self._scale_at(c.start))
        return notes

    def last_words(self, start: float, end: float, before: int | None) -> list[Tune]:
        """End a song: two notes over the bar before the last, then the tonic for all of the last bar."""
        per_bar = self.plan.meter.beats_per_bar
        tonics = ladder([self.plan.tonic], self.low, self.high)
        middle = self.low + 0.42 * (self.high - self.low)
        tonic = nearest(before if before is not None else middle, tonics)
        notes = []
        if end - start >= 2 * per_bar - 1e-6:
            at = end - 2 * per_bar
            tones = chord_rungs(self.chord_at(at), self.low, self.high)
            first = nearest(tonic + 4, tones)
            half = max(float(np.floor(per_bar / 2)), 1.0)
            late = chord_rungs(self.chord_at(at + half), self.low, self.high)
            # The leading note, or whatever tone of the dominant is next to the tonic.
            close = min((p for p in late if p != tonic), key=lambda p: (abs(p - tonic), p))
            notes = [Tune(at, half, first, True), Tune(at + half, max(per_bar - half, 0.5), close, True)]
        return [*notes, Tune(end - per_bar, per_bar, tonic, True)]


def _move(
    guide: Tone,
    tone: Tone,
    origin: int,
    before: int,
    goal: int,
    share: float,
    last: bool,
    rungs: Sequence[int],
    chord: Sequence[int],
) -> int:
    """Return where a moving note goes: `share` of the way from `origin` to `goal`, by the guide's gesture."""
    away = rungs_between(origin, goal, rungs)
    match guide.gesture:
        case "repeat":
            return nearest(before, rungs)
        case "neighbour":
            return step(origin, guide.turn, rungs) if before == origin else nearest(origin, rungs)
        case "arpeggio":
            return step(before, guide.turn if abs(before - origin) < 9 else -guide.turn, chord)
        case "free":
            return step(before, tone.offset, rungs)
        case "approach" if last:
            return step(goal, guide.turn if away == 0 else (-1 if away > 0 else 1), rungs)
        case "approach":
            return step(before, guide.turn, rungs) if before == origin else nearest(before, rungs)
        case _:
            there = step(origin, round(away * share), rungs)
            return (
                there
                if there != before
                else step(before, guide.turn if away == 0 else int(np.sign(away)), rungs)
            )


def _lead_in(notes: list[Tune], at: float, rungs: Sequence[int], meter: Meter) -> None:
    """Put two or three notes that climb or fall into the one at `at` before it."""
    first = next((note for note in notes if abs(note.start - at) < 1e-6), None)
    unit = 1 / 3 if meter.compound else 0.5
    if first is None or at < 2:
        return
    n_notes = 2 + first.pitch % 2
    begin = at - n_notes * unit
    kept = [note for note in notes if note.start < begin - 1e-6 or note.start >= at - 1e-6]
    for note in kept:
        if note.start < begin < note.end:
            note.length = begin - note.start
    # From the side on which the line was; from below where it was level.
    before = max((note for note in kept if note.start < begin), key=lambda note: note.start, default=first)
    turn = 1 if before.pitch > first.pitch else -1
    lead = [
        Tune(begin + k * unit, unit, step(first.pitch, turn * (n_notes - k), rungs), False)
        for k in range(n_notes)
    ]
    notes[:] = [*kept, *lead]
