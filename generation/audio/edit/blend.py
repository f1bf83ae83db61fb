"""Blend: two prompts in one answer.

In each step the denoiser is asked for both, and its answers are summed by their shares. That follows the
gradient of p(x | one)^(1 - w) p(x | other)^w: music that is likely under both (Du et al., "Reduce, reuse,
recycle", ICML 2023). At a share of 0 or 1 the other prompt is not even heard, so the bytes are those of the
one alone; the noise is the same throughout, and so the way from one to the other is smooth. Where both have
a tempo, both are told the one between them, which is as many octaves from either as the shares say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from generation.audio.wishes import Wishes

Row = tuple[Wishes, float]


def between(one: Wishes, other: Wishes, share: float) -> tuple[Wishes, Wishes]:
    """Return both wishes with the tempo between them, where both have one, and the bars of the nearer."""
    if one.tempo_bpm is None or other.tempo_bpm is None or share in (0, 1):
        return one, other
    tempo = one.tempo_bpm * (other.tempo_bpm / one.tempo_bpm) ** share
    nearer = one if share < 0.5 else other
    phase, beats = nearer.bar_phase, nearer.beats_per_bar
    return (
        replace(one, tempo_bpm=tempo, bar_phase=phase, beats_per_bar=beats),
        replace(other, tempo_bpm=tempo, bar_phase=phase, beats_per_bar=beats),
    )


def blended(one: Sequence[Row], other: Sequence[Row], share: float) -> list[Row]:
    """Return what the denoiser is to be told for both, each thing once, and the weights of its answers."""
    found: list[Row] = []
    for rows, weight in ((one, 1 - share), (other, share)):
        for wishes, scale in rows if weight else ():
            place = next((at for at, (there, _) in enumerate(found) if _same(there, wishes)), None)
            if place is None:
                found.append((wishes, weight * scale))
            else:
                found[place] = (wishes, found[place][1] + weight * scale)
    return [(wishes, weight) for wishes, weight in found if weight]


def _same(one: Wishes, other: Wishes) -> bool:
    return one == other and one.style is other.style
