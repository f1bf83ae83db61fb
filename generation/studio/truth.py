"""The truth about a piece, or about an excerpt of it: what may be said of it and what may not.

It is read off the score, so it is exact; only prominence is an estimate where no loudness was measured. An
excerpt is described as it sounds: who is silent in it is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from generation.studio.piece import Piece
from generation.studio.score import Note, Part, Score

# Notes of all parts a second: below the first sparse, from the second on busy: about a sixth each of
# the excerpts of 64 own songs, four of each genre.
DENSITIES = (8.0, 34.0)
# Mean velocity: below the first soft, from the second on loud: chosen likewise.
LOUDNESSES = (62.0, 93.0)
# Decibels between the first and the last third: at least so much louder is building, softer is fading.
SHAPE_DB = 3.0
# A part is heard if this much of it is in the excerpt, seconds.
_HEARD_S = 0.05
# Measured loudness so far below the loudest part's is silence, decibels.
_SILENT_DB = 50.0
# Plucked and struck sounds die away: seconds of a note that count.
_RINGS_S = 2.0
# What carries a tune counts for more than its level, what lies under it for less, decibels.
_ROLE_DB = {
    "lead": 3.0,
    "counter": 0.0,
    "riff": 0.0,
    "harmony": -1.0,
    "pad": -3.0,
    "bass": -1.0,
    "drums": 0.0,
}
# Rests of up to so many beats do not interrupt a melody.
_BREATH_BEATS = 0.5
_OPENING_S = 1.0


@dataclass(frozen=True)
class Truth:
    """What is true of a piece or an excerpt.

    Attributes
    ----------
    genres : mapping of str to float
        Weights of the mixture, the heaviest first; they sum to 1.
    mood : str
    instruments : tuple of (str, float)
        Who sounds, drums included, by prominence; the shares sum to 1. Empty of silence.
    lead : str
        Who has the melody; empty where nobody has.
    has_drums : bool
    n_players : int
        Parts that sound; two guitars are two.
    tempo_bpm : float
        Felt beats a minute, the tempo that holds longest.
    tonic : int or None
    mode : str or None
    meter : str
    notes_per_s : float
        Of all parts, drums included.
    density : str
        sparse, medium or busy, by DENSITIES.
    velocity, velocity_range : float
        Mean of the notes, and the range of the middle 80 % of them.
    loudness : str
        soft, medium or loud, by LOUDNESSES.
    shape : str
        building, steady or fading, by SHAPE_DB.
    sections : tuple of str
        Kinds of sections that it touches, in order.
    position : str
        whole, opening, middle or ending of the piece.
    tune, origin : str
        What was arranged and where that is from; empty for own compositions.
    duration_s : float
    chords : tuple of str
        Symbols of the chords that it touches, in order.
    """

    genres: Mapping[str, float]
    mood: str
    instruments: tuple[tuple[str, float], ...]
    lead: str
    has_drums: bool
    n_players: int
    tempo_bpm: float
    tonic: int | None
    mode: str | None
    meter: str
    notes_per_s: float
    density: str
    velocity: float
    velocity_range: float
    loudness: str
    shape: str
    sections: tuple[str, ...]
    position: str
    tune: str
    origin: str
    duration_s: float
    chords: tuple[str, ...]

    @property
    def genre(self) -> str:
        """The genre of most weight."""
        return max(self.genres, key=lambda name: self.genres[name])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the instruments, the most prominent first."""
        return tuple(name for name, _ in self.instruments)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {**asdict(self), "genres": dict(self.genres)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Truth:
        """Read what `to_json` gave.

        Raises
        ------
        ValueError
            A field is missing or unknown.
        """
        try:
            return cls(
                **{
                    **stored,
                    "instruments": tuple((name, float(share)) for name, share in stored["instruments"]),
                    "sections": tuple(stored["sections"]),
                    "chords": tuple(stored["chords"]),
                }
            )
        except (KeyError, TypeError) as wrong:
            raise ValueError(f"this is no truth about a piece: {wrong}") from wrong


@dataclass(frozen=True)
class _Heard:
    """A part with what of it is in the excerpt: notes as rows of (start s, end s, velocity)."""

    part: Part
    times: np.ndarray


def describe(
    piece: Piece,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    prominence: Mapping[str, float] | None = None,
) -> Truth:
    """Tell what is true of a piece from `start_s` up to `end_s`, by default of all of it.

    Parameters
    ----------
    piece : Piece
    start_s, end_s : float
        Seconds; `end_s` may lie beyond the end of the notes (the excerpt is then as long as asked).
    prominence : mapping of str to float, optional
        Loudness of each part in the excerpt by its name, decibels of any reference, as it was rendered;
        parts that it does not name are estimated from their notes.

    Raises
    ------
    ValueError
        An excerpt of no length, or before the start.
    """
    score = piece.score
    end_s = score.duration_s if end_s is None else end_s
    if not (0 <= start_s < end_s and np.isfinite(end_s)):
        raise ValueError(f"an excerpt starts at 0 s or later and lasts, got {start_s} to {end_s}")
    heard = _heard(score, start_s, end_s, prominence)
    start, end = _beats_at(score, start_s), _beats_at(score, end_s)
    levels = _levels_db(heard, prominence)
    shares = _shares(levels)
    velocities = np.concatenate([one.times[:, 2] for one in heard]) if heard else np.zeros(0)
    onsets = sum(int((one.times[:, 0] >= start_s).sum()) for one in heard)
    notes_per_s = onsets / (end_s - start_s)
    velocity = float(velocities.mean()) if len(velocities) else 0.0
    spread = float(np.subtract(*np.percentile(velocities, [90, 10]))) if len(velocities) else 0.0
    return Truth(
        genres=dict(sorted(piece.genres.items(), key=lambda item: -item[1])),
        mood=piece.mood,
        instruments=tuple(shares.items()),
        lead=_lead(heard, levels, score, start_s, end_s),
        has_drums=any(one.part.is_drums for one in heard),
        n_players=len(heard),
        tempo_bpm=_tempo(score, start, end),
        tonic=score.tonic,
        mode=score.mode,
        meter=str(score.meter),
        notes_per_s=notes_per_s,
        density=_word(notes_per_s, DENSITIES, ("sparse", "medium", "busy")),
        velocity=velocity,
        velocity_range=spread,
        loudness=_word(velocity, LOUDNESSES, ("soft", "medium", "loud")),
        shape=_shape(heard, start_s, end_s),
        sections=tuple(dict.fromkeys(one.kind for one in score.sections if _touches(one, start, end))),
        position=_position(score, start_s, end_s),
        tune=piece.tune,
        origin=piece.origin,
        duration_s=end_s - start_s,
        chords=tuple(str(one) for one in score.chords if _touches(one, start, end)),
    )


def _heard(
    score: Score, start_s: float, end_s: float, prominence: Mapping[str, float] | None
) -> tuple[_Heard, ...]:
    """Return the parts that sound within the excerpt."""
    found = []
    loudest = max((prominence or {}).values(), default=0.0)
    for part in score.parts:
        measured = (prominence or {}).get(part.name, loudest)
        if measured < loudest - _SILENT_DB or not np.isfinite(measured):
            continue
        times = _times(score, part.notes)
        begins, ends = times[:, 0], times[:, 1]
        if part.is_drums:
            # A stroke is over at once, whatever its length says.
            inside = (begins >= start_s - 1e-9) & (begins <= end_s - _HEARD_S)
        else:
            lasts = np.minimum(ends, end_s) - np.maximum(begins, start_s)
            inside = lasts >= np.minimum(_HEARD_S, 0.99 * (ends - begins))
            inside &= lasts > 0
        if inside.any():
            found.append(_Heard(part, times[inside]))
    return tuple(found)


def _times(score: Score, notes: Sequence[Note]) -> np.ndarray:
    """Return start and end in seconds, and velocity, of each note: shape (n_notes, 3)."""
    if not notes:
        return np.zeros((0, 3))
    beats = np.array([(note.start, note.end) for note in notes])
    velocity = np.array([note.velocity for note in notes], dtype=np.float64)
    return np.column_stack([score.seconds_at(beats), velocity])


def _levels_db(heard: Sequence[_Heard], prominence: Mapping[str, float] | None) -> dict[str, float]:
    """Return the loudness of each instrument by name: as measured, else estimated from its notes."""
    power: dict[str, float] = {}
    for one in heard:
        name = one.part.name
        if prominence and name in prominence:
            power[name] = 10 ** (prominence[name] / 10)
            continue
        # The synthesiser's amplitude goes with the square of the velocity.
        amplitude = (one.times[:, 2] / 127) ** 2
        rings = np.minimum(one.times[:, 1] - one.times[:, 0], _RINGS_S) if not one.part.is_drums else 0.3
        decibels = one.part.gain_db + _ROLE_DB.get(one.part.role, -3.0)
        power[name] = power.get(name, 0.0) + float((amplitude**2 * rings).sum()) * 10 ** (decibels / 10)
    return {name: 10 * float(np.log10(max(value, 1e-12))) for name, value in power.items()}


def _shares(levels: Mapping[str, float]) -> dict[str, float]:
    """Turn decibels into shares of the summed amplitude, the greatest first."""
    top = max(levels.values(), default=0.0)
    amplitude = {name: 10 ** ((level - top) / 20) for name, level in levels.items()}
    total = sum(amplitude.values())
    return {name: value / total for name, value in sorted(amplitude.items(), key=lambda item: -item[1])}


def _lead(
    heard: Sequence[_Heard], levels: Mapping[str, float], score: Score, start_s: float, end_s: float
) -> str:
    """Name who has the melody: a lead that sounds a quarter of the time, else the loudest melodic part."""
    breath = _BREATH_BEATS * 60 / score.tempo_bpm
    leads = [(_sounds_s(one, start_s, end_s, breath), one) for one in heard if one.part.role == "lead"]
    if leads:
        seconds, one = max(leads, key=lambda pair: pair[0])
        if seconds >= (end_s - start_s) / 4:
            return one.part.name
    melodic = [one.part.name for one in heard if one.part.role not in ("drums", "bass", "effect")]
    return max(melodic, key=lambda name: levels[name], default="")


def _sounds_s(one: _Heard, start_s: float, end_s: float, breath: float) -> float:
    """Return the seconds during which a part plays, short rests included."""
    total, until = 0.0, start_s
    for begin, end, _ in one.times[np.argsort(one.times[:, 0])]:
        begin = until if until < begin <= until + breath and total > 0 else max(begin, until)
        end = min(end, end_s)
        if end > begin:
            total += end - begin
            until = end
    return total


def _beats_at(score: Score, seconds: float) -> float:
    """Turn seconds into beats, through the tempos: the inverse of `Score.seconds_at`."""
    clock = score.seconds_at(np.array([tempo.start for tempo in score.tempos]))
    row = int(np.clip(np.searchsorted(clock, seconds, side="right") - 1, 0, None))
    return float(score.tempos[row].start + (seconds - clock[row]) * score.tempos[row].bpm / 60)


def _touches(one: Any, start: float, end: float) -> bool:
    """Tell whether a section or chord is within the beats from `start` up to `end`, by more than a hair."""
    return bool(min(one.start + one.duration, end) - max(one.start, start) > 0.05)


def _tempo(score: Score, start: float, end: float) -> float:
    """Return the tempo that holds longest between two beats."""
    ends = [*(tempo.start for tempo in score.tempos[1:]), float("inf")]
    held: dict[float, float] = {}
    for tempo, until in zip(score.tempos, ends, strict=True):
        beats = max(0.0, min(until, end) - max(tempo.start, start))
        held[tempo.bpm] = held.get(tempo.bpm, 0.0) + beats * 60 / tempo.bpm
    return float(max(held, key=lambda bpm: held[bpm]))


def _shape(heard: Sequence[_Heard], start_s: float, end_s: float) -> str:
    """Tell whether the last third is louder than the first, all parts together."""
    third = (end_s - start_s) / 3
    energy = [1e-9, 1e-9]
    for one in heard:
        gain = 10 ** (one.part.gain_db / 10)
        for row, begin in enumerate((start_s, end_s - third)):
            lasts = np.minimum(one.times[:, 1], begin + third) - np.maximum(one.times[:, 0], begin)
            energy[row] += gain * float(((one.times[:, 2] / 127) ** 4 * np.clip(lasts, 0, _RINGS_S)).sum())
    change = 10 * float(np.log10(energy[1] / energy[0]))
    return "building" if change >= SHAPE_DB else "fading" if change <= -SHAPE_DB else "steady"


def _position(score: Score, start_s: float, end_s: float) -> str:
    """Tell where in the piece it is."""
    opens, closes = start_s < _OPENING_S, end_s > score.duration_s - _OPENING_S
    return "whole" if opens and closes else "opening" if opens else "ending" if closes else "middle"


def _word(value: float, bounds: tuple[float, float], words: tuple[str, str, str]) -> str:
    return words[0] if value < bounds[0] else words[1] if value < bounds[1] else words[2]
