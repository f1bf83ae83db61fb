"""Pieces that were asked for in words: what a prompt wants, composed or arranged.

What the words leave open is drawn from the seed. A tune that is named is looked up in the collections.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from generation.prompt import Wanted
from generation.studio.arrange import arrange
from generation.studio.band import INSTRUMENTS
from generation.studio.band.ensembles import ENSEMBLES
from generation.studio.compose import DURATION_S, compose, dice
from generation.studio.idioms import IDIOMS
from generation.studio.piece import GENRES, Piece
from generation.studio.score import Chord, Meter, Part, Score, Section
from generation.studio.tune import Tune, TuneError
from generation.studio.tunes import find_tune, list_tunes, load_tune
from generation.words.instruments import KINDS, covers

# Who stays where only some can: the melody, then what carries it.
_KEPT_FIRST = ("lead", "bass", "drums", "harmony", "riff", "counter", "pad", "effect")
# One player of these families plays melody, chords and bass alone.
_TWO_HANDED = ("keys", "organ", "guitar", "mallets", "plucked")
_ROLES = ("lead", "harmony", "pad", "bass", "riff", "counter", "drums")
_KINDS_OF_TUNES = frozenset("reel jig hornpipe polka march waltz strathspey clog air quickstep".split())
_ANY_TUNE = frozenset(
    "a an the some any irish scottish english american old traditional fiddle folk slow fast".split()
)
Span = TypeVar("Span", Chord, Section)


def commission(wanted: Wanted, *, seed: int, duration_s: float | None = None) -> Piece:
    """Make the piece that was asked for.

    Parameters
    ----------
    wanted : Wanted
        As `generation.prompt.parse_prompt` reads it.
    seed : int
        0 or more.
    duration_s : float, optional
        Goes before what the words say.

    Raises
    ------
    ValueError
        Numbers that cannot be played; a tune that no collection holds.
    """
    genres = dict(wanted.genres) or _fitting_genre(wanted, seed)
    tempo_bpm = wanted.tempo_bpm
    if tempo_bpm is None and wanted.tempo_range is not None:
        tempo_bpm = float(round(dice(seed, "tempo range").uniform(*wanted.tempo_range)))
    duration_s = duration_s if duration_s is not None else wanted.duration_s
    if duration_s is not None:
        duration_s = min(max(duration_s, DURATION_S[0]), DURATION_S[1])
    asked: dict[str, Any] = {
        "genres": genres,
        "mood": wanted.mood,
        "tempo_bpm": tempo_bpm,
        "tonic": wanted.tonic,
        "meter": _meter(wanted.meter),
        "duration_s": duration_s,
        "instruments": _instruments(wanted, genres, seed),
    }
    if wanted.tune:
        piece = arrange(_tune(wanted.tune, seed), seed, **asked)
    else:
        piece = compose(seed, mode=wanted.mode, **asked)
    parts = _with_size(_without(piece.score.parts, wanted.denied), wanted)
    return replace(piece, score=without_silence(replace(piece.score, parts=parts)))


def _tune(words: str, seed: int) -> Tune:
    """Find the tune that is named; where only a kind is ("an Irish reel"), draw one.

    Raises
    ------
    TuneError
        No tune is called so.
    """
    named = find_tune(words, limit=1)
    if named:
        return load_tune(named[0])
    said = set(words.casefold().split())
    kinds = said & _KINDS_OF_TUNES if said <= _KINDS_OF_TUNES | _ANY_TUNE else set()
    of_kind = [ref for ref in list_tunes() if kinds & set(ref.name.casefold().split())]
    if not of_kind:
        raise TuneError(f"no tune of the collections is called {words!r}")
    return load_tune(of_kind[int(dice(seed, "tune").integers(len(of_kind)))])


def without_silence(score: Score) -> Score:
    """Leave out the whole bars before the first note: who played there may have been sent home."""
    first = min((note.start for part in score.parts for note in part.notes), default=0.0)
    bar = score.meter.beats_per_bar
    cut = bar * int(first // bar)
    if cut == 0 or len(score.tempos) > 1:
        return score
    parts = tuple(
        replace(part, notes=tuple(replace(note, start=note.start - cut) for note in part.notes))
        for part in score.parts
    )
    return replace(
        score,
        parts=parts,
        chords=tuple(_moved(one, cut) for one in score.chords if one.start + one.duration > cut),
        sections=tuple(_moved(one, cut) for one in score.sections if one.start + one.duration > cut),
    )


def _moved(one: Span, cut: float) -> Span:
    """Move a chord or section to the left, and leave out what of it lies before the start."""
    start = max(one.start - cut, 0.0)
    return replace(one, start=start, duration=one.start + one.duration - cut - start)


def _fitting_genre(wanted: Wanted, seed: int) -> dict[str, float]:
    """Draw a genre that is not denied, rather one in which mood and instruments are at home."""
    names = [name for name in GENRES if name not in wanted.denied_genres] or list(GENRES)
    asked = {one for name in wanted.instruments for one in (name, *KINDS.get(name, ()))}
    weights = []
    for name in names:
        moods = IDIOMS[name].moods
        mood = moods.get(wanted.mood, 0.0) / sum(moods.values()) if wanted.mood else 1.0
        at_home = {one for role in _ROLES for one in getattr(ENSEMBLES[name], role)}
        weights.append((0.02 + mood) * (0.1 + len(asked & at_home)))
    odds = np.array(weights) / sum(weights)
    return {names[int(dice(seed, "fitting genre").choice(len(names), p=odds))]: 1.0}


def _meter(written: str | None) -> Meter | None:
    if written is None:
        return None
    numerator, _, denominator = written.partition("/")
    return Meter(int(numerator), int(denominator))


def _instruments(wanted: Wanted, genres: Mapping[str, float], seed: int) -> list[str]:
    """Names of the band's instruments, the lead's first; one of a kind where a kind is asked for.

    A few players of whom nobody is named have one in front who plays melody and chords.
    """
    asked = [wanted.lead] if wanted.lead else []
    asked += [name for name in wanted.instruments if name != wanted.lead]
    rng = dice(seed, "instruments")
    if not asked and wanted.size in (1, 2, 3):
        usual = ENSEMBLES[max(genres, key=lambda name: genres[name])].lead
        able = [name for name in usual if INSTRUMENTS[name].family in _TWO_HANDED] or ["piano"]
        return [able[int(rng.integers(len(able)))]]
    chosen = []
    for name in asked:
        kind = [name] if name in INSTRUMENTS else [one for one in KINDS[name] if one in INSTRUMENTS]
        allowed = [one for one in kind if not any(covers(no, one) for no in wanted.denied)] or kind
        chosen.append(allowed[int(rng.integers(len(allowed)))])
    return chosen


def _without(parts: Sequence[Part], denied: Sequence[str]) -> tuple[Part, ...]:
    """Leave out who is not wanted, unless nobody would be left."""
    kept = [part for part in parts if not any(_is_called(part, name) for name in denied)]
    return tuple(kept or parts)


def _is_called(part: Part, name: str) -> bool:
    return covers(name, part.name) or (name in ("drums", "percussion") and part.is_drums)


def _with_size(parts: tuple[Part, ...], wanted: Wanted) -> tuple[Part, ...]:
    """Keep as many players as were asked for: the lead, those named, then what carries the rest.

    A lead that can plays the chords, too, where nobody else is left for them; alone, the bass as well.
    """
    size = wanted.size
    if size is None or size < 1 or size >= len(parts):
        return parts
    lead = parts[0]
    asked = {part.name for part in parts if any(covers(name, part.name) for name in wanted.instruments)}
    ranked = sorted(parts[1:], key=lambda part: (part.name not in asked, _KEPT_FIRST.index(part.role)))
    kept = [lead, *ranked[: size - 1]]
    if lead.name in INSTRUMENTS and INSTRUMENTS[lead.name].family in _TWO_HANDED:
        roles = {part.role for part in kept}
        hands = ("harmony", "bass") if size == 1 else ("harmony",)
        spare = [one for one in parts if one.role in hands and one.role not in roles]
        kept += [replace(one, name=lead.name, program=lead.program, pan=lead.pan) for one in spare[:2]]
    return tuple(kept)
