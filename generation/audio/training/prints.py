"""An index of prepared music for the check of memorisation, with thresholds found on songs outside it.

The index holds the split "generator". Clips of the split "test", of songs that nobody trained on, are asked
for their nearest: how like the training music honest music is. A threshold is the quantile of those
similarities at half the accepted rate of false accusations, since either of two similarities may accuse;
where
clips are too few to have one there, a Gumbel distribution (that of the largest of many) is fitted and asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from generation.audio.memorisation import (
    N_AXES,
    STEP_FRAMES,
    Index,
    Prints,
    Thresholds,
    fingerprint,
    packed,
    places_of,
    save_index,
)
from generation.audio.training.music import MusicError, read_manifest

RATE = 0.01
MOST_STEPS = 255
_SPREAD = 30.0
"""Whole numbers a spread of the first axis is told in."""
_EULER, _TINY = 0.5772156649, 1e-6
_QUERIES = 400
Progress = Callable[[int, str], None]


@dataclass(frozen=True)
class Fitted:
    """What making an index gave.

    Attributes
    ----------
    thresholds : Thresholds
    clips : int
        In the index.
    accused : float
        Share of the other half of the honest clips that thresholds from one half accuse, both ways.
    honest : float array, shape (n, 2)
        What is held against the two thresholds, of each honest clip.
    sha256 : str
    """

    thresholds: Thresholds
    clips: int
    accused: float
    honest: np.ndarray
    sha256: str


def build_index(
    music: Path,
    folder: Path,
    *,
    rate: float = RATE,
    queries: int = _QUERIES,
    progress: Progress = lambda _done, _note: None,
) -> Fitted:
    """Make the index of a folder of prepared music, find its thresholds, and save it.

    Raises
    ------
    MusicError
        The folder holds no prepared music, or too few clips of either split.
    ValueError
        A rate that is none.
    OSError
    """
    if not 0 < rate < 1:
        raise ValueError(f"a rate of false accusations lies between 0 and 1, got {rate}")
    manifest = read_manifest(music)
    clips = list(_clips(music, progress))
    kept = [one for one in clips if one.split == "generator"]
    honest = [one for one in clips if one.split == "test"]
    if len(kept) < 2 or len(honest) < 2:
        raise MusicError(
            f"{music} has {len(kept)} clips to keep and {len(honest)} to set thresholds by: too few"
        )
    prints = _prints(kept)
    asked = _nearest(Index(prints), _spread(honest, queries), progress)
    thresholds = thresholds_of(asked, rate)
    source = {**manifest["source"], "seconds": manifest["seconds"], "items": manifest["items"],
              "clips": len(kept)}  # fmt: skip
    accused = crossed_rate(asked, rate)
    card = _card(thresholds, source, accused)
    sha256 = save_index(folder, prints, thresholds, source=source, card=card)
    return Fitted(thresholds, len(kept), accused, asked, sha256)


def thresholds_of(honest: np.ndarray, rate: float) -> Thresholds:
    """Thresholds at which `rate` of honest clips are accused, from what is held against them, (n, 2)."""
    mel = _quantile(honest[:, 0], 1 - rate / 2)
    # Cosines end at 1, and the last stretch before it says most: the logarithm of what is missing has no end.
    place = 1 - np.exp(-_quantile(-np.log(1 - honest[:, 1] + _TINY), 1 - rate / 2))
    return Thresholds(round(mel, 4), round(float(place), 4), rate, len(honest))


def crossed_rate(honest: np.ndarray, rate: float) -> float:
    """Share of honest clips accused by thresholds that were set without them, on every other block of 20."""
    half = np.arange(len(honest)) // 20 % 2 == 0
    wrong = 0
    for here in (half, ~half):
        if here.any() and not here.all():
            t = thresholds_of(honest[~here], rate)
            wrong += int(((honest[here, 0] >= t.mel) | (honest[here, 1] >= t.place)).sum())
    return wrong / len(honest)


def _quantile(values: np.ndarray, share: float) -> float:
    """The quantile, or that of a Gumbel distribution of the same mean and spread, if it is higher."""
    beta = float(values.std()) * np.sqrt(6) / np.pi
    fitted = float(values.mean()) - _EULER * beta - beta * float(np.log(-np.log(share)))
    return float(max(np.quantile(values, share), fitted))


@dataclass(frozen=True)
class _Clip:
    """What is kept of an item: bits at phase 0; of one to be asked, the spectrogram, too."""

    item: int
    split: str
    bits: np.ndarray
    style: np.ndarray
    log_mel: np.ndarray | None


def _clips(music: Path, progress: Progress) -> Iterator[_Clip]:
    """Read all shards that are there: a preparation that is still running has most of its music."""
    done = 0
    for path in sorted((music / "shards").glob("*.npz")):
        try:
            with np.load(path) as found:
                log_mels, styles = found["log_mels"], found["styles"]
                rows = [json.loads(line) for line in bytes(found["rows"]).decode().splitlines()]
        except Exception as error:  # numpy and zipfile raise many kinds for one damaged file
            raise MusicError(f"{path} is damaged: {error}") from None
        for log_mel, style, row in zip(log_mels, styles, rows, strict=True):
            mel = log_mel[:, : int(row["frames"])]
            is_asked = row["split"] == "test"
            yield _Clip(row["item"], row["split"], fingerprint(mel)[:MOST_STEPS], style.astype(np.float32),
                        mel.copy() if is_asked else None)  # fmt: skip
        done += len(rows)
        progress(done, "clips")


def _prints(clips: list[_Clip]) -> Prints:
    styles = np.stack([one.style for one in clips])
    mean = styles.mean(0)
    _, lengths, turned = np.linalg.svd(styles - mean, full_matrices=False)
    k = min(N_AXES, len(turned))
    spreads = np.maximum(lengths[:k] / np.sqrt(len(styles)), 1e-6)
    axes = np.zeros((styles.shape[1], N_AXES), np.float32)
    # Half whitened: an axis tells by the root of its spread.
    axes[:, :k] = (turned[:k] / np.sqrt(spreads * spreads[0])[:, None]).T * _SPREAD
    mean, axes = mean.astype(np.float16), axes.astype(np.float16)
    n_steps = max(1, *(len(one.bits) for one in clips))
    return Prints(
        bits=np.stack([packed(one.bits, n_steps) for one in clips]),
        lengths=np.array([len(one.bits) for one in clips], np.uint8),
        places=places_of(styles, mean, axes),
        items=np.array([one.item for one in clips], np.int32),
        mean=mean,
        axes=axes,
    )


def _nearest(index: Index, clips: list[_Clip], progress: Progress) -> np.ndarray:
    found = []
    for number, one in enumerate(clips, start=1):
        assert one.log_mel is not None
        nearest = index.nearest(one.log_mel, one.style)
        found.append((nearest.mel_similarity + nearest.stand_out, nearest.place_similarity))
        progress(number, "honest clips")
    return np.array(found)


def _spread(clips: list[_Clip], most: int) -> list[_Clip]:
    """At most so many, evenly over all."""
    rows = np.unique(np.linspace(0, len(clips) - 1, min(most, len(clips))).astype(int))
    return [clips[row] for row in rows]


def _card(thresholds: Thresholds, source: Mapping[str, Any], accused: float) -> str:
    what = f"studio seed {source['seed']}" if source.get("kind") == "studio" else "sound files"
    t, step_ms = thresholds, round(1000 * STEP_FRAMES * 256 / 22_050)
    return f"""# Fingerprints of the training music

{source["clips"]:,} clips of {source["seconds"]:g} s ({what}) that the generator learns from, as bits of
16 bands every {step_ms} ms and as places of {N_AXES} whole numbers; no music can be made of them. Every take
is compared with all of them: `docs/judge.md`. Made by `songspace train fingerprints --music DIR`.

- A take is called a copy where its mel similarity and how far that stands out come to {t.mel:.3f}, or its
  place similarity to {t.place:.3f}: {100 * t.rate:g} % of honest clips, by {t.clips} clips of songs that are
  not in the index. Of those that the thresholds were not set by, {100 * accused:.1f} % were accused.
- License: that of Songspace.
"""
