"""What was listened to as a picture: the spectrogram, and the regions that decided each tag.

Blue regions spoke for a tag, orange ones against it: told apart by everybody, and readable in grey, since the
spectrogram under them is light.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from service.pictures.canvas import INK, SOFT, render, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure

    from pipelines.listen import Heard, Region, Seen

_FOR, _AGAINST = (0.05, 0.30, 0.72), (0.86, 0.42, 0.05)
_TICKS_HZ = (200, 500, 1000, 2000, 4000)
_TOP_HZ = 8000.0
# What lies under this share of the strongest region is left clear.
_CLEAR = 0.12
_WORDS = {"genres": "genre", "moods": "mood", "leads": "melody", "instruments": "instrument"}
_WIDTH, _ROW, _HEAD, _FOOT = 12.0, 1.75, 0.7, 0.55


def draw_heard(heard: Heard, seen: Seen, *, format: str) -> bytes:
    """Draw the spectrogram over one panel a tag, with the regions that decided it."""
    rows = 1 + len(seen.regions)
    height = _HEAD + rows * _ROW + _FOOT

    def draw(figure: Figure) -> None:
        name = heard.path.rsplit("/", 1)[-1]
        figure.text(0.075, 1 - 0.33 / height, shortened(name, 90), size=13, weight="bold", color=INK)
        figure.text(0.075, 1 - 0.6 / height, shortened(heard.sentence, 150), size=9.5, color=SOFT)
        for row in range(rows):
            bottom = (_FOOT + (rows - 1 - row) * _ROW) / height
            panel = figure.add_axes((0.075, bottom + 0.1 / height, 0.91, (_ROW - 0.5) / height))
            region = seen.regions[row - 1] if row else None
            _paint(panel, seen, region)
            panel.set_title(_title(region), size=9.5, loc="left", color=INK, pad=4)
            if region is not None:
                panel.set_title(_said(region), size=8, loc="right", color=SOFT, pad=4)
        figure.text(0.53, 0.12 / height, "seconds in the file", size=9, color=SOFT, ha="center")

    return render(draw, size=(_WIDTH, height), format=format)


def _paint(panel: Panel, seen: Seen, region: Region | None) -> None:
    """Draw patches side by side; in colour, or in grey under the regions of a tag."""
    n, n_frames, n_bands = seen.patches.shape
    kept = n_frames if n > 1 else max(1, round(n_frames * min(1.0, seen.patch_s / 2.992)))
    picture = seen.patches[:, :kept].reshape(-1, n_bands).T
    extent = (0.0, n * seen.patch_s, 0.0, float(n_bands))
    look: dict[str, Any] = {"origin": "lower", "aspect": "auto", "extent": extent, "interpolation": "nearest"}
    top = float(np.quantile(picture, 0.999)) or 1.0
    if region is None:
        panel.imshow(picture, cmap="magma", vmin=0, vmax=top, **look)
    else:
        panel.imshow(picture, cmap="Greys", vmin=0, vmax=1.7 * top, **look)
        panel.imshow(_overlay(region.relevance[:, :kept].reshape(-1, n_bands).T), **look)
    _mark_axes(panel, seen, n_bands)


def _overlay(relevance: np.ndarray) -> np.ndarray:
    """Colours with opacity, float array (F, T, 4): blue for, orange against, by how much."""
    from scipy.ndimage import gaussian_filter

    # Blocks were muted; their edges mean nothing.
    relevance = gaussian_filter(relevance, (2.0, 4.0))
    strength = relevance / max(float(np.quantile(np.abs(relevance), 0.995)), 1e-12)
    colours = np.where(strength[..., None] > 0, _FOR, _AGAINST)
    opacity = np.clip((np.abs(strength) - _CLEAR) / (1 - _CLEAR), 0, 1) ** 0.8 * 0.85
    return np.concatenate([colours, opacity[..., None]], axis=2)


def _mark_axes(panel: Panel, seen: Seen, n_bands: int) -> None:
    from generation.audio.compiled_librosa import import_librosa

    # The style encoder's bands are librosa's.
    hz_to_mel = import_librosa().hz_to_mel
    per_band = float(hz_to_mel(_TOP_HZ)) / (n_bands + 1)
    panel.set_yticks(
        [float(hz_to_mel(hz)) / per_band - 0.5 for hz in _TICKS_HZ],
        [f"{hz:,}" for hz in _TICKS_HZ],
        size=7.5,
    )
    panel.set_ylabel("Hz", size=8.5)
    places, labels = _times(seen.starts_s, seen.patch_s)
    panel.set_xticks(places, labels, size=7.5)
    for row in range(1, len(seen.starts_s)):
        if seen.starts_s[row] - seen.starts_s[row - 1] > 1.01 * seen.patch_s:
            # Another excerpt of the file begins here.
            panel.axvline(row * seen.patch_s, color="white", linewidth=5)
            panel.axvline(row * seen.patch_s, color=SOFT, linewidth=0.8, linestyle=(0, (2, 2)))


def _times(starts_s: Sequence[float], patch_s: float) -> tuple[list[float], list[str]]:
    """Where on the axis whole seconds of the file lie: every second, or every second one of many."""
    step = 1 if len(starts_s) * patch_s <= 16 else 2
    places, labels = [], []
    for row, start in enumerate(starts_s):
        for second in range(int(np.ceil(start - 1e-6)), int(np.ceil(start + patch_s - 0.05))):
            if second % step == 0:
                places.append(row * patch_s + second - start)
                labels.append(f"{second // 60}:{second % 60:02d}" if second >= 60 else str(second))
    return places, labels


def _title(region: Region | None) -> str:
    if region is None:
        return "spectrogram"
    return f"{_WORDS[region.head]}: {region.tag}, {region.score:.2f}"


def _said(region: Region) -> str:
    return (
        "blue for it, orange against it; with the strongest tenth muted its score falls"
        f" by {region.decided:.1f}, with any tenth by {max(region.others, 0.0):.1f}"
    )
