"""The all-time sum of each user's listens, kept up to date by an ingest from the new listens alone.

Only users with a profile have a sum, and it is in the song space of the profile's release: that release's
vectors are added, one a new listen, in the transaction that stores the listens. So a killed ingest loses and
doubles nothing, and the order of listens does not matter. Where the release cannot be read any more the sum
is taken away, and whoever asks adds up the listens again (`pipelines.profiles.taste_of`).
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sqlalchemy.orm import Session

from db.repositories import listens as listens_repository
from db.repositories import profiles as profiles_repository
from recsys.song2vec import unit
from recsys.tail import Tail

logger = logging.getLogger(__name__)

Row = tuple[int, int, int, float | None]  # user, song, Unix seconds, completion


@dataclass(frozen=True)
class SongPlaces:
    """The songs of a release folder and where they lie, read song by song: three of its files, one of them
    mapped.

    Equal to `Release.rows` and `Release.vectors`, without loading a release.
    """

    song_ids: np.ndarray
    input: np.ndarray
    tail: Tail

    @classmethod
    def open(cls, folder: Path) -> SongPlaces:
        """Open a release's folder.

        Raises
        ------
        OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile
            It is gone, or damaged.
        """
        with np.load(folder / "corpus.npz") as corpus:
            song_ids = corpus["song_ids"]
        vectors = np.load(folder / "input.npy", mmap_mode="r")
        tail = Tail.load(folder / "tail.npz")
        if vectors.ndim != 2 or len(vectors) != len(song_ids) or tail.stand_ins.shape[1] != len(song_ids):
            raise ValueError(f"songs and vectors of {folder} differ in number")
        return cls(song_ids, vectors, tail)

    def vectors_of(self, songs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Unit vectors of songs by database id, float32 (n, dim), and which of them the release knows."""
        rows, known = _find(self.song_ids, songs)
        tail_rows, in_tail = _find(self.tail.song_ids, songs)
        out = np.zeros((len(songs), self.input.shape[1]), np.float32)
        out[known] = unit(np.asarray(self.input[rows[known]], dtype=np.float32))
        if in_tail.any():
            beside = sp.csr_matrix(self.tail.stand_ins[tail_rows[in_tail]])
            used = np.unique(beside.indices)
            places = unit(np.asarray(self.input[used], dtype=np.float32))
            out[in_tail] = unit(np.asarray(beside[:, used] @ places))
        if not np.isfinite(out).all():
            raise ValueError("vectors are not finite")
        return out, known | in_tail


def _find(ascending: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not len(ascending):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=bool)
    place = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return place, ascending[place] == wanted


class ListenSums:
    """Keeps the sums of one run's users up to date; a release is opened when its first user listens."""

    def __init__(self, releases: Path) -> None:
        self.releases = releases
        self._places: dict[str, SongPlaces | None] = {}

    def store(self, session: Session, rows: Sequence[Row]) -> int:
        """Store listens, add the new ones to the sums of those who have one, and return how many were new."""
        sums = profiles_repository.load_sums(session, {row[0] for row in rows})
        new = listens_repository.new_listens(session, [row for row in rows if row[0] in sums])
        added = listens_repository.add_listens(session, rows)
        songs_of: dict[int, list[int]] = {}
        for user, song, _, _ in new:
            songs_of.setdefault(user, []).append(song)
        changed = [self._add(sums[user], np.array(songs)) for user, songs in songs_of.items()]
        profiles_repository.save_sums(session, changed)
        return added

    def _add(self, known: profiles_repository.Profile, songs: np.ndarray) -> profiles_repository.Profile:
        places = self._places_of(known.release)
        assert known.listen_sum is not None
        if places is not None and known.listen_sum.shape == places.input.shape[1:]:
            try:
                vectors, placed = places.vectors_of(songs)
            except ValueError as error:
                logger.warning("sums of listens are left to the night: release %s: %s", known.release, error)
                self._places[known.release] = None
            else:
                total = known.listen_sum + vectors.sum(0, dtype=np.float32)
                return replace(known, listen_sum=total, listen_weight=known.listen_weight + int(placed.sum()))
        return replace(known, listen_sum=None, listen_weight=0.0)

    def _places_of(self, release: str) -> SongPlaces | None:
        if release not in self._places:
            try:
                self._places[release] = SongPlaces.open(self.releases / release) if release else None
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
                logger.warning("sums of listens are left to the night: release %s: %s", release, error)
                self._places[release] = None
        return self._places[release]
