"""Who plays: the ensemble of a piece, cast from its genre mixture or from the instruments asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from generation.studio.band.ensembles import ENSEMBLES, ROLE_GAIN_DB, ROLE_PAN
from generation.studio.band.instruments import INSTRUMENTS, Instrument, find_instrument, find_lead
from generation.studio.plan import Plan

# Without these a band is not one; the others are ornament.
_CORE = ("harmony", "bass", "drums")
_ALL = ("harmony", "bass", "drums", "pad", "riff", "counter")
# Genres of two guitars: the melody may be on the same instrument as the chords.
_TWO_GUITARS = ("rock", "metal")
# Genres in which two players are a duo and want nobody else.
_CHAMBER = ("classical", "ambient", "folk")
# A lighter genre of less weight than this colours nothing for certain.
_HEARD_WEIGHT = 0.15


@dataclass(frozen=True)
class LeadVoice:
    """The instrument of the melody: `program`, the range `low`..`high` it is written in, and its place."""

    name: str
    program: int
    low: int
    high: int
    gain_db: float
    pan: float


@dataclass(frozen=True)
class Seat:
    """One player: an instrument in a role, playing in the manner of a genre."""

    role: str
    instrument: Instrument
    genre: str
    gain_db: float
    pan: float


def lead_voice(plan: Plan, *, rng: np.random.Generator, instruments: Sequence[str] = ()) -> LeadVoice:
    """Choose who has the melody: the first of `instruments` that can, else one at home in the genre.

    Parameters
    ----------
    plan : Plan
        Its genres' weights draw the genre whose leads are drawn from.
    rng : numpy.random.Generator
    instruments : sequence of str
        Names (or other words) of INSTRUMENTS.

    Returns
    -------
    LeadVoice
        `low` and `high` span at most two octaves and a bit, where the instrument sings best.

    Raises
    ------
    ValueError
        An unknown instrument.
    """
    genre = draw_genre(plan.genres, rng)
    drawn = draw_instrument(ENSEMBLES[genre].lead, rng)
    chosen = find_lead(instruments) or drawn
    low, high = singing_range(chosen)
    gain_db, pan = _place("lead", genre)
    return LeadVoice(chosen.name, chosen.program, low, high, gain_db, pan)


def singing_range(instrument: Instrument) -> tuple[int, int]:
    """Return the part of a range where a melody lies well: within 57..84 where the instrument has that."""
    low, high = max(instrument.low, 57), min(instrument.high, 84)
    if high - low >= 14:
        return low, high
    # A low or a very high instrument: the two octaves of its range that are nearest the middle.
    if instrument.high < 84:
        return max(instrument.low, instrument.high - 24), instrument.high
    return instrument.low, min(instrument.high, instrument.low + 24)


def draw_genre(genres: Mapping[str, float], rng: np.random.Generator, *, power: float = 1.0) -> str:
    """Draw a genre by weight; a `power` above 1 favours the heavier ones."""
    names = list(genres)
    weights = np.array([genres[name] for name in names], dtype=np.float64) ** power
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]


def draw_instrument(names: Sequence[str], rng: np.random.Generator) -> Instrument:
    """Draw one of some instruments, the first twice as often as each other."""
    weights = np.ones(len(names))
    weights[0] = 2.0
    return INSTRUMENTS[names[int(rng.choice(len(names), p=weights / weights.sum()))]]


def cast(
    plan: Plan, *, rng: np.random.Generator, lead_name: str | None, instruments: Sequence[str] = ()
) -> tuple[Seat, ...]:
    """Seat the band, all but the lead.

    With nobody asked for, every role of the genres is cast. One instrument asked for keeps harmony, bass and
    drums around it, two likewise unless the genre is for chamber, and three or more play alone.

    Raises
    ------
    ValueError
        An unknown instrument.
    """
    by_role = _genres_by_role(plan, rng)
    usual = {
        role: draw_instrument(names, rng)
        for role in _ALL
        if (names := getattr(ENSEMBLES[by_role[role]], role))
    }
    if not instruments:
        players = _avoid_lead(usual, by_role, lead_name)
        return tuple(_seat(role, one, by_role[role]) for role, one in players)
    asked = [find_instrument(name) for name in instruments]
    on_lead = next((at for at, one in enumerate(asked) if "lead" in one.roles), None)
    if lead_name is not None and on_lead is not None and asked[on_lead].name == lead_name:
        del asked[on_lead]
    taken = _seat_asked(asked)
    alone = len(instruments) >= 3 or (len(instruments) == 2 and plan.genre in _CHAMBER)
    roles = () if alone else _CORE
    kept = {role for role, _ in taken}
    taken += [(role, usual[role]) for role in roles if role in usual and role not in kept]
    return tuple(_seat(role, one, by_role.get(role, plan.genre)) for role, one in taken)


def _genres_by_role(plan: Plan, rng: np.random.Generator) -> dict[str, str]:
    """Give each role a genre: drums and bass mostly the heavier one's, no genre of weight left unheard."""
    by_role = {role: draw_genre(plan.genres, rng) for role in _ALL}
    by_role["drums"] = draw_genre(plan.genres, rng, power=1.5)
    together = rng.random() < 0.7
    by_role["bass"] = by_role["drums"] if together else draw_genre(plan.genres, rng, power=1.5)
    for genre, weight in plan.genres.items():
        if weight >= _HEARD_WEIGHT and genre not in (by_role["drums"], by_role["harmony"], by_role["bass"]):
            # A genre is known by its drums or by its chords.
            role = "drums" if ENSEMBLES[genre].drums and rng.random() < 0.5 else "harmony"
            by_role[role] = genre
    return by_role


def _avoid_lead(
    usual: Mapping[str, Instrument], by_role: Mapping[str, str], lead_name: str | None
) -> list[tuple[str, Instrument]]:
    """Let no ornament double the lead's instrument, nor two players have the same one."""
    players: list[tuple[str, Instrument]] = []
    used = {lead_name}
    for role, one in usual.items():
        names = [one.name, *getattr(ENSEMBLES[by_role[role]], role)]
        free = next((name for name in names if name not in used), None)
        if free is None and role in ("counter", "pad"):
            continue
        twins = role == "harmony" and by_role[role] in _TWO_GUITARS
        chosen = one if twins or free is None else INSTRUMENTS[free]
        used.add(chosen.name)
        players.append((role, chosen))
    return players


def _seat_asked(asked: Sequence[Instrument]) -> list[tuple[str, Instrument]]:
    """Give each asked instrument the first role of its own that is free; whoever finds none doubles one."""
    seats: list[tuple[str, Instrument]] = []
    for one in asked:
        roles = [role for role in one.roles if role != "lead"] or ["counter"]
        taken = {role for role, _ in seats}
        seats.append((next((role for role in roles if role not in taken), roles[0]), one))
    return seats


def _place(role: str, genre: str) -> tuple[float, float]:
    return ROLE_GAIN_DB[role] + ENSEMBLES[genre].gains.get(role, 0.0), ROLE_PAN[role]


def _seat(role: str, instrument: Instrument, genre: str) -> Seat:
    gain_db, pan = _place(role, genre)
    return Seat(role, instrument, genre, gain_db, pan)
