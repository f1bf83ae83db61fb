"""Chords for a melody that has none, and the chords that four voices sing.

`harmonise` lays a grid of slots (bars, or halves of bars of two or four beats) over the tune and finds the
cheapest row of diatonic chords (Viterbi, "Error bounds for convolutional codes and an asymptotically
optimum decoding algorithm", IEEE Transactions on Information Theory 13, 1967). A chord costs what of the
melody it does not hold, weighted by length and accent, and more the seldomer tunes use its degree; a step
costs by how well the chords follow each other; phrases of four bars end on tonic or dominant, the tune on
its tonic. The weights are set by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from generation.studio.score import CHORDS, Chord, Meter, Note

# Degrees of each mode: (semitones above the tonic, quality, cost of using it).
_DEGREES: dict[str, tuple[tuple[int, str, float], ...]] = {
    "major": (
        (0, "maj", 0.0),
        (5, "maj", 0.25),
        (7, "maj", 0.2),
        (9, "min", 0.45),
        (2, "min", 0.5),
        (4, "min", 0.9),
    ),
    "minor": (
        (0, "min", 0.0),
        (5, "min", 0.3),
        (7, "maj", 0.3),
        (10, "maj", 0.4),
        (8, "maj", 0.4),
        (3, "maj", 0.4),
        (7, "min", 0.6),
        (2, "dim", 1.2),
    ),
    "dorian": (
        (0, "min", 0.0),
        (10, "maj", 0.15),
        (5, "maj", 0.3),
        (3, "maj", 0.45),
        (7, "min", 0.4),
        (2, "min", 0.7),
    ),
    "phrygian": (
        (0, "min", 0.0),
        (1, "maj", 0.3),
        (10, "min", 0.5),
        (8, "maj", 0.4),
        (3, "maj", 0.5),
        (5, "min", 0.4),
    ),
    "mixolydian": (
        (0, "maj", 0.0),
        (10, "maj", 0.15),
        (5, "maj", 0.3),
        (7, "min", 0.5),
        (2, "min", 0.6),
        (9, "min", 0.6),
    ),
}
# Cost by how many semitones the root moves up: fifths and fourths lead on, thirds colour, seconds push.
_MOVES = {
    0: 0.0,
    5: 0.0,
    7: 0.1,
    2: 0.15,
    10: 0.15,
    9: 0.2,
    3: 0.35,
    8: 0.25,
    4: 0.4,
    1: 0.35,
    11: 0.45,
    6: 0.8,
}
_FIT = 5.0  # cost of a slot none of whose melody is in its chord
_HALF_BAR_CHANGE = 0.45  # chords like to change on the downbeat
_STANDSTILL = 0.22  # a bar of the same chord again
_CADENCE = 1.6
_HOME = 4.0  # a tune's last chord is its tonic, almost whatever is sung
_PHRASE_BARS = 4
_VARIETY = 0.35  # standard deviation of the noise on costs where another harmonisation is wanted
_EPSILON = 1e-6


@dataclass(frozen=True)
class _Slot:
    """A stretch that holds one chord; `weights` are the melody's pitch classes in it, shape (12,)."""

    start: float
    duration: float
    on_bar: bool
    bar: int
    weights: np.ndarray


def harmonise(
    melody: Sequence[Note],
    *,
    tonic: int,
    mode: str,
    meter: Meter,
    pickup_beats: float = 0.0,
    n_beats: float | None = None,
    half_bars: bool = True,
    rng: np.random.Generator | None = None,
) -> tuple[Chord, ...]:
    """Set chords to a melody.

    Parameters
    ----------
    melody : sequence of Note
        Beat 0 is the first sound; the first downbeat is at `pickup_beats`.
    tonic, mode, meter
        As in `Score`.
    n_beats : float, optional
        Where the last chord ends; by default with the bar of the last note.
    half_bars : bool
        Whether chords may change in the middle of bars of two or four beats.
    rng : numpy.random.Generator, optional
        Draws another good harmonisation; without it the best one is returned.

    Returns
    -------
    tuple of Chord
        Without gaps from beat 0 to `n_beats`, neighbours that are alike joined; empty where there is no bar.
    """
    slots = _slots(melody, meter, pickup_beats, n_beats, half_bars)
    if not slots:
        return ()
    degrees = _DEGREES[mode]
    states = [((tonic + above) % 12, quality) for above, quality, _ in degrees]
    costs = np.array([_fit(slot, states) for slot in slots]) + np.array([cost for _, _, cost in degrees])
    costs += _cadences(slots, degrees)
    if rng is not None:
        costs += rng.normal(0.0, _VARIETY, costs.shape)
    path = _cheapest(costs, _steps(states), slots)
    return _joined(
        [(slot.start, slot.duration, *states[state]) for slot, state in zip(slots, path, strict=True)]
    )


def chord_tone_share(melody: Sequence[Note], chords: Sequence[Chord], *, pickup_beats: float = 0.0) -> float:
    """Share of notes struck on a felt beat that belong to the chord there; 1 where none is struck on one."""
    starts = np.array([chord.start for chord in chords])
    held = struck = 0
    for note in melody:
        if abs((note.start - pickup_beats) - round(note.start - pickup_beats)) > 0.02 or not chords:
            continue
        row = int(np.searchsorted(starts, note.start + 0.02, side="right")) - 1
        struck += 1
        held += row >= 0 and note.pitch % 12 in chords[row].pitch_classes
    return held / struck if struck else 1.0


def chords_of_voices(
    voices: Sequence[Sequence[Note]], *, n_beats: float, pickup_beats: float = 0.0
) -> tuple[Chord, ...]:
    """Name the chord of every beat that several voices sing, the last of which is the bass.

    A chord gains what sounds of it and its root in the bass, and loses for what does not belong and what is
    missing; a beat of rest keeps the chord before it.

    Returns
    -------
    tuple of Chord
        Without gaps from beat 0 to `n_beats`; empty if nothing sounds.
    """
    named: list[tuple[float, float, int, str]] = []
    edges = [0.0, *np.arange(pickup_beats % 1.0 or 1.0, n_beats - _EPSILON, 1.0), n_beats]
    rows = [0] * len(voices)
    for start, end in pairwise(edges):
        weights = np.zeros(12)
        bass = np.zeros(12)
        for index, voice in enumerate(voices):
            while rows[index] < len(voice) and voice[rows[index]].end <= start + _EPSILON:
                rows[index] += 1
            for note in voice[rows[index] :]:
                if note.start >= end - _EPSILON:
                    break
                held = min(note.end, end) - max(note.start, start)
                # What is struck with the beat tells more than what passes through it.
                held *= 1.5 if note.start <= start + _EPSILON else 1.0
                weights[note.pitch % 12] += held
                if index == len(voices) - 1:
                    bass[note.pitch % 12] += held
        if weights.sum() > 0:
            named.append(
                (start, end - start, *_name(weights / weights.sum(), bass / max(bass.sum(), _EPSILON)))
            )
        elif named:
            last = named.pop()
            named.append((last[0], end - last[0], last[2], last[3]))
    if named and named[0][0] > 0:
        named[0] = (0.0, named[0][0] + named[0][1], *named[0][2:])
    return _joined(named)


_NAMES = ("maj", "min", "7", "min7", "maj7", "dim", "min7b5", "dim7", "sus4")
# A seventh has to be heard to be believed, and rarer kinds more so.
_NAME_COST = {"maj": 0.0, "min": 0.0, "7": 0.1, "min7": 0.12, "maj7": 0.14, "dim": 0.06, "sus4": 0.16}


def _name(weights: np.ndarray, bass: np.ndarray) -> tuple[int, str]:
    """Return root and quality of shares of pitch classes, shape (12,) each."""
    best = max(
        ((root, quality) for quality in _NAMES for root in range(12)),
        key=lambda one: _naming(weights, bass, *one),
    )
    return best


def _naming(weights: np.ndarray, bass: np.ndarray, root: int, quality: str) -> float:
    """How well a chord explains what sounds."""
    tones = [(root + step) % 12 for step in CHORDS[quality]]
    inside = float(weights[tones].sum())
    # A missing third makes a chord doubtful, a missing fifth or seventh less so.
    absent = (weights[tones] < 0.03) * np.array([1.0, 1.0, 0.5, 0.5])[: len(tones)]
    missing = float(absent.sum())
    return inside + 0.15 * float(bass[root]) - 0.12 * missing - _NAME_COST.get(quality, 0.14)


def _slots(
    melody: Sequence[Note], meter: Meter, pickup_beats: float, n_beats: float | None, half_bars: bool
) -> list[_Slot]:
    """Cut the tune into slots, the pickup being part of the first."""
    bar = meter.beats_per_bar
    if n_beats is None:
        last = max((note.end for note in melody), default=pickup_beats)
        n_beats = pickup_beats + bar * float(np.ceil((last - pickup_beats) / bar - _EPSILON))
    length = bar / 2 if half_bars and bar in (2, 4) else bar
    count = max(0, round((n_beats - pickup_beats) / length))
    edges = pickup_beats + length * np.arange(count + 1)
    weights = _melody_weights(melody, edges, pickup_beats, bar)
    slots = [
        _Slot(
            float(edges[row]), length, row * length % bar < _EPSILON, int(row * length // bar), weights[row]
        )
        for row in range(count)
    ]
    if slots and pickup_beats > 0:
        # An upbeat is sung over what follows.
        slots[0] = _Slot(0.0, length + pickup_beats, True, 0, slots[0].weights)
    return slots


def _melody_weights(melody: Sequence[Note], edges: np.ndarray, pickup_beats: float, bar: float) -> np.ndarray:
    """Weights of pitch classes by slot: how long they sound, more on the beat, most on the downbeat."""
    weights = np.zeros((max(len(edges) - 1, 0), 12))
    for note in melody:
        if note.end <= pickup_beats + _EPSILON:
            continue
        beat = note.start - pickup_beats
        on_beat = abs(beat - round(beat)) < 0.02
        accent = 3.0 if on_beat and round(beat) % bar == 0 else 2.5 if on_beat else 1.0
        first = max(0, int(np.searchsorted(edges, note.start + _EPSILON, side="right")) - 1)
        for row in range(first, len(weights)):
            held = min(note.end, edges[row + 1]) - max(note.start, edges[row])
            if held <= 0:
                break
            weights[row, note.pitch % 12] += accent * min(held, 2.0)
    return weights


def _fit(slot: _Slot, states: Sequence[tuple[int, str]]) -> list[float]:
    """Cost of each chord in a slot: the share of the melody outside it, less for its root in the melody."""
    total = slot.weights.sum()
    if total <= 0:
        return [0.0] * len(states)
    shares = slot.weights / total
    costs = []
    for root, quality in states:
        tones = [(root + step) % 12 for step in CHORDS[quality]]
        inside = shares[tones].sum()
        costs.append(_FIT * (1 - inside) + 0.15 * shares[tones[2]] - 0.2 * shares[root])
    return costs


def _cadences(slots: Sequence[_Slot], degrees: Sequence[tuple[int, str, float]]) -> np.ndarray:
    """Return what each chord costs by its place in the phrase, shape (n_slots, n_chords)."""
    costs = np.zeros((len(slots), len(degrees)))
    tonic = np.array([above == 0 for above, _, _ in degrees])
    # What leads home: the dominant, or in modes without one the step below the tonic.
    above = [one for one, quality, _ in degrees if one == 7 and quality == "maj"]
    home = np.array([one in ((7,) if above else (7, 10, 1)) for one, _, _ in degrees])
    bars = slots[-1].bar + 1
    for row, slot in enumerate(slots):
        last_of_bar = row + 1 == len(slots) or slots[row + 1].on_bar
        phrase_end = (slot.bar + 1) % _PHRASE_BARS == 0 and last_of_bar
        if slot.bar + 1 == bars:
            costs[row] += np.where(tonic, 0.0, _HOME if last_of_bar else 0.0)
        elif phrase_end:
            costs[row] += np.where(tonic | home, 0.0, 0.5 * _CADENCE)
        elif row == 0:
            costs[row] += np.where(tonic, 0.0, 0.4 * _CADENCE)
        if slot.bar + 2 == bars and last_of_bar:
            costs[row] += np.where(home, 0.0, 0.35 * _CADENCE)
    return costs


def _steps(states: Sequence[tuple[int, str]]) -> np.ndarray:
    """Return the cost of each chord after each other, shape (n_chords, n_chords)."""
    return np.array([[_MOVES[(after - before) % 12] for after, _ in states] for before, _ in states])


def _cheapest(costs: np.ndarray, steps: np.ndarray, slots: Sequence[_Slot]) -> list[int]:
    """Viterbi: the cheapest row of states for costs of shape (n_slots, n_chords)."""
    same = np.eye(len(steps), dtype=bool)
    total = costs[0]
    back = np.zeros(costs.shape, dtype=np.int64)
    for row in range(1, len(costs)):
        change = np.where(same, _STANDSTILL if slots[row].on_bar else 0.0, steps)
        if not slots[row].on_bar:
            change = change + np.where(same, 0.0, _HALF_BAR_CHANGE)
        reached = total[:, None] + change
        back[row] = reached.argmin(axis=0)
        total = reached.min(axis=0) + costs[row]
    path = [int(total.argmin())]
    for row in range(len(costs) - 1, 0, -1):
        path.append(int(back[row, path[-1]]))
    return path[::-1]


def _joined(named: Sequence[tuple[float, float, int, str]]) -> tuple[Chord, ...]:
    """Join neighbours that are alike."""
    chords: list[Chord] = []
    for start, duration, root, quality in named:
        last = chords[-1] if chords else None
        if last is not None and (last.root, last.quality) == (root, quality):
            chords[-1] = Chord(last.start, start + duration - last.start, root, quality)
        else:
            chords.append(Chord(float(start), float(duration), root, quality))
    return tuple(chords)
