"""Whether a take copies what its generator learned from: fingerprints of the training music, and the nearest.

Of every training clip an index keeps two things, neither of which gives the music back:

- **bits**: whether each of 16 bands is louder than it mostly is around there, every .12 s (after Haitsma &
  Kalker, "A highly robust audio fingerprinting system", ISMIR 2002). A take is laid over a clip at every
  shift
  that leaves half of the shorter one overlapping, and four shifts within a step; its *mel similarity* is the
  best normalised correlation times the root of the overlapping share. Level and colour of sound drop out.
- **place**: the style encoder's penultimate layer, on half whitened principal axes, in whole numbers of a
  byte. Its *place similarity* is the cosine of deviations from the mean.

Much music shares a beat, and is like a hundred clips at once; a copy is like one. So to the mel similarity
is added how far it stands out from the 20th nearest clip's. A take is a copy where that sum, or its place
similarity, is higher than those of other songs: the thresholds are such that a stated share of honest clips
would be accused (`Thresholds.rate`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from generation.checkpoint import CheckpointError, load_checkpoint, save_checkpoint

KIND = "memorisation-1"
N_BANDS, N_AXES = 16, 30
STEP_FRAMES = 10
PHASES = (0, 2, 5, 7)
"""Frames by which a take's steps are moved against a clip's."""
_AROUND = 13
"""Steps to each side that say what is usual: 3 s in all."""
_SMOOTH = 7
"""Frames over which bands are smoothed first, so that a take that begins between two frames is still like
it."""
_RANGE_NEPERS = 5.5
"""So far under a clip's loud bands, 48 dB, is silence."""
_LEAST_NORM = 0.1
"""Of all bits: what hardly changes is compared as if this much did."""
CROWD = 20
_AT_ONCE = 4096
_LOOKED_AT = 256


@dataclass(frozen=True)
class Thresholds:
    """From which similarities on a take is called a copy.

    Attributes
    ----------
    mel : float
        Of `mel_similarity` and `stand_out` together.
    place : float
    rate : float
        Share of honest clips that one of the two accuses, as they were set.
    clips : int
        Clips of other songs by which they were set.
    """

    mel: float
    place: float
    rate: float
    clips: int


@dataclass(frozen=True)
class Nearest:
    """The nearest training clips of a take, by both similarities.

    Attributes
    ----------
    mel_item, place_item : int
        Numbers of items of the training music.
    mel_similarity, place_similarity : float
        Up to 1.
    stand_out : float
        Mel similarity less that of the `CROWD`-th nearest clip.
    shift_s : float
        By how much later the take plays what the clip `mel_item` plays.
    is_copy : bool
        One of the two is above its threshold.
    """

    mel_item: int
    mel_similarity: float
    stand_out: float
    shift_s: float
    place_item: int
    place_similarity: float
    is_copy: bool

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it, with four decimals."""
        found = asdict(self)
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}


@dataclass(frozen=True)
class Prints:
    """Fingerprints of n clips: see the module.

    Attributes
    ----------
    bits : uint8 array, shape (n, n_steps, 2)
        Packed.
    lengths : uint8 array, shape (n,)
        Steps that each clip has.
    places : int8 array, shape (n, N_AXES)
    items : int32 array, shape (n,)
    mean, axes : float16 arrays, shapes (S,) and (S, N_AXES)
        From a style to its place.
    """

    bits: np.ndarray
    lengths: np.ndarray
    places: np.ndarray
    items: np.ndarray
    mean: np.ndarray
    axes: np.ndarray


def index_folder() -> Path:
    """Where the index lies that ships."""
    return Path(__file__).resolve().parent.parent / "weights" / "memorisation"


class Index:
    """An index in memory.

    Parameters
    ----------
    prints : Prints
    thresholds : Thresholds or None
        None while they are yet to be found: nothing is a copy then.
    source : mapping
        What the training music is.
    """

    def __init__(
        self,
        prints: Prints,
        *,
        thresholds: Thresholds | None = None,
        source: Mapping[str, Any] | None = None,
        sha256: str = "",
    ) -> None:
        self.prints, self.thresholds, self.source, self.sha256 = prints, thresholds, source or {}, sha256
        n, self._steps = prints.bits.shape[:2]
        signs = np.unpackbits(prints.bits, axis=2)  # (n, steps, 16)
        self._there = np.arange(self._steps) < prints.lengths[:, None]
        self._signs = _centred(signs, self._there).reshape(n, -1)
        squares = np.square(self._signs).reshape(n, self._steps, N_BANDS).sum(2)
        self._squares = np.concatenate([np.zeros((n, 1), np.float32), np.cumsum(squares, 1)], axis=1)
        self._places = _units(prints.places.astype(np.float32))

    def __len__(self) -> int:
        """How many clips there are."""
        return len(self.prints.items)

    def nearest(self, log_mel: np.ndarray, style: np.ndarray) -> Nearest:
        """Find what a take is nearest to.

        Parameters
        ----------
        log_mel : float array, shape (n_mels, T)
            As `generation.audio.spectrogram.log_mel` gives it, without silence filled in.
        style : float array, shape (S,)
            The style encoder's penultimate layer, its mean over patches.
        """
        mel, shifts = self.mel_similarities(log_mel)
        places = self.place_similarities(style)
        one, other = int(mel.argmax()), int(places.argmax())
        t = self.thresholds
        crowd = max(0, len(mel) - CROWD)
        stand_out = float(mel[one] - np.partition(mel, crowd)[crowd])
        return Nearest(
            mel_item=int(self.prints.items[one]),
            mel_similarity=float(mel[one]),
            stand_out=stand_out,
            shift_s=float(shifts[one]),
            place_item=int(self.prints.items[other]),
            place_similarity=float(places[other]),
            is_copy=t is not None and bool(mel[one] + stand_out >= t.mel or places[other] >= t.place),
        )

    def mel_similarities(self, log_mel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Similarity of a take to each clip, and by how many seconds it is later there: two arrays (n,).

        All clips are laid under the take in whole steps; those that are nearest then, within a step, too.
        """
        best, at = np.full(len(self), -1.0, np.float32), np.zeros(len(self), np.float32)
        rows = np.arange(len(self))
        for phase in PHASES:
            bits = fingerprint(log_mel, phase)
            if not len(bits):  # shorter than a step
                continue
            queries, lows, highs, shifts = _laid(bits, self._steps)
            for part in np.array_split(rows, -(-len(rows) // _AT_ONCE)):
                found = self._correlations(queries, lows, highs, part)
                top = found.argmax(axis=1)
                value = found[np.arange(len(found)), top]
                later_s = (shifts[top] * STEP_FRAMES + phase) * _SECONDS_A_FRAME
                at[part] = np.where(value > best[part], later_s, at[part])
                best[part] = np.maximum(value, best[part])
            if phase == PHASES[0]:
                rows = np.sort(np.argsort(-best, kind="stable")[:_LOOKED_AT])
        return best, at

    def place_similarities(self, style: np.ndarray) -> np.ndarray:
        """Cosines of a take's place with those of all clips, shape (n,)."""
        place = places_of(style[None].astype(np.float32), self.prints.mean, self.prints.axes)
        return np.asarray(self._places @ _units(place.astype(np.float32))[0])

    def _correlations(
        self, queries: np.ndarray, lows: np.ndarray, highs: np.ndarray, rows: np.ndarray
    ) -> np.ndarray:
        """Weighted correlations of clips `rows` with the take at all shifts, shape (rows, shifts)."""
        products = self._signs[rows] @ queries.T
        squares = self._squares[rows][:, highs] - self._squares[rows][:, lows]
        own = np.square(queries).sum(1)
        overlap = highs - lows
        least = _LEAST_NORM * N_BANDS * overlap
        norms = np.sqrt(np.maximum(squares, least) * np.maximum(own, least))
        return np.asarray(products / norms * np.sqrt(overlap / overlap.max()))


_SECONDS_A_FRAME = 256 / 22_050


def fingerprint(log_mel: np.ndarray, phase: int = 0) -> np.ndarray:
    """Whether each band is louder than around there: uint8 (n_steps, N_BANDS) of 0 and 1.

    `log_mel` is (n_mels, T), of which `phase` frames are left out in front.
    """
    if log_mel.shape[1] - phase < STEP_FRAMES:
        return np.zeros((0, N_BANDS), np.uint8)
    mel = log_mel.astype(np.float32)
    mel = np.maximum(mel, np.quantile(mel, 0.95) - _RANGE_NEPERS)[:, phase:]
    n_steps = mel.shape[1] // STEP_FRAMES
    bands = mel.reshape(N_BANDS, -1, mel.shape[1]).mean(1)
    filled = np.pad(bands, ((0, 0), (_SMOOTH // 2 + 1, _SMOOTH // 2)), mode="edge")
    summed = np.cumsum(filled, axis=1, dtype=np.float64)
    bands = ((summed[:, _SMOOTH:] - summed[:, :-_SMOOTH]) / _SMOOTH)[:, : n_steps * STEP_FRAMES]
    steps = bands.reshape(N_BANDS, n_steps, STEP_FRAMES).mean(2).T
    sums = np.concatenate([np.zeros((1, N_BANDS)), np.cumsum(steps, 0, dtype=np.float64)])
    low = np.maximum(np.arange(n_steps) - _AROUND, 0)
    high = np.minimum(np.arange(n_steps) + _AROUND + 1, n_steps)
    usual = (sums[high] - sums[low]) / (high - low)[:, None]
    return np.asarray(steps > usual + 1e-4, np.uint8)


def packed(bits: np.ndarray, n_steps: int) -> np.ndarray:
    """Bits of one clip as bytes, cut or filled up to so many steps: uint8 (n_steps, 2)."""
    filled = np.zeros((n_steps, N_BANDS), np.uint8)
    filled[: len(bits)] = bits[:n_steps]
    return np.packbits(filled, axis=1)


def places_of(styles: np.ndarray, mean: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Places of styles (n, S) in whole numbers: int8 (n, N_AXES)."""
    turned = (styles - mean.astype(np.float32)) @ axes.astype(np.float32)
    return np.clip(np.round(turned), -127, 127).astype(np.int8)


def save_index(
    folder: Path, prints: Prints, thresholds: Thresholds, *, source: Mapping[str, Any], card: str = ""
) -> str:
    """Save an index; return its SHA-256; raises what `save_checkpoint` raises."""
    arrays = {name: getattr(prints, name) for name in Prints.__dataclass_fields__}
    config = {"thresholds": asdict(thresholds), "source": dict(source)}
    return save_checkpoint(folder, kind=KIND, config=config, arrays=arrays, card=card)


def load_index(folder: Path | None = None) -> Index:
    """Load an index; by default the one that ships.

    Raises
    ------
    CheckpointError
        There is none, or it is damaged.
    """
    found = load_checkpoint(folder or index_folder(), kind=KIND)
    try:
        prints = Prints(**found.arrays)
        thresholds = Thresholds(**found.config["thresholds"])
        n = len(prints.items)
        if {len(part) for part in (prints.bits, prints.lengths, prints.places)} != {n} or not n:
            raise ValueError("lengths")
    except (KeyError, TypeError, ValueError):
        raise CheckpointError("the index of training music is not one") from None
    return Index(prints, thresholds=thresholds, source=found.config["source"], sha256=found.sha256)


def _centred(bits: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Bits (.., steps, bands) less each band's mean over the steps that are there; 0 elsewhere: float32."""
    mask = there[..., None].astype(np.float32)
    values = bits.astype(np.float32) * mask
    mean = values.sum(-2, keepdims=True) / np.maximum(mask.sum(-2, keepdims=True), 1)
    return np.asarray((values - mean) * mask)


def _laid(bits: np.ndarray, n_steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A take laid over a window of `n_steps` at every shift.

    Returns
    -------
    queries : float32 array, shape (n_shifts, n_steps * N_BANDS)
    lows, highs : int arrays, shape (n_shifts,)
        The steps of the window that the take covers.
    shifts : int array, shape (n_shifts,)
        The take's step that lies on the window's first.
    """
    values = _centred(bits, np.ones(len(bits), bool))
    least = max(1, min(n_steps, len(bits)) // 2)
    shifts = np.arange(least - n_steps, len(bits) - least + 1)
    lows, highs = np.maximum(-shifts, 0), np.minimum(len(bits) - shifts, n_steps)
    queries = np.zeros((len(shifts), n_steps, N_BANDS), np.float32)
    for row, (shift, low, high) in enumerate(zip(shifts, lows, highs, strict=True)):
        queries[row, low:high] = values[low + shift : high + shift]
    return queries.reshape(len(shifts), -1), lows, highs, shifts


def _units(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9))
