"""The parts of a tune, cut out and set in the meter of an arrangement.

A strain's beats count from its own first downbeat, so its pickup stands below 0. Meters are changed beat by
beat: two bars of 6/8 become one of 4/4, three beats become four by holding the first twice as long; thirds
of a beat stay a triplet feel, or are straightened to short, short, long; eighths swing where they come into
6/8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from generation.studio.harmonise import harmonise
from generation.studio.score import Chord, Meter, Note
from generation.studio.tune import Tune

# Bars of a part of a form: shorter strains are joined to the next, longer ones are cut.
_MIN_BEATS, _MAX_BEATS = 12.0, 32.0
# Where the beats of a bar go in a bar of another length.
_STRETCHES: dict[tuple[int, int], tuple[float, ...]] = {
    (3, 4): (0, 2, 3, 4),
    (4, 3): (0, 0.5, 1, 2, 3),
    (3, 2): (0, 1, 1.5, 2),
    (2, 3): (0, 2, 3),
    (5, 4): (0, 1, 2, 3, 3.5, 4),
    (5, 3): (0, 0.5, 1, 2, 2.5, 3),
}
_STRAIGHT = ((0.0, 1 / 3, 2 / 3, 1.0), (0.0, 0.25, 0.5, 1.0))
_SWUNG = ((0.0, 0.5, 1.0), (0.0, 2 / 3, 1.0))
_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Tone:
    """A note of a strain; `start` may lie before its first downbeat."""

    start: float
    duration: float
    pitch: int

    @property
    def end(self) -> float:
        """Beat at which it is let go."""
        return self.start + self.duration


@dataclass(frozen=True)
class Strain:
    """A part of a tune: tones, chords from 0 to `n_beats` (empty where none are set), whole bars."""

    tones: tuple[Tone, ...]
    chords: tuple[Chord, ...]
    n_beats: float


def strains_of(
    tune: Tune, meter: Meter | None = None, *, straighten: bool = False
) -> tuple[list[Strain], Meter]:
    """Cut a tune into its strains and set them in a meter.

    Parameters
    ----------
    tune : Tune
    meter : Meter, optional
        By default the tune's own, or the plain meter next to it (4/4 for a 2/4 of sixteenths, 6/8 for 3/8).
    straighten : bool
        Whether thirds of beats become short, short, long in a simple meter, rather than triplets.

    Returns
    -------
    strains : list of Strain
        At least one, in order.
    meter : Meter
        The one they are in now.
    """
    source, scale = _plain(tune)
    target = meter if meter is not None else source
    cut = _cut(tune)
    if scale != 1.0:
        cut = [_mapped(one, lambda beat: beat * scale) for one in cut]
    stretch = _stretch(source, target)
    within = _within(source, target, straighten)
    set_ = [_whole_bars(_mapped(one, lambda beat: stretch(within(beat))), target) for one in cut]
    return _right_sized(set_, target), target


def harmonised(
    strains: Sequence[Strain], tune: Tune, meter: Meter, *, half_bars: bool, rng: np.random.Generator | None
) -> list[Strain]:
    """Return strains with chords: their own where they have some, else set to the melody (`harmonise`)."""
    done = []
    for strain in strains:
        if not strain.chords:
            shift = max(0.0, -min((tone.start for tone in strain.tones), default=0.0))
            melody = [Note(tone.start + shift, tone.duration, tone.pitch) for tone in strain.tones]
            chords = harmonise(
                melody,
                tonic=tune.tonic,
                mode=tune.mode,
                meter=meter,
                pickup_beats=shift,
                n_beats=strain.n_beats + shift,
                half_bars=half_bars,
                rng=rng,
            )
            strain = replace(strain, chords=_clipped(chords, -shift, strain.n_beats))
        done.append(strain)
    return done


def _plain(tune: Tune) -> tuple[Meter, float]:
    """Return the meter in which a tune is thought of, and what its beats are multiplied by."""
    written = tune.meter
    if (written.numerator, written.denominator) == (3, 8):
        return Meter(6, 8), 2 / 3
    if written.beats_per_bar == 6 and not written.compound:
        return Meter(3, 4), 1.0
    if (written.numerator, written.denominator) == (2, 4):
        # A reel in sixteenths is the same reel in eighths.
        short = float(np.median([note.duration for note in tune.melody])) <= 0.25 + _EPSILON
        return Meter(4, 4), 2.0 if short else 1.0
    if written.denominator in (1, 2) or (written.denominator == 8 and not written.compound):
        whole = written.beats_per_bar % 1 == 0 and 2 <= written.beats_per_bar <= 7
        return (Meter(int(written.beats_per_bar), 4) if whole else Meter(4, 4)), 1.0
    return written, 1.0


def _cut(tune: Tune) -> list[Strain]:
    """Cut a tune at its strains, each with its pickup."""
    starts = sorted(
        {tune.pickup_beats, *(at for at in tune.strains if tune.pickup_beats <= at < tune.n_beats)}
    )
    ends = [*starts[1:], tune.n_beats]
    last = len(starts) - 1
    strains = []
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        low = start - tune.pickup_beats - _EPSILON
        high = end - (tune.pickup_beats if row < last else 0.0) - _EPSILON
        tones = tuple(
            Tone(note.start - start, min(note.end, end) - note.start, note.pitch)
            for note in tune.melody
            if (row == 0 or note.start >= low) and note.start < high
        )
        moved = [
            Chord(max(chord.start, start) - start, left, chord.root, chord.quality, chord.bass)
            for chord in tune.chords
            if (left := min(chord.start + chord.duration, end) - max(chord.start, start)) > _EPSILON
        ]
        strains.append(Strain(tones, _clipped(moved, 0.0, end - start), end - start))
    return strains


def _clipped(chords: Sequence[Chord], shift: float, n_beats: float) -> tuple[Chord, ...]:
    """Move chords and let them fill 0..n_beats without gaps; empty if there are none."""
    inside = [
        (max(0.0, chord.start + shift), chord)
        for chord in chords
        if chord.start + shift < n_beats - _EPSILON and chord.start + chord.duration + shift > _EPSILON
    ]
    starts = [0.0, *(start for start, _ in inside[1:]), n_beats]
    return tuple(
        Chord(start, end - start, chord.root, chord.quality, chord.bass)
        for (start, end), (_, chord) in zip(pairwise(starts), inside, strict=False)
        if end - start > _EPSILON
    )


def _mapped(strain: Strain, move: Callable[[float], float]) -> Strain:
    """Move every beat of a strain."""
    tones = tuple(
        Tone(move(tone.start), max(move(tone.end) - move(tone.start), 0.05), tone.pitch)
        for tone in strain.tones
    )
    chords = tuple(
        Chord(start, length, chord.root, chord.quality, chord.bass)
        for chord in strain.chords
        if (length := move(chord.start + chord.duration) - (start := move(chord.start))) > _EPSILON
    )
    return Strain(tones, chords, move(strain.n_beats))


def _stretch(source: Meter, target: Meter) -> Callable[[float], float]:
    """Return how beats of the source's bars lie in the target's."""
    n, m = source.beats_per_bar, target.beats_per_bar
    if m % n == 0 or n % m == 0:
        return lambda beat: beat
    knots = _STRETCHES.get((round(n), round(m))) if n % 1 == 0 and m % 1 == 0 else None
    if knots is None:
        return lambda beat: beat * m / n
    return lambda beat: beat // n * m + float(np.interp(beat % n, range(len(knots)), knots))


def _within(source: Meter, target: Meter, straighten: bool) -> Callable[[float], float]:
    """Return how places within a beat move."""
    table: tuple[tuple[float, ...], tuple[float, ...]]
    if source.compound and not target.compound and straighten:
        table = _STRAIGHT
    elif target.compound and not source.compound:
        table = _SWUNG
    else:
        return lambda beat: beat
    return lambda beat: (
        np.floor(beat + _EPSILON) + float(np.interp(max(beat - np.floor(beat + _EPSILON), 0.0), *table))
    )


def _whole_bars(strain: Strain, meter: Meter) -> Strain:
    """Fill a strain up to whole bars; the last chord holds on."""
    bar = meter.beats_per_bar
    n_beats = bar * max(1.0, float(np.ceil(strain.n_beats / bar - _EPSILON)))
    return Strain(strain.tones, _clipped(strain.chords, 0.0, n_beats), n_beats)


def _right_sized(strains: Sequence[Strain], meter: Meter) -> list[Strain]:
    """Join strains that are too short to be a section, halve those that are too long."""
    joined: list[Strain] = []
    for strain in strains:
        last = joined[-1] if joined else None
        if last is not None and min(last.n_beats, strain.n_beats) < _MIN_BEATS and last.n_beats < _MAX_BEATS:
            joined[-1] = _together(last, strain)
        else:
            joined.append(strain)
    sized: list[Strain] = []
    for strain in joined:
        bars = round(strain.n_beats / meter.beats_per_bar)
        pieces = int(np.ceil(strain.n_beats / (_MAX_BEATS + meter.beats_per_bar)))
        # Phrases are of four bars: cut there.
        length = meter.beats_per_bar * 4 * int(np.ceil(bars / pieces / 4))
        at = 0.0
        while at < strain.n_beats - _EPSILON:
            sized.append(piece(strain, at, min(at + length, strain.n_beats)))
            at += length
    return [one for one in sized if one.tones] or sized


def _together(first: Strain, second: Strain) -> Strain:
    """Return one strain after another."""
    at = first.n_beats
    reach = min((tone.start for tone in second.tones), default=0.0) + at
    kept = [
        replace(tone, duration=min(tone.duration, reach - tone.start)) if tone.end > reach else tone
        for tone in first.tones
        if tone.start < reach - _EPSILON
    ]
    tones = (*kept, *(replace(tone, start=tone.start + at) for tone in second.tones))
    chords = (*first.chords, *(replace(chord, start=chord.start + at) for chord in second.chords))
    return Strain(tones, chords if first.chords and second.chords else (), at + second.n_beats)


def piece(strain: Strain, start: float, end: float) -> Strain:
    """Return a stretch of whole bars of a strain; only at its start does it keep a pickup."""
    tones = tuple(
        replace(tone, start=tone.start - start, duration=min(tone.end, end) - tone.start)
        for tone in strain.tones
        if (start <= 0 or tone.start >= start - _EPSILON) and tone.start < end - _EPSILON
    )
    chords = _clipped(
        [
            chord
            for chord in strain.chords
            if chord.start < end - _EPSILON and chord.start + chord.duration > start + _EPSILON
        ],
        -start,
        end - start,
    )
    return Strain(tones, chords, end - start)
