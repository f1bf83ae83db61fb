"""A genre at its best: some seconds out of the fullest section of a song."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from generation.studio.compose import compose
from generation.studio.render import Rendered, render
from generation.studio.score import Score
from generation.studio.truth import describe

if TYPE_CHECKING:
    from generation.studio.truth import Truth

# Where a song shows what it is, the best first.
_FULLEST = ("chorus", "solo", "verse", "bridge", "prechorus", "intro")


def showcase(
    genre: str, *, seed: int, seconds: float = 10.0, soundfont: Path | None = None
) -> tuple[Rendered, Truth]:
    """Compose a song of one genre and render its first chorus, or what it has instead.

    Raises
    ------
    ValueError
        An unknown genre, or no seconds.
    SoundFontMissingError
    """
    piece = compose(seed, genres={genre: 1.0})
    start = _best_start(piece.score)
    rendered = render(
        piece.score, soundfont=soundfont, genres=piece.genres, start_beat=start, n_seconds=seconds
    )
    start_s = float(piece.score.seconds_at(start))
    truth = describe(
        piece, start_s=start_s, end_s=start_s + seconds, prominence=rendered.prominence_db or None
    )
    return rendered, truth


def _best_start(score: Score) -> float:
    sections = [section for section in score.sections if section.kind in _FULLEST]
    return min(sections, key=lambda one: (_FULLEST.index(one.kind), one.start)).start if sections else 0.0
