"""A tune: one line of melody in a key, with chords where somebody set some.

Conventions. Beat 0 of the melody is its first sound; bars start at `pickup_beats` and every
`meter.beats_per_bar` from there. Chords start at beat 0 too. A strain is a part of the form (A, B, ...): each
starts at a bar, its own pickup standing before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generation.studio.score import MODES, Chord, Meter, Note, Part, Score

# How well each degree fits major and minor (Krumhansl and Kessler, "Tracing the dynamic changes in perceived
# tonal organization", Psychological Review 89, 1982).
_MAJOR_PROFILE = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR_PROFILE = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_GRID = 12  # places in a beat
_EPSILON = 1e-6


class TuneError(ValueError):
    """A tune cannot be found, read or made out of what was given."""


@dataclass(frozen=True)
class Tune:
    """A melody and what is known of it.

    Attributes
    ----------
    name, origin : str
        Its title, and the book or piece it is from.
    melody : tuple of Note
        In order, one note at a time.
    tonic : int
    mode : str
    meter : Meter
    chords : tuple of Chord
        Empty where nobody set any.
    pickup_beats : float
        Beats before the first whole bar.
    strains : tuple of float
        Beats at which the strains' first bars start; empty where nobody said.
    """

    name: str
    origin: str
    melody: tuple[Note, ...]
    tonic: int
    mode: str
    meter: Meter
    chords: tuple[Chord, ...] = ()
    pickup_beats: float = 0.0
    strains: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse tunes without notes or key."""
        if not self.melody or self.mode not in MODES or not 0 <= self.tonic <= 11:
            raise TuneError(f"{self.name!r} has {len(self.melody)} notes, in {self.tonic} {self.mode}")
        if not 0 <= self.pickup_beats < self.meter.beats_per_bar:
            raise TuneError(f"{self.name!r}: a pickup of {self.pickup_beats} beats in {self.meter}")

    @property
    def n_beats(self) -> float:
        """Beat at which the last whole bar ends."""
        bar = self.meter.beats_per_bar
        end = max(note.end for note in self.melody) - self.pickup_beats
        return self.pickup_beats + bar * max(1, int(np.ceil(end / bar - _EPSILON)))


def tune_of(score: Score) -> Tune:
    """Take the melody of a score: its lead, each kind of section once, with chords and key.

    The lead is the part of that role (else the highest part that is no drums); of notes that start together
    the highest is kept, and a player's looseness is taken back to twelfths of a beat. A key that nobody said
    is estimated from the notes (Krumhansl's profiles).

    Raises
    ------
    TuneError
        The score has no melody.
    """
    part = _lead(score.parts)
    if part is None:
        raise TuneError(f"{score.title!r} has no part with a melody")
    spans = _spans(score, part)
    melody: list[Note] = []
    chords: list[Chord] = []
    strains = []
    at = 0.0
    for start, end in spans:
        strains.append(at)
        for note in one_voice(_on_grid(part.notes)):
            if start - _EPSILON <= note.start < end - _EPSILON:
                length = min(note.end, end) - note.start
                melody.append(Note(max(0.0, note.start - start) + at, length, note.pitch, note.velocity))
        for chord in score.chords:
            left, right = max(chord.start, start), min(chord.start + chord.duration, end)
            if right - left > _EPSILON:
                chords.append(Chord(left - start + at, right - left, chord.root, chord.quality, chord.bass))
        at += end - start
    tonic, mode = score.tonic, score.mode
    if tonic is None or mode is None:
        tonic, mode = estimate_key(melody)
    return Tune(score.title, "", tuple(melody), tonic, mode, score.meter, tuple(chords), 0.0, tuple(strains))


def one_voice(notes: Sequence[Note]) -> list[Note]:
    """Keep the highest of notes that start together, each let go where the next starts."""
    tops: list[Note] = []
    for note in sorted(notes, key=lambda one: (one.start, -one.pitch)):
        if tops and note.start - tops[-1].start < 1 / 32:
            continue
        if tops and tops[-1].end > note.start:
            last = tops.pop()
            tops.append(Note(last.start, note.start - last.start, last.pitch, last.velocity))
        tops.append(note)
    return tops


def _on_grid(notes: Sequence[Note]) -> list[Note]:
    """Move notes to the nearest twelfth of a beat, which holds sixteenths and triplets."""
    moved = []
    for note in notes:
        start = round(note.start * _GRID) / _GRID
        end = max(start + 1 / _GRID, round(note.end * _GRID) / _GRID)
        moved.append(Note(start, end - start, note.pitch, note.velocity))
    return moved


def estimate_key(notes: Sequence[Note]) -> tuple[int, str]:
    """Return tonic and "major" or "minor" of notes by the correlation with Krumhansl's profiles."""
    shares = np.zeros(12)
    for note in notes:
        shares[note.pitch % 12] += note.duration
    if np.ptp(shares) == 0:
        return (notes[0].pitch % 12 if notes else 0), "major"
    fits = {
        (tonic, mode): float(np.corrcoef(np.roll(profile, tonic), shares)[0, 1])
        for mode, profile in (("major", _MAJOR_PROFILE), ("minor", _MINOR_PROFILE))
        for tonic in range(12)
    }
    return max(fits, key=lambda key: fits[key])


def _lead(parts: Sequence[Part]) -> Part | None:
    """Return the part with the melody, None where there is none."""
    sounding = [part for part in parts if part.notes and not part.is_drums]
    leads = [part for part in sounding if part.role == "lead"]
    pitch = {id(part): np.mean([note.pitch for note in part.notes]) for part in sounding}
    return max(
        leads or sounding, key=lambda part: len(part.notes) if leads else pitch[id(part)], default=None
    )


def _spans(score: Score, part: Part) -> list[tuple[float, float]]:
    """Return where to take the melody from: the first section of each kind in which the lead plays."""
    kinds: dict[str, tuple[float, float]] = {}
    for section in score.sections:
        end = section.start + section.duration
        sounding = sum(
            min(note.end, end) - note.start for note in part.notes if section.start <= note.start < end
        )
        if sounding >= section.duration / 4 and section.kind in ("verse", "prechorus", "chorus", "bridge"):
            kinds.setdefault(section.kind, (section.start, end))
    if kinds:
        return list(kinds.values())
    bar = score.meter.beats_per_bar
    start = float(np.floor(part.notes[0].start / bar) * bar)
    return [(start, float(np.ceil(max(note.end for note in part.notes) / bar - _EPSILON) * bar))]
