"""A melody told again: plainer, or with ornaments, or pushed ahead of the beat, as a player of a genre would.

What is struck on a beat stays where it is and what it is, so the tune is recognised and fits its chords; what
lies between may change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from generation.studio.score import MODES, Meter
from generation.studio.strains import Tone

_EPSILON = 1e-6


@dataclass(frozen=True)
class Manner:
    """How likely a player is, at each chance, to leave out, fill in, grace, turn, and push a tone."""

    thin: float = 0.0
    passing: float = 0.0
    grace: float = 0.0
    turn: float = 0.0
    push: float = 0.0


_MANNERS = {
    "folk": Manner(passing=0.15, grace=0.3, turn=0.2),
    "classical": Manner(passing=0.1, turn=0.2),
    "country": Manner(passing=0.15, grace=0.15, push=0.05),
    "jazz": Manner(thin=0.1, passing=0.25, grace=0.1, push=0.2),
    "blues": Manner(thin=0.3, grace=0.25, push=0.15),
    "latin": Manner(passing=0.15, turn=0.1, push=0.2),
    "funk": Manner(thin=0.3, push=0.2),
    "rock": Manner(thin=0.2, push=0.15),
    "pop": Manner(thin=0.25, push=0.2),
    "reggae": Manner(thin=0.4, push=0.1),
    "metal": Manner(thin=0.15, turn=0.15),
    "ambient": Manner(thin=0.85),
    "hip hop": Manner(thin=0.45, push=0.1),
    "edm": Manner(thin=0.2, push=0.15),
    "techno": Manner(thin=0.2),
    "chiptune": Manner(passing=0.2, turn=0.25),
}


def retell(
    tones: Sequence[Tone],
    *,
    genre: str,
    amount: float,
    meter: Meter,
    tonic: int,
    mode: str,
    rng: np.random.Generator,
) -> tuple[Tone, ...]:
    """Tell a melody again.

    Parameters
    ----------
    tones : sequence of Tone
        One at a time, in order.
    amount : float
        0 as it is written (but for what the genre leaves out anyway), 1 as free as the genre's players are.

    Returns
    -------
    tuple of Tone
        In order, one at a time, within the time of the tones given.
    """
    manner = _MANNERS.get(genre, Manner())
    scale = {(tonic + step) % 12 for step in MODES[mode]}
    told = _thinned(tones, manner.thin * (0.7 + 0.3 * amount), rng)
    told = _filled(told, manner.passing * amount, scale, meter, rng)
    told = _turned(told, manner.turn * amount, scale, meter, rng)
    told = _graced(told, manner.grace * amount, scale, rng)
    return tuple(_pushed(told, manner.push * amount, meter, rng))


def thinned_to(tones: Sequence[Tone], per_beat: float, rng: np.random.Generator) -> tuple[Tone, ...]:
    """Leave out weak tones until at most `per_beat` a beat are left, as far as there are weak ones."""
    told = list(tones)
    span = max((tone.end for tone in tones), default=0.0) - min((tone.start for tone in tones), default=0.0)
    excess = len(told) - int(per_beat * span)
    if excess <= 0:
        return tuple(told)
    weak = sum(_weak(tone) for tone in told)
    return tuple(_thinned(told, min(1.0, excess / max(weak, 1)), rng))


def _on_beat(at: float) -> bool:
    """Whether a place is a felt beat."""
    return abs(at - round(at)) < 0.02


def _weak(tone: Tone) -> bool:
    """Whether a tone is short and off the beat: one that can be missed."""
    return not _on_beat(tone.start) and tone.duration <= 0.5 + _EPSILON


def _thinned(tones: Sequence[Tone], chance: float, rng: np.random.Generator) -> list[Tone]:
    """Leave out weak tones; the one before holds on, unless there is a rest between."""
    told: list[Tone] = []
    for tone in tones:
        drawn = rng.random()
        if told and _weak(tone) and drawn < chance:
            last = told[-1]
            if tone.start - last.end < 0.02:
                told[-1] = replace(last, duration=tone.end - last.start)
        else:
            told.append(tone)
    return told


def _step(pitch: int, direction: int, scale: set[int]) -> int:
    """Return the next tone of the scale above (1) or below (-1)."""
    return next(
        (pitch + direction * by for by in (1, 2, 3, 4) if (pitch + direction * by) % 12 in scale), pitch
    )


def _filled(
    tones: Sequence[Tone], chance: float, scale: set[int], meter: Meter, rng: np.random.Generator
) -> list[Tone]:
    """Fill a third between two tones with the step between them, on the first one's second half."""
    told: list[Tone] = []
    cut = 2 / 3 if meter.compound else 0.5
    for row, tone in enumerate(tones):
        drawn = rng.random()
        leap = tones[row + 1].pitch - tone.pitch if row + 1 < len(tones) else 0
        if 3 <= abs(leap) <= 4 and 0.45 < tone.duration < 1.05 and _on_beat(tone.start) and drawn < chance:
            first = tone.duration * cut
            between = _step(tone.pitch, 1 if leap > 0 else -1, scale)
            told.append(replace(tone, duration=first))
            told.append(Tone(tone.start + first, tone.duration - first, between))
        else:
            told.append(tone)
    return told


def _turned(
    tones: Sequence[Tone], chance: float, scale: set[int], meter: Meter, rng: np.random.Generator
) -> list[Tone]:
    """Play a long tone as itself, its upper neighbour and itself again."""
    told: list[Tone] = []
    part = 1 / 3 if meter.compound else 0.25
    for tone in tones:
        drawn = rng.random()
        if tone.duration >= 1 - _EPSILON and _on_beat(tone.start) and drawn < chance:
            upper = _step(tone.pitch, 1, scale)
            told.append(Tone(tone.start, part, tone.pitch))
            told.append(Tone(tone.start + part, part, upper))
            told.append(Tone(tone.start + 2 * part, tone.duration - 2 * part, tone.pitch))
        else:
            told.append(tone)
    return told


def _graced(tones: Sequence[Tone], chance: float, scale: set[int], rng: np.random.Generator) -> list[Tone]:
    """Flick the upper neighbour just before a tone on the beat, out of the time of the one before."""
    told: list[Tone] = []
    for tone in tones:
        drawn = rng.random()
        last = told[-1] if told else None
        if last is not None and _on_beat(tone.start) and last.duration >= 0.3 and drawn < chance:
            flick = 0.1
            if last.end > tone.start - flick:
                told[-1] = replace(last, duration=tone.start - flick - last.start)
            told.append(Tone(tone.start - flick, flick, _step(tone.pitch, 1, scale)))
        told.append(tone)
    return told


def _pushed(tones: Sequence[Tone], chance: float, meter: Meter, rng: np.random.Generator) -> list[Tone]:
    """Play a tone half a beat early where there is room; bars' first tones stay, so that the form is felt."""
    told: list[Tone] = []
    early = 1 / 3 if meter.compound else 0.5
    for tone in tones:
        drawn = rng.random()
        last = told[-1] if told else None
        downbeat = tone.start % meter.beats_per_bar < 0.02
        roomy = last is not None and last.start <= tone.start - 2 * early + _EPSILON and tone.duration >= 0.9
        if last is not None and roomy and _on_beat(tone.start) and not downbeat and drawn < chance:
            start = tone.start - early
            told[-1] = replace(last, duration=min(last.duration, start - last.start))
            tone = Tone(start, tone.duration + early, tone.pitch)
        told.append(tone)
    return told
