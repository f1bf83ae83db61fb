"""Which regions of a spectrogram decided a tag: each is muted, to see how far the tag's logit falls.

After Zeiler & Fergus, "Visualizing and understanding convolutional networks" (ECCV 2014). A region is a block
of 0.27 s by 8 bands; muted is where its bands are in the quietest tenth of the frames. What makes the logit
fall spoke for the tag, what makes it rise against it. One run serves all tags.

`trust` asks whether the regions matter together: muted at once, those that decided most have to lower the
logit more than as many others do. By that measure gradients (times input, or integrated) found worse ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from generation.audio.style_encoder import StyleEncoder

BLOCK = (17, 8)
"""Frames and bands of a region: 11 by 12 of them fill a patch."""
_AUDIBLE = 0.25  # Of the mean over blocks; in what is softer nothing sounds that could be muted.


@dataclass(frozen=True)
class Trust:
    """How far a tag's logit falls when a share of the regions is muted.

    Attributes
    ----------
    decided : float
        With those muted that decided most.
    others : float
        With as many drawn at random, the mean of some draws.
    """

    decided: float
    others: float


def regions(encoder: StyleEncoder, directions: np.ndarray, patches: np.ndarray) -> np.ndarray:
    """What each frame and band of the patches said for some tags.

    Parameters
    ----------
    directions : float array, shape (K, dim)
        Of each tag's logit by the mean embedding: `Listener.direction`.
    patches : float32 array, shape (B, T, F)
        `StyleEncoder.patches`.

    Returns
    -------
    float32 array, shape (K, B, T, F)
        By how much the logit falls with the region muted: positive for the tag, negative against it.

    Raises
    ------
    ValueError
        No tags, or no patches.
    """
    _check(directions, patches)
    quiet, audible = _quiet(patches), _audible(patches)
    found = np.zeros((len(directions), *patches.shape), dtype=np.float32)
    n_blocks = _blocks(patches[:1]).size
    for row in range(len(patches)):
        patch = patches[row : row + 1]
        whole = _logits(encoder, directions, patch)
        for block in audible[audible // n_blocks == row] % n_blocks:
            mask = _mask(np.array([block]), patch.shape)
            fall = whole - _logits(encoder, directions, _muted(patch, mask, quiet))
            found[:, row][:, mask[0]] = fall[:, None] / len(patches)  # The embedding is a mean over them.
    return found


def trust(
    encoder: StyleEncoder,
    directions: np.ndarray,
    patches: np.ndarray,
    relevances: np.ndarray,
    *,
    rng: np.random.Generator,
    share: float = 0.1,
    draws: int = 3,
) -> list[Trust]:
    """Mute the blocks that decided most, and as many drawn ones, and see how far each tag's logit falls.

    Only blocks in which something sounds are drawn. Parameters are as of `regions`, and what it found.

    Raises
    ------
    ValueError
        No tags, or no patches.
    """
    _check(directions, patches)
    quiet, audible = _quiet(patches), _audible(patches)
    count = max(1, round(share * len(audible)))

    def logits(muted: np.ndarray) -> np.ndarray:
        return _logits(encoder, directions, _muted(patches, _mask(muted, patches.shape), quiet))

    whole = logits(np.array([], dtype=np.int64))
    drawn = [logits(rng.choice(audible, size=count, replace=False)) for _ in range(draws)]
    found = []
    for k, relevance in enumerate(relevances):
        scores = _blocks(relevance)[audible]
        decided = logits(audible[np.argsort(-scores, kind="stable")[:count]])
        others = float(np.mean([whole[k] - one[k] for one in drawn]))
        found.append(Trust(float(whole[k] - decided[k]), others))
    return found


def _quiet(patches: np.ndarray) -> np.ndarray:
    """How loud each band is in the quietest tenth of the frames, shape (F,)."""
    return np.asarray(np.quantile(patches, 0.1, axis=(0, 1)))


def _audible(patches: np.ndarray) -> np.ndarray:
    """Blocks in which something sounds, by number."""
    sounds = _blocks(patches - _quiet(patches))
    return np.flatnonzero(sounds >= _AUDIBLE * sounds.mean())


def _muted(patches: np.ndarray, mask: np.ndarray, quiet: np.ndarray) -> np.ndarray:
    return np.where(mask, np.minimum(patches, quiet), patches).astype(np.float32)


def _check(directions: np.ndarray, patches: np.ndarray) -> None:
    if not len(directions) or not len(patches):
        raise ValueError(f"need tags and patches, got {len(directions)} and {len(patches)}")


def _logits(encoder: StyleEncoder, directions: np.ndarray, patches: np.ndarray) -> np.ndarray:
    """The tags' logits but for their offsets, shape (K,)."""
    import torch

    with torch.no_grad():
        place = _place(encoder, torch.from_numpy(patches)).numpy()
    return np.asarray(directions @ place.astype(np.float64))


def _place(encoder: StyleEncoder, patches: Any) -> Any:
    """Where patches lie for the listener, a tensor of shape (dim,): `generation.audio.listener.embedding`."""
    import torch

    _, _, mean_pool, max_pool = encoder.run(patches)
    return torch.cat([mean_pool, max_pool], dim=1).mean(0)


def _grid(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return shape[0], shape[1] // BLOCK[0], shape[2] // BLOCK[1]


def _blocks(picture: np.ndarray) -> np.ndarray:
    """Sums over blocks, flat: 11 by 12 of them in each patch."""
    n, rows, columns = _grid(picture.shape)
    cut = picture[:, : rows * BLOCK[0], : columns * BLOCK[1]]
    return np.asarray(cut.reshape(n, rows, BLOCK[0], columns, BLOCK[1]).sum(axis=(2, 4))).ravel()


def _mask(blocks: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    n, rows, columns = _grid(shape)
    chosen = np.zeros(n * rows * columns, dtype=bool)
    chosen[blocks] = True
    grid = chosen.reshape(n, rows, columns).repeat(BLOCK[0], axis=1).repeat(BLOCK[1], axis=2)
    mask = np.zeros(shape, dtype=bool)
    mask[:, : grid.shape[1], : grid.shape[2]] = grid
    return mask
