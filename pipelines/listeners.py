"""Everybody's listens over a release's vocabulary, in memory: who plays alike, and what is played now."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import erasures as erasures_repository
from db.repositories import listens as listens_repository
from pipelines.columns import COMPLETION, LISTENED_AT_S, SONG_ID, USER_ID
from pipelines.profiles import Table, half_life_of
from pipelines.release import Release
from recsys.listen_blend import ListenModel
from recsys.next_listen import DAY_S, History, ListenLog
from recsys.repeat import SimilarUsers

# A release that follows another within so long is asked with the same listens.
FRESH_S = 600.0


@dataclass(frozen=True)
class Heard:
    """All listens by user and time. Their songs are numbered once, whatever release is asked.

    Attributes
    ----------
    song_ids : int64 array, shape (n_songs,)
        The songs of all listens, ascending.
    users, songs, times_s, completion : arrays, shape (n_listens,)
        `songs` are places in `song_ids`.
    """

    song_ids: np.ndarray
    users: np.ndarray
    songs: np.ndarray
    times_s: np.ndarray
    completion: np.ndarray

    @classmethod
    def read(cls, session: Session) -> Heard:
        """Read all listens."""
        listens = listens_repository.listen_columns(session)
        song_ids, songs = np.unique(listens[SONG_ID], return_inverse=True)
        return cls(song_ids, listens[USER_ID], songs, listens[LISTENED_AT_S], listens[COMPLETION])

    def somebody(self) -> int | None:
        """The id of a user who has listens, more likely one who has many; None where nobody has any."""
        return int(self.users[len(self.users) // 2]) if len(self.users) else None

    def log(self, release: Release) -> ListenLog:
        """The listens over a release's vocabulary."""
        rows = release.rows(self.song_ids)
        rows = np.where(rows < release.n_songs, rows, -1)
        known = release.song_ids[: release.n_songs]
        return ListenLog(known, self.users, rows[self.songs], self.times_s, self.completion)


@dataclass
class HeardLately:
    """Keeps all listens for a while: releases come and go faster than they change what users are alike. Those
    of a user who was deleted, by whichever process, are not kept.
    """

    fresh_s: float = FRESH_S
    _heard: Heard | None = None
    _read_at_s: float = 0.0
    _erased: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, session: Session) -> Heard:
        """All listens, as they were `fresh_s` ago or later."""
        with self._lock:
            erased = erasures_repository.count_erasures(session)
            is_old = time.monotonic() - self._read_at_s > self.fresh_s or erased != self._erased
            if self._heard is None or is_old:
                self._heard, self._read_at_s, self._erased = Heard.read(session), time.monotonic(), erased
            return self._heard


@dataclass(frozen=True)
class Listeners:
    """What all users play. `at_s` is the last listen of all: ages are counted from there."""

    model: ListenModel
    at_s: int

    @classmethod
    def of(cls, heard: Heard, release: Release) -> Listeners:
        """Gather the listens of songs of the vocabulary."""
        log = heard.log(release)
        n = release.n_songs
        at_s = int(log.times_s.max(initial=0))
        model = ListenModel.build(
            log, at_s, base=_asked_elsewhere, vectors=release.vectors[:n],
            artists=release.catalogue.artists[:n], half_life_days=half_life_of(release),
        )  # fmt: skip
        return cls(model, at_s)

    @property
    def similar(self) -> SimilarUsers:
        """Who plays alike."""
        return self.model.similar

    def history(self, release: Release, listens: Table) -> History:
        """One user's listens, oldest first, of songs of the vocabulary."""
        times = np.asarray(listens[LISTENED_AT_S], dtype=np.int64)
        order = np.argsort(times, kind="stable")
        rows = release.rows(np.asarray(listens[SONG_ID], dtype=np.int64))[order]
        known = (rows >= 0) & (rows < release.n_songs)
        ages = np.maximum(self.at_s - times[order], 0) / DAY_S
        completion = np.asarray(listens[COMPLETION], dtype=np.float64)[order]
        return History(rows[known], ages[known], completion[known])


def _asked_elsewhere(rows: object, weights: object) -> np.ndarray:
    raise NotImplementedError("the continuation's scores are given with the candidates")
