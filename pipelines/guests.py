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
from recsys.tail import NEIGHBOURS, Tail, strongest

# A stand-in counts by the cube of its cosine, so that a few near songs say more than many fair ones.
_SHARPNESS = 3
# Where the index looks; songs of the tail are among them.
_LOOKED_AT = 200


@dataclass(frozen=True)
class HostRelease(Release):
    """A release with its guests' own places behind those of the tail; `own` are the places it has itself."""

    own: np.ndarray
    guests: np.ndarray

    @cached_property
    def vectors(self) -> np.ndarray:
        """The song space: unit vectors of vocabulary, tail and guests, float32, shape (n_rows, dim)."""
        return np.concatenate([self.own, self.guests])


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
    own = release.vectors
    return HostRelease(release.name, release.manifest, parts, index, release.output_index, own, new.vectors)


def _stand_ins(release: Release, new: NewSongs) -> sp.csr_matrix:
    """The vocabulary songs nearest to each new one, as the index finds them: comparing all takes minutes
    where there are a million.
    """
    rows, cosines = release.index.search(new.vectors, _LOOKED_AT)
    # Songs of the tail stand in for nobody, and crowd the first places.
    known = (rows >= 0) & (rows < release.n_songs)
    for at in np.flatnonzero(known.sum(1) < min(NEIGHBOURS, release.n_songs)):
        nearness = release.vectors[: release.n_songs] @ new.vectors[at]
        best = np.argsort(-nearness, kind="stable")[:NEIGHBOURS]
        known[at] = np.arange(rows.shape[1]) < len(best)
        rows[at, : len(best)], cosines[at, : len(best)] = best, nearness[best]
    weights = np.where(known, np.maximum(cosines, 0.0) ** _SHARPNESS, 0.0)
    asked = np.repeat(np.arange(len(new)), rows.shape[1])
    found = weights.ravel() > 0
    entries = (weights.ravel()[found], (asked[found], rows.ravel()[found]))
    return strongest(sp.csr_matrix(entries, shape=(len(new), release.n_songs), dtype=np.float32))
