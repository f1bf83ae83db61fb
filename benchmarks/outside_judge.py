"""A tagger that nothing here was trained, chosen or tuned with: musicnn's, of MagnaTagATune (real music).

For each of some of its tags, tracks that were asked for something that fits are compared with all others: the
share of pairs in which the fitting one has the higher score (the area under the ROC curve; chance 0.5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmarks.control import Asked
from generation.audio.style_encoder import SAMPLE_RATE, StyleEncoder, weights_folder

LABELS: tuple[str, ...] = (
    "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast", "piano",
    "ambient", "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male", "singing", "vocals",
    "no vocals", "harpsichord", "loud", "quiet", "flute", "woman", "male vocal", "no vocal", "pop", "soft",
    "sitar", "solo", "man", "classic", "choir", "voice", "new age", "dance", "male voice", "female vocal",
    "beats", "harp", "cello", "no voice", "weird", "country", "metal", "female voice", "choral",
)  # fmt: skip
"""By output, as the wheel's `configuration.py` names them."""
FITS: Mapping[str, Callable[[Asked], bool]] = {
    "rock": lambda one: one.genre in ("rock", "metal"),
    "metal": lambda one: one.genre == "metal",
    "country": lambda one: one.genre == "country",
    "classical": lambda one: one.genre == "classical",
    "ambient": lambda one: one.genre == "ambient",
    "techno": lambda one: one.genre in ("techno", "edm"),
    "dance": lambda one: one.genre in ("techno", "edm"),
    "electronic": lambda one: one.genre in ("techno", "edm", "chiptune"),
    "loud": lambda one: one.genre in ("rock", "metal"),
    "quiet": lambda one: one.genre in ("ambient", "classical"),
    "drums": lambda one: one.has_drums,
    "fast": lambda one: one.tempo_bpm >= 130,
    "slow": lambda one: one.tempo_bpm <= 80,
    "guitar": lambda one: "guitar" in one.lead or one.genre in ("rock", "metal", "country"),
    "piano": lambda one: "piano" in one.lead,
    "violin": lambda one: one.lead in ("violin", "fiddle"),
    "flute": lambda one: one.lead in ("flute", "pan flute", "piccolo", "recorder"),
    "synth": lambda one: one.genre in ("techno", "edm"),
}


class OutsideJudge:
    """The tagger, loaded."""

    def __init__(self) -> None:
        self._tagger = StyleEncoder(weights_folder().parent / "MTT_musicnn", threads=1)

    def scores(self, waveform: np.ndarray, sample_rate: int) -> np.ndarray:
        """How likely each of `LABELS` is, shape (50,), of a mono waveform."""
        import soxr

        return self._tagger.tags(soxr.resample(waveform, sample_rate, SAMPLE_RATE))


def areas(asked: Sequence[Asked], scores: np.ndarray) -> dict[str, float]:
    """Area under the curve by tag, for scores (n, 50); tags with fewer than three tracks a side left out."""
    found = {}
    for tag, fits in FITS.items():
        fitting = np.array([fits(one) for one in asked], bool)
        if fitting.sum() < 3 or (~fitting).sum() < 3:
            continue
        column = scores[:, LABELS.index(tag)]
        above = column[fitting][:, None] - column[~fitting][None]
        found[tag] = float((above > 0).mean() + 0.5 * (above == 0).mean())
    return found
