"""A piece: a score, and what its maker knows of it that no score says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generation.studio.score import Score

# Apart to the ear; a piece mixes one or two of them.
GENRES = (
    "rock",
    "pop",
    "edm",
    "techno",
    "hip hop",
    "jazz",
    "blues",
    "classical",
    "ambient",
    "folk",
    "country",
    "metal",
    "latin",
    "reggae",
    "funk",
    "chiptune",
)
MOODS = ("happy", "sad", "calm", "energetic", "dark", "dreamy", "tense", "romantic")


@dataclass(frozen=True)
class Piece:
    """A piece of music with its origin.

    Attributes
    ----------
    score : Score
    genres : mapping of str to float
        Weight of each genre in the mixture, in order of weight; they sum to 1. Names are of GENRES.
    mood : str
        A name of MOODS.
    seed : int
        From which it was made.
    tune : str
        Name of the tune that was arranged; empty for own compositions.
    origin : str
        Where the tune is from ("O'Neill's Music of Ireland, 1903"); empty for own compositions.
    """

    score: Score
    genres: Mapping[str, float]
    mood: str
    seed: int
    tune: str = ""
    origin: str = ""

    def __post_init__(self) -> None:
        """Refuse unknown genres and moods, and weights that do not sum to 1."""
        unknown = [name for name in self.genres if name not in GENRES]
        if unknown or self.mood not in MOODS:
            raise ValueError(
                f"unknown genres {unknown} or mood {self.mood!r}; known are {GENRES} and {MOODS}"
            )
        if abs(sum(self.genres.values()) - 1) > 1e-6 or min(self.genres.values()) <= 0:
            raise ValueError(f"weights of genres must be above 0 and sum to 1, got {dict(self.genres)}")

    @property
    def genre(self) -> str:
        """The genre of most weight."""
        return max(self.genres, key=lambda name: self.genres[name])
