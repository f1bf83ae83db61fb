"""Themes: what each kind of section sings, built of units that repeat, vary and answer a motif.

A theme is eight bars of four units (twelve bars of six in a blues), two phrases that each end in a rest:
the first open, the second closed. Its scheme names the units, as analysts do: a a' b c. Where the section
is shorter or longer the theme is cut or said again, varied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from generation.studio.motif import (
    Motif,
    adorn,
    augment,
    closed,
    draw_motif,
    fragment,
    head_with_tail,
    invert,
    nudge,
    shifted,
    thin,
)
from generation.studio.rhythm import draw_figure
from generation.studio.score import Meter
from generation.studio.tune_styles import TuneStyle

# Units of an eight-bar theme: a is the motif, b another, i its inversion, f fragments of it, q its sequence;
# x begins as a and goes on as b, s is the first half twice as slow.
_SCHEMES = {
    "verse": ("abax", "aqbx", "aaba", "axab", "aiax", "aqfb", "abqx"),
    "chorus": ("aaab", "aqab", "abax", "aaxb", "afab", "axax"),
    "bridge": ("sabf", "bqaf", "isib", "aibx", "bsax"),
    "prechorus": ("aqaq", "aqff", "afqf"),
    "solo": ("abcd", "aqbc", "abfc", "aibc"),
}
# Where each kind lies: the share of the voice's range, and the rise of each unit in steps.
_HEIGHT = {"verse": 0.36, "chorus": 0.52, "bridge": 0.46, "prechorus": 0.45, "solo": 0.55}


@dataclass(frozen=True)
class Unit:
    """A motif where it stands: `rise` steps above the theme's place; `ends` is "", "open" or "full"."""

    motif: Motif
    rise: int
    ends: str = ""


@dataclass(frozen=True)
class Theme:
    """Units one after the other; `height` is the share of the voice's range at which it lies."""

    units: tuple[Unit, ...]
    height: float
    pickup: bool = False


@dataclass
class Composer:
    """What a song's themes have in common: its habits, its meter, its cells; and its dice.

    `motifs` keeps the first motif of each kind, so that others can allude to it.
    """

    style: TuneStyle
    meter: Meter
    cells: dict[str, float]
    rng: np.random.Generator
    motifs: dict[str, Motif] = field(default_factory=dict)

    def draw(self, *, density: float = 0.0, one_bar: bool = False) -> Motif:
        """Draw a motif two bars long; of a riff (`one_bar`) the second is the first with a new end."""
        style, per_bar = self.style, self.meter.beats_per_bar
        span = max(1, round(style.span + float(self.rng.normal(0, 0.8))))
        lean = style.density + density

        def fresh(n_bars: int) -> Motif:
            figure = draw_figure(self.cells, self.meter, n_bars, density=lean, rng=self.rng)
            beats = n_bars * per_bar
            return draw_motif(
                figure, beats, self.meter, gestures=dict(style.gestures), span=span, rng=self.rng
            )

        if not one_bar:
            return fresh(2)
        bar, other = fresh(1), fresh(1)
        end = head_with_tail(bar, other) if self.rng.random() < 0.6 else nudge(bar, rng=self.rng, n_tones=2)
        again = [replace(tone, start=tone.start + per_bar) for tone in end.tones]
        return Motif((*bar.tones, *again), 2 * per_bar)

    def theme(self, kind: str, n_units: int) -> Theme:
        """Write the theme of a kind of section, of n_units of two bars."""
        rng, style = self.rng, self.style
        density = {"solo": 0.35, "bridge": -0.1, "prechorus": 0.1}.get(kind, float(rng.normal(0, 0.12)))
        one_bar = bool(rng.random() < style.one_bar)
        first = self.draw(density=density, one_bar=one_bar)
        if kind == "bridge" and "verse" in self.motifs and rng.random() < 0.5:
            first = invert(self.motifs["verse"])
        elif kind == "chorus" and "verse" in self.motifs and rng.random() < 0.3:
            first = head_with_tail(first, self.motifs["verse"])
        self.motifs.setdefault(kind, first)
        schemes = _SCHEMES[kind]
        scheme = schemes[int(rng.integers(len(schemes)))]
        if n_units == 6:
            scheme = str(rng.choice(("abacdx", "abaxcd", "abqbcx")))
        answers = kind in ("verse", "chorus", "solo") and bool(rng.random() < style.answers)
        motifs = self._units(first, scheme, density, one_bar)
        arc = _arc(kind, len(scheme), rng)
        units = []
        for row in range(n_units):
            motif, rise = motifs[row % len(scheme)], arc[row % len(scheme)]
            if answers and row % 2 and motif is not first:
                motif = self._answer(motif)
            ends = ("full" if row == n_units - 1 else "open") if row % 2 else ""
            units.append(Unit(self._close(motif, kind) if ends else motif, rise, ends))
        return Theme(tuple(units), _HEIGHT[kind], bool(rng.random() < style.pickup))

    def _units(self, a: Motif, scheme: str, density: float, one_bar: bool) -> list[Motif]:
        """Make the motif of each letter; the same letter again may be a little changed."""
        rng, made = self.rng, {"a": a}
        motifs = []
        for row, letter in enumerate(scheme):
            if letter in "bcd" and letter not in made:
                other = self.draw(density=density, one_bar=one_bar)
                made[letter] = head_with_tail(other, a) if rng.random() < 0.35 else other
            make = {
                "i": lambda: invert(a),
                "q": lambda: shifted(a, int(rng.choice((-1, 1, 1, 2)))),
                "f": lambda: fragment(a, int(rng.choice((-1, 1, 1, 2)))),
                "s": lambda: augment(a),
                "x": lambda: head_with_tail(a, made.get("b") or self.draw(density=density)),
            }
            if letter not in made:
                made[letter] = make[letter]()
            motif = made[letter]
            if letter in scheme[:row] and rng.random() < 0.4:
                motif = nudge(motif, rng=rng)
            motifs.append(motif)
        return motifs

    def _answer(self, motif: Motif) -> Motif:
        """Leave the first part of the unit to silence and answer in the rest of it."""
        after = float(self.rng.choice((1.0, 1.5, 2.0)))
        tones = tuple(tone for tone in motif.tones if tone.start >= after)
        return replace(motif, tones=tones) if len(tones) >= 2 else motif

    def _close(self, motif: Motif, kind: str) -> Motif:
        """End the unit on a note in its last bar, with time to breathe after it."""
        per_bar = self.meter.beats_per_bar
        middle = float(np.floor(per_bar / 2)) if per_bar >= 3 else 0.0
        at = motif.beats - per_bar + (middle if self.rng.random() < (0.6 if kind == "solo" else 0.4) else 0.0)
        rest = float(self.rng.choice((0.5, 1.0, 1.0, 1.5))) if motif.beats - at > 2 else 0.5
        return closed(motif, at, max(motif.beats - at - rest, 0.5))


def _arc(kind: str, n_units: int, rng: np.random.Generator) -> list[int]:
    """Return the rise of each unit: up to a height past the middle and home, or from a high start down."""
    if kind == "prechorus":
        return [row + int(rng.integers(0, 2)) for row in range(n_units)]
    peak = (n_units - 1) * (0.35 if kind == "chorus" else 0.6)
    width = max(n_units / 2, 1)
    lift = float(rng.uniform(1.0, 3.5))
    return [
        round(lift * max(0.0, 1 - abs(row - peak) / width) + float(rng.normal(0, 0.5)))
        for row in range(n_units)
    ]


def varied(theme: Theme, *, rng: np.random.Generator, much: float) -> Theme:
    """Say a theme again, with `much` (0..1) of its units adorned, thinned or turned a little."""
    units = []
    chosen = rng.random(len(theme.units)) < much
    # One unit at least, and the first of all is what the tune is known by.
    chosen[int(rng.integers(min(1, len(chosen) - 1), len(chosen)))] = True
    for unit, change in zip(theme.units, chosen, strict=True):
        way = int(rng.integers(3))
        motif = (adorn, nudge, thin)[way](unit.motif, rng=rng) if change else unit.motif
        if change and motif.tones == unit.motif.tones:
            motif = nudge(adorn(motif, rng=rng, odds=1.0), rng=rng, n_tones=2)
        units.append(replace(unit, motif=motif))
    return replace(theme, units=tuple(units))


def resized(theme: Theme, n_units: int) -> Theme:
    """Cut a theme to fewer units, or begin it again for more; it ends as it ended."""
    units: Sequence[Unit] = [theme.units[row % len(theme.units)] for row in range(n_units)]
    if n_units % len(theme.units):
        units = [*units[:-1], theme.units[-1]]
    return replace(theme, units=tuple(units))
