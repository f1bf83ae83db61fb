"""How the melodies of each genre move: how busy, how wide, by which gestures, in which scale, how joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generation.studio.motif import GESTURES


@dataclass(frozen=True)
class TuneStyle:
    """The melodic habits of a genre.

    Attributes
    ----------
    density : float
        Lean towards more (above 0) or fewer notes.
    span : float
        Steps that a motif covers.
    gestures : mapping of str to float
        Weight of each of motif.GESTURES.
    pentatonic : float
        Odds that moving notes keep to five tones.
    one_bar : float
        Odds that motifs are one bar long and not two: riffs.
    gate : float
        Sounding share of a short note: 1 is joined, .6 detached.
    answers : float
        Odds that every second unit is a short answer with a rest: call and answer.
    pickup : float
        Odds that phrases begin before the bar.
    hook_intro : float
        Odds that the intro already has the tune's head.
    """

    density: float
    span: float
    gestures: Mapping[str, float]
    pentatonic: float
    one_bar: float
    gate: float
    answers: float
    pickup: float
    hook_intro: float


def _style(numbers: str, gestures: str) -> TuneStyle:
    density, span, five, one_bar, gate, answers, pickup, hook = (float(word) for word in numbers.split())
    weights = dict(zip(GESTURES, (float(word) for word in gestures.split()), strict=True))
    return TuneStyle(density, span, weights, five, one_bar, gate, answers, pickup, hook)


TUNE_STYLES: Mapping[str, TuneStyle] = {
    # density span five one_bar gate answers pickup hook_intro; walk neighbour repeat arpeggio approach free
    "rock": _style(".0 3 .6 .15 .92 .3 .35 .5", "4 2 3 1 1 2"),
    "pop": _style(".1 3 .4 .2 .95 .2 .45 .4", "4 2 3 .7 1 2"),
    "edm": _style(".0 4 .5 .25 .85 .1 .1 .5", "2 2 2 3 1 2.5"),
    "techno": _style(".1 3 .6 .35 .55 .2 .0 .4", "1 2 2 2 1 4"),
    "hip hop": _style("-.05 3 .75 .3 .8 .3 .2 .7", "3 2 2 2 1 2.5"),
    "jazz": _style(".15 4 .1 .0 .92 .3 .5 .3", "4 2 .4 3 2 2.5"),
    "blues": _style(".1 4 .85 .0 .9 .6 .5 .5", "4 2 2 1 1 2"),
    "classical": _style(".0 4 .0 .1 .93 .2 .35 .3", "5 3 .6 3 1.5 1.5"),
    "ambient": _style("-.2 4 .6 .0 1 .2 .0 .3", "3 2 .5 2 1 2"),
    "folk": _style(".3 4 .25 .05 .95 .15 .6 .4", "5 2 1 2 1.5 2"),
    "country": _style(".1 4 .6 .05 .93 .3 .6 .5", "5 2 2 1.5 1.5 1.5"),
    "metal": _style(".1 4 .15 .2 .9 .1 .1 .4", "4 3 2 2 1 2.5"),
    "latin": _style(".1 4 .1 .15 .88 .35 .3 .5", "4 3 2 2 1.5 1.5"),
    "reggae": _style("-.1 3 .5 .1 .8 .4 .3 .4", "3 2 3 1 1 2"),
    "funk": _style(".1 3 .7 .35 .6 .35 .1 .5", "2 2 2 1.5 1.5 3"),
    "chiptune": _style(".25 5 .15 .15 .8 .1 .2 .5", "3 2 1.5 4 1 2"),
}


def mixed_style(genres: Mapping[str, float]) -> TuneStyle:
    """Average the styles of a mixture of genres by weight."""
    styles = [(TUNE_STYLES[name], weight / sum(genres.values())) for name, weight in genres.items()]

    def mean(trait: str) -> float:
        return float(sum(weight * getattr(style, trait) for style, weight in styles))

    return TuneStyle(
        mean("density"),
        mean("span"),
        {name: sum(weight * style.gestures[name] for style, weight in styles) for name in GESTURES},
        mean("pentatonic"),
        mean("one_bar"),
        mean("gate"),
        mean("answers"),
        mean("pickup"),
        mean("hook_intro"),
    )
