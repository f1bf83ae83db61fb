"""The chords of a song: a progression for each kind of section, with cadences where phrases end.

A verse keeps its progression whenever it returns, and so do the others; a bridge has its own, which leads
back by the dominant; intros, solos and outros borrow. Phrases are four bars long. In genres that think in
phrases the first of two ends half (on the dominant), the second full (dominant, tonic); in genres of loops
the loop goes on, and only the song's end is a cadence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from generation.studio.clarity import clarity
from generation.studio.idioms import IDIOMS
from generation.studio.progressions import progressions
from generation.studio.score import Chord, Meter, Section
from generation.studio.theory import parse_numeral

Progression = tuple[tuple[str, ...], ...]
PHRASE_BARS = 4
# How much likelier progressions are that say their key clearly.
_CLARITY = 16.0
# Dominant that keeps a phrase open, by mode.
_HALF = {"major": "V", "minor": "V", "dorian": "v", "phrygian": "bII", "mixolydian": "bVII"}
# What opens a phrase as well, outside the schools.
_PLAGAL = {"major": "IV", "minor": "iv"}
# Last two bars of a closed phrase, by mode.
_FULL: Mapping[str, tuple[Progression, ...]] = {
    "major": ((("IV", "V"), ("I",)), (("ii", "V7"), ("I",)), (("I", "V7"), ("I",)), (("IV", "V7"), ("I",))),
    "minor": ((("iv", "V"), ("i",)), (("bVI", "V"), ("i",)), (("iv", "V7"), ("i",)), (("i", "V7"), ("i",))),
    "dorian": ((("v",), ("i",)), (("IV", "v"), ("i",)), (("bVII",), ("i",))),
    "phrygian": ((("bII",), ("i",)), (("bvii", "bII"), ("i",))),
    "mixolydian": ((("bVII",), ("I",)), (("bVII", "IV"), ("I",)), (("v",), ("I",))),
}
_JAZZ_FULL = {"major": (("ii7", "V7"), ("I6",)), "minor": (("iih7", "V7"), ("i6",))}
_BORROWS = {"intro": "verse", "solo": "verse", "outro": "chorus", "break": "verse"}


def draw_progressions(
    kinds: Sequence[str], genres: Mapping[str, float], mode: str, rng: np.random.Generator
) -> dict[str, tuple[str, Progression]]:
    """Draw for each kind of section a genre of the mixture and a progression of its.

    Verse and chorus differ wherever the book allows. The twelve bars of a blues belong to the whole song.
    """
    names, weights = list(genres), np.array(list(genres.values()))
    drawn: dict[str, tuple[str, Progression]] = {}
    for kind in ("verse", "prechorus", "chorus", "bridge"):
        genre = names[int(rng.choice(len(names), p=weights / weights.sum()))]
        if kind in ("verse", "chorus") and "blues" in genres and genres["blues"] >= 0.5:
            genre = "blues"
        book = progressions(genre, mode, kind)
        fresh = [one for one in book if all(one != other for _, other in drawn.values())] or list(book)
        odds = np.exp(_CLARITY * np.clip([clarity(one, mode) for one in fresh], -0.5, 0.22))
        drawn[kind] = (genre, fresh[int(rng.choice(len(fresh), p=odds / odds.sum()))])
    for kind in kinds:
        if kind not in drawn:
            source = _BORROWS[kind] if _BORROWS[kind] in kinds else "verse"
            if kind in ("intro", "solo") and "chorus" in kinds and rng.random() < 0.4:
                source = "chorus"
            drawn[kind] = drawn[source]
    return drawn


def song_chords(
    sections: Sequence[Section],
    genres: Mapping[str, float],
    *,
    tonic: int,
    mode: str,
    meter: Meter,
    rng: np.random.Generator,
) -> tuple[Chord, ...]:
    """Return the chords of a whole song, without gaps; the last bar is the tonic's."""
    kinds = [section.kind for section in sections]
    drawn = draw_progressions(kinds, genres, mode, rng)
    cadences = {kind: draw_cadences(genre, mode, rng) for kind, (genre, _) in drawn.items()}
    phrased = {
        kind: bool(rng.random() < sum(weight * IDIOMS[name].cadential for name, weight in genres.items()))
        for kind in sorted(set(kinds))
    }
    chords: list[Chord] = []
    for row, section in enumerate(sections):
        genre, progression = drawn[section.kind]
        n_bars = round(section.duration / meter.beats_per_bar)
        bars = [progression[bar % len(progression)] for bar in range(n_bars)]
        half, full = cadences[section.kind]
        last = row == len(sections) - 1
        if phrased[section.kind] and section.kind in ("verse", "chorus", "solo") and len(progression) <= 8:
            bars = [*with_cadences(bars, half, full, leads_on=not last and kinds[row + 1] == "chorus")]
        if last:
            bars = (bars[: max(n_bars - 2, 0)] + list(full))[-n_bars:]
            bars[-1] = (final_numeral(genre, mode),)
        for bar, numerals in enumerate(bars):
            start = section.start + bar * meter.beats_per_bar
            chords += bar_chords([colour(n, genre) for n in numerals], start, meter, tonic)
    return tuple(chords)


def draw_cadences(genre: str, mode: str, rng: np.random.Generator) -> tuple[str, Progression]:
    """Draw how phrases end: the numeral of a half cadence, and the two bars of a full one."""
    full = _FULL[mode][int(rng.integers(len(_FULL[mode])))]
    if genre == "jazz" and mode in _JAZZ_FULL:
        full = _JAZZ_FULL[mode]
    if genre == "classical" and mode in ("major", "minor") and rng.random() < 0.5:
        tonic = "I" if mode == "major" else "i"
        full = ((f"{tonic}/5", "V7"), (tonic,))
    half = _HALF[mode]
    if genre not in ("jazz", "classical") and mode in _PLAGAL and rng.random() < 0.4:
        half = _PLAGAL[mode]
    return half, full


def with_cadences(
    bars: Sequence[tuple[str, ...]], half: str, full: Progression, *, leads_on: bool
) -> Progression:
    """Put a half cadence at the end of every first phrase of two, and a full one at the end of every second.

    A section that leads on to the next (`leads_on`) ends half.
    """
    ended = list(bars)
    for end in range(PHRASE_BARS, len(bars) + 1, PHRASE_BARS):
        last = end + PHRASE_BARS > len(bars)
        if last and not leads_on:
            ended[end - 2 : end] = list(full)
        elif last or end % (2 * PHRASE_BARS):
            # Half a bar is enough for a half cadence: longer, the dominant would pass for the key.
            ended[end - 1] = (ended[end - 1][0], half) if ended[end - 1][0] != half else (half,)
        else:
            ended[end - 2 : end] = list(full)
    return tuple(ended)


def final_numeral(genre: str, mode: str) -> str:
    """Return the chord on which songs of a genre end."""
    tonic = "I" if mode in ("major", "mixolydian") else "i"
    return tonic + {"jazz": "6", "metal": "p", "ambient": "s2"}.get(genre, "")


def colour(numeral: str, genre: str) -> str:
    """Give a plain triad its genre's usual extension: sevenths in jazz."""
    plain = numeral.lstrip("b#")
    if set(plain) - set("ivIV"):
        return numeral
    if genre == "jazz":
        return numeral + ("M7" if numeral in ("I", "IV", "bVI", "bIII", "bII") else "7")
    if genre in ("hip hop", "funk") and plain.islower() and numeral != "i":
        return numeral + "7"
    return numeral


def bar_chords(numerals: Sequence[str], start: float, meter: Meter, tonic: int) -> list[Chord]:
    """Share a bar among its chords, on whole beats where they fit: 2 + 2, 2 + 1."""
    beats = meter.beats_per_bar
    edges = [0.0, *(float(np.ceil(beats * (k + 1) / len(numerals))) for k in range(len(numerals) - 1)), beats]
    chords = []
    for numeral, a, b in zip(numerals, edges, edges[1:], strict=False):
        root, quality, bass = parse_numeral(numeral, tonic)
        if b > a:
            chords.append(Chord(start + a, b - a, root, quality, bass))
    return chords
