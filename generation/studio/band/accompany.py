"""The band plays: a plan and a lead in, all other parts out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generation.studio.band.arranging import activity
from generation.studio.band.bars import Bar, bass_class, cut_bars, final_start
from generation.studio.band.bass import play_bass
from generation.studio.band.casting import Seat, cast, draw_genre
from generation.studio.band.comping import Hands, hold_chords, play_chords
from generation.studio.band.counter import play_counter
from generation.studio.band.drums import play_drums, tuned_kick
from generation.studio.band.humanise import humanise_part
from generation.studio.band.instruments import INSTRUMENTS, find_instrument
from generation.studio.band.styles import GUIDE, style_of
from generation.studio.band.voicing import fit_pitch
from generation.studio.plan import Plan
from generation.studio.score import Note, Part

# Where chords lie: about the octave and a half around middle C, or above a low lead.
_CHORDS = (50, 67)
_ABOVE_LOW_LEAD = (59, 76)


def accompany(
    plan: Plan, lead: Part | None, *, rng: np.random.Generator, instruments: Sequence[str] = ()
) -> tuple[Part, ...]:
    """Play everything but the lead.

    Parameters
    ----------
    plan : Plan
        Its genres' weights draw whose instruments and whose patterns each role has; drums and bass stay
        mostly with the heavier genre, and no genre above .15 goes unheard.
    lead : Part or None
        The chords keep out of its register and the counter line out of its notes.
    rng : numpy.random.Generator
    instruments : sequence of str
        Instruments asked for, the lead's among them: one or two have the genre's core band around them (two
        of a chamber genre have nobody), three or more play alone.

    Returns
    -------
    tuple of Part
        Humanised, in order of role; nobody who has nothing to play. Empty for a plan without sections.

    Raises
    ------
    ValueError
        An unknown instrument; the message names those that are known.
    """
    bars = cut_bars(plan)
    for name in instruments:
        find_instrument(name)
    if not bars:
        return ()
    seats = cast(plan, rng=rng, lead_name=lead.name if lead else None, instruments=instruments)
    sparse = len(seats) <= 3
    parts = []
    for seat, own in zip(seats, rng.spawn(len(seats)), strict=True):
        notes = _play(seat, plan, bars, lead=lead, sparse=sparse, asked=bool(instruments), rng=own)
        if notes:
            fitted = tuple(notes) if seat.instrument.is_drums else _in_range(notes, seat)
            part = Part(
                seat.instrument.name, seat.role, seat.instrument.program, fitted, seat.gain_db, seat.pan
            )
            parts.append(humanise_part(part, plan, rng=own))
    if not instruments and plan.genre == "classical":
        parts += _timpani(plan, bars, rng)
    return tuple(parts)


def _play(
    seat: Seat,
    plan: Plan,
    bars: tuple[Bar, ...],
    *,
    lead: Part | None,
    sparse: bool,
    asked: bool,
    rng: np.random.Generator,
) -> list[Note]:
    shares = activity(bars, seat.role, seat.genre, sparse=sparse)
    genres = _genres_by_bar(plan, bars, seat.genre, rng)
    one = seat.instrument
    if seat.role == "drums":
        return tuned_kick(play_drums(bars, shares, genres=genres, rng=rng), one.program, plan.tonic)
    if seat.role == "bass":
        return play_bass(bars, shares, genres=genres, low=one.low, high=one.high, rng=rng)
    low, high = _register(lead)
    if seat.role == "counter":
        below = (max(one.low, low), min(one.high, max(high + 2, one.low + 14)))
        if asked:
            scale = (plan.tonic, plan.mode)
            hands = Hands(GUIDE, one, below[0], below[1], 60 / plan.tempo_bpm, scale)
            return hold_chords(bars, shares, hands, rng=rng)
        return play_counter(
            bars, shares, lead=lead, scale=(plan.tonic, plan.mode), low=below[0], high=below[1], rng=rng
        )
    style = style_of(seat.genre, seat.role, name=one.name, family=one.family)
    shift = min(style.shift, max(one.high - high, 0))
    low = min(max(low + shift, one.low), one.high - 14)
    hands = Hands(
        style,
        one,
        low,
        min(max(high + shift, low + 14), one.high),
        60 / plan.tempo_bpm,
        (plan.tonic, plan.mode),
    )
    if seat.role == "pad" or (seat.role == "harmony" and one.family in ("voice",)):
        return hold_chords(bars, shares, hands, rng=rng)
    return play_chords(bars, shares, hands, rng=rng)


def _genres_by_bar(plan: Plan, bars: Sequence[Bar], genre: str, rng: np.random.Generator) -> list[str]:
    """Let the other genre have some kinds of sections: every kind draws once, mostly the seat's own."""
    by_kind = {
        kind: draw_genre(plan.genres, rng, power=1.5) if rng.random() < 0.25 else genre
        for kind in dict.fromkeys(bar.kind for bar in bars)
    }
    return [by_kind[bar.kind] for bar in bars]


def _register(lead: Part | None) -> tuple[int, int]:
    """Where chords may lie beside a lead: below most of its notes, or above a low one."""
    if lead is None or not lead.notes:
        return _CHORDS
    pitches = [note.pitch for note in lead.notes]
    if float(np.median(pitches)) < 57:
        return _ABOVE_LOW_LEAD
    top = int(np.clip(np.percentile(pitches, 25), 62, _CHORDS[1] + 3))
    return max(top - 17, 46), top


def _in_range(notes: Sequence[Note], seat: Seat) -> tuple[Note, ...]:
    """Move what lies outside the instrument's range by octaves."""
    low, high = seat.instrument.low, seat.instrument.high
    return tuple(
        Note(note.start, note.duration, fit_pitch(note.pitch, low, high), note.velocity) for note in notes
    )


def _timpani(plan: Plan, bars: tuple[Bar, ...], rng: np.random.Generator) -> list[Part]:
    """Timpani on the roots of an orchestra's loud bars, with a roll into the last chord."""
    one = INSTRUMENTS["timpani"]
    notes = []
    for bar in bars:
        root = one.low + (bass_class(bar.chords[0]) - one.low) % 12
        if bar.final:
            start = final_start(bars)
            root = one.low + (bass_class(bar.chords[-1]) - one.low) % 12
            notes.append(Note(start, bar.end - start, root, bar.loudness))
        elif bar.energy >= 0.6 and bar.place % 2 == 0:
            notes.append(Note(bar.start, 0.9, root, max(bar.loudness - 6, 20)))
    if len(notes) < 3:
        return []
    part = Part(one.name, "effect", one.program, tuple(notes), -6.0, 0.2)
    return [humanise_part(part, plan, rng=rng)]
