"""Covers: a picture of where a song lies in the song space. Near songs have covers that look alike.

A place is read off along sixteen fixed directions, each measured against the songs of the space, so that
their readings are spread evenly whatever the space is. The readings are the colours, in OKLab (Ottosson, "A
perceptual color space for image processing", 2020: equal steps look equal), and the bends of two waves that
run through each other. The same place is the same picture, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np

SMALLEST, LARGEST, USUAL = 16, 1_000, 500
N_TRAITS = 16
# Songs that the readings are measured against, at most.
_MEASURED = 5_000
_SEED = 20_261_121
_QUALITY = 88


@dataclass(frozen=True)
class CoverSpace:
    """How to read places off: `middle` (dim,), `directions` (dim, 16), `spread` (16,)."""

    middle: np.ndarray
    directions: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray) -> CoverSpace:
        """Measure a space by its songs, float (n_songs, dim); without any, or all alike, by nothing."""
        rng = np.random.default_rng(_SEED)
        dim = vectors.shape[1]
        directions = rng.normal(size=(dim, N_TRAITS)) / np.sqrt(dim)
        sample = vectors[:: max(1, len(vectors) // _MEASURED)].astype(np.float64)
        sample = sample[sample.any(1)]
        middle = sample.mean(0) if len(sample) else np.zeros(dim)
        spread = ((sample - middle) @ directions).std(0) if len(sample) else np.zeros(N_TRAITS)
        return cls(middle, directions, np.where(spread > 1e-9, spread, 1.0))

    def traits(self, place: np.ndarray) -> np.ndarray:
        """Sixteen readings of a place, 0..1, each spread evenly over the songs of the space."""
        standard = (place.astype(np.float64) - self.middle) @ self.directions / self.spread
        return np.asarray(1.0 / (1.0 + np.exp(-1.702 * standard)))  # the normal distribution, nearly


def random_traits(rng: np.random.Generator) -> np.ndarray:
    """Readings for what has no place."""
    return rng.random(N_TRAITS)


def draw_cover(traits: np.ndarray, size: int = USUAL) -> bytes:
    """Draw a square cover and return the bytes of a JPEG.

    Parameters
    ----------
    traits : float array, shape (16,)
        Readings, 0..1.
    size : int
        Pixels of a side, `SMALLEST` to `LARGEST`.

    Raises
    ------
    ValueError
    """
    from PIL import Image

    if not SMALLEST <= size <= LARGEST:
        raise ValueError(f"a cover has {SMALLEST} to {LARGEST} pixels, got {size}")
    out = BytesIO()
    Image.fromarray(_pixels(traits, size)).save(out, "JPEG", quality=_QUALITY, subsampling=0)
    return out.getvalue()


def _pixels(traits: np.ndarray, size: int) -> np.ndarray:
    """The picture, uint8, shape (size, size, 3)."""
    t = [float(value) for value in traits]
    line = np.linspace(-1.0, 1.0, size, dtype=np.float32)
    x, y = line[None, :], line[:, None]
    # Each wave bends the field that the next one runs through.
    bend = 0.25 + 0.55 * t[5]
    u = x + bend * np.sin(2.2 * y + 6.28 * t[6]) + 0.2 * np.cos(3.1 * x * y + 6.28 * t[7])
    v = y + bend * np.sin(1.9 * x + 6.28 * t[8]) - 0.2 * np.cos(2.7 * y + 3.14 * t[9])
    turn = 3.14 * t[10]
    along, across = np.cos(turn) * u + np.sin(turn) * v, np.cos(turn) * v - np.sin(turn) * u
    first = 0.5 + 0.5 * np.sin((1.2 + 1.8 * t[11]) * along + 6.28 * t[12])
    second = 0.5 + 0.5 * np.sin((0.8 + 2.2 * t[13]) * across + 1.3 * first + 6.28 * t[14])
    glow = np.exp(-2.5 * ((x - 1.2 * (t[15] - 0.5)) ** 2 + (y - 1.2 * (t[4] - 0.5)) ** 2))
    base, other, light = (colour.astype(np.float32) for colour in _palette(t))
    lab = base + second[..., None] * (other - base)
    lab = lab + (0.75 * first * second + 0.45 * glow)[..., None] * (light - lab)
    # Lines of equal height, as on a map, fine and light.
    height = 5.0 * (first + second)
    lines = np.exp(-0.5 * ((height - np.round(height)) / 0.05) ** 2)
    lab = lab + (0.22 * lines * (0.3 + 0.7 * glow))[..., None] * (light - lab)
    return np.asarray(np.round(255.0 * _srgb(lab)), dtype=np.uint8)


def _palette(t: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A dark, a middle and a light colour in OKLab whose hues lie apart, each shape (3,)."""
    hue = 2 * np.pi * t[0]
    # From -0.22 to 0.22 of a turn: farther apart, what lies between two hues is mud.
    apart = 2 * np.pi * 0.44 * (t[1] - 0.5)
    rich = 0.10 + 0.06 * t[3]
    found = []
    for lightness, chroma, at in (
        (0.30 + 0.14 * t[2], 0.75 * rich, hue),
        (0.62, rich, hue + apart),
        (0.90, 0.6 * rich, hue + 1.5 * apart),
    ):
        found.append(np.array([lightness, chroma * np.cos(at), chroma * np.sin(at)]))
    return found[0], found[1], found[2]


def _srgb(lab: np.ndarray) -> np.ndarray:
    """OKLab to sRGB, 0..1, shape (..., 3); what no screen can show is cut off."""
    to_lms = np.array([[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728],
                       [1, -0.0894841775, -1.2914855480]], np.float32)  # fmt: skip
    to_rgb = np.array([[4.0767416621, -3.3077115913, 0.2309699292],
                       [-1.2684380046, 2.6097574011, -0.3413193965],
                       [-0.0041960863, -0.7034186147, 1.7076147010]], np.float32)  # fmt: skip
    linear = np.clip(((lab @ to_lms.T) ** 3) @ to_rgb.T, 0.0, 1.0)
    curved = 1.055 * linear ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, 12.92 * linear, np.asarray(curved))
