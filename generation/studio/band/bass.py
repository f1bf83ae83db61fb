"""The bass player: each genre's lines, the root where a chord begins.

Lines are written as the patterns of `bars.strikes`: `R` root, `3` third, `5` fifth, `6` sixth, `7` seventh
(octave in a major triad), `O` octave, `4` a fourth below, `a` a step from the next root, `-` holds. Whatever
is written, a chord that begins is met by its root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from generation.studio.band.bars import Bar, accent, bass_class, split_at_changes, strikes
from generation.studio.score import CHORDS, Chord, Note

# By genre: thin, usual, full; alternatives parted by "/". "walk" is a line of its own.
LINES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "rock": (
            "R-------R-------",
            "R-R-R-R-R-R-R-R-/R---R-R-R---R-R-",
            "R-R-R-R-R-R-R-R-/R-R-R-R-R-R-5-O-",
        ),
        "pop": (
            "R---------------/R-------R-------",
            "R-----R-R-------/R-----R-R---5---",
            "R-R-R-R-R-R-R-R-/R--R--R-R--R--5-",
        ),
        "edm": ("R---------------", "..R-..R-..R-..R-/..RR..RR..RR..RR", "..R-..R-..R-..O-/R.O.R.O.R.O.R.O."),
        "techno": (
            "..R...R...R...R.",
            "..R-..R-..R-..R-/.RRR.RRR.RRR.RRR",
            ".RRR.RRR.RRR.RRR/.RRO.RRR.RRR.ORR",
        ),
        "hip hop": (
            "R-------------..",
            "R-----..--R---..|R--R--------5-../R------R--R-----",
            "R--R------R---..|R-----..R-R-O-../R-----R---R---5-",
        ),
        "jazz": ("R-------5-------", "walk", "walk"),
        "blues": ("R---5---R---5---", "R---3---5---6---/R-R-3-3-5-5-6-6-", "R-R-3-3-5-5-6-5-/walk"),
        "classical": (
            "R---------------",
            "R-------5-------/R-------3---5---",
            "R---3---5---3---/R---R---5---R---",
        ),
        "ambient": ("R---------------", "R---------------", "R-----------5---"),
        "folk": ("R-------5-------", "R-------4-------", "R---4---R---a---/R-------4---a---"),
        "country": ("R-------4-------", "R-------4-------", "R-------4---4-a-/R---4---R---4---"),
        "metal": ("R-----R---R-----", "R-RRR-RRR-RRR-RR", "RRRRRRRRRRRRRRRR"),
        "latin": (
            "R-----5-----O---",
            "R-----5-....O-..|R-----5-....O-..",
            "R-----5-....O-../R.....5---..O-R-",
        ),
        "reggae": (
            "R-----R-....5-..",
            "R-..R-5-..R-..../R--RR---..5-3-..",
            "R-..R-R-5-..3-R-/R-5-..R-..5-R-..",
        ),
        "funk": (
            "R---......R-....",
            "R-.R..O...R.5.7./R..R..O.R...7.O.",
            "R.RO..R.O.R.5.7./R.R..OR...RO7.5.",
        ),
        "chiptune": (
            "R---R---R---R---",
            "R.O.R.O.R.O.R.O./R-R-O-R-R-R-O-R-",
            "R.O.R.O.R.O.R.O./RRO.RRO.RRO.RRO.",
        ),
    }
)
# In compound meters, by character of the line: a step is a third of a beat.
_COMPOUND = {
    "walk": "R-35-a",
    "long": "R-----",
    "drive": "RRRRRR",
    "lilt": "R--5-a",
    "off": "R.RR.O",
}
_IN_SIX = {
    "rock": "drive", "metal": "drive", "techno": "off", "edm": "off", "chiptune": "off", "jazz": "walk",
    "blues": "walk", "ambient": "long", "hip hop": "long",
}  # fmt: skip
_STEPS = {"R": 0, "5": 7, "O": 12, "4": -5}


def play_bass(
    bars: Sequence[Bar],
    activity: Sequence[float],
    *,
    genres: Sequence[str],
    low: int,
    high: int,
    rng: np.random.Generator,
) -> list[Note]:
    """Play the bass line of a piece.

    Parameters
    ----------
    bars, activity, genres : sequences
        As for `play_drums`; an activity up to .5 takes the thinnest line.
    low, high : int
        The instrument's range; roots lie in its lowest octave and a half, from about E1.
    rng : numpy.random.Generator
        Draws each genre's line a level once, and the walking.

    Returns
    -------
    list of Note
    """
    lines = {
        (genre, level): _draw(LINES[genre][level], rng) for genre in sorted(set(genres)) for level in range(3)
    }
    notes: list[Note] = []
    floor = max(low, min(28, high - 24)) if high - low >= 19 else low
    last = floor + 7
    for number, bar in enumerate(bars):
        if activity[number] <= 0:
            continue
        if bar.final:
            # Before the last chord, the roots; then it is held to the end.
            edges = split_at_changes(bar, bar.start, bar.beats)
            for start, length, chord in edges:
                last = _root(chord, floor, last)
                notes.append(Note(start, length, last, bar.loudness + 4))
            continue
        level = 0 if activity[number] <= 0.5 else bar.level
        line = lines[genres[number], level]
        if line == "walk" and not bar.meter.compound:
            played = _walk(bar, floor, high, last, rng)
        else:
            played = _line(line, genres[number], bar, floor, high, last)
        if played:
            last = played[-1].pitch if line == "walk" else _root(bar.chords[-1], floor, last)
        notes += played
    return notes


def _draw(line: str, rng: np.random.Generator) -> str:
    choices = line.split("/")
    return choices[int(rng.integers(len(choices)))]


def _root(chord: Chord, floor: int, near: int) -> int:
    """Return the bass's root within an octave from the floor's, the nearer to the last note."""
    lowest = floor + (bass_class(chord) - floor) % 12
    # Above the octave only if that is much the smaller step, so that the line does not climb.
    return lowest + 12 if near - lowest > 8 and lowest + 12 <= floor + 16 else lowest


def _degree(mark: str, chord: Chord, root: int, bar: Bar) -> int:
    """Return the semitones above the root of a character of a line."""
    tones = CHORDS[chord.quality]
    third = tones[1] if len(tones) > 2 else 7
    fifth = next((tone for tone in tones if tone in (6, 7, 8)), 7)
    if mark == "3":
        return third if third < 6 else fifth
    if mark == "5":
        return fifth
    if mark == "4":
        return fifth - 12
    if mark == "6":
        return 9 if third == 4 else 10
    if mark == "7":
        return 10 if 10 in tones or third == 3 else 12
    if mark == "a":
        target = root + (bar.next_root - root + 6) % 12 - 6
        # From below by a half step, or from above by a whole one, whichever is nearer to where we are.
        return target - root - 1 if target > root else target - root + 2
    return _STEPS.get(mark, 0)


def _line(line: str, genre: str, bar: Bar, floor: int, high: int, last: int) -> list[Note]:
    if bar.meter.compound:
        line, step = _COMPOUND[_IN_SIX.get(genre, "lilt")], 1 / 3
        if bar.level == 0:
            line = _COMPOUND["long"]
    else:
        step = 0.25
    notes: list[Note] = []
    met: set[float] = set()
    for start, length, mark in strikes(line, bar, step=step):
        for at, piece, chord in split_at_changes(bar, start, length):
            root = _root(chord, floor, last)
            first = at not in met and abs(at - chord.start) < 1e-6
            met.add(at)
            pitch = root if first else root + _degree(mark, chord, root, bar)
            pitch = pitch - 12 if pitch > high else pitch + 12 if pitch < floor else pitch
            # Other degrees are touched lightly: the ear takes the longest low note for the root.
            foreign = (pitch - root) % 12 != 0
            length_there = min(piece, 0.6) * 0.9 if foreign else piece * 0.95
            notes.append(Note(at, length_there, pitch, _velocity(bar, accent(bar, at) - 8 * foreign)))
    # A chord that nobody met begins with its root anyway, on lines that have anything on the beat.
    if line[0] == "R":
        for chord in bar.chords:
            if not any(abs(note.start - chord.start) < 1e-6 for note in notes):
                root = _root(chord, floor, last)
                until = min((n.start for n in notes if n.start > chord.start), default=bar.end)
                notes.append(Note(chord.start, min(until - chord.start, 1.0) * 0.9, root, _velocity(bar, 2)))
    return notes


def _walk(bar: Bar, floor: int, high: int, last: int, rng: np.random.Generator) -> list[Note]:
    """Walk in beats: roots where chords begin, chord tones between, a step into what comes."""
    beats = [bar.start + at for at in range(max(1, int(bar.beats + 1e-6)))]
    notes: list[Note] = []
    top = min(high, floor + 24)
    for number, beat in enumerate(beats):
        chord = bar.chord_at(beat)
        following = beats[number + 1] if number + 1 < len(beats) else None
        changes = following is None or bar.chord_at(following) is not chord
        if abs(beat - chord.start) < 1e-6 or not notes:
            pitch = _root(chord, floor, last)
        elif changes:
            target = bar.next_root if following is None else bass_class(bar.chord_at(following))
            goal = last + (target - last + 6) % 12 - 6
            # A chord tone or a half step beside the goal, from the side we come from.
            pitch = (
                goal - 1 if last < goal or goal + 2 > top else goal + 2 if rng.random() < 0.5 else goal + 1
            )
        else:
            root = _root(chord, floor, last)
            around = [root + tone + octave for tone in CHORDS[chord.quality][:4] for octave in (-12, 0, 12)]
            near = [one for one in around if one != last and abs(one - last) <= 7 and floor <= one <= top]
            pitch = near[int(rng.integers(len(near)))] if near else root
        pitch = pitch - 12 if pitch > top else pitch + 12 if pitch < floor else pitch
        length = (following if following is not None else bar.end) - beat
        notes.append(Note(beat, length * 0.93, pitch, _velocity(bar, 4 if number % 2 == 0 else 0)))
        last = pitch
        if following is not None and bar.level == 2 and rng.random() < 0.12:
            notes.append(Note(beat + 0.5, 0.4, pitch, _velocity(bar, -22)))
            notes[-2] = Note(beat, 0.45, pitch, notes[-2].velocity)
    return notes


def _velocity(bar: Bar, more: int) -> int:
    return int(min(max(bar.loudness + more, 20), 120))
