"""Prepared music as an autoencoder's latents in memory, and batches cut from it by number.

Latents are computed once for an autoencoder and kept beside the music, as float16. A batch depends on the
seed and its number alone: which items, which of their captions, where they are cut and how long. What is true
of an item holds for a cut of it but for its length, where in a bar it starts, and whether it is an opening or
an ending.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.audio.conditioning import TEXT_DIM, Conditions, conditions_of
from generation.audio.training.music import MusicError, read_manifest, read_shards, wishes_of_row
from generation.audio.wishes import TAGS

if TYPE_CHECKING:
    import torch
    from torch import nn

_AT_ONCE = 64
_WHOLE_SHARE = 0.7
"""Of batches: as long as the items are. The others are shorter, down to SHORTEST_S."""
SHORTEST_S = 2.0
_OPENING, _ENDING = TAGS.index("opening"), TAGS.index("ending")


@dataclass(frozen=True)
class Batch:
    """Clean latents, float32 (B, C, L), and what is true of them."""

    latent: torch.Tensor
    conditions: Conditions

    def to(self, device: Any) -> Batch:
        """The same on another device."""
        return Batch(self.latent.to(device), self.conditions.to(device))


@dataclass(frozen=True)
class LatentSet:
    """Items of one split.

    Attributes
    ----------
    latents : float16 array, shape (n, C, L)
    lengths : int array, shape (n,)
        Of the latents, without the silence that they are filled up with.
    conditions : Conditions
        Of n rows, without words.
    states : float16 array, shape (n_tokens, 384)
        Of all captions, one behind the other.
    texts : int array, shape (n_texts + 1,)
        Where in `states` each caption begins.
    captions : int array, shape (n + 1,)
        Which of the captions are the first of each item.
    frames_per_second : float
        Of the latents.
    name : str
        What the music is: must be the same when a training goes on.
    """

    latents: np.ndarray
    lengths: np.ndarray
    conditions: Conditions
    states: np.ndarray
    texts: np.ndarray
    captions: np.ndarray
    frames_per_second: float
    name: str

    def __len__(self) -> int:
        """How many items there are."""
        return len(self.latents)

    def batch(self, seed: int, number: int, *, size: int, crops: bool = True) -> Batch:
        """Cut batch `number`; without `crops` every batch is as long as the items."""
        import torch

        rng = np.random.default_rng([seed, number])
        rows = rng.integers(len(self), size=size)
        L = self.latents.shape[2]
        whole, drawn = rng.random() < _WHOLE_SHARE, rng.random()
        shortest = min(round(SHORTEST_S * self.frames_per_second), L)
        length = L if whole or not crops else shortest + int(drawn * (L - shortest + 1))
        # Items that are shorter than that begin at their start, and end in silence.
        starts = np.floor(rng.random(size) * (np.maximum(self.lengths[rows] - length, 0) + 1)).astype(
            np.int64
        )
        # float() before the cut is made contiguous: one copy, not two.
        latent = np.stack(
            [self.latents[row, :, at : at + length] for row, at in zip(rows, starts, strict=True)]
        )
        conditions = self._cut(torch.from_numpy(rows), torch.from_numpy(starts), length)
        tokens, mask = self._words(rows, rng)
        return Batch(
            torch.from_numpy(latent.astype(np.float32)),
            replace(conditions, tokens=torch.from_numpy(tokens), token_mask=torch.from_numpy(mask)),
        )

    def _cut(self, rows: torch.Tensor, starts: torch.Tensor, length: int) -> Conditions:
        """What is true of cuts."""
        import torch

        c = self.conditions.rows(rows)
        tags = c.tags.clone()
        ends = starts + length >= torch.from_numpy(self.lengths)[rows]
        tags[:, _OPENING] = torch.where(starts == 0, tags[:, _OPENING], -1.0)
        tags[:, _ENDING] = torch.where(ends, tags[:, _ENDING], -1.0)
        beats = starts / self.frames_per_second * c.tempo_bpm / 60
        return replace(
            c,
            tags=tags,
            bar_phase=(c.bar_phase + beats / c.beats_per_bar).remainder(1.0),
            seconds=torch.full((len(rows),), length / self.frames_per_second),
            has_seconds=torch.ones(len(rows), dtype=torch.bool),
        )

    def _words(self, rows: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Token states (B, N, 384) and mask (B, N) of one caption of each item; none where it has none."""
        firsts, counts = self.captions[rows], self.captions[rows + 1] - self.captions[rows]
        chosen = firsts + np.floor(rng.random(len(rows)) * counts).astype(np.int64)
        spans = [
            (int(self.texts[text]), int(self.texts[text + 1])) if count else (0, 0)
            for text, count in zip(chosen, counts, strict=True)
        ]
        N = max(1, *(end - start for start, end in spans))
        tokens, mask = np.zeros((len(rows), N, TEXT_DIM), np.float32), np.zeros((len(rows), N), bool)
        for row, (start, end) in enumerate(spans):
            tokens[row, : end - start], mask[row, : end - start] = self.states[start:end], True
        return tokens, mask


def load_latents(
    folder: Path,
    autoencoder: nn.Module,
    *,
    split: str = "generator",
    progress: Callable[[int, str], None] = lambda _done, _note: None,
) -> LatentSet:
    """Read prepared music of a split as latents, which are computed where they are not there yet.

    Parameters
    ----------
    autoencoder
        With `encode` and a `config` that has `factor`.

    Raises
    ------
    MusicError
        It is not finished or damaged, or has nothing of this split.
    """
    manifest, mark = read_manifest(folder), fingerprint(autoencoder)
    every = _latents(folder, autoencoder, mark, int(manifest["items"]), progress)
    kept, rows, styles, states, row = [], [], [], [], 0
    for shard in read_shards(folder):
        place = 0
        for number, one in enumerate(shard.rows):
            n_tokens = sum(one["tokens"])
            if one["split"] == split:
                kept.append(row + number)
                rows.append(one)
                styles.append(shard.styles[number])
                states.append(shard.tokens[place : place + n_tokens])
            place += n_tokens
        row += len(shard.rows)
    if not kept:
        raise MusicError(f"{folder} has no music of the {split} split")
    factor = int(autoencoder.config.factor)  # type: ignore[union-attr, arg-type]
    wishes = [
        replace(wishes_of_row(one), style=style.astype(np.float32))
        for one, style in zip(rows, styles, strict=True)
    ]
    spectrogram = manifest["spectrogram"]
    return LatentSet(
        latents=every[kept],
        lengths=np.array([-(-int(one["frames"]) // factor) for one in rows]),
        conditions=conditions_of(wishes),
        states=np.concatenate(states),
        texts=np.cumsum([0, *(n for one in rows for n in one["tokens"])]),
        captions=np.cumsum([0, *(len(one["tokens"]) for one in rows)]),
        frames_per_second=spectrogram["sample_rate"] / spectrogram["hop_length"] / factor,
        name=f"{manifest['source']}, {manifest['items']} items, {split}, latents {mark[:8]}",
    )


def fingerprint(model: nn.Module) -> str:
    """SHA-256 of a model's weights."""
    import torch

    digest = sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _latents(
    folder: Path, autoencoder: nn.Module, mark: str, n_items: int, progress: Callable[[int, str], None]
) -> np.ndarray:
    """Latents of all items in order, float16 (n, C, L), read or computed and kept."""
    import torch

    path = folder / f"latents-{mark[:8]}-{n_items}.npy"
    if path.is_file():
        found: np.ndarray = np.load(path)
        return found
    device = next(autoencoder.parameters()).device
    parts, done = [], 0
    with torch.inference_mode():
        for shard in read_shards(folder):
            for start in range(0, len(shard.log_mels), _AT_ONCE):
                part = torch.from_numpy(shard.log_mels[start : start + _AT_ONCE].astype(np.float32))
                latent = autoencoder.encode(part.to(device))  # type: ignore[operator]
                parts.append(latent.float().cpu().numpy().astype(np.float16))
            done += len(shard.log_mels)
            progress(done, "latents")
    if not parts:
        raise MusicError(f"{folder} has no music")
    latents = np.concatenate(parts)
    for old in folder.glob(f"latents-{mark[:8]}-*.npy"):
        old.unlink(missing_ok=True)
    beside = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        with beside.open("wb") as file:
            np.save(file, latents)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return latents
