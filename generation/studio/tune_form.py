"""The form of an arrangement: a tune's strains in turn, with an intro, breaks and an ending around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generation.studio.score import Meter

# Genres made to be danced to for hours: long intros, breaks in which the drums fall away.
_DANCE = frozenset({"edm", "techno", "hip hop", "latin", "reggae", "funk", "chiptune"})
_KINDS = ("verse", "chorus", "bridge", "solo")


@dataclass(frozen=True)
class Stretch:
    """A section of the form: `bars` of strain `strain` from `first_bar` on.

    `telling` counts how often that strain has been played before; `lead` is "whole", "phrase" (the first
    half) or "none".
    """

    kind: str
    strain: int
    first_bar: int
    bars: int
    telling: int = 0
    lead: str = "whole"


def lay_out(
    strain_bars: Sequence[int], n_bars: int, *, genre: str, meter: Meter, rng: np.random.Generator
) -> list[Stretch]:
    """Fill a number of bars with a tune.

    Parameters
    ----------
    strain_bars : sequence of int
        Bars of each strain, at least one.
    n_bars : int
        Bars to fill, at least one; they are filled but for one, where that keeps the intro even.
    genre : str
        Dance genres begin longer and break oftener.

    Returns
    -------
    list of Stretch
        Of at least a bar each; the first plays an intro and the last an outro where there is room for them.
    """
    frame = _frame(n_bars, genre, meter)
    body = _body(strain_bars, n_bars - 2 * frame, genre, rng) if n_bars > 2 * frame else []
    spare = n_bars - sum(one.bars for one in body)
    last = body[-1].strain if body else 0
    outro = min(spare, max(spare - spare // 2, 1) if spare else 0, strain_bars[last], 8)
    intro = spare - outro
    if intro > 8 and body:
        # More than an intro: a break before the last section takes what is over.
        over = min(intro - 4 - intro % 2, strain_bars[0], 8)
        body.insert(len(body) - 1, Stretch("break", 0, 0, over, 1, "phrase"))
        intro -= over
    if intro > 2:
        intro -= intro % 2
    form = []
    if intro:
        # Either the tune's first chords or its last phrase leads in.
        first = 0 if rng.random() < 0.5 else max(0, strain_bars[0] - intro)
        form += _tiled("intro", first, intro, strain_bars[0])
    form += body
    if outro:
        form.append(Stretch("outro", last, strain_bars[last] - outro, outro))
    return form


def _frame(n_bars: int, genre: str, meter: Meter) -> int:
    """Bars of intro and of outro to begin with."""
    beats = n_bars * meter.beats_per_bar
    if beats < 40:
        return 0 if beats < 24 else 1
    wanted = 32.0 if genre in _DANCE and beats > 220 else 16.0 if beats > 100 else 8.0
    return max(1, round(wanted / meter.beats_per_bar))


def _body(strain_bars: Sequence[int], n_bars: int, genre: str, rng: np.random.Generator) -> list[Stretch]:
    """Play the strains in turn, each twice where there is time, a break after each round."""
    told = [0] * len(strain_bars)
    body: list[Stretch] = []
    left = n_bars
    twice = n_bars >= 2 * sum(strain_bars) and max(strain_bars) <= 16
    break_bars = max(1, min(strain_bars[0], 4 if genre not in _DANCE else 8))
    while True:
        for strain, bars in enumerate(strain_bars):
            for _ in range(2 if twice else 1):
                if left < bars and (body or left < 1):
                    # A strain goes in if most of it does: its last bars are then spared from the frame.
                    if left < 0.75 * bars:
                        return body
                    left = bars
                take = min(bars, max(left, 1))
                body.append(
                    Stretch(_kind(strain, told[strain], len(strain_bars)), strain, 0, take, told[strain])
                )
                told[strain] += 1
                left -= take
        if left < sum(strain_bars) / 2:
            return body
        if left > break_bars + min(strain_bars) and (genre in _DANCE or rng.random() < 0.4):
            lead = "phrase" if rng.random() < 0.5 else "none"
            body.append(Stretch("break", 0, 0, break_bars, told[0], lead))
            left -= break_bars


def _kind(strain: int, telling: int, n_strains: int) -> str:
    """Name of a section: strains are verse, chorus, bridge; a lone strain is both in turn."""
    if n_strains == 1:
        return _KINDS[telling % 2]
    return _KINDS[strain] if strain < len(_KINDS) else _KINDS[strain % 2]


def _tiled(kind: str, first: int, bars: int, strain_bars: int) -> list[Stretch]:
    """Cut a longer frame into stretches that the first strain can fill, without a lead."""
    stretches = []
    while bars > 0:
        take = min(bars, strain_bars - first)
        stretches.append(Stretch(kind, 0, first, take, 0, "none"))
        bars -= take
        first = 0
    return stretches
