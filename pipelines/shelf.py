"""What may be recommended: a release's songs, and the new songs that were placed since.

Rows go on behind the release's: row `n_rows + i` is the i-th new song. New songs are read anew when some were
placed (pipelines/new_songs.py), so a running service knows them within the time of one question.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from db.repositories import songs as songs_repository
from pipelines.columns import ARTIST, SONG_ID, TITLE
from pipelines.guests import host_of
from pipelines.new_songs import NewSongs, load_new_songs, state_of
from pipelines.release import ARTIST_ID, RECORDING_KEY, Release
from recsys.rules import Catalogue
from recsys.stacked import Rows, Stacked

_COLUMNS = [SONG_ID, TITLE, ARTIST, ARTIST_ID, RECORDING_KEY]


@dataclass(frozen=True)
class Shelf:
    """A release and its new songs under one numbering."""

    release: Release
    new: NewSongs

    @property
    def n_rows(self) -> int:
        """Rows of the release, its tail included."""
        return len(self.release.song_ids)

    @cached_property
    def host(self) -> Release:
        """The release with the new songs as rows behind its own, to be asked with."""
        return host_of(self.release, self.new)

    @cached_property
    def song_ids(self) -> np.ndarray:
        """Database id of each row; int64."""
        return np.concatenate([self.release.song_ids, self.new.song_ids])

    @cached_property
    def songs(self) -> pd.DataFrame:
        """Facts of each row: song_id, title, artist, artist_id, recording_key."""
        own = self.release.parts.songs
        return (
            pd.concat([own[_COLUMNS], self.new.songs[_COLUMNS]], ignore_index=True) if len(self.new) else own
        )

    def names_of(self, rows: Collection[int]) -> dict[int, tuple[str, str]]:
        """Title and artist of these rows."""
        known = np.array([row for row in rows if row < self.n_rows], dtype=np.int64)
        titles, artists = (column.take(known).tolist() for column in self._names)
        found = dict(zip(known.tolist(), zip(titles, artists, strict=True), strict=True))
        for row in rows:
            if row >= self.n_rows:
                new = self.new.songs.iloc[row - self.n_rows]
                found[row] = (str(new[TITLE]), str(new[ARTIST]))
        return found

    @cached_property
    def _names(self) -> tuple[Any, Any]:
        """Columns of the release: an array gives some of its strings in no time, a frame does not."""
        songs = self.release.parts.songs
        return songs[TITLE].array, songs[ARTIST].array

    @cached_property
    def vectors(self) -> Rows:
        """Unit vector of each row, float32."""
        own = self.release.vectors
        return Stacked(own, self.new.vectors) if len(self.new) else own

    @cached_property
    def catalogue(self) -> Catalogue:
        """Artists and recordings of each row."""
        if not len(self.new):
            return self.release.catalogue
        # Numbered on from the release's: with a million songs numbering all anew takes seconds.
        own, keys = self.release.catalogue, self.release.recording_keys
        new = self.new.songs[RECORDING_KEY].replace("", None)
        numbers, _ = pd.factorize(new)
        known = keys.get_indexer(pd.Index(new))
        recordings = np.where(known >= 0, known, np.where(numbers >= 0, len(keys) + numbers, -1))
        artists = self.new.songs[ARTIST_ID].to_numpy(np.int64)
        return Catalogue(
            np.concatenate([own.artists, artists]),
            np.concatenate([own.recordings, recordings.astype(np.int64)]),
        )

    @cached_property
    def counts(self) -> np.ndarray:
        """In how many lists each row stands, as far as the release knows; float32."""
        counts = np.zeros(len(self.song_ids), np.float32)
        counts[: self.release.n_songs] = self.release.counts
        return counts

    @property
    def spares(self) -> np.ndarray:
        """Popular songs of many artists, for lists that nothing else fills."""
        return self.release.spares

    def rows(self, song_ids: np.ndarray) -> np.ndarray:
        """Rows of these songs; -1 for those that have no place."""
        ids = np.asarray(song_ids, dtype=np.int64)
        rows = self.release.rows(ids)
        if len(self.new):
            place = np.minimum(np.searchsorted(self.new.song_ids, ids), len(self.new) - 1)
            is_new = (rows < 0) & (self.new.song_ids[place] == ids)
            rows = np.where(is_new, self.n_rows + place, rows)
        return rows


class Shelves:
    """Keeps the shelf of one release up to date."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self._shelf: Shelf | None = None

    def current(self, session: Session) -> Shelf:
        """The shelf as it is now; one indexed query where nothing is new."""
        if self._shelf is None or self._shelf.new.state != state_of(session, self.release):
            self._shelf = Shelf(self.release, _unknown(self.release, load_new_songs(session, self.release)))
        return self._shelf


def release_for(session: Session, shelves: Shelves, refs: Sequence[str | int]) -> Release:
    """The release to ask with these songs: where one has no row in it, with all new songs as guests.

    Raises
    ------
    NotFoundError
        A song that the database does not hold.
    """
    song_ids = np.array([songs_repository.find_song(session, ref) for ref in refs], dtype=np.int64)
    if (shelves.release.rows(song_ids) >= 0).all():
        return shelves.release
    return shelves.current(session).host


def _unknown(release: Release, new: NewSongs) -> NewSongs:
    """The new songs that have no row in the release: one without a vector keeps its row there."""
    keep = release.rows(new.song_ids) < 0
    if keep.all():
        return new
    rows = np.flatnonzero(keep)
    songs = new.songs.iloc[rows].reset_index(drop=True)
    return NewSongs(new.song_ids[keep], new.vectors[keep], new.trust[keep], songs, new.state)
