"""Chords as notes: which octave each tone takes, so that every voice moves as little as it can."""

from __future__ import annotations

from collections.abc import Sequence

from generation.studio.score import Chord

# What to leave out first where hands are few: by place in CHORDS (root, third, fifth, seventh, ninth, ...).
_ORDER = {1: (1,), 2: (0, 1), 3: (1, 0, 2, 3), 4: (1, 3, 0, 2, 4)}


def chord_tones(chord: Chord, n_voices: int) -> tuple[int, ...]:
    """Return the pitch classes to play with `n_voices`: the third and the seventh before root and fifth."""
    tones = chord.pitch_classes
    if len(tones) <= n_voices:
        return tones
    if n_voices == 3 and len(tones) > 3:
        # Three voices of a seventh chord: third, seventh and root, which keep both its colour and its place.
        return tuple(sorted({tones[0], tones[1], tones[3]}, key=tones.index))
    order = _ORDER.get(n_voices, tuple(range(n_voices)))
    return tuple(tones[at] for at in sorted(order[:n_voices]))


def lead_voices(
    chord: Chord, previous: Sequence[int], *, low: int, high: int, n_voices: int = 3
) -> tuple[int, ...]:
    """Voice a chord in close position within `low`..`high`, nearest to the voicing before.

    Parameters
    ----------
    chord : Chord
    previous : sequence of int
        The last voicing, rising; empty at the start, which takes the one nearest the middle.
    low, high : int
        At least an octave apart; else the top is lifted.

    Returns
    -------
    tuple of int
        MIDI pitches, rising.
    """
    tones = chord_tones(chord, n_voices)
    high = max(high, low + 14)
    best: tuple[int, ...] = ()
    best_cost = float("inf")
    middle = (low + high) / 2
    for bottom in range(low, high + 1):
        if bottom % 12 not in tones:
            continue
        above = sorted((tone - bottom) % 12 for tone in set(tones))
        pitches = tuple(bottom + step for step in above)
        if pitches[-1] > high:
            continue
        cost = 0.4 * abs(sum(pitches) / len(pitches) - middle) + movement(previous, pitches)
        if cost < best_cost:
            best, best_cost = pitches, cost
    return best


def movement(before: Sequence[int], after: Sequence[int]) -> float:
    """Return the semitones that the voices move in all, each to its nearest; 0 from silence."""
    if not before:
        return 0.0
    return float(sum(min(abs(pitch - old) for old in before) for pitch in after)) + float(
        sum(min(abs(pitch - new) for new in after) for pitch in before)
    )


def fit_pitch(pitch: int, low: int, high: int) -> int:
    """Move a pitch by octaves into a range of at least an octave."""
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch
