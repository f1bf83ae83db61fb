"""What a generator listened to: the attention that each word of a prompt got, over the spectrogram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from generation.audio.attention import Attention
from service.pictures.canvas import ACCENT, INK, PALETTE, SOFT, render, shortened
from service.pictures.spectrogram import Spectrogram, paint_spectrogram

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure

MOST_ROWS = 40
_TOP_IN, _ROW_IN, _MARGIN_IN = 2.4, 0.46, 0.55
_OTHERS = ("tags", "key and tempo", "style")


def draw_attention(clip: Spectrogram, heard: Attention, *, format: str) -> bytes:
    """Draw a spectrogram, and below it once more for each word, with the attention that the word got.

    All words are drawn to one scale. Those of a long prompt that got least are left out; what is told beside
    the words (tags, key and tempo, a style) comes below them, in another colour and to a scale of its own.
    """
    rows = rows_of(heard)
    height = _TOP_IN + _ROW_IN * len(rows) + 2 * _MARGIN_IN
    most = {
        kind: max((float(course.max()) for _, course, is_word in rows if is_word is kind), default=1.0)
        for kind in (True, False)
    }

    def draw(figure: Figure) -> None:
        figure.text(0.02, 1 - 0.3 / height, shortened(clip.title, 90), size=12, color=INK)
        figure.text(0.985, 1 - 0.3 / height, shortened(clip.note, 90), size=9, color=SOFT, ha="right")
        bottom = height - _MARGIN_IN - _TOP_IN
        panel = figure.add_axes((0.14, bottom / height, 0.78, _TOP_IN / height))
        paint_spectrogram(panel, clip)
        panel.set_xticks([])
        for number, (name, course, is_word) in enumerate(rows):
            at = bottom - (number + 1) * _ROW_IN
            strip = figure.add_axes((0.14, (at + 0.04) / height, 0.78, (_ROW_IN - 0.06) / height))
            colour = ACCENT if is_word else PALETTE[1]
            _paint_row(strip, clip, course, heard.moment_s, most[is_word], colour)
            middle = (at + _ROW_IN / 2) / height
            figure.text(0.13, middle, shortened(name, 18), size=9, color=INK, ha="right", va="center")
            figure.text(0.93, middle, f"{course.mean():.1%}", size=9, color=SOFT, va="center")
            if number == len(rows) - 1:
                strip.set_xlabel("seconds; beside each word, its share of all attention")
                strip.tick_params(labelbottom=True)

    return render(draw, size=(11, height), format=format)


def rows_of(heard: Attention) -> list[tuple[str, np.ndarray, bool]]:
    """Name, course and whether it is a word, of what is drawn: words in their order, then the others."""
    means = heard.shares.mean(axis=1)
    others: Sequence[str] = [name for name in _OTHERS if name in heard.others]
    kept = sorted(np.argsort(-means, kind="stable")[: MOST_ROWS - len(others)].tolist())
    rows = [(heard.words[row], heard.shares[row], True) for row in kept]
    return rows + [(f"({name})", heard.others[name], False) for name in others]


def _paint_row(
    strip: Panel, clip: Spectrogram, course: np.ndarray, moment_s: float, most: float, colour: str
) -> None:
    paint_spectrogram(strip, clip, colours="Greys", is_faint=True)
    seconds = clip.log_mel.shape[1] / clip.config.frames_per_second
    edges = np.minimum(np.arange(len(course) + 1) * moment_s, seconds)
    heights = np.append(course, course[-1:]) / most * clip.config.n_mels
    strip.fill_between(edges, heights, step="post", color=colour, alpha=0.55, linewidth=0)
    strip.set_xlim(0, seconds)
    strip.set_ylim(0, clip.config.n_mels)
    strip.set_yticks([])
    strip.tick_params(labelbottom=False)
