"""The rhythms of melodies: bars put together from one-beat cells that each genre weighs in its own way.

A cell divides its beat evenly among its letters: `x` begins a note, `-` lets the last one ring on (at the
start of a beat this is a syncopation), `.` is silent. Four letters are sixteenths, three a triplet, six the
sixteenths of a dotted quarter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from generation.studio.score import Meter

# Start and length of each note, in beats from the start of the figure.
Figure = tuple[tuple[float, float], ...]

_CELLS = {
    "rock": "x-x- 6 x--- 4 --x- 3.5 ---- 2.5 ..x- 1.5 x-xx .6 x--x .6 -... 1",
    "pop": "x-x- 5 x--- 3 --x- 3 ---- 2 x--x 2 x-xx 1 --xx 1 ..x- 1 xx-- .5 -... 1",
    "edm": "x--x 4 --x- 4 x-x- 3 x--- 2 ---- 1.2 -x-- 1 ..x- 1 x-xx .8 -xx- .6",
    "techno": "x..x 3 ..x. 3.5 .x.. 2 .... 1.5 x.x. 2 ..xx 1 .x.x 1.2 x... 1 x-.x 1 x.xx .8 --.x .8",
    "hip hop": "x--- 2 x-x- 2 --x- 2 .... .8 ..xx 1.5 x--x 2 .x-x 1.2 xx-- 1 ---- 1.5 --xx 1 x-xx .8 -x-- .8",
    "jazz": "x-x- 7 x--- 1.5 --x- 3 ---- 1.2 ..x- 2.5 xxx .9 x.x. .8 -... .8 x-xx .4 --xx .3",
    "blues": "x-x- 5 x--- 2 ..x- 2.5 --x- 2 ---- 1.6 .... .8 xxx 1 x-xx .6 xx-- .6 -... .7",
    "classical": "x--- 5 x-x- 5 ---- 1.4 x--x 1.6 x-xx 1.3 xxxx .9 xxx- .5 --x- .4 xxx .25 --xx .4",
    "ambient": "---- 6 x--- 2.4 --x- 1 .... 1 x-x- .6 ---x .3 x--x .3",
    "folk": "x-x- 6.5 x--- 3.5 x-xx 1.3 xxx- 1.2 x--x 1.6 ---- 1 --x- .5 xxx .5 xx-- .3",
    "country": "x-x- 5.5 x--- 3.5 x--x 1.6 --x- 1.4 ---- 1.5 ..x- 1 x-xx .9 xx-- .5 -... .6",
    "metal": "x-x- 4.5 x-xx 3 xxxx .8 x--- 2 ---- 2.2 --x- 1.6 xxx- 1.2 x--x .8 --xx .5",
    "latin": "--x- 4.5 x-x- 3.2 x--- 1.5 ---- 1 ..x- 2 x--x 1.6 .x-x 1 -xx- .7 --xx .6 x-xx .6",
    "reggae": "..x- 2.5 x-x- 3 x--- 2 --x- 2 .... 1 ..xx 1 ---- 1.5 x-xx .7 x--x .7 -.x- .8",
    "funk": "x..x 2.5 .x.x 2 ..x- 2 xx.. 1.5 .... .9 -.xx 2 .xx. 1.5 x-x- 1.5 x.x. 1.2 x.xx .8 --x. 1",
    "chiptune": "x-x- 4 x-xx 2 xxx- 1.5 x--x 2 x--- 2 --x- 1.6 ---- .7 xxxx .8 xx-x .7 ..x- .6",
}
_COMPOUND = "x---x- 5 x-x-x- 4.5 x----- 2 ------ 1 ----x- 1.2 ..x-x- 1 x-xxx- .8 x--xx- 1 x-x--- .8 --x-x- .7"
# Faster than so many seconds a note is nobody's melody.
_FASTEST_S = 0.085


@cache
def _table(text: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    words = text.split()
    return tuple(words[::2]), tuple(float(word) for word in words[1::2])


def cell_weights(genres: Mapping[str, float], meter: Meter, tempo_bpm: float) -> dict[str, float]:
    """Weigh the cells of a mixture of genres, without those that are too fast at the tempo."""
    mixed: dict[str, float] = {}
    for genre, share in genres.items():
        cells, weights = _table(_COMPOUND if meter.compound else _CELLS[genre])
        for cell, weight in zip(cells, weights, strict=True):
            mixed[cell] = mixed.get(cell, 0.0) + share * weight / sum(weights)
    kept = {}
    for cell, weight in mixed.items():
        gap_s = _closest(cell) * 60 / tempo_bpm
        if gap_s >= _FASTEST_S:
            kept[cell] = weight * (0.4 if gap_s < 0.125 else 1.0)
    return kept


def _closest(cell: str) -> float:
    """Return the shortest time between two onsets, counted on into the next beat."""
    onsets = [row for row, letter in enumerate(cell) if letter == "x"]
    gaps = [b - a for a, b in zip(onsets, [*onsets[1:], len(cell)], strict=False)]
    return min(gaps, default=len(cell)) / len(cell)


def draw_figure(
    weights: Mapping[str, float], meter: Meter, n_bars: int, *, density: float, rng: np.random.Generator
) -> Figure:
    """Draw a figure of n_bars that moves: three notes at least, and not all of one length.

    `density` leans towards cells with more (above 0) or fewer notes; each note more weighs exp(density).
    """
    cells = list(weights)
    odds = np.array([weights[cell] * np.exp(density * cell.count("x")) for cell in cells])
    odds /= odds.sum()
    best: Figure = ()
    for _ in range(24):
        rows = rng.choice(len(cells), p=odds, size=int(np.ceil(meter.beats_per_bar)) * n_bars)
        # The first beat of a figure sounds more often than not.
        if "x" not in cells[rows[0]][:1] and rng.random() < 0.6:
            rows[0] = int(rng.choice(len(cells), p=odds))
        figure = read_cells([cells[row] for row in rows], meter)
        lengths = {round(length, 4) for _, length in figure}
        if len(figure) >= 2 + n_bars and len(lengths) >= 2 and figure[0][0] < meter.beats_per_bar:
            return figure
        best = max(best, figure, key=len)
    return best or ((0.0, float(meter.beats_per_bar * n_bars)),)


def read_cells(cells: Sequence[str], meter: Meter) -> Figure:
    """Turn a row of cells, those of a bar after those of the other, into starts and lengths.

    The last cell of a bar of three and a half beats is cut short.
    """
    per_bar = int(np.ceil(meter.beats_per_bar))
    notes: list[list[float]] = []
    ringing = False
    for row, cell in enumerate(cells):
        bar, beat = divmod(row, per_bar)
        at = bar * meter.beats_per_bar + beat
        for k, letter in enumerate(cell):
            if beat + k / len(cell) >= meter.beats_per_bar:
                break
            if letter == "x":
                notes.append([at + k / len(cell), 1 / len(cell)])
            elif letter == "-" and ringing:
                notes[-1][1] += 1 / len(cell)
            ringing = letter == "x" or (letter == "-" and ringing)
    return tuple((round(start, 6), round(length, 6)) for start, length in notes)


def is_strong(beat_in_bar: float, meter: Meter) -> bool:
    """Tell whether a beat of the bar is a strong one: the first, and the middle of an even bar of beats."""
    if abs(beat_in_bar - round(beat_in_bar)) > 1e-6:
        return False
    half = meter.beats_per_bar / 2
    return round(beat_in_bar) == 0 or (half == int(half) and round(beat_in_bar) == half)
