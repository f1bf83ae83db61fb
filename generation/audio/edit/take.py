"""One take of an edit: all that its maker needs, and what it hands over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

    from generation.audio.pipeline import SongspacePipeline
    from generation.audio.request import Request
    from generation.audio.sampler import Sampler
    from generation.audio.told import Told


@dataclass(frozen=True)
class Take:
    """One take to be made.

    Attributes
    ----------
    tolds : tuple of Told
        What the denoiser hears of the request's words, and of each section's; lengths and bars are those of
        no window yet.
    tell : callable
        Is given the number of a step, of how many, and the latent that is seen.
    """

    pipe: SongspacePipeline
    request: Request
    seed: int
    tolds: tuple[Told, ...]
    sampler: Sampler
    tell: Callable[[int, int, torch.Tensor], None]

    @property
    def told(self) -> Told:
        """What it hears of the request's own words."""
        return self.tolds[0]

    def watch(self, n_steps: int) -> Callable[[torch.Tensor], None]:
        """Return what counts steps and tells them."""
        done = 0

        def watch(clean: torch.Tensor) -> None:
            nonlocal done
            done += 1
            self.tell(done, n_steps, clean)

        return watch


@dataclass(frozen=True)
class Made:
    """Samples, shape (n_samples,) or (n_samples, channels), and what finishing leaves alone: see `Track`."""

    waveform: np.ndarray
    sample_rate: int
    keeps: frozenset[str] = frozenset()
    bits: int = 16


def heard_as(told: Told, seconds: float, *, starts_bar: float | None = None) -> Told:
    """The same of a window of so many seconds; `starts_bar` is how much of a bar is over at its beginning.

    A window whose place in the bar is not known has no bars; a tempo it keeps.
    """
    import torch

    c = told.conditions
    phase = torch.full_like(c.bar_phase, (starts_bar or 0.0) % 1.0)
    has_bars = c.has_bars if starts_bar is not None else torch.zeros_like(c.has_bars)
    conditions = replace(c, seconds=torch.full_like(c.seconds, seconds), bar_phase=phase, has_bars=has_bars)
    return replace(told, conditions=conditions)


def heard_inside(told: Told, tags: tuple[str, ...], *, first: bool, last: bool) -> Told:
    """The same of a window inside a longer piece: where it is asked for words, no opening and no ending.

    In training a cut from the middle of a clip is told that it is neither.
    """
    c = told.conditions
    values, has = c.tags.clone(), c.has_tags.clone()
    worded = c.token_mask.any(dim=1) | c.has_tags.any(dim=1)
    for name, there in (("opening", first), ("ending", last)):
        if not there and name in tags:
            column = tags.index(name)
            values[worded, column], has[worded, column] = -1.0, True
    return replace(told, conditions=replace(c, tags=values, has_tags=has))
