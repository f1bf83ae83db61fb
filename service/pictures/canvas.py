"""What every picture shares: its look, its fonts, and how a figure becomes a file's bytes.

Text from catalogues is drawn as it is: "$" begins no formula, and a letter that no installed font holds is
drawn as a box, without a word about it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")
INK, SOFT, FAINT, ACCENT = "#22262e", "#6b7280", "#d9dce3", "#2f6db3"
# Told apart by people who see no difference between red and green, as far as sixteen colours can be.
PALETTE = (
    "#2f6db3", "#e07b26", "#3a9a5b", "#c8403f", "#8459b3", "#8a5a44", "#d268a8", "#8c8f2a",
    "#23a6b5", "#e0b12b", "#6f8fd8", "#a3c76d", "#f2a08c", "#5d4a8c", "#4d7a70", "#b58ec9",
)  # fmt: skip
# The first font that holds a letter draws it; those that are not installed are passed over.
_FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Source Han Sans",
    "WenQuanYi Micro Hei",
    "IPAGothic",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Emoji",
    "Unifont",
)


def picture_format(out: Path) -> str:
    """The format that a file's name asks for; PNG where it has no ending.

    Raises
    ------
    ValueError
        An ending that is none of `FORMATS`.
    """
    ending = out.suffix.lower().removeprefix(".") or FORMATS[0]
    if ending not in FORMATS:
        raise ValueError(f"{out.name}: a picture ends in {', '.join('.' + name for name in FORMATS)}")
    return ending


@contextmanager
def _look() -> Iterator[None]:
    import matplotlib
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    settings: Any = {
        "font.family": [name for name in _FONTS if name in installed] or ["sans-serif"],
        "font.size": 10,
        "text.parse_math": False,
        "text.color": INK,
        "axes.labelcolor": SOFT,
        "axes.edgecolor": FAINT,
        "xtick.color": SOFT,
        "ytick.color": INK,
        "svg.hashsalt": "songspace",  # The same picture twice is the same file.
    }
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def render(draw: Callable[[Figure], None], *, size: tuple[float, float], format: str) -> bytes:
    """Draw a figure of a size in inches, without a screen, and return the bytes of a file of this format."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with _look():
        figure = Figure(figsize=size, dpi=130, facecolor="white")
        FigureCanvasAgg(figure)  # Text is measured before it is placed.
        draw(figure)
        file = BytesIO()
        undated = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(format, {})
        figure.savefig(file, format=format, metadata=undated)
    return file.getvalue()


def shortened(text: str, most: int) -> str:
    """Return text of at most so many characters, the last of them an ellipsis where it was cut.

    >>> shortened("Bohemian Rhapsody", 9)
    'Bohemian…'
    """
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
