"""The map of the song space as a picture: songs, named regions, and a user among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from service.pictures.canvas import INK, PALETTE, SOFT, render, shortened
from service.pictures.labels import renderer_of, spread_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure
    from matplotlib.patheffects import AbstractPathEffect
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

    from pipelines.song_map import MarkedUser, Region, SongMap

_OTHERS = "#c3c7cf"
_MARK = "#c8403f"
_UNDER = "Those that people put on the same playlists stand together."
_UNDER_SOUND = "Those that sound alike stand together."
_MOST_GROUPS = 12
_NO_GROUPS = """Colours tell regions apart.
Each bears the names of artists
who stand there and little
elsewhere."""


def draw_map(song_map: SongMap, *, format: str) -> bytes:
    """Draw a map and return the bytes of a picture."""
    return render(lambda figure: _draw(figure, song_map), size=(15.0, 11.0), format=format)


def _draw(figure: Figure, drawn: SongMap) -> None:
    panel = figure.add_axes((0.02, 0.03, 0.74, 0.87))
    panel.set_axis_off()
    marked = drawn.marked
    title = (
        f"The songs of {shortened(marked.user, 48)} on the map"
        if marked is not None
        else "A map of the songs"
    )
    figure.text(0.025, 0.955, title, size=21, weight="bold", va="center")
    under = f"{len(drawn.places):,} songs. {_UNDER_SOUND if drawn.is_by_sound else _UNDER}"
    figure.text(0.025, 0.92, under, size=11.5, color=SOFT, va="center")
    size = float(np.clip(45_000 / len(drawn.places), 3.0, 45.0))
    faded = 0.35 if marked is not None else 0.75
    panel.scatter(
        drawn.places[:, 0], drawn.places[:, 1], s=size, c=_colours(drawn), alpha=faded, linewidths=0, zorder=1
    )
    low, high = drawn.places.min(0), drawn.places.max(0)
    margin = 0.04 * np.maximum(high - low, 1e-3)
    panel.set_xlim(low[0] - margin[0], high[0] + margin[0])
    panel.set_ylim(low[1] - margin[1], high[1] + margin[1])
    if marked is not None and len(marked.weights):
        heavy = marked.weights / marked.weights.max()
        panel.scatter(
            marked.places[:, 0], marked.places[:, 1], s=14 + 90 * heavy, c=INK, alpha=0.75, linewidths=0.6,
            edgecolors="white", zorder=3,
        )  # fmt: skip
    taken = _interests(panel, drawn)
    regions = sorted(drawn.regions, key=lambda region: -region.songs)
    spread_labels(panel, [_label(panel, region) for region in regions], drawn.places, taken)
    _legend(figure, drawn)


def _colours(drawn: SongMap) -> list[str]:
    if not drawn.groups:  # Neighbouring regions have neighbouring numbers seldom enough.
        return [PALETTE[colour % len(PALETTE)] for colour in drawn.colours.tolist()]
    return [PALETTE[colour] if colour < _MOST_GROUPS else _OTHERS for colour in drawn.colours.tolist()]


def _label(panel: Panel, region: Region) -> list[Text]:
    """The name of a region, its axes above its artists, with a white rim against the songs."""
    from matplotlib.patheffects import withStroke

    rim: list[AbstractPathEffect] = [withStroke(linewidth=3.2, foreground="white")]
    head = (
        " · ".join(region.axes) if region.axes else shortened(region.artists[0], 26) if region.artists else ""
    )
    below = region.artists[:2] if region.axes else region.artists[1:3]
    texts = []
    if head:
        texts.append(
            panel.text(region.x, region.y, head, ha="center", va="bottom", size=11.5, weight="bold", zorder=5)
        )
    if below:
        names = "\n".join(shortened(name, 28) for name in below)
        texts.append(
            panel.text(region.x, region.y, names, ha="center", va="top", size=8.3, color="#3b4250", zorder=5,
                       linespacing=1.1)
        )  # fmt: skip
    for text in texts:
        text.set_path_effects(rim)
    return texts


def _interests(panel: Panel, drawn: SongMap) -> list[Bbox]:
    """Mark the interests of a user with their numbers, and return the boxes that they take."""
    if drawn.marked is None:
        return []
    texts = [
        _numbered(panel, interest.x, interest.y, number, size=12)
        for number, interest in enumerate(drawn.marked.interests, start=1)
    ]
    renderer = renderer_of(panel)
    return [text.get_window_extent(renderer).padded(6) for text in texts]


def _numbered(panel: Panel, x: float, y: float, number: int, *, size: float) -> Text:
    circle = {"boxstyle": "circle,pad=0.35", "facecolor": _MARK, "edgecolor": "white"}
    look: dict[str, Any] = {
        "size": size,
        "weight": "bold",
        "color": "white",
        "ha": "center",
        "va": "center",
        "zorder": 6,
    }
    return panel.text(x, y, str(number), bbox=circle, **look)


def _legend(figure: Figure, drawn: SongMap) -> None:
    """To the right of the map: whose interests the numbers are, and what the colours mean."""
    side = figure.add_axes((0.775, 0.03, 0.215, 0.87))
    side.set_axis_off()
    side.set_xlim(0, 1)
    side.set_ylim(0, 1)
    y = _user_legend(side, drawn.marked, 0.985) if drawn.marked is not None else 0.985
    if not drawn.groups:
        side.text(0, y, _NO_GROUPS, size=10.5, color=SOFT, va="top", linespacing=1.5)
        return
    side.text(0, y, "What a song stands out by", size=13, weight="bold", va="center")
    shown = list(drawn.groups[:_MOST_GROUPS])
    for number, name in enumerate([*shown, "others"] if len(drawn.groups) > _MOST_GROUPS else shown):
        y -= 0.034 + 0.008 * (number == 0)
        side.scatter([0.035], [y], s=70, c=PALETTE[number] if number < _MOST_GROUPS else _OTHERS)
        side.text(0.1, y, shortened(name, 32), size=10.5, va="center")


def _user_legend(side: Panel, marked: MarkedUser, y: float) -> float:
    """The interests of a user with their numbers; returns where there is room again."""
    side.text(
        0, y, "Interests" if marked.interests else "No interests yet", size=13, weight="bold", va="center"
    )
    y -= 0.046
    for number, interest in enumerate(marked.interests, start=1):
        _numbered(side, 0.035, y - 0.008, number, size=10.5)
        title = f"{interest.weight:.0%}  {shortened(interest.title or '(no title)', 28)}"
        side.text(0.1, y, title, size=10.5, weight="bold", va="center")
        side.text(0.1, y - 0.022, shortened(interest.artist, 36), size=9, color=SOFT, va="center")
        y -= 0.06
    if len(marked.weights):
        side.scatter([0.035], [y], s=60, c=INK)
        side.text(0.1, y, "a song, larger if heard more", size=9.5, color=SOFT, va="center")
        y -= 0.07
    return y
