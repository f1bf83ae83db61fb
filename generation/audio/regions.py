"""Which regions of a spectrogram decided a tag: gradient times input, through the style encoder.

After Shrikumar et al., "Not just a black box" (2016): the gradient of a tag's logit by the log-mel patches,
times the patches, which are 0 where there is silence. What is positive spoke for the tag, what is negative
against it. Single pixels say little, so that the picture is smoothed. Integrated gradients (Sundararajan et
al., ICML 2017) of four steps found hardly better regions at four times the cost, of two steps far worse ones.

`trust` asks whether the regions matter: muted, they have to lower the logit more than as many others do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from generation.audio.style_encoder import StyleEncoder

# Of the Gaussian that smooths: frames (16 ms) and bands.
_SMOOTH = (6.0, 2.0)
_BLOCK = (17, 8)
"""Regions that are muted: 0.27 s by 8 bands."""


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
        Smoothed; positive for the tag, negative against it.

    Raises
    ------
    ValueError
        No tags, or no patches.
    """
    import torch
    from scipy.ndimage import gaussian_filter1d

    _check(directions, patches)
    found = np.zeros((len(directions), *patches.shape), dtype=np.float32)
    for row, patch in enumerate(patches):
        music = torch.from_numpy(patch[None]).requires_grad_()
        place = _place(encoder, music)  # Once for all tags: each then costs a way back.
        for k, direction in enumerate(directions):
            logit = place @ torch.from_numpy(direction.astype(np.float32))
            (gradient,) = torch.autograd.grad(logit, music, retain_graph=True)
            found[k, row] = gradient[0].numpy() * patch
    # What is muted or drawn is an area, and the gradient of a maximum is a dot.
    smooth = gaussian_filter1d(found, _SMOOTH[0], axis=2, mode="nearest")
    return np.asarray(gaussian_filter1d(smooth, _SMOOTH[1], axis=3, mode="nearest"), dtype=np.float32)


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

    A block is muted to where its bands are in the quietest tenth of the frames; only blocks in which
    something sounds are muted. Parameters are as of `regions`, and what it found.

    Raises
    ------
    ValueError
        No tags, or no patches.
    """
    _check(directions, patches)
    quiet = np.quantile(patches, 0.1, axis=(0, 1))
    sounds = _blocks(patches - quiet)
    audible = np.flatnonzero(sounds >= 0.25 * sounds.mean())
    count = max(1, round(share * len(audible)))

    def logits(muted: np.ndarray) -> np.ndarray:
        kept = np.where(_mask(muted, patches.shape), np.minimum(patches, quiet), patches)
        return _logits(encoder, directions, kept.astype(np.float32))

    whole = logits(np.array([], dtype=np.int64))
    drawn = [logits(rng.choice(audible, size=count, replace=False)) for _ in range(draws)]
    found = []
    for k, relevance in enumerate(relevances):
        scores = _blocks(relevance)[audible]
        decided = logits(audible[np.argsort(-scores, kind="stable")[:count]])
        others = float(np.mean([whole[k] - one[k] for one in drawn]))
        found.append(Trust(float(whole[k] - decided[k]), others))
    return found


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
    return shape[0], shape[1] // _BLOCK[0], shape[2] // _BLOCK[1]


def _blocks(picture: np.ndarray) -> np.ndarray:
    """Sums over blocks, flat: 11 by 12 of them in each patch."""
    n, rows, columns = _grid(picture.shape)
    cut = picture[:, : rows * _BLOCK[0], : columns * _BLOCK[1]]
    return np.asarray(cut.reshape(n, rows, _BLOCK[0], columns, _BLOCK[1]).sum(axis=(2, 4))).ravel()


def _mask(blocks: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    n, rows, columns = _grid(shape)
    chosen = np.zeros(n * rows * columns, dtype=bool)
    chosen[blocks] = True
    grid = chosen.reshape(n, rows, columns).repeat(_BLOCK[0], axis=1).repeat(_BLOCK[1], axis=2)
    mask = np.zeros(shape, dtype=bool)
    mask[:, : grid.shape[1], : grid.shape[2]] = grid
    return mask
