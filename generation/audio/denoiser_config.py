"""Every number of a denoiser, apart from the network itself: this imports fast."""

from __future__ import annotations

from dataclasses import dataclass

from generation.audio.wishes import TAGS

PREDICTIONS = ("v_prediction", "epsilon", "sample", "flow")
"""What a denoiser may say of a noisy latent; see `training.noising`."""


@dataclass(frozen=True)
class DenoiserConfig:
    """Every number of a denoiser.

    Attributes
    ----------
    channels : int
        Of a latent frame.
    frames_per_second : float
        Of the latent.
    patch : int
        Latent frames to a token.
    width, depth, heads : int
    feed_forward : float
        Its width, in widths.
    cross_every : int
        One block in so many attends to the context.
    prediction_type : str
        One of `PREDICTIONS`.
    tags : tuple of str
        Those that are known, in order.
    """

    channels: int = 96
    frames_per_second: float = 22_050 / 256 / 8
    patch: int = 2
    width: int = 256
    depth: int = 7
    heads: int = 4
    feed_forward: float = 3.0
    cross_every: int = 2
    prediction_type: str = "flow"
    tags: tuple[str, ...] = TAGS

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        sizes = (self.channels, self.patch, self.width, self.depth, self.heads, self.cross_every)
        if min(sizes) < 1 or self.width % self.heads or self.width // self.heads % 2:
            raise ValueError(f"sizes must be positive, and heads of even width, got {sizes}")
        if self.prediction_type not in PREDICTIONS:
            raise ValueError(
                f"a denoiser predicts one of {', '.join(PREDICTIONS)}, got {self.prediction_type!r}"
            )
