"""The form of a song: its sections, as many bars as were asked for, and how full each of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from generation.studio.idioms import IDIOMS, MOOD_ENERGY
from generation.studio.score import Meter, Section

_KINDS = {
    "i": "intro",
    "v": "verse",
    "p": "prechorus",
    "c": "chorus",
    "b": "bridge",
    "s": "solo",
    "k": "break",
    "o": "outro",
}
# Share of the way from the genre's quietest to its loudest.
_ENERGY = {
    "intro": 0.25,
    "verse": 0.4,
    "prechorus": 0.6,
    "chorus": 0.8,
    "bridge": 0.5,
    "solo": 0.8,
    "break": 0.1,
    "outro": 0.35,
}
Bars = list[tuple[str, int]]


def parse_form(text: str) -> Bars:
    """Turn "i4 v8" into kinds with bars."""
    return [(_KINDS[word[0]], int(word[1:])) for word in text.split()]


def draw_form(genre: str, n_bars: int, rng: np.random.Generator) -> Bars:
    """Return kinds with bars, n_bars together (at least 4), that end in an outro.

    Of the genre's forms one near that length is drawn; it gives up or repeats sections until it fits, and its
    intro and outro take what is left over.
    """
    if n_bars < 4:
        raise ValueError(f"a form needs at least 4 bars, got {n_bars}")
    forms = [parse_form(text) for text in IDIOMS[genre].forms]
    misses = np.array([abs(np.log(n_bars / sum(bars for _, bars in form))) for form in forms])
    odds = np.exp(-4 * (misses - misses.min()))
    return fit(forms[int(rng.choice(len(forms), p=odds / odds.sum()))], n_bars)


def fit(form: Sequence[tuple[str, int]], n_bars: int) -> Bars:
    """Shorten or lengthen a form to n_bars."""
    bars = list(form)
    while (over := _total(bars) - n_bars) >= 4 and _shrink(bars, over):
        pass
    while (under := n_bars - _total(bars)) >= 4 and _grow(bars, under):
        pass
    return _level(bars, n_bars)


def _total(form: Bars) -> int:
    return sum(bars for _, bars in form)


def _shrink(form: Bars, over: int) -> bool:
    """Give up the most dispensable that is no longer than what is too much; tell whether anything was."""
    for kind in ("break", "solo", "prechorus", "bridge"):
        for row, (name, bars) in enumerate(form):
            if name == kind and bars <= over:
                del form[row]
                return True
    for kind in ("verse", "chorus"):
        rows = [row for row, (name, _) in enumerate(form) if name == kind]
        if len(rows) > 2 and form[rows[1]][1] <= over:
            del form[rows[1]]
            return True
    return _cut(form)


def _cut(form: Bars) -> bool:
    """Take four bars off the longest section that can spare them, or drop what can be done without."""
    longest = max(range(len(form)), key=lambda row: (form[row][1], -row))
    name, bars = form[longest]
    if bars >= 8:
        form[longest] = (name, bars - 4)
        return True
    for kind in ("intro", "break", "solo", "prechorus", "bridge", "chorus", "verse"):
        rows = [row for row, (name, _) in enumerate(form) if name == kind]
        if rows and len(form) > 2:
            del form[rows[-1]]
            return True
    return False


def _grow(form: Bars, under: int) -> bool:
    """Repeat a verse with its chorus before the last chorus, or something shorter, or lengthen a section."""
    body = [(kind, bars) for kind, bars in form if kind in ("verse", "chorus", "solo")]
    at = max((row for row, (kind, _) in enumerate(form) if kind in ("verse", "chorus")), default=0)
    verse = next((bars for kind, bars in body if kind == "verse"), 8)
    chorus = next((bars for kind, bars in body if kind == "chorus"), 0)
    if chorus and verse + chorus <= under:
        form[at:at] = (
            [("chorus", chorus), ("verse", verse)] if form[at][0] == "chorus" else [("verse", verse)]
        )
    elif verse <= under:
        again = "solo" if sum(kind == "solo" for kind, _ in form) % 2 else "verse"
        form.insert(at, (again, verse))
    else:
        # A short intro may become a long one; else a section of 8 or less grows by a phrase.
        rows = [row for row, (kind, bars) in enumerate(form) if kind in ("intro", "break") and bars <= 4]
        rows += [
            row for row, (kind, bars) in enumerate(form) if kind in ("solo", "bridge", "chorus") and bars <= 8
        ]
        rows += [row for row, (kind, _) in enumerate(form) if kind != "outro"]
        kind, bars = form[rows[0]]
        form[rows[0]] = (kind, bars + 4)
    return True


def _level(form: Bars, n_bars: int) -> Bars:
    """Let the outro, of 2 to 8 bars, and then the intro, which may go, take the last few bars."""
    rest = n_bars - _total(form)
    if form[-1][0] != "outro":
        form.append(("outro", 0))
    outro = min(max(form[-1][1] + rest, 2), 8)
    form[-1] = ("outro", outro)
    rest = n_bars - _total(form)
    if rest and form[0][0] == "intro":
        form[0] = ("intro", max(form[0][1] + rest, 0))
        rest = n_bars - _total(form)
    if rest:
        row = max(range(len(form)), key=lambda row: form[row][1])
        form[row] = (form[row][0], form[row][1] + rest)
    return [(kind, bars) for kind, bars in form if bars > 0]


def sections_of(form: Sequence[tuple[str, int]], meter: Meter) -> tuple[Section, ...]:
    """Lay the sections of a form end to end, in beats."""
    sections, start = [], 0
    for kind, bars in form:
        sections.append(Section(kind, start * meter.beats_per_bar, bars * meter.beats_per_bar))
        start += bars
    return tuple(sections)


def energies_of(kinds: Sequence[str], genres: Mapping[str, float], mood: str) -> tuple[float, ...]:
    """Return how full each section is, 0..1: choruses more than verses, later ones more than earlier ones."""
    quiet = sum(weight * IDIOMS[name].energy[0] for name, weight in genres.items())
    loud = sum(weight * IDIOMS[name].energy[1] for name, weight in genres.items())
    energies = []
    for row, kind in enumerate(kinds):
        share = _ENERGY[kind] + 0.08 * min(kinds[:row].count(kind), 2)
        if kind == "chorus" and "chorus" not in kinds[row + 1 :]:
            share = 1.0
        level = quiet + (loud - quiet) * share + MOOD_ENERGY[mood]
        energies.append(round(float(min(max(level, 0.05), 1.0)), 3))
    return tuple(energies)
