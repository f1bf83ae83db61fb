"""The waveform of a song as a picture: how loud it is when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from service.pictures.canvas import ACCENT, INK, SOFT, render, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 1_200


def draw_waveform(waveform: np.ndarray, sample_rate: int, title: str, *, format: str) -> bytes:
    """Draw a mono waveform: the lowest and highest value of each stretch, and its root mean square within.

    Parameters
    ----------
    waveform : float array, shape (n_samples,)
    """

    def draw(figure: Figure) -> None:
        panel = figure.add_axes((0.05, 0.2, 0.93, 0.62))
        low, high, rms = envelope(waveform, _COLUMNS)
        seconds = np.linspace(0.0, len(waveform) / sample_rate, len(low))
        panel.fill_between(seconds, low, high, color=ACCENT, alpha=0.45, linewidth=0)
        panel.fill_between(seconds, -rms, rms, color=ACCENT, linewidth=0)
        panel.set_xlim(0, max(float(seconds[-1]), 1e-3))
        panel.set_ylim(-1, 1)
        panel.set_yticks([-1, 0, 1])
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
        panel.set_xlabel("seconds", color=SOFT)
        figure.text(0.05, 0.88, shortened(title, 90), size=12, color=INK)

    return render(draw, size=(11, 2.8), format=format)


def envelope(waveform: np.ndarray, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lowest, highest and root mean square value of each of at most `columns` stretches of equal length.

    Returns
    -------
    low, high, rms : float arrays, shape (n,)
        n is 1 for a waveform without samples, all 0.
    """
    if not len(waveform):
        return np.zeros(1), np.zeros(1), np.zeros(1)
    length = -(-len(waveform) // columns)
    padded = np.pad(waveform, (0, -len(waveform) % length), mode="edge").reshape(-1, length)
    return (
        padded.min(axis=1),
        padded.max(axis=1),
        np.sqrt(np.mean(np.square(padded, dtype=np.float64), axis=1)),
    )
