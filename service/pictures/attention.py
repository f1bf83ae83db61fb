"""Which earlier words the words of a sung line looked at, as a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from service.pictures.canvas import ACCENT, INK, SOFT, render, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from generation.lyrics.attention import LineAttention

MOST_COLUMNS = 64
"""Words that are drawn one by one; what came before them is one column."""
_LONGEST = 18  # Letters of a word.
_CELL = 0.235  # Inches.
_LEFT, _BELOW = 1.5, 1.35


def draw_line_attention(attention: LineAttention, *, format: str) -> bytes:
    """Draw a row for each word of the line and a column for each earlier word: the darker, the more it was
    looked at.

    Colours go by the square root of shares, since most are small.
    """
    seen, shares = columns(attention)
    n_rows, n_columns = shares.shape
    across, up = _CELL * n_columns, _CELL * n_rows
    width, height = _LEFT + 0.8 + max(across, 24 * _CELL), _BELOW + 0.9 + up

    def draw(figure: Figure) -> None:
        from matplotlib.colors import LinearSegmentedColormap, PowerNorm

        panel = figure.add_axes((_LEFT / width, _BELOW / height, across / width, up / height))
        colours = LinearSegmentedColormap.from_list("looks", ["#ffffff", "#bcd3ea", ACCENT, "#10233c"])
        single = shares[:, 1:] if n_columns < len(attention.seen) else shares  # "earlier" is a sum of many
        top = max(float(single.max()), 1e-6)
        image = panel.imshow(shares, aspect="auto", cmap=colours, norm=PowerNorm(0.5, 0.0, top))
        panel.set_xticks(
            range(n_columns), [shortened(word, _LONGEST) for word in seen], rotation=90, size=7.5
        )
        rows = [shortened(word, _LONGEST) for word in attention.looking]
        panel.set_yticks(range(n_rows), rows, size=8.5)
        panel.set_xticks(np.arange(n_columns + 1) - 0.5, minor=True)
        panel.set_yticks(np.arange(n_rows + 1) - 0.5, minor=True)
        panel.grid(which="minor", color="#eef0f4", linewidth=0.5)
        panel.tick_params(which="both", length=0)
        beside = (_LEFT + across + 0.12) / width
        bar = figure.add_axes((beside, _BELOW / height, 0.1 / width, up / height))
        figure.colorbar(image, cax=bar, ticks=[0.0, top / 4, top], format=lambda share, _: f"{share:.0%}")
        bar.tick_params(labelsize=7, length=0)
        head = f"Looked at while choosing: {' '.join(attention.looking)}"
        figure.text(0.2 / width, 1 - 0.35 / height, shortened(head, int(11 * width)), size=11, color=INK)
        figure.text(0.2 / width, 1 - 0.62 / height, attention.heads, size=8.5, color=SOFT)

    return render(draw, size=(width, height), format=format)


def columns(attention: LineAttention, most: int = MOST_COLUMNS) -> tuple[list[str], np.ndarray]:
    """The words that columns are drawn for, and their shares (W, n): the latest, and what came before as
    one.

    >>> from generation.lyrics.attention import LineAttention
    >>> columns(LineAttention(("d",), ("a", "b", "c", "d"), np.array([[0.5, 0.25, 0.25, 0.0]]), ""), 2)
    (['earlier', 'c', 'd'], array([[0.75, 0.25, 0.  ]]))
    """
    cut = len(attention.seen) - most
    if cut <= 1:
        return list(attention.seen), attention.shares
    before = attention.shares[:, :cut].sum(axis=1, keepdims=True)
    return ["earlier", *attention.seen[cut:]], np.concatenate([before, attention.shares[:, cut:]], axis=1)
