"""Which regions of a spectrogram decided a tag: integrated gradients through the style encoder.

Sundararajan et al., "Axiomatic attribution for deep networks" (ICML 2017): the gradient of a tag's logit by
the log-mel patches, averaged on the straight way from silence (which is 0 in the encoder's scale) to the
music, times the music. What is positive spoke for the tag, what is negative against it; all of it together is
what the music's logit is above silence's. Single pixels say little, so that the picture is smoothed.

`trust` asks whether the regions matter: muted, they have to lower the logit more than as many others do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from generation.audio.style_encoder import StyleEncoder

STEPS = 4
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


def regions(
    encoder: StyleEncoder, directions: np.ndarray, patches: np.ndarray, *, steps: int = STEPS
) -> np.ndarray:
    """What each frame and band of the patches said for some tags.

    Parameters
    ----------
    directions : float array, shape (K, dim)
        Of each tag's logit by the mean embedding: `Listener.direction`.
    patches : float32 array, shape (B, T, F)
        `StyleEncoder.patches`.
    steps : int
        On the way from silence; more are more exact.

    Returns
    -------
    float32 array, shape (K, B, T, F)
        Smoothed; positive for the tag, negative against it.

    Raises
    ------
    ValueError
        No tags, no patches, or no steps.
    """
    import torch
    from scipy.ndimage import gaussian_filter1d

    if not len(directions) or not len(patches) or steps < 1:
        raise ValueError(f"need tags, patches and steps: {len(directions)}, {len(patches)}, {steps}")
    found = np.zeros((len(directions), *patches.shape), dtype=np.float32)
    for row, patch in enumerate(patches):
        music = torch.from_numpy(patch[None])
        for step in range(steps):
            at = (music * ((step + 0.5) / steps)).requires_grad_()
            place = _place(encoder, at)  # Once for all tags: each then costs a way back.
            for k, direction in enumerate(directions):
                logit = place @ torch.from_numpy(direction.astype(np.float32))
                (gradient,) = torch.autograd.grad(logit, at, retain_graph=True)
                found[k, row] += (gradient * music)[0].numpy() / steps
    # What is muted or drawn is an area, and the gradient of a maximum is a dot.
    smooth = gaussian_filter1d(found, _SMOOTH[0], axis=2, mode="nearest")
    return np.asarray(gaussian_filter1d(smooth, _SMOOTH[1], axis=3, mode="nearest"), dtype=np.float32)


def trust(
    encoder: StyleEncoder,
    direction: np.ndarray,
    patches: np.ndarray,
    relevance: np.ndarray,
    *,
    rng: np.random.Generator,
    share: float = 0.1,
    draws: int = 3,
) -> Trust:
    """Mute the blocks that decided most, and as many drawn ones, and see how far the logit falls.

    Muted is a block whose bands are as loud as in the quietest tenth of the frames; only blocks in which
    something sounds are drawn.
    """
    import torch

    whole = _logit(encoder, direction, torch.from_numpy(patches)).item()
    quiet = np.quantile(patches, 0.1, axis=(0, 1))
    scores, sounds = _blocks(relevance), _blocks(patches - quiet)
    audible = np.flatnonzero(sounds > 0.25 * sounds.mean())
    count = max(1, round(share * len(audible)))

    def fall(rows: np.ndarray) -> float:
        muted = np.where(_mask(rows, patches.shape), np.minimum(patches, quiet), patches)
        muted = muted.astype(np.float32)
        return float(whole - _logit(encoder, direction, torch.from_numpy(muted)).item())

    decided = audible[np.argsort(-scores[audible], kind="stable")[:count]]
    others = [fall(rng.choice(audible, size=count, replace=False)) for _ in range(draws)]
    return Trust(fall(decided), float(np.mean(others)))


def _logit(encoder: StyleEncoder, direction: np.ndarray, patches: Any) -> Any:
    """A tag's logit but for its offset: a scalar tensor."""
    import torch

    with torch.no_grad():
        return _place(encoder, patches) @ torch.from_numpy(direction.astype(np.float32))


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
