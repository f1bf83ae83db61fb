"""Melodies out of the files of the music21 corpus: ABC tunes and four-part chorales, parsed by music21.

A tune's bars rarely add up by themselves: strains begin with pickups, end short to make room for them, and
are repeated with first and second endings. Here each strain comes once, with its last ending, on one grid
of bars: a pickup takes its time from the end of the bar before, any other bar that is short or long is
filled up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from generation.studio.score import Meter, Note, ScoreError
from generation.studio.tune import TuneError

_MODE_WORDS = {
    "": "major",
    "maj": "major",
    "ion": "major",
    "m": "minor",
    "min": "minor",
    "aeo": "minor",
    "dor": "dorian",
    "phr": "phrygian",
    "mix": "mixolydian",
    # No mode of ours has a raised fourth; a Lydian tune is heard as major.
    "lyd": "major",
}
# Semitones from the tonic of the major scale with the same key signature.
OFFSETS = {"major": 0, "dorian": 2, "phrygian": 4, "mixolydian": 7, "minor": 9}
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")
# Bars that have to be filled up or cut; with more, what is written is not in the meter that it says.
MAX_IRREGULAR = 0.34
_ACCENT, _PLAIN = 88, 76


@dataclass(frozen=True)
class Line:
    """A melody on a grid of bars, in quarters from the first downbeat: notes are (start, duration, pitch)."""

    notes: tuple[tuple[Fraction, Fraction, int], ...]
    strains: tuple[Fraction, ...]
    bar: Fraction


@dataclass
class _Bar:
    """One measure as it is written."""

    length: Fraction
    notes: list[tuple[Fraction, Fraction, int]]
    starts_strain: bool


def read_key_field(field: str) -> tuple[int, str] | None:
    """Return tonic and mode of an ABC key field; None of what names no key ("Hp", "none")."""
    found = _KEY.match(field.strip())
    if found is None or field.strip()[:2] in ("HP", "Hp"):
        return None
    mode = _MODE_WORDS.get(found[3].lower()[:3], "major")
    return (_LETTERS[found[1]] + {"#": 1, "b": -1, "": 0}[found[2]]) % 12, mode


def read_meter_field(text: str) -> Meter | None:
    """Return the meter that an ABC tune states; 4/4 for alla breve, None where it states none of ours."""
    found = re.search(r"(?m)^M:\s*(C\|?|\d+/\d+)", text)
    if found is None:
        return None
    if found[1] in ("C", "C|", "2/2"):
        return Meter(4, 4)
    try:
        return Meter(*(int(number) for number in found[1].split("/")))
    except ScoreError:
        return None


def heard_key(tonic: int, mode: str, notes: Sequence[tuple[Fraction, Fraction, int]]) -> tuple[int, str]:
    """Correct a key that was only meant as a signature: "K:G" above a tune that ends, and dwells, on A.

    Kept unless the last note is the tonic of another mode of that signature, and that mode's tonic and fifth
    sound longer than the stated ones. Transcribers call Phrygian what ends on the third of a major key: it is
    that major key, unless the stated tonic and fifth are clearly what the tune is about.
    """
    scale = (tonic - OFFSETS[mode]) % 12
    last = notes[-1][2] % 12
    shares = [sum(duration for _, duration, pitch in notes if pitch % 12 == row) for row in range(12)]

    def weight(root: int) -> Fraction:
        return Fraction(shares[root] + shares[(root + 7) % 12])

    if mode == "phrygian" and 2 * weight(tonic) < 3 * weight(scale):
        return scale, "major"
    for other, offset in OFFSETS.items():
        if other != "phrygian" and (scale + offset) % 12 == last != tonic and weight(last) > weight(tonic):
            return last, other
    return tonic, mode


def meter_of(stream: Any) -> Meter:
    """Return the first time signature; 4/4 where there is none, and for alla breve."""
    signature = next(iter(stream.recurse().getElementsByClass("TimeSignature")), None)
    if signature is None or (signature.numerator, signature.denominator) == (2, 2):
        return Meter(4, 4)
    return Meter(signature.numerator, signature.denominator)


def usual_meter(part: Any) -> Meter:
    """Return the meter whose bars most measures fill."""
    lengths = Counter(one.length for one in _last_endings(part))
    length = max(lengths, key=lambda one: lengths[one], default=Fraction(4))
    denominator = next((one for one in (4, 8, 16) if (length * one / 4).denominator == 1), 4)
    numerator = max(1, round(length * denominator / 4))
    return Meter(min(numerator, 32), denominator)


def line_of(part: Any, meter: Meter) -> Line:
    """Put a part on one grid of bars, each strain once.

    Raises
    ------
    TuneError
        No notes, or bars that do not fit the meter.
    """
    bar = Fraction(4 * meter.numerator, meter.denominator)
    bars = _last_endings(part)
    if not any(one.notes for one in bars):
        raise TuneError("has no notes")
    notes, strains, irregular = _on_grid(_joined(bars, bar), bar)
    if irregular > MAX_IRREGULAR:
        raise TuneError(f"{irregular:.0%} of its bars do not fit {meter}")
    return Line(tuple(notes), tuple(strains), bar)


def melody_of(line: Line, meter: Meter) -> tuple[tuple[Note, ...], float, tuple[float, ...]]:
    """Return the notes of a line in felt beats from its first sound, its pickup and its strains."""
    per_beat = Fraction(meter.quarters_per_beat)
    first = line.notes[0][0]
    # A tune may begin with a rest in its first bar; that bar is kept whole.
    origin = first if first < 0 else Fraction(0)
    notes = tuple(
        Note(
            float((start - origin) / per_beat),
            float(duration / per_beat),
            pitch,
            _ACCENT if start % line.bar == 0 else _PLAIN,
        )
        for start, duration, pitch in line.notes
    )
    strains = tuple(float((start - origin) / per_beat) for start in line.strains)
    return notes, float(-origin / per_beat), strains


def _last_endings(part: Any) -> list[_Bar]:
    """Return the measures as they are written, without first endings that a second one replaces."""
    # Of very short tunes, music21 leaves out the bars.
    measures = list((part if part.hasMeasures() else part.makeMeasures()).getElementsByClass("Measure"))
    skipped, replacing = set(), set()
    brackets = [
        (str(one.number), [id(measure) for measure in one.getSpannedElements()])
        for one in part.recurse().getElementsByClass("RepeatBracket")
    ]
    for (number, spanned), (after, following) in pairwise(brackets):
        if number.startswith("1") and not after.startswith("1"):
            skipped.update(spanned)
            replacing.update(following)
    bars = []
    fresh = True
    for measure in measures:
        left, right = measure.leftBarline, measure.rightBarline
        # A second ending goes on where the first one left, behind a repeat sign that is not ours.
        fresh = (fresh or getattr(left, "direction", "") == "start") and id(measure) not in replacing
        if id(measure) not in skipped:
            bar = _bar(measure, fresh)
            if bar.length > 0:
                bars.append(bar)
                fresh = False
        fresh = fresh or getattr(right, "direction", "") == "end"
        fresh = fresh or getattr(right, "type", "") in ("double", "final", "light-light", "light-heavy")
    return bars


def _bar(measure: Any, fresh: bool) -> _Bar:
    """Notes of a measure from its start; ornaments of no length are left out, of chords the top is kept."""
    source = measure.voices[0] if len(measure.voices) else measure
    notes = []
    length = Fraction(0)
    for element in source.notesAndRests:
        duration = Fraction(element.quarterLength).limit_denominator(96)
        if duration <= 0 or "ChordSymbol" in element.classes:
            continue
        start = Fraction(element.offset).limit_denominator(96)
        length = max(length, start + duration)
        if element.isNote or getattr(element, "isChord", False):
            pitch = max(int(one.midi) for one in element.pitches)
            tied = element.tie is not None and element.tie.type in ("stop", "continue")
            notes.append((start, -duration if tied else duration, pitch))
    return _Bar(length, notes, fresh)


def _joined(bars: Sequence[_Bar], bar: Fraction) -> list[_Bar]:
    """Join two measures that a repeat sign within a bar has parted and that fill it together."""
    joined: list[_Bar] = []
    for one in bars:
        last = joined[-1] if joined else None
        if last is not None and len(joined) > 1 and not one.starts_strain and last.length + one.length == bar:
            moved = [(start + last.length, duration, pitch) for start, duration, pitch in one.notes]
            joined[-1] = _Bar(bar, last.notes + moved, last.starts_strain)
        else:
            joined.append(_Bar(one.length, list(one.notes), one.starts_strain))
    return joined


def _on_grid(
    bars: Sequence[_Bar], bar: Fraction
) -> tuple[list[tuple[Fraction, Fraction, int]], list[Fraction], float]:
    """Return notes, the strains' first bars, and the share of bars that did not fit."""
    notes: list[tuple[Fraction, Fraction, int]] = []
    strains: list[Fraction] = []
    at, irregular = Fraction(0), 0
    for row, one in enumerate(bars):
        # A short measure that opens a strain is its pickup.
        pickup = one.length < bar and row + 1 < len(bars) and one.starts_strain
        start = at - one.length if pickup else at
        if one.starts_strain:
            strains.append(at)
        _append(notes, _moved(one, start))
        if not pickup:
            whole = -(-one.length // bar)
            ends_strain = row + 1 == len(bars) or bars[row + 1].starts_strain
            irregular += one.length != bar and not (ends_strain and one.length < bar)
            at += whole * bar
    starts = sorted({start for start in strains if start < at})
    return notes, starts, irregular / max(1, at // bar)


def _moved(one: _Bar, start: Fraction) -> Iterator[tuple[Fraction, Fraction, int]]:
    """Notes of a measure that starts at a quarter."""
    for offset, duration, pitch in one.notes:
        yield start + offset, duration, pitch


def _append(
    notes: list[tuple[Fraction, Fraction, int]], more: Iterator[tuple[Fraction, Fraction, int]]
) -> None:
    """Add notes, let go those that sound into them, and prolong those that are tied (of length below 0)."""
    for start, duration, pitch in more:
        while notes and notes[-1][0] >= start:
            notes.pop()
        if notes and notes[-1][0] + notes[-1][1] > start:
            last = notes.pop()
            notes.append((last[0], start - last[0], last[2]))
        if duration < 0 and notes and notes[-1][2] == pitch and sum(notes[-1][:2]) == start:
            last = notes.pop()
            notes.append((last[0], last[1] - duration, pitch))
        else:
            notes.append((start, abs(duration), pitch))
