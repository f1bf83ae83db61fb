"""The plan of a piece: key, meter, tempo, form and chords, before anybody plays.

A composer writes it out of nothing, an arranger out of a tune; the band plays from it either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generation.studio.score import Chord, Meter, Section


@dataclass(frozen=True)
class Plan:
    """What all the players have in front of them.

    Attributes
    ----------
    genres : mapping of str to float
        As in `Piece`: what each bar sounds like is drawn by these weights, and so is the ensemble.
    mood : str
        A name of piece.MOODS.
    tempo_bpm : float
        Felt beats a minute.
    tonic : int
    mode : str
    meter : Meter
    sections : tuple of Section
        Without gaps, each a whole number of bars.
    energies : tuple of float
        How full and loud each section is, 0..1; one a section.
    chords : tuple of Chord
        Without gaps, from the first section's start to the last one's end.
    """

    genres: Mapping[str, float]
    mood: str
    tempo_bpm: float
    tonic: int
    mode: str
    meter: Meter
    sections: tuple[Section, ...]
    energies: tuple[float, ...]
    chords: tuple[Chord, ...]

    @property
    def n_beats(self) -> float:
        """Beat at which the piece ends."""
        return self.sections[-1].start + self.sections[-1].duration if self.sections else 0.0

    @property
    def genre(self) -> str:
        """The genre of most weight."""
        return max(self.genres, key=lambda name: self.genres[name])
