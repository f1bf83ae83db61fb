"""Put pictures of steps side by side: `python docs/draw_noise.py FOLDER`, as `--preview FOLDER` left them."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

FILE = Path(__file__).with_name("noise.png")
STEPS = (1, 2, 4, 25)
_WIDTH, _COLUMNS = 720, 2


def draw(folder: Path) -> Image.Image:
    """Return the first take after some of its steps, two in a row."""
    pictures = [Image.open(folder / f"take-1-step-{step:03d}.png").convert("RGB") for step in STEPS]
    size = (_WIDTH, pictures[0].height * _WIDTH // pictures[0].width)
    sheet = Image.new("RGB", (_COLUMNS * size[0], len(pictures) // _COLUMNS * size[1]), "white")
    for number, picture in enumerate(pictures):
        row, column = divmod(number, _COLUMNS)
        sheet.paste(picture.resize(size, Image.Resampling.LANCZOS), (column * size[0], row * size[1]))
    return sheet


if __name__ == "__main__":
    draw(Path(sys.argv[1])).quantize(64).save(FILE, optimize=True)
