"""Motifs: a figure with a contour, and what composers do to it: turn it over, adorn it, stretch it, cut it.

Every note either *stands* on a degree, so many steps from where the motif is set, or *moves* between two
standing ones by its gap's gesture. So a motif can be set on any chord and stays itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from generation.studio.rhythm import Figure, is_strong
from generation.studio.score import Meter

# How the notes of a gap get from one standing note to the next.
GESTURES = ("walk", "neighbour", "repeat", "arpeggio", "approach", "free")
_SHAPES = {
    "arch": (0.0, 0.7, 1.0, 0.6, 0.0),
    "fall": (1.0, 0.7, 0.4, 0.1, -0.2),
    "rise": (-0.4, 0.0, 0.3, 0.6, 1.0),
    "valley": (0.7, 0.1, -0.4, 0.0, 0.6),
    "wave": (0.0, 0.8, -0.2, 0.7, -0.3),
    "level": (0.2, 0.0, 0.2, -0.1, 0.1),
}


@dataclass(frozen=True)
class Tone:
    """A note of a motif.

    Attributes
    ----------
    start, length : float
        In beats from the motif's start.
    stands : bool
    offset : int
        Steps from the motif's place (standing), or from the note before (moving, gesture "free").
    gesture : str
        One of GESTURES; that of the gap, the same for all of its notes.
    turn : int
        1 or -1: the way the gesture goes when its ends do not say.
    """

    start: float
    length: float
    stands: bool
    offset: int
    gesture: str = "walk"
    turn: int = 1


@dataclass(frozen=True)
class Motif:
    """Tones over a whole number of beats."""

    tones: tuple[Tone, ...]
    beats: float


def draw_motif(
    figure: Figure,
    beats: float,
    meter: Meter,
    *,
    gestures: dict[str, float],
    span: int,
    rng: np.random.Generator,
) -> Motif:
    """Give a figure a contour over `span` steps and a gesture to each gap between its standing notes."""
    shape = _SHAPES[str(rng.choice(list(_SHAPES)))]
    names = list(gestures)
    odds = np.array([gestures[name] for name in names])
    tones = []
    gesture, turn = "walk", 1
    for row, (start, length) in enumerate(figure):
        in_bar = start % meter.beats_per_bar
        stands = row == 0 or is_strong(in_bar, meter) or length >= 1
        stands = stands or (in_bar == int(in_bar) and bool(rng.random() < 0.45))
        if stands:
            wanted = span * np.interp(start / beats, np.linspace(0, 1, len(shape)), shape)
            offset = round(float(wanted + rng.normal(0, 0.25 + span / 5)))
            gesture = names[int(rng.choice(len(names), p=odds / odds.sum()))]
            turn = int(rng.choice((-1, 1)))
        else:
            offset = int(rng.choice((-2, -1, -1, -1, 1, 1, 1, 2)))
        tones.append(Tone(start, length, stands, offset, gesture, turn))
    return Motif(tuple(tones), beats)


def invert(motif: Motif) -> Motif:
    """Turn the contour upside down; the rhythm stays."""
    return replace(
        motif, tones=tuple(replace(tone, offset=-tone.offset, turn=-tone.turn) for tone in motif.tones)
    )


def shifted(motif: Motif, steps: int) -> Motif:
    """Set the standing notes so many steps higher."""
    return replace(
        motif,
        tones=tuple(
            replace(tone, offset=tone.offset + steps) if tone.stands else tone for tone in motif.tones
        ),
    )


def adorn(motif: Motif, *, rng: np.random.Generator, odds: float = 0.35, shortest: float = 0.5) -> Motif:
    """Divide some of the longer notes: half of each becomes a note that moves on."""
    tones: list[Tone] = []
    for tone in motif.tones:
        if tone.length >= 2 * shortest and rng.random() < odds:
            cut = tone.length / 2 if tone.length < 1.5 or rng.random() < 0.5 else tone.length - shortest
            gesture = str(rng.choice(("neighbour", "approach", "free", "walk")))
            turn, offset = int(rng.choice((-1, 1))), int(rng.choice((-2, -1, 1, 2)))
            tones.append(replace(tone, length=cut, gesture=gesture, turn=turn))
            tones.append(Tone(tone.start + cut, tone.length - cut, False, offset, gesture, turn))
        else:
            tones.append(tone)
    return Motif(tuple(tones), motif.beats)


def nudge(motif: Motif, *, rng: np.random.Generator, n_tones: int = 1) -> Motif:
    """Change the degree of a few standing notes after the first, as singers do from verse to verse."""
    rows = [row for row, tone in enumerate(motif.tones) if row and tone.stands]
    if not rows:
        return motif
    tones = list(motif.tones)
    for row in rng.choice(rows, size=min(n_tones, len(rows)), replace=False):
        tones[row] = replace(tones[row], offset=tones[row].offset + int(rng.choice((-3, -2, 2, 3))))
    return replace(motif, tones=tuple(tones))


def thin(motif: Motif, *, rng: np.random.Generator, odds: float = 0.3) -> Motif:
    """Leave out some moving notes; the note before rings on."""
    tones: list[Tone] = []
    for tone in motif.tones:
        if not tone.stands and tones and rng.random() < odds:
            tones[-1] = replace(tones[-1], length=tone.start + tone.length - tones[-1].start)
        else:
            tones.append(tone)
    return replace(motif, tones=tuple(tones))


def augment(motif: Motif) -> Motif:
    """Play the first half twice as slowly."""
    half = motif.beats / 2
    tones = tuple(
        replace(tone, start=2 * tone.start, length=min(2 * tone.length, motif.beats - 2 * tone.start))
        for tone in motif.tones
        if tone.start < half
    )
    return replace(motif, tones=tones)


def fragment(motif: Motif, steps: int) -> Motif:
    """Say the first half twice, the second time so many steps higher."""
    half = motif.beats / 2
    head = [
        replace(tone, length=min(tone.length, half - tone.start)) for tone in motif.tones if tone.start < half
    ]
    again = [
        replace(tone, start=tone.start + half, offset=tone.offset + (steps if tone.stands else 0))
        for tone in head
    ]
    return replace(motif, tones=(*head, *again))


def head_with_tail(head: Motif, tail: Motif) -> Motif:
    """Begin as one motif and go on, from its half, as another of the same length."""
    half = head.beats / 2
    tones = [
        replace(tone, length=min(tone.length, half - tone.start)) for tone in head.tones if tone.start < half
    ]
    return replace(head, tones=(*tones, *(tone for tone in tail.tones if tone.start >= half)))


def closed(motif: Motif, at: float, length: float) -> Motif:
    """Come to rest: what begins before `at` stays, then one standing note of the length."""
    tones = [
        replace(tone, length=min(tone.length, at - tone.start))
        for tone in motif.tones
        if tone.start < at - 1e-6
    ]
    return replace(motif, tones=(*tones, Tone(at, length, True, 0)))
