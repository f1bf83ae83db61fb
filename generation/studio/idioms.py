"""What is usual in each genre: tempos, modes, meters, moods, forms; and what a mood changes.

Forms are written as letters with bars: i intro, v verse, p prechorus, c chorus, b bridge, s solo, k break,
o outro. Weights need not sum to anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Idiom:
    """The habits of a genre.

    Attributes
    ----------
    tempo : tuple of float
        Lowest, usual and highest felt beats a minute.
    modes, moods, meters : mapping of str to float
        Weight of each.
    forms : tuple of str
    energy : tuple of float
        Energy of its quietest and of its loudest sections.
    cadential : float
        How often a phrase ends in a cadence of its own rather than on with its loop, 0..1.
    """

    tempo: tuple[float, float, float]
    modes: Mapping[str, float]
    moods: Mapping[str, float]
    meters: Mapping[str, float]
    forms: tuple[str, ...]
    energy: tuple[float, float]
    cadential: float


def _weights(text: str) -> dict[str, float]:
    """Read "major 6 minor 3"."""
    words = text.split()
    return {name: float(weight) for name, weight in zip(words[::2], words[1::2], strict=True)}


def _idiom(
    tempo: str, modes: str, moods: str, meters: str, energy: str, cadential: float, forms: str
) -> Idiom:
    low, usual, high = (float(word) for word in tempo.split())
    quiet, loud = (float(word) for word in energy.split())
    return Idiom(
        (low, usual, high),
        _weights(modes),
        _weights(moods),
        _weights(meters),
        tuple(form.strip() for form in forms.split(";")),
        (quiet, loud),
        cadential,
    )


IDIOMS: Mapping[str, Idiom] = {
    "rock": _idiom(
        "104 124 148",
        "major 5 minor 5 mixolydian 1",
        "energetic 5 happy 3 tense 2 sad 1 dark 1",
        "4/4 20 6/8 1",
        ".5 1",
        0.5,
        "i4 v8 c8 v8 c8 s8 c8 o4; i4 v8 p4 c8 v8 p4 c8 b8 c8 o4; i8 v8 c8 v8 c8 b8 s8 c8 o4",
    ),
    "pop": _idiom(
        "92 110 128",
        "major 7 minor 3",
        "happy 5 romantic 3 energetic 2 sad 2 dreamy 1",
        "4/4 1",
        ".4 .95",
        0.45,
        "i4 v8 p4 c8 v8 p4 c8 b8 c8 o4; i4 v8 c8 v8 c8 b4 c8 o4; i4 c8 v8 p4 c8 v8 c8 b8 c8 o2",
    ),
    "edm": _idiom(
        "122 127 132",
        "minor 5 major 4",
        "energetic 6 happy 3 dreamy 2 tense 1",
        "4/4 1",
        ".3 1",
        0.2,
        "i8 v8 p8 c16 k8 p8 c16 o8; i8 v8 p4 c8 v8 p4 c8 k8 p8 c16 o4; i4 v8 p8 c16 v8 p8 c16 o8",
    ),
    "techno": _idiom(
        "126 132 142",
        "minor 7 phrygian 1 dorian 1 major 1",
        "dark 4 tense 4 energetic 4",
        "4/4 1",
        ".35 .9",
        0.1,
        "i8 v16 c16 k8 c16 v8 o8; i8 v8 c16 k8 v8 c16 o8; i8 v8 c8 v8 k8 c16 o8",
    ),
    "hip hop": _idiom(
        "76 88 98",
        "minor 8 major 2",
        "dark 3 calm 2 energetic 3 sad 2 dreamy 2",
        "4/4 1",
        ".4 .85",
        0.2,
        "i4 v8 c8 v8 c8 b4 c8 o4; i4 v8 c4 v8 c8 k4 v8 c8 o2; i4 c8 v8 c8 v8 c8 o4",
    ),
    "jazz": _idiom(
        "100 136 190",
        "major 6 minor 4 dorian 1",
        "calm 3 happy 3 romantic 4 energetic 2 sad 1",
        "4/4 12 3/4 1",
        ".35 .8",
        0.75,
        "i4 v8 v8 b8 v8 s8 s8 b8 v8 o4; i4 v8 b8 v8 s8 s8 v8 o4; v8 v8 b8 v8 s16 b8 v8 o4",
    ),
    "blues": _idiom(
        "66 90 118",
        "major 7 minor 4",
        "sad 5 calm 2 energetic 3 romantic 1",
        "4/4 8 6/8 1",
        ".45 .9",
        0.0,
        "i4 v12 v12 s12 v12 o4; i4 v12 v12 s12 s12 v12 o2; v12 v12 s12 v12 o4",
    ),
    "classical": _idiom(
        "66 100 132",
        "major 6 minor 4",
        "calm 3 happy 3 romantic 4 sad 2 tense 1",
        "4/4 5 3/4 4 2/4 1",
        ".25 .8",
        0.95,
        "v8 v8 b8 v8 c8 b8 v8 o4; i4 v8 v8 c8 b8 v8 c8 o4; v8 c8 v8 c8 b8 v8 c8 o4",
    ),
    "ambient": _idiom(
        "54 66 80",
        "major 5 minor 5 dorian 1",
        "calm 6 dreamy 6 dark 1 sad 1",
        "4/4 1",
        ".15 .5",
        0.1,
        "i4 v8 c8 k4 v8 c8 o4; i4 v8 b8 v8 o4; i4 v8 c8 b4 c8 o4",
    ),
    "folk": _idiom(
        "84 104 126",
        "major 7 minor 3 dorian 1 mixolydian .5",
        "happy 4 calm 3 sad 2 romantic 2",
        "4/4 9 3/4 3 6/8 3",
        ".35 .75",
        0.75,
        "i4 v8 c8 v8 c8 s8 v8 c8 o4; i2 v8 v8 c8 c8 v8 v8 c8 c8 o4; i4 v8 c8 v8 c8 b8 c8 o4",
    ),
    "country": _idiom(
        "96 114 132",
        "major 10 minor 2",
        "happy 5 romantic 3 calm 2 sad 2 energetic 2",
        "4/4 9 3/4 1",
        ".45 .9",
        0.8,
        "i4 v8 c8 v8 c8 s8 c8 o4; i4 v8 v8 c8 v8 c8 b8 c8 o4; i4 c8 v8 c8 s8 v8 c8 o4",
    ),
    "metal": _idiom(
        "130 152 178",
        "minor 7 phrygian 2",
        "dark 5 tense 4 energetic 5",
        "4/4 1",
        ".65 1",
        0.25,
        "i8 v8 c8 v8 c8 b8 s16 c8 o4; i4 v8 p4 c8 v8 p4 c8 s8 b8 c8 o4; i8 v16 c8 v8 c8 s16 c16 o4",
    ),
    "latin": _idiom(
        "92 104 118",
        "minor 5 major 5",
        "happy 4 energetic 4 romantic 4",
        "4/4 1",
        ".45 .95",
        0.4,
        "i4 v8 c8 v8 c8 s8 k4 c8 o4; i4 v8 v8 c8 v8 c8 b8 c8 o4; i8 v8 p4 c8 v8 c8 s8 c8 o4",
    ),
    "reggae": _idiom(
        "68 76 88",
        "major 6 minor 4",
        "happy 4 calm 5 sad 1",
        "4/4 1",
        ".4 .8",
        0.35,
        "i4 v8 c8 v8 c8 k4 c8 o4; i4 v8 c8 v8 c8 s8 c8 o4; i4 c8 v8 c8 v8 c8 o2",
    ),
    "funk": _idiom(
        "94 105 116",
        "minor 6 major 2 dorian 1 mixolydian 1.5",
        "energetic 6 happy 5 tense 1",
        "4/4 1",
        ".55 .95",
        0.2,
        "i4 v8 c8 v8 c8 k4 s8 c8 o4; i8 v8 c8 v8 b8 c8 s8 c8 o4; i4 v8 p4 c8 v8 p4 c8 k4 c8 o4",
    ),
    "chiptune": _idiom(
        "120 140 160",
        "major 6 minor 5",
        "happy 5 energetic 6 tense 2 dreamy 1",
        "4/4 1",
        ".55 .9",
        0.45,
        "i4 v8 c8 v8 c8 b8 c8 o4; v8 v8 c8 b8 v8 c8 k4 c8 o4; i4 v8 p4 c8 v8 p4 c8 b8 c8 o4",
    ),
}
# How each mood leans towards modes; its share of the way (-1..1) to the slowest or fastest; its energy.
MOOD_MODES: Mapping[str, Mapping[str, float]] = {
    "happy": _weights("major 9 minor .3 dorian .5 phrygian .05 mixolydian 3"),
    "sad": _weights("major .8 minor 9 dorian 1 phrygian .5 mixolydian .2"),
    "calm": _weights("major 6 minor 3 dorian 1 phrygian .1 mixolydian 1"),
    "energetic": _weights("major 4 minor 4 dorian 2 phrygian 1 mixolydian 2"),
    "dark": _weights("major .2 minor 9 dorian 1 phrygian 3 mixolydian .1"),
    "dreamy": _weights("major 5 minor 4 dorian 2 phrygian .2 mixolydian 1"),
    "tense": _weights("major .5 minor 8 dorian 1 phrygian 3 mixolydian .2"),
    "romantic": _weights("major 5 minor 4 dorian .5 phrygian .1 mixolydian .3"),
}
MOOD_TEMPO: Mapping[str, float] = {
    "happy": 0.25,
    "sad": -0.6,
    "calm": -0.5,
    "energetic": 0.55,
    "dark": -0.1,
    "dreamy": -0.4,
    "tense": 0.3,
    "romantic": -0.35,
}
MOOD_ENERGY: Mapping[str, float] = {
    "happy": 0.03,
    "sad": -0.1,
    "calm": -0.15,
    "energetic": 0.1,
    "dark": 0.0,
    "dreamy": -0.1,
    "tense": 0.05,
    "romantic": -0.08,
}
