"""How alike songs sound, and ways between them, for players that ask by sound.

Songs that were analysed are compared by their place in the style space, evened out as recsys/sound_space.py
says; one that has no sound yet by its place in the song space.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from db.repositories.audio import count_sounds
from db.repositories.refs import OWN_SCHEME, own_id
from db.session import SessionFactory
from pipelines.audio_analysis import VERSION
from pipelines.explore import similar
from pipelines.path import song_path
from pipelines.serving import NoReleaseError
from pipelines.shelf import Shelves
from pipelines.sounds import read_sounds
from recsys.song2vec import unit
from recsys.sound_space import fit_sound_space

# Fewer songs span no space of their own.
FEWEST = 20


@dataclass(frozen=True)
class SonicMatch:
    """A song and how alike it is, from 0 to 1, the song itself; -1 where that is not known."""

    song_id: int
    similarity: float


@dataclass(frozen=True)
class SoundIndex:
    """Where songs lie by their sound: ids, ascending, and unit vectors, float32, shape (n_songs, dim)."""

    song_ids: np.ndarray
    places: np.ndarray

    @classmethod
    def read(cls, session_factory: SessionFactory) -> SoundIndex:
        """Read what was analysed; empty where that is too little."""
        with session_factory() as session:
            sounds = read_sounds(session)
        if len(sounds) < FEWEST:
            return cls(np.zeros(0, np.int64), np.zeros((0, 1), np.float32))
        space = fit_sound_space(sounds.embeddings)
        return cls(sounds.song_ids, np.asarray(unit(space(sounds.embeddings)), dtype=np.float32))

    def nearest(self, song_id: int, k: int) -> list[SonicMatch] | None:
        """The k songs that sound most like one, nearest first; None where its sound is not known."""
        row = int(np.searchsorted(self.song_ids, song_id))
        if row >= len(self.song_ids) or self.song_ids[row] != song_id:
            return None
        cosines = self.places @ self.places[row]
        cosines[row] = -np.inf
        best = np.argsort(-cosines, kind="stable")[: min(k, len(cosines) - 1)]
        return [_match(int(self.song_ids[i]), float(cosines[i])) for i in best]


def n_sounds(session_factory: SessionFactory) -> int:
    """How many songs were analysed: another number means that an index is out of date."""
    with session_factory() as session:
        return count_sounds(session, VERSION)


def sounds_like(
    shelves: Shelves | None, session_factory: SessionFactory, index: SoundIndex, song_id: int, k: int
) -> list[SonicMatch]:
    """The k songs most like one by sound; by its place in the song space where its sound is not known.

    Raises
    ------
    NoReleaseError
        Its sound is not known, and there is no song space.
    NotFoundError, ValueError
        As `pipelines.serving.rows_of`.
    """
    found = index.nearest(song_id, k)
    if found is not None:
        return found
    if shelves is None:
        raise NoReleaseError("nothing is known of the sound of this song yet")
    answer = similar(shelves, session_factory, f"{OWN_SCHEME}:{song_id}", k)
    return [_match(_number(one.song), one.score) for one in answer.songs]


def sonic_path(
    shelves: Shelves, session_factory: SessionFactory, start: int, end: int, k: int
) -> list[SonicMatch]:
    """Songs that lead from one to another, ends included, each with its likeness to the first.

    Raises
    ------
    NotFoundError, ValueError
        As `pipelines.path.song_path`.
    """
    answer = song_path(shelves, session_factory, f"{OWN_SCHEME}:{start}", f"{OWN_SCHEME}:{end}", k)
    song_ids = np.array([_number(one.song) for one in answer.songs], dtype=np.int64)
    release = shelves.release
    rows = release.rows(song_ids)
    if (rows < 0).any():  # an end that came in after the release was made
        return [SonicMatch(int(i), 1.0 if i == start else -1.0) for i in song_ids]
    cosines = release.vectors[rows] @ release.vectors[rows[0]]
    return [_match(int(i), float(cosine)) for i, cosine in zip(song_ids, cosines, strict=True)]


def _match(song_id: int, cosine: float) -> SonicMatch:
    return SonicMatch(song_id, round(min(max(cosine, 0.0), 1.0), 4))


def _number(ref: str) -> int:
    number = own_id(ref)
    assert number is not None  # what is asked for by our own id is answered by it
    return number
