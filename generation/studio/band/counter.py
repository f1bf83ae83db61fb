"""The answering voice: short figures of chord tones where the lead rests, and nothing while it sings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generation.studio.band.bars import Bar
from generation.studio.band.voicing import fit_pitch
from generation.studio.score import MODES, Note, Part

# Figures: (offset in beats, length, steps of the scale from the chord tone it starts on).
_FIGURES = (
    ((0.0, 0.5, 0), (0.5, 0.5, 1), (1.0, 1.0, 2)),
    ((0.0, 0.5, 2), (0.5, 0.5, 1), (1.0, 1.0, 0)),
    ((0.0, 1.0, 0), (1.0, 1.0, 2)),
    ((0.0, 0.5, 0), (0.5, 0.5, 2), (1.0, 0.5, 1), (1.5, 1.0, 0)),
    ((0.0, 1.5, 4), (1.5, 0.5, 2)),
)
_SHORT = (((0.0, 0.5, 0), (0.5, 0.5, 1)), ((0.0, 1.0, 0),), ((0.0, 0.5, 2), (0.5, 0.5, 0)))


def rests_of(lead: Part | None, bars: Sequence[Bar], *, at_least: float) -> list[tuple[float, float]]:
    """Return (start, end) of each rest of the lead, on whole beats.

    Without a lead, the second half of every fourth bar.
    """
    if lead is None or not lead.notes:
        return [(bar.start + bar.beats / 2, bar.end) for bar in bars if bar.place % 4 == 3 and bar.beats >= 2]
    rests = []
    sounding = bars[0].start
    edges = [(note.start, note.end) for note in lead.notes] + [(bars[-1].end, bars[-1].end)]
    for start, end in edges:
        first, last = float(np.ceil(sounding - 1e-6)), float(np.floor(start + 1e-6))
        if last - first >= at_least:
            rests.append((first, last))
        sounding = max(sounding, end)
    return rests


def play_counter(
    bars: Sequence[Bar],
    activity: Sequence[float],
    *,
    lead: Part | None,
    scale: tuple[int, str],
    low: int,
    high: int,
    rng: np.random.Generator,
) -> list[Note]:
    """Answer the lead in its rests.

    Parameters
    ----------
    bars, activity : sequences
        As for `drums.play_drums`.
    lead : Part or None
    scale : (int, str)
        Tonic and mode: figures walk on this scale and start and end on tones of the chord.
    low, high : int
        Where it plays, away from the lead.
    rng : numpy.random.Generator

    Returns
    -------
    list of Note
        Sparse: at most one figure a bar, two a section kind being the same.
    """
    figures = {kind: int(rng.integers(len(_FIGURES))) for kind in dict.fromkeys(bar.kind for bar in bars)}
    scale_classes = tuple((scale[0] + step) % 12 for step in MODES[scale[1]])
    steps = [pitch for pitch in range(low, high + 1) if pitch % 12 in scale_classes]
    notes: list[Note] = []
    answered = -1.0
    for start, end in rests_of(lead, bars, at_least=1.0):
        number = next((at for at, bar in enumerate(bars) if bar.start - 1e-6 <= start < bar.end - 1e-6), None)
        if number is None or bars[number].final or activity[number] <= 0 or bars[number].start <= answered:
            continue
        bar = bars[number]
        if rng.random() < 0.25:
            continue
        answered = bar.start
        room = min(end, bar.end) - start
        figure = _FIGURES[figures[bar.kind]] if room >= 2 else _SHORT[figures[bar.kind] % len(_SHORT)]
        chord = bar.chord_at(start)
        middle = (low + high) // 2
        tones = [one for one in steps if one % 12 in chord.pitch_classes]
        if not tones or not steps:
            continue
        anchor = steps.index(min(tones, key=lambda one: abs(one - middle)))
        for offset, length, step in figure:
            if offset + length > room + 1e-6:
                break
            pitch = steps[min(anchor + step, len(steps) - 1)]
            there = bar.chord_at(start + offset)
            if offset == int(offset) and pitch % 12 not in there.pitch_classes:
                pitch = min(
                    (one for one in range(low, high + 1) if one % 12 in there.pitch_classes),
                    key=lambda one: abs(one - pitch),
                    default=pitch,
                )
            velocity = int(min(max(bar.loudness - 8, 20), 115))
            notes.append(Note(start + offset, length * 0.92, fit_pitch(pitch, low, high), velocity))
    return notes
