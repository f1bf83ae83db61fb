"""Conditions of the denoiser: a batch of wishes as tensors, each with a flag that says whether it is there.

Shapes: B batch, N word pieces, K tags, S numbers of a style vector. What is absent has a value all the same,
which no model may look at. Conditions are dropped in training, each for itself and now and then all at once,
so that at sampling each can be guided alone (classifier-free guidance, Ho & Salimans, 2022) or be left open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.audio.wishes import MODE_NAMES, TAGS, Wishes

if TYPE_CHECKING:
    import torch

    Tensor = torch.Tensor

TEXT_DIM, STYLE_DIM = 384, 200
MOST_TOKENS = 64
# What is dropped together, and the fields that say whether it is there.
_FLAGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "text": ("token_mask",),
        "tags": ("has_tags",),
        "tempo": ("has_tempo", "has_bars"),
        "bars": ("has_bars",),
        "key": ("has_tonic", "has_mode"),
        "seconds": ("has_seconds",),
        "style": ("has_style",),
    }
)
GROUPS = tuple(_FLAGS)
"""What can be left out of conditions, or guided alone."""
Encode = Callable[[Sequence[str]], tuple[np.ndarray, np.ndarray]]
"""`TextEncoder.tokens`: texts -> states (B, N, 384), mask (B, N)."""


@dataclass(frozen=True)
class Conditions:
    """Wishes of a batch.

    Attributes
    ----------
    tokens : float tensor, shape (B, N, 384); token_mask : bool, (B, N)
        States of the text encoder; text is absent where the mask is all False.
    tags : float, (B, K); has_tags : bool, (B, K)
        Absent one by one.
    tempo_bpm : float, (B,); has_tempo : bool, (B,)
    bar_phase, beats_per_bar : float, (B,); has_bars : bool, (B,)
        Where in a bar the first sample lies, 0..1. Counts only together with a tempo.
    tonic : int, (B,); has_tonic : bool, (B,)
    mode : int, (B,); has_mode : bool, (B,)
        Row of `wishes.MODE_NAMES`.
    seconds : float, (B,); has_seconds : bool, (B,)
    style : float, (B, S); has_style : bool, (B,)
    """

    tokens: Tensor
    token_mask: Tensor
    tags: Tensor
    has_tags: Tensor
    tempo_bpm: Tensor
    has_tempo: Tensor
    bar_phase: Tensor
    beats_per_bar: Tensor
    has_bars: Tensor
    tonic: Tensor
    has_tonic: Tensor
    mode: Tensor
    has_mode: Tensor
    seconds: Tensor
    has_seconds: Tensor
    style: Tensor
    has_style: Tensor

    def __len__(self) -> int:
        """Of the batch."""
        return len(self.tempo_bpm)

    def to(self, device: Any) -> Conditions:
        """The same on another device."""
        return self._each(lambda value: value.to(device))

    def rows(self, rows: Any) -> Conditions:
        """Some rows of the batch, by whatever indexes a tensor and keeps its dimensions."""
        return self._each(lambda value: value[rows])

    def without(self, *groups: str) -> Conditions:
        """The same with some of `GROUPS` left open; without names, with everything left open.

        Raises
        ------
        ValueError
            An unknown group.
        """
        import torch

        unknown = set(groups) - set(GROUPS)
        if unknown:
            raise ValueError(f"conditions are {', '.join(GROUPS)}, got {', '.join(sorted(unknown))}")
        names = [name for group in groups or GROUPS for name in _FLAGS[group]]
        return replace(self, **{name: torch.zeros_like(getattr(self, name)) for name in names})

    def only(self, *groups: str) -> Conditions:
        """The same with all but some of `GROUPS` left open; a tempo keeps its bars."""
        kept = set(groups) | ({"bars"} if "tempo" in groups else set())
        if not kept:
            return self.without()
        # Bars count only with a tempo, so "tempo", which takes both away, goes by itself.
        return self.without(*(group for group in GROUPS if group not in kept))

    def dropped(self, rates: Mapping[str, float], all_rate: float, generator: torch.Generator) -> Conditions:
        """The same with conditions left open at random: each group by its rate, and all by `all_rate`.

        Draws as many numbers whatever the rates, on the generator's device.
        """
        import torch

        drawn = torch.rand(len(self), len(GROUPS) + 1, generator=generator, device=generator.device)
        drawn = drawn.to(self.tempo_bpm.device)
        everything = drawn[:, -1] < all_rate
        kept: dict[str, Tensor] = {}
        for column, group in enumerate(GROUPS):
            keep = ~(everything | (drawn[:, column] < rates.get(group, 0.0)))
            for name in _FLAGS[group]:
                flags = kept.get(name, getattr(self, name))
                kept[name] = flags & (keep if flags.ndim == 1 else keep[:, None])
        return replace(self, **kept)

    def thinned(self, generator: torch.Generator) -> Conditions:
        """The same with tags left open at random, as people name few of the things that are true.

        Of each row a share is drawn, mostly a small one, and each tag is named with that probability; what is
        not the case (below 0) is named one time in ten of that.
        """
        import torch

        share = torch.rand(len(self), 1, generator=generator, device=generator.device).square()
        drawn = torch.rand(self.tags.shape, generator=generator, device=generator.device)
        share, drawn = share.to(self.tags.device), drawn.to(self.tags.device)
        named = drawn < torch.where(self.tags < 0, 0.1 * share, share)
        return replace(self, has_tags=self.has_tags & named)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Conditions:
        return Conditions(**{one.name: change(getattr(self, one.name)) for one in fields(self)})


def conditions_of(
    wishes: Sequence[Wishes], encode: Encode | None = None, *, tags: Sequence[str] = TAGS
) -> Conditions:
    """Put wishes into tensors.

    Parameters
    ----------
    encode : callable, optional
        `TextEncoder.tokens`; texts are left out without it, and it is not called where there are none.
    tags : sequence of str
        The model's own, in its order; wished tags that it does not know are left out.

    Raises
    ------
    ValueError
        No wishes, or styles of other than 200 numbers.
    """
    import torch

    if not wishes:
        raise ValueError("conditions need at least one row of wishes")
    B = len(wishes)
    tokens, mask = _encoded([one.text for one in wishes], encode)
    place = {name: column for column, name in enumerate(tags)}
    values, has_tags = np.zeros((2, B, len(tags)), np.float32)
    style = np.zeros((B, STYLE_DIM), np.float32)
    for row, one in enumerate(wishes):
        columns = [(place[name], value) for name, value in one.tags.items() if name in place]
        for column, value in columns:
            values[row, column], has_tags[row, column] = value, 1
        if one.style is not None:
            if one.style.shape != (STYLE_DIM,):
                raise ValueError(f"a style has {STYLE_DIM} numbers, got shape {one.style.shape}")
            style[row] = one.style

    def numbers(found: Sequence[float | None]) -> tuple[Tensor, Tensor]:
        return (
            torch.tensor([0.0 if value is None else float(value) for value in found]),
            torch.tensor([value is not None for value in found]),
        )

    tempo, has_tempo = numbers([one.tempo_bpm for one in wishes])
    phase, has_phase = numbers([one.bar_phase for one in wishes])
    seconds, has_seconds = numbers([one.seconds for one in wishes])
    tonic, has_tonic = numbers([one.tonic for one in wishes])
    mode, has_mode = numbers([None if one.mode is None else MODE_NAMES.index(one.mode) for one in wishes])
    return Conditions(
        tokens=torch.from_numpy(tokens),
        token_mask=torch.from_numpy(mask),
        tags=torch.from_numpy(values),
        has_tags=torch.from_numpy(has_tags > 0),
        tempo_bpm=tempo,
        has_tempo=has_tempo,
        bar_phase=phase,
        beats_per_bar=torch.tensor([one.beats_per_bar for one in wishes], dtype=torch.float32),
        has_bars=has_phase & has_tempo,
        tonic=tonic.long(),
        has_tonic=has_tonic,
        mode=mode.long(),
        has_mode=has_mode,
        seconds=seconds,
        has_seconds=has_seconds,
        style=torch.from_numpy(style),
        has_style=torch.tensor([one.style is not None for one in wishes]),
    )


def stack_conditions(parts: Sequence[Conditions]) -> Conditions:
    """One batch of several; token states are padded to the longest."""
    import torch

    N = max(part.tokens.shape[1] for part in parts)
    found = {}
    for one in fields(Conditions):
        values = [getattr(part, one.name) for part in parts]
        if one.name in ("tokens", "token_mask"):
            values = [_padded(value, N) for value in values]
        found[one.name] = torch.cat(values)
    return Conditions(**found)


def _padded(value: Tensor, length: int) -> Tensor:
    import torch

    missing = value.new_zeros((value.shape[0], length - value.shape[1], *value.shape[2:]))
    return torch.cat([value, missing], dim=1)


def _encoded(texts: Sequence[str], encode: Encode | None) -> tuple[np.ndarray, np.ndarray]:
    """States and mask of texts; empty ones are absent, though the encoder has states for them, too."""
    said = [row for row, text in enumerate(texts) if text.strip()]
    if encode is None or not said:
        return np.zeros((len(texts), 1, TEXT_DIM), np.float32), np.zeros((len(texts), 1), bool)
    states, mask = encode([texts[row] for row in said])
    states, mask = states[:, :MOST_TOKENS], mask[:, :MOST_TOKENS]
    tokens = np.zeros((len(texts), *states.shape[1:]), np.float32)
    masks = np.zeros((len(texts), mask.shape[1]), bool)
    tokens[said], masks[said] = states, mask
    return tokens, masks
