"""What is wished of a piece of music, or known of one: words, tempo, key, bars, tags, a style.

A prompt and the truth about a clip become the same record, so that a model is asked as it was taught. What is
None, or not among the tags, is left open. Tags are names of `TAGS` with a weight: 1 yes, -1 no, genres by
their share of a mixture; who asks for "a guitar" is given the tag of that kind, which every guitar bears.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from generation.prompt import Wanted, parse_prompt
from generation.studio.band.instruments import INSTRUMENTS
from generation.studio.piece import GENRES, MOODS
from generation.studio.score import MODES
from generation.words.instruments import KINDS, covers

if TYPE_CHECKING:
    from generation.studio.truth import Truth

_PLAYERS = tuple(dict.fromkeys([*INSTRUMENTS, *KINDS]))
TAGS: tuple[str, ...] = (
    *(f"genre:{name}" for name in GENRES),
    *(f"mood:{name}" for name in MOODS),
    *(f"plays:{name}" for name in _PLAYERS),
    *(f"leads:{name}" for name in _PLAYERS),
    *(f"loudness:{name}" for name in ("soft", "medium", "loud")),
    *(f"density:{name}" for name in ("sparse", "medium", "busy")),
    *(f"shape:{name}" for name in ("building", "steady", "fading")),
    "opening",
    "ending",
)
"""All tags; a model records those it knows, in its order."""
MODE_NAMES = tuple(MODES)
_USUAL_BEATS = 4.0


@dataclass(frozen=True)
class Wishes:
    """What one piece is to be, or is.

    Attributes
    ----------
    text : str
        Empty for no words.
    tempo_bpm : float or None
        Felt beats a minute.
    tonic : int or None
        Pitch class.
    mode : str or None
        A name of `MODE_NAMES`.
    seconds : float or None
        How long it is.
    bar_phase : float or None
        How much of a bar is over at the first sample, 0..1; 0 starts on a downbeat. Counts only with a tempo.
    beats_per_bar : float
    tags : mapping of str to float
    style : float array, shape (S,), or None
        Of the style encoder, as it gives it.
    """

    text: str = ""
    tempo_bpm: float | None = None
    tonic: int | None = None
    mode: str | None = None
    seconds: float | None = None
    bar_phase: float | None = None
    beats_per_bar: float = _USUAL_BEATS
    tags: Mapping[str, float] = field(default_factory=dict)
    style: np.ndarray | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        for name, value in (("tempo", self.tempo_bpm), ("length", self.seconds)):
            if value is not None and not (np.isfinite(value) and value > 0):
                raise ValueError(f"the {name} must be a positive number, got {value}")
        if self.tonic is not None and not 0 <= self.tonic <= 11:
            raise ValueError(f"a tonic is a pitch class from 0 to 11, got {self.tonic}")
        if self.mode is not None and self.mode not in MODE_NAMES:
            raise ValueError(f"the mode is one of {', '.join(MODE_NAMES)}, got {self.mode!r}")
        if self.style is not None and (self.style.ndim != 1 or not np.isfinite(self.style).all()):
            raise ValueError(f"a style is one finite vector, got shape {self.style.shape}")


def wishes_of_prompt(
    text: str = "",
    *,
    tempo_bpm: float | None = None,
    tonic: int | None = None,
    mode: str | None = None,
    genre: str | None = None,
    seconds: float | None = None,
    style: np.ndarray | None = None,
) -> Wishes:
    """Read what a prompt says; what is given beside it goes before its words.

    Music of an asked tempo starts on a downbeat.

    Raises
    ------
    ValueError
        A value that means nothing; an unknown genre.
    """
    wanted = parse_prompt(text)
    tags = tags_of_wanted(wanted)
    if genre is not None:
        if genre not in GENRES:
            raise ValueError(f"the genre is one of {', '.join(GENRES)}, got {genre!r}")
        tags = {name: share for name, share in tags.items() if not name.startswith("genre:")}
        tags[f"genre:{genre}"] = 1.0
    if tempo_bpm is None:
        tempo_bpm = wanted.tempo_bpm or _middle(wanted.tempo_range)
    if tonic is None and mode is None:
        tonic, mode = wanted.tonic, wanted.mode
    return Wishes(
        text=text,
        tempo_bpm=tempo_bpm,
        tonic=tonic,
        mode=mode,
        seconds=seconds if seconds is not None else wanted.duration_s,
        bar_phase=0.0 if tempo_bpm is not None else None,
        beats_per_bar=_beats_per_bar(wanted.meter),
        tags=tags,
        style=style,
    )


def wishes_of_truth(
    truth: Truth,
    *,
    text: str = "",
    bar_phase: float | None = None,
    style: np.ndarray | None = None,
) -> Wishes:
    """Say all that is known of a clip."""
    return Wishes(
        text=text,
        tempo_bpm=truth.tempo_bpm,
        tonic=truth.tonic,
        mode=truth.mode,
        seconds=truth.duration_s,
        bar_phase=bar_phase,
        beats_per_bar=_beats_per_bar(truth.meter),
        tags=tags_of_truth(truth),
        style=style,
    )


def tags_of_wanted(wanted: Wanted) -> dict[str, float]:
    """The tags that a prompt asks for, or denies."""
    tags = {f"genre:{name}": share for name, share in wanted.genres}
    tags |= {f"genre:{name}": -1.0 for name in wanted.denied_genres}
    tags |= {f"plays:{name}": 1.0 for name in wanted.instruments}
    tags |= {f"plays:{name}": -1.0 for name in wanted.denied}
    for kind, name in (
        ("mood", wanted.mood),
        ("leads", wanted.lead),
        ("loudness", wanted.loudness),
        ("density", wanted.density),
        ("shape", wanted.shape),
    ):
        if name is not None:
            tags[f"{kind}:{name}"] = 1.0
    return {name: value for name, value in tags.items() if name in _KNOWN}


def tags_of_truth(truth: Truth) -> dict[str, float]:
    """The tags that are true of a clip; of instruments, also those that are not in it, as -1."""
    tags = {f"genre:{name}": share for name, share in truth.genres.items()}
    tags[f"mood:{truth.mood}"] = 1.0
    for name in _PLAYERS:
        tags[f"plays:{name}"] = 1.0 if any(covers(name, player) for player in truth.names) else -1.0
        if truth.lead and covers(name, truth.lead):
            tags[f"leads:{name}"] = 1.0
    tags |= {
        f"loudness:{truth.loudness}": 1.0,
        f"density:{truth.density}": 1.0,
        f"shape:{truth.shape}": 1.0,
        "opening": 1.0 if truth.position in ("opening", "whole") else -1.0,
        "ending": 1.0 if truth.position in ("ending", "whole") else -1.0,
    }
    return {name: value for name, value in tags.items() if name in _KNOWN}


def without_words(wishes: Wishes) -> Wishes:
    """The same wishes, but for their text."""
    return replace(wishes, text="")


def _middle(tempos: tuple[float, float] | None) -> float | None:
    return None if tempos is None else float(np.sqrt(tempos[0] * tempos[1]))


def _beats_per_bar(meter: str | None) -> float:
    """Felt beats in a bar of a meter as it is written."""
    from generation.studio.score import Meter

    if meter is None:
        return _USUAL_BEATS
    numerator, denominator = meter.split("/")
    return Meter(int(numerator), int(denominator)).beats_per_bar


_KNOWN = frozenset(TAGS)
