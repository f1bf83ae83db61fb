"""What models know of songs beside the lists they stand in: artist, album and recording, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SongFacts:
    """Facts of some songs.

    Attributes
    ----------
    song_ids : int64 array, shape (n_songs,)
        Ascending.
    artists, albums, recordings : int64 arrays, shape (n_songs,)
        Equal numbers mean the same one; a negative number is unknown and equals no other.
    """

    song_ids: np.ndarray
    artists: np.ndarray
    albums: np.ndarray
    recordings: np.ndarray

    @classmethod
    def unknown(cls, song_ids: np.ndarray) -> SongFacts:
        """Songs of which nothing is known."""
        nothing = np.full(len(song_ids), -1, dtype=np.int64)
        return cls(np.asarray(song_ids, dtype=np.int64), nothing, nothing, nothing)

    def of(self, song_ids: np.ndarray) -> SongFacts:
        """The facts of these songs, in their order; of a song that is not there nothing is known."""
        if not len(self.song_ids):
            return SongFacts.unknown(song_ids)
        place = np.minimum(np.searchsorted(self.song_ids, song_ids), len(self.song_ids) - 1)
        there = self.song_ids[place] == song_ids

        def taken(values: np.ndarray) -> np.ndarray:
            return np.where(there, values[place], -1)

        return SongFacts(
            np.asarray(song_ids, dtype=np.int64),
            taken(self.artists),
            taken(self.albums),
            taken(self.recordings),
        )


def numbered(values: np.ndarray) -> np.ndarray:
    """Number known values 0, 1, 2, ... and give every unknown one (negative) a number of its own after them.

    >>> numbered(np.array([7, -1, 7, 3, -1]))
    array([1, 2, 1, 0, 3])
    """
    out = np.empty(len(values), dtype=np.int64)
    known = values >= 0
    distinct, out[known] = np.unique(values[known], return_inverse=True)
    out[~known] = len(distinct) + np.arange(int((~known).sum()))
    return out
