"""Everybody's listens over a release's vocabulary, in memory: who plays alike, and what is played now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import listens as listens_repository
from pipelines.columns import COMPLETION, LISTENED_AT_S, SONG_ID, USER_ID
from pipelines.profiles import Table, half_life_of
from pipelines.release import Release
from recsys.listen_blend import ListenModel
from recsys.next_listen import DAY_S, History, ListenLog
from recsys.repeat import SimilarUsers


@dataclass(frozen=True)
class Listeners:
    """What all users play. `at_s` is the last listen of all: ages are counted from there."""

    model: ListenModel
    at_s: int

    @classmethod
    def load(cls, session: Session, release: Release) -> Listeners:
        """Read all listens of songs of the vocabulary."""
        listens = listens_repository.read_listens(session)
        columns = (listens[name].to_numpy() for name in (USER_ID, SONG_ID, LISTENED_AT_S, COMPLETION))
        n = release.n_songs
        log = ListenLog.build(*columns, song_ids=release.song_ids[:n])
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
