"""Places for labels on a picture, such that none covers another and few dots are covered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

_RINGS, _DIRECTIONS = 14, 16
_RING = 8.0  # Pixels from one ring of places to the next.
_GAP = 4.0
# A label goes so many pixels farther to uncover a dot, for at most so many dots: it has to stay by its own.
_A_DOT, _MOST_DOTS = 3.0, 30


def spread_labels(
    panel: Panel, labels: Sequence[Sequence[Text]], dots: np.ndarray, taken: Sequence[Bbox] = ()
) -> int:
    """Move labels, most important first, each to a free place near where it is.

    A label is one text or several that keep together. One for which there is no free place near goes away.

    Parameters
    ----------
    dots : float array, shape (n, 2)
        What is drawn, in the coordinates of the panel.
    taken : boxes in pixels that no label may cover

    Returns
    -------
    int
        How many went away.
    """
    renderer = renderer_of(panel)
    frame = panel.get_window_extent(renderer)
    drawn = panel.transData.transform(dots) if len(dots) else np.zeros((0, 2))
    boxes = [np.array(box.extents) for box in taken]
    gone = 0
    for label in filter(None, labels):
        own = np.array([text.get_window_extent(renderer).extents for text in label])
        box = np.concatenate([own[:, :2].min(0) - _GAP, own[:, 2:].max(0) + _GAP])
        offsets = _offsets()
        places = box + np.tile(offsets, 2)
        free = (places[:, :2] >= frame.extents[:2]).all(1) & (places[:, 2:] <= frame.extents[2:]).all(1)
        for other in boxes:
            free &= ~((places[:, :2] < other[2:]) & (places[:, 2:] > other[:2])).all(1)
        if not free.any():
            gone += 1
            for text in label:
                text.remove()
            continue
        covered = np.array(
            [_inside(drawn, place) if ok else 0 for place, ok in zip(places, free, strict=True)]
        )
        cost = np.linalg.norm(offsets, axis=1) + _A_DOT * np.minimum(covered, _MOST_DOTS)
        best = int(np.argmin(np.where(free, cost, np.inf)))
        boxes.append(places[best])
        _move(panel, label, offsets[best])
    return gone


def renderer_of(panel: Panel) -> Any:
    """What measures text on the canvas of a panel."""
    canvas: Any = panel.figure.canvas
    return canvas.get_renderer()


def _inside(drawn: np.ndarray, box: np.ndarray) -> int:
    return int(((drawn >= box[:2]) & (drawn <= box[2:])).all(1).sum())


def _offsets() -> np.ndarray:
    """Pixels to go from where a label is: none, then rings of ellipses, as labels are wide."""
    turns = np.linspace(0.0, 2 * np.pi, _DIRECTIONS, endpoint=False)
    ring = np.stack([1.5 * np.cos(turns), np.sin(turns)], axis=1) * _RING
    rings = np.arange(1, _RINGS + 1)[:, None, None] * ring
    return np.concatenate([np.zeros((1, 2)), rings.reshape(-1, 2)])


def _move(panel: Panel, label: Sequence[Text], offset: np.ndarray) -> None:
    for text in label:
        place = panel.transData.transform(text.get_position()) + offset
        text.set_position(tuple(panel.transData.inverted().transform(place)))
