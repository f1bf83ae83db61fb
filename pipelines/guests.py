"""A release to ask with new songs: those that were placed since it was made, as rows behind its own.

The numbering is that of `pipelines.shelf.Shelf`, which keeps it. A new song keeps the place that it was given
(pipelines/new_songs.py); where the blend has to be asked with it, the songs nearest to it in the vocabulary
stand in for it, as they do for songs of the tail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import scipy.sparse as sp

from pipelines.new_songs import NewSongs
from pipelines.release import ALBUM_ID, Release
from recsys.index import VectorIndex
from recsys.tail import Tail, strongest

# A stand-in counts by the cube of its cosine, so that a few near songs say more than many fair ones.
_SHARPNESS = 3
_AT_ONCE = 512


@dataclass(frozen=True)
class HostRelease(Release):
    """A release with its guests' own places behind those of the tail."""

    guests: np.ndarray

    @cached_property
    def vectors(self) -> np.ndarray:
        """The song space: unit vectors of vocabulary, tail and guests, float32, shape (n_rows, dim)."""
        own = Release(self.name, self.manifest, self.parts, self.index, self.output_index).vectors
        return np.concatenate([own[: len(own) - len(self.guests)], self.guests])


class GuestIndex(VectorIndex):
    """An index with some vectors more behind it, which are compared one by one."""

    def __init__(self, own: VectorIndex, guests: np.ndarray) -> None:
        self.own, self.guests = own, guests

    def __len__(self) -> int:
        return len(self.own) + len(self.guests)

    @property
    def kind(self) -> str:
        """The kind of index that the release has."""
        return self.own.kind

    def search(
        self, queries: np.ndarray, k: int, *, ef_search: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """See `VectorIndex.search`."""
        queries = np.atleast_2d(queries)
        rows, scores = self.own.search(queries, k, ef_search=ef_search)
        more = np.asarray(queries @ self.guests.T, dtype=np.float32)
        at = np.broadcast_to(len(self.own) + np.arange(len(self.guests)), more.shape)
        rows, scores = np.hstack([rows, at]), np.hstack([scores, more])
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(rows, best, axis=1), np.take_along_axis(scores, best, axis=1)


def n_guests(release: Release) -> int:
    """How many rows of a release, the last ones, are new songs."""
    return len(release.guests) if isinstance(release, HostRelease) else 0


def host_of(release: Release, new: NewSongs) -> Release:
    """The release with new songs, none of which has a row in it, as guests; itself where there are none."""
    if not len(new):
        return release
    tail = release.parts.tail
    stand_ins = sp.vstack([tail.stand_ins, _stand_ins(release, new)], format="csr", dtype=np.float32)
    songs = new.songs.assign(**{ALBUM_ID: -1})[release.parts.songs.columns]
    parts = replace(
        release.parts,
        tail=Tail(np.concatenate([tail.song_ids, new.song_ids]), sp.csr_matrix(stand_ins)),
        songs=pd.concat([release.parts.songs, songs], ignore_index=True),
    )
    index = GuestIndex(release.index, new.vectors)
    return HostRelease(release.name, release.manifest, parts, index, release.output_index, new.vectors)


def _stand_ins(release: Release, new: NewSongs) -> sp.csr_matrix:
    known = release.vectors[: release.n_songs]
    found = []
    for start in range(0, len(new), _AT_ONCE):
        near = np.maximum(new.vectors[start : start + _AT_ONCE] @ known.T, 0.0) ** _SHARPNESS
        found.append(strongest(sp.csr_matrix(near)))
    return sp.csr_matrix(sp.vstack(found))
