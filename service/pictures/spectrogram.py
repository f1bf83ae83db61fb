"""Log-mel spectrograms as pictures: one clip, or a sheet of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generation.audio.spectrogram import SpectrogramConfig, hz_to_mel
from service.pictures.canvas import INK, SOFT, render, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure

COLUMNS = 4
MOST_FRAMES = 1600
_TICKS_HZ = (100, 500, 1000, 2000, 5000, 10_000)
# What lies more than so much below the loudest is drawn black, in natural logarithms: 70 dB.
_RANGE = 8.0


@dataclass(frozen=True)
class Spectrogram:
    """What is drawn of a clip: float array of shape (n_mels, n_frames), and what stands over it."""

    log_mel: np.ndarray
    config: SpectrogramConfig
    title: str
    note: str = ""


def draw_spectrogram(clip: Spectrogram, *, format: str) -> bytes:
    """Draw one spectrogram with its axes."""

    def draw(figure: Figure) -> None:
        panel = figure.add_axes((0.07, 0.14, 0.91, 0.72))
        paint_spectrogram(panel, clip)
        panel.set_xlabel("seconds")
        panel.set_ylabel("Hz")
        figure.text(0.07, 0.91, shortened(clip.title, 90), size=12, color=INK)
        figure.text(0.98, 0.91, shortened(clip.note, 90), size=9, color=SOFT, ha="right")

    return render(draw, size=(11, 4.2), format=format)


def draw_sheet(clips: Sequence[Spectrogram], *, format: str) -> bytes:
    """Draw many spectrograms side by side, each with its title and note."""
    rows = -(-len(clips) // COLUMNS)

    def draw(figure: Figure) -> None:
        panels = figure.subplots(rows, COLUMNS, squeeze=False, gridspec_kw={"hspace": 0.55, "wspace": 0.22})
        figure.subplots_adjust(left=0.045, right=0.99, top=1 - 0.5 / (2.3 * rows), bottom=0.3 / (2.3 * rows))
        for panel, clip in zip(panels.flat, clips, strict=False):
            paint_spectrogram(panel, clip)
            panel.tick_params(labelsize=6)
            panel.set_title(shortened(clip.title, 40), size=10, loc="left", color=INK, pad=14)
            panel.text(0, 1.03, shortened(clip.note, 62), size=6.5, color=SOFT, transform=panel.transAxes)
        for panel in panels.flat[len(clips) :]:
            panel.set_axis_off()

    return render(draw, size=(15, 2.3 * rows), format=format)


def paint_spectrogram(
    panel: Panel, clip: Spectrogram, *, colours: str = "magma", is_faint: bool = False
) -> None:
    """Paint a spectrogram into a panel, with its axes; `colours` is a colour map of matplotlib."""
    picture, config = clip.log_mel, clip.config
    # A whole song has more frames than a picture has dots: the loudest of each few is drawn.
    step = -(-picture.shape[1] // MOST_FRAMES)
    padded = np.pad(picture, ((0, 0), (0, -picture.shape[1] % step)), mode="edge")
    drawn = padded.reshape(len(picture), -1, step).max(axis=2)
    top = float(picture.max())
    panel.imshow(
        drawn,
        origin="lower",
        aspect="auto",
        cmap=colours,
        alpha=0.45 if is_faint else None,
        vmin=top - _RANGE,
        vmax=top,
        extent=(0, picture.shape[1] / config.frames_per_second, 0, config.n_mels),
        interpolation="nearest",
    )
    shown = [hz for hz in _TICKS_HZ if config.fmin_hz < hz < config.fmax_hz]
    low, high = hz_to_mel(np.array([config.fmin_hz, config.fmax_hz]), config.corner_hz)
    places = (hz_to_mel(np.array(shown), config.corner_hz) - low) / (high - low) * config.n_mels
    panel.set_yticks(places.tolist(), [f"{hz:,}" for hz in shown])
