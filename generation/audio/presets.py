"""Sizes of the generator's denoiser, by name, and how each is trained.

tiny    for tests: seconds
small   what ships (13 MiB in half precision): two CPU cores, an hour or two
base    the same architecture, larger: one large GPU, some ten minutes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from generation.audio.denoiser_config import DenoiserConfig


@dataclass(frozen=True)
class Preset:
    """A denoiser and its training; `steps` updates of `batch_size` clips, at `learning_rate` at most."""

    denoiser: DenoiserConfig
    steps: int
    batch_size: int
    learning_rate: float
    warmup_steps: int


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "tiny": Preset(DenoiserConfig(width=32, depth=2, heads=2, feed_forward=2.0), 60, 8, 3e-3, 5),
        "small": Preset(DenoiserConfig(), 16_000, 32, 1.5e-3, 200),
        "base": Preset(
            DenoiserConfig(patch=1, width=512, depth=12, heads=8, feed_forward=4.0), 12_000, 256, 6e-4, 500
        ),
    }
)


def preset(name: str) -> Preset:
    """Return a preset by its name.

    Raises
    ------
    ValueError
        There is none of that name.
    """
    if name not in PRESETS:
        raise ValueError(f"presets are {', '.join(PRESETS)}, got {name!r}")
    return PRESETS[name]
