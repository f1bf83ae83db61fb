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
from generation.studio.band.voicing import fit_pitch
from generation.studio.compose import DURATION_S, compose, dice
from generation.studio.idioms import IDIOMS
from generation.studio.piece import GENRES, Piece
from generation.studio.score import Chord, Meter, Part, Score, Section
from generation.studio.tune import Tune
from generation.studio.tunes import find_tune, list_tunes, load_tune
from generation.words.instruments import KINDS, covers

# Who stays where only some can: the melody, then what carries it.
_KEPT_FIRST = ("lead", "bass", "drums", "harmony", "riff", "counter", "pad", "effect")
# Ensembles in which one instrument has two players.
_DOUBLED = {"string quartet": "violin", "string quintet": "violin", "brass quintet": "trumpet"}
_CHAMBER = frozenset("classical jazz folk blues country latin ambient".split())
# Who plays melody, or chords, where all that a genre has are not wanted.
_STAND_INS = ("rock organ", "piano", "strings", "synth lead", "flute")
_SUNG = ("lead", "harmony", "counter", "bass")
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

    Of more than two genres the two heaviest are played. A tune that no collection holds gives way to one of
    its kind ("The Kesh jig": a jig), or to a new piece: `stand_in` says which.

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
        Numbers that cannot be played; a tune, where the collections are not installed.
    """
    # Two genres can be heard beside each other, of three none: the heaviest stay.
    genres = dict(wanted.genres[:2]) or _fitting_genre(wanted, seed)
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
    tune = _tune(wanted.tune, seed) if wanted.tune else None
    piece = compose(seed, mode=wanted.mode, **asked) if tune is None else arrange(tune, seed, **asked)
    parts = _without(piece.score.parts, wanted.denied)
    parts = _sung(parts) if wanted.ensemble == "a cappella" else _with_size(parts, wanted)
    return replace(piece, score=without_silence(replace(piece.score, parts=parts)))


def stand_in(wanted: Wanted, piece: Piece) -> str:
    """Say what is played instead of a tune that nobody knows; "" where the piece is what was asked for."""
    said = set(wanted.tune.casefold().split())
    if not wanted.tune or find_tune(wanted.tune, limit=1) or said <= _KINDS_OF_TUNES | _ANY_TUNE:
        return ""
    instead = f"{piece.tune} is arranged" if piece.tune else "a new piece is composed"
    return f"no tune of the collections is called {wanted.tune!r}; {instead} instead"


def _tune(words: str, seed: int) -> Tune | None:
    """Find the tune that is named, else draw one of the kind that is ("an Irish reel"); None without any."""
    named = find_tune(words, limit=1)
    if named:
        return load_tune(named[0])
    kinds = set(words.casefold().split()) & _KINDS_OF_TUNES
    of_kind = [ref for ref in list_tunes() if kinds & set(ref.name.casefold().split())]
    if not of_kind:
        return None
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
        meters = IDIOMS[name].meters
        meter = meters.get(wanted.meter, 0.0) / sum(meters.values()) if wanted.meter else 1.0
        # A few players, or voices alone, are at home where nothing needs a machine or an amplifier.
        few = wanted.size in (1, 2, 3) or wanted.ensemble == "a cappella"
        place = 0.05 if few and name not in _CHAMBER else 1.0
        weights.append((0.02 + mood) * (0.02 + meter) * (0.02 + len(asked & at_home) ** 2) * place)
    odds = np.array(weights) / sum(weights)
    return {names[int(dice(seed, "fitting genre").choice(len(names), p=odds))]: 1.0}


def _meter(written: str | None) -> Meter | None:
    if written is None:
        return None
    numerator, _, denominator = written.partition("/")
    return Meter(int(numerator), int(denominator))


def _instruments(wanted: Wanted, genres: Mapping[str, float], seed: int) -> list[str]:
    """Names of the band's instruments, the lead's first; one of a kind where a kind is asked for.

    A few players of whom nobody is named have one in front who plays melody and chords. Where the genre's
    usual melody or chords are not wanted, others stand in.
    """
    asked = [wanted.lead] if wanted.lead else []
    asked += [name for name in wanted.instruments if name != wanted.lead]
    asked[:0] = [name for name in [_DOUBLED.get(wanted.ensemble or "")] if name in asked]
    rng = dice(seed, "instruments")
    usual = ENSEMBLES[max(genres, key=lambda name: genres[name])]
    leads = _allowed(usual.lead, wanted)
    if not asked and wanted.size in (1, 2, 3):
        able = [name for name in leads if INSTRUMENTS[name].family in _TWO_HANDED]
        able = able or _allowed(["piano", "acoustic guitar", "organ", "harp"], wanted) or ["piano"]
        return [able[int(rng.integers(len(able)))]]
    if not asked and len(leads) < len(usual.lead):
        asked = [(leads or _allowed((*usual.counter, *usual.pad, *_STAND_INS), wanted) or usual.lead)[0]]
    chosen = []
    for name in asked:
        kind = [name] if name in INSTRUMENTS else [one for one in KINDS[name] if one in INSTRUMENTS]
        allowed = _fitting(_allowed(kind, wanted) or kind, genres)
        chosen.append(allowed[int(rng.integers(len(allowed)))])
    if len(chosen) == 1 and wanted.size is None and not _allowed(usual.harmony, wanted):
        chosen += [name for name in _allowed(_STAND_INS, wanted) if name not in chosen][:1]
    return chosen


def _fitting(names: Sequence[str], genres: Mapping[str, float]) -> Sequence[str]:
    """Return those of a kind that are at home in the genres, else those that can lead, else all."""
    at_home = {one for genre in genres for role in _ROLES for one in getattr(ENSEMBLES[genre], role)}
    return (
        [one for one in names if one in at_home]
        or [one for one in names if "lead" in INSTRUMENTS[one].roles]
        or names
    )


def _allowed(names: Sequence[str], wanted: Wanted) -> list[str]:
    """Return those of the instruments that are not unwanted."""
    return [one for one in names if not any(covers(no, one) for no in wanted.denied)]


def _without(parts: Sequence[Part], denied: Sequence[str]) -> tuple[Part, ...]:
    """Leave out who is not wanted, unless nobody would be left."""
    kept = [part for part in parts if not any(_is_called(part, name) for name in denied)]
    return tuple(kept or parts)


def _is_called(part: Part, name: str) -> bool:
    return covers(name, part.name) or (name in ("drums", "percussion") and part.is_drums)


def _sung(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Let a choir sing what voices can: each line within their range, and nobody beside them."""
    choir = INSTRUMENTS["choir"]
    return tuple(
        replace(
            part,
            name=choir.name,
            program=choir.program,
            notes=tuple(
                replace(one, pitch=fit_pitch(one.pitch, choir.low, choir.high)) for one in part.notes
            ),
        )
        for part in parts
        if part.role in _SUNG and not part.is_drums
    )


def _with_size(parts: tuple[Part, ...], wanted: Wanted) -> tuple[Part, ...]:
    """Keep as many players as were asked for: the lead, those named, then what carries the rest.

    A lead that can plays the chords, too, where nobody else is left for them; alone, the bass as well.
    """
    size = wanted.size
    if size is None or size < 1 or size >= len(parts):
        return parts
    lead = parts[0]
    asked = {part.name for part in parts if any(covers(name, part.name) for name in wanted.instruments)}
    if size == 1 and asked and lead.name not in asked:
        return tuple(part for part in parts if part.name in asked)  # a solo of the drums, or of the bass
    ranked = sorted(parts[1:], key=lambda part: (part.name not in asked, _KEPT_FIRST.index(part.role)))
    kept = [lead, *ranked[: size - 1]]
    if lead.name in INSTRUMENTS and INSTRUMENTS[lead.name].family in _TWO_HANDED:
        roles = {part.role for part in kept}
        hands = ("harmony", "bass") if size == 1 else ("harmony",)
        spare = [one for one in parts if one.role in hands and one.role not in roles]
        kept += [replace(one, name=lead.name, program=lead.program, pan=lead.pan) for one in spare[:2]]
    return tuple(kept)
