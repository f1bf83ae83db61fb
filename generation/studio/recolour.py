"""Chords as a genre plays them: sevenths in jazz, bare fifths in metal, open ninths in ambient music."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from generation.studio.score import CHORDS, Chord
from generation.studio.strains import Tone

# By genre, and by kind of chord (I: tonic, V: dominant, maj and min: the others): qualities to draw from.
_PALETTES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "jazz": {
        "I": ("maj7", "6", "maj9"),
        "V": ("7", "9", "13"),
        "maj": ("maj7", "maj7", "6"),
        "min": ("min7", "min7", "min9"),
    },
    "blues": {"I": ("7",), "V": ("7", "9"), "maj": ("7",), "min": ("min7",)},
    "funk": {"I": ("9", "7", "13"), "V": ("9", "7"), "maj": ("9", "7"), "min": ("min9", "min7")},
    "ambient": {
        "I": ("add9", "maj7", "sus2"),
        "V": ("sus4", "sus2", "maj"),
        "maj": ("maj7", "add9", "maj9"),
        "min": ("min7", "min9", "min"),
    },
    "hip hop": {"I": ("maj7", "maj"), "V": ("7", "maj"), "maj": ("maj7", "maj"), "min": ("min7", "min9")},
    "latin": {"I": ("6", "maj"), "V": ("7", "9"), "maj": ("maj7", "maj"), "min": ("min7", "min")},
    "metal": {"I": ("5",), "V": ("5",), "maj": ("5",), "min": ("5",)},
    "rock": {"I": ("maj", "5"), "V": ("maj", "5"), "maj": ("maj", "5", "add9"), "min": ("min", "5")},
    "pop": {
        "I": ("maj", "add9"),
        "V": ("maj", "sus4"),
        "maj": ("maj", "add9", "maj7"),
        "min": ("min", "min7"),
    },
    "edm": {"I": ("maj",), "V": ("maj", "sus4"), "maj": ("maj", "add9"), "min": ("min", "min7")},
    "techno": {"I": ("maj", "5"), "V": ("maj", "5"), "maj": ("maj",), "min": ("min", "min7")},
    "country": {"I": ("maj", "6"), "V": ("7", "maj"), "maj": ("maj",), "min": ("min",)},
    "reggae": {"I": ("maj",), "V": ("maj", "7"), "maj": ("maj",), "min": ("min", "min7")},
}
# Where a genre has no palette, a dominant may have its seventh.
_PLAIN: Mapping[str, tuple[str, ...]] = {"I": ("maj",), "V": ("7", "maj"), "maj": ("maj",), "min": ("min",)}
# Genres that prepare a long dominant by the chord on the second degree.
_TWO_FIVES = frozenset({"jazz", "latin"})
_EPSILON = 1e-6


def recolour(
    chords: Sequence[Chord],
    tones: Sequence[Tone],
    *,
    genre: str,
    tonic: int,
    mode: str,
    rng: np.random.Generator,
) -> tuple[Chord, ...]:
    """Give chords the colours of a genre, where the melody allows.

    A colour is refused if a tone struck on a beat would no longer belong to the chord, so nothing that was
    consonant ceases to be. Each degree gets one colour throughout, so that harmony stays recognisable.
    """
    palette = _PALETTES.get(genre, _PLAIN)
    chosen: dict[tuple[int, str], str] = {}
    result: list[Chord] = []
    for chord in chords:
        struck = _struck(tones, chord)
        if (
            genre in _TWO_FIVES
            and _is_dominant(chord, tonic)
            and chord.duration >= 4 - _EPSILON
            and rng.random() < 0.6
        ):
            result += _two_five(chord, tones, tonic, mode)
            continue
        if chord.quality in ("maj", "min"):
            kind = _kind(chord, tonic)
            colours = palette[kind]
            drawn = colours[int(rng.integers(len(colours)))]
            colour = chosen.setdefault((chord.root, chord.quality), drawn)
            kept = {(chord.root + step) % 12 for step in CHORDS[colour]}
            if all(pitch in kept or pitch not in chord.pitch_classes for pitch in struck):
                chord = Chord(chord.start, chord.duration, chord.root, colour, chord.bass)
        result.append(chord)
    return tuple(result)


def _kind(chord: Chord, tonic: int) -> str:
    """Which row of a palette a triad takes."""
    if chord.quality == "min":
        return "min"
    return {0: "I", 7: "V"}.get((chord.root - tonic) % 12, "maj")


def _is_dominant(chord: Chord, tonic: int) -> bool:
    """Whether a chord is the major triad (or seventh) on the fifth degree."""
    return (chord.root - tonic) % 12 == 7 and chord.quality in ("maj", "7")


def _two_five(chord: Chord, tones: Sequence[Tone], tonic: int, mode: str) -> list[Chord]:
    """Split a long dominant into ii and V, where what is struck first fits the ii."""
    half = chord.duration / 2
    two = Chord(chord.start, half, (tonic + 2) % 12, "min7b5" if mode == "minor" else "min7")
    five = Chord(chord.start + half, half, chord.root, "7")
    first = _struck(tones, two)
    if all(pitch in two.pitch_classes for pitch in first):
        return [two, five]
    return [Chord(chord.start, chord.duration, chord.root, "7")]


def _struck(tones: Sequence[Tone], chord: Chord) -> set[int]:
    """Pitch classes struck on a beat while a chord holds."""
    end = chord.start + chord.duration
    return {
        tone.pitch % 12
        for tone in tones
        if chord.start - _EPSILON <= tone.start < end - _EPSILON
        and abs(tone.start - round(tone.start)) < 0.02
    }
