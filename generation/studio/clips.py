"""Clips of a data set in memory: composed, rendered and described from (seed, number) alone.

`render_clip(seed, 17)` is clip 17 of that seed on any machine, whatever was rendered before; `dataset`
writes the same ones to files.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.studio.piece import Piece
from generation.studio.render import SAMPLE_RATE, Rendered, render
from generation.studio.sampling import (
    TUNE_SHARE,
    ClipSpec,
    draw_clip,
    draw_song,
    make_song,
    song_of,
    split_of,
)
from generation.studio.soundfont import find_soundfont

if TYPE_CHECKING:
    from generation.studio.truth import Truth

CLIP_SECONDS = 10.0
CAPTIONS = 5
# Sets caption randomness apart from the excerpt's, which is drawn from [seed, song, 1..4].
_WORDS = 99


@dataclass(frozen=True)
class Clip:
    """An excerpt that was rendered, and all that is true of it.

    Attributes
    ----------
    spec : ClipSpec
    split : str
        "generator", "judge" or "test"; all clips of a song, and all songs of a tune, are in one.
    piece : Piece
    rendered : Rendered
        Its waveform is float32 of shape (n_samples, 2).
    truth : Truth
    captions : tuple of str
        Sentences and tag lists, each of them true.
    """

    spec: ClipSpec
    split: str
    piece: Piece
    rendered: Rendered
    truth: Truth
    captions: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return all but the sound, as JSON can hold it."""
        return {
            **asdict(self.spec),
            "split": self.split,
            "title": self.piece.score.title,
            "captions": list(self.captions),
            "prominence_db": dict(self.rendered.prominence_db),
            "truth": self.truth.to_json(),
        }


def render_clip(
    seed: int,
    clip: int,
    *,
    seconds: float = CLIP_SECONDS,
    sample_rate: int = SAMPLE_RATE,
    soundfont: Path | None = None,
    tune_share: float = TUNE_SHARE,
    captions: int = CAPTIONS,
) -> Clip:
    """Compose (or arrange), render and describe clip number `clip` of a seed.

    The song of the last clips is kept, so that clips in order compose each song once. Without a `soundfont`
    it is the portable one, not the best one installed: a seed shall mean the same everywhere.

    Raises
    ------
    ValueError
        A negative number, or no seconds.
    SoundFontMissingError
    """
    from generation.studio.caption import sentences
    from generation.studio.truth import describe

    if seed < 0 or clip < 0:
        raise ValueError(f"seed and clip must be 0 or more, got {seed} and {clip}")
    piece = _song(seed, song_of(clip), tune_share)
    spec = draw_clip(seed, clip, piece.score, seconds=seconds)
    rendered = render(
        piece.score,
        sample_rate=sample_rate,
        soundfont=soundfont or find_soundfont(portable=True).path,
        genres=piece.genres,
        start_beat=spec.start_beat,
        n_seconds=seconds,
    )
    truth = describe(
        piece, start_s=spec.start_s, end_s=spec.start_s + seconds, prominence=rendered.prominence_db
    )
    words = sentences(truth, rng=np.random.default_rng([seed, clip, _WORDS]), n=captions)
    return Clip(spec, split_of(seed, spec.song, piece.tune), piece, rendered, truth, tuple(words))


@lru_cache(maxsize=2)
def _song(seed: int, song: int, tune_share: float) -> Piece:
    return make_song(draw_song(seed, song, tune_share=tune_share))
