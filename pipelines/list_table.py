"""Lists to learn from as arrays: 4 bytes a place, however many there are, and what of them was read before.

A frame of a million playlists with 66 songs each takes gigabytes and sorts for minutes; these arrays are
taken from yesterday's file where a playlist is as it was, so a night reads what is new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.clean import GROUP, LIST_ID, SOURCE
from pipelines.columns import SONG_ID
from recsys.corpus import Corpus, gather_corpus

# Above this share of playlists to be read, reading all in one go is quicker than asking for each.
_READ_ALL = 0.2

Read = Callable[[NDArray[np.int64] | None], tuple[NDArray[np.int32], NDArray[np.int32]]]
"""Playlist and song of the entries of these playlists, or of all (None), by playlist and position."""


@dataclass(frozen=True)
class ListTable:
    """Playlists, then sessions.

    Attributes
    ----------
    ids : int64 array, shape (n_lists,)
        Ascending; of a playlist its own.
    contents : uint64 array, shape (n_lists,)
        Equal where a playlist is as it was; 0 of sessions.
    indptr : int64 array, shape (n_lists + 1,)
    songs : int32 array
        Database ids; list `i` is `songs[indptr[i]:indptr[i + 1]]`, in order, a song as often as it is there.
    groups, sources : int64 arrays, shape (n_lists,)
        As `pipelines.clean.kinship` numbers them.
    n_playlists : int
    """

    ids: NDArray[np.int64]
    contents: NDArray[np.uint64]
    indptr: NDArray[np.int64]
    songs: NDArray[np.int32]
    groups: NDArray[np.int64]
    sources: NDArray[np.int64]
    n_playlists: int

    @property
    def teaching(self) -> NDArray[np.bool_]:
        """Which lists hold two different songs at least."""
        found = np.zeros(len(self.ids), dtype=bool)
        filled = np.flatnonzero(np.diff(self.indptr))
        if len(filled):
            starts = self.indptr[filled]
            least, most = np.minimum.reduceat(self.songs, starts), np.maximum.reduceat(self.songs, starts)
            found[filled] = least < most
        return found

    def corpus(self) -> Corpus:
        """The lists that teach, with every song of theirs."""
        kept = self.teaching
        if kept.all():
            return gather_corpus(self.songs, self.indptr, self.groups, self.sources)
        songs, indptr = _taken(self.songs, self.indptr, np.flatnonzero(kept))
        return gather_corpus(songs, indptr, self.groups[kept], self.sources[kept])

    @property
    def playlists(self) -> ListTable:
        """The playlists alone."""
        n = self.n_playlists
        bounds = self.indptr[: n + 1]
        return ListTable(
            self.ids[:n], self.contents[:n], bounds, self.songs[: bounds[-1]], self.groups[:n],
            self.sources[:n], n,
        )  # fmt: skip

    def mark(self) -> str:
        """Hash of all that models learn from: not of names, which are no part of a list."""
        digest = hashlib.sha256()
        for array in (self.ids, self.indptr, self.songs, self.groups, self.sources):
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        return digest.hexdigest()

    def save(self, path: Path) -> None:
        """Write to one .npz file."""
        np.savez(
            path, ids=self.ids, contents=self.contents, indptr=self.indptr, songs=self.songs,
            groups=self.groups, sources=self.sources, n_playlists=self.n_playlists,
        )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> ListTable:
        """Read back what `save` wrote."""
        names = ("ids", "contents", "indptr", "songs", "groups", "sources")
        # Opened here: of a damaged file numpy leaves its own open.
        with path.open("rb") as file, np.load(file) as arrays:
            found: dict[str, Any] = {name: arrays[name] for name in names}
            return cls(**found, n_playlists=int(arrays["n_playlists"]))


def playlists_now(
    marks: pd.DataFrame, kin: pd.DataFrame, before: ListTable | None, read: Read
) -> tuple[ListTable, int]:
    """The playlists as they are, and how many of them had to be read.

    Parameters
    ----------
    marks : frame of playlist_id, content
        By id.
    kin : frame of group, source
        In the same order.
    before : ListTable, optional
        What an earlier night read.
    """
    ids, contents = marks["playlist_id"].to_numpy(np.int64), marks["content"].to_numpy(np.uint64)
    place = np.full(len(ids), -1, dtype=np.int64)
    if before is not None and before.n_playlists:
        known = before.ids[: before.n_playlists]
        at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        place = np.where((known[at] == ids) & (before.contents[at] == contents), at, -1)
    new = np.flatnonzero(place < 0)
    if before is None or len(new) > _READ_ALL * len(ids):
        lists, songs = read(None)
        # A playlist may have come between two questions; it is for the next night.
        there = (
            np.isin(lists, ids) if len(lists) and lists[-1] > (ids[-1] if len(ids) else -1) else slice(None)
        )
        lists, songs = lists[there], songs[there]
        indptr = np.searchsorted(lists, np.append(ids, np.iinfo(np.int64).max)).astype(np.int64)
        n_read = len(ids)
    else:
        lists, fresh = read(ids[new])
        bounds = np.searchsorted(lists, np.append(ids[new], np.iinfo(np.int64).max))
        both = np.concatenate([before.songs[: before.indptr[before.n_playlists]], fresh])
        start = np.concatenate(
            [before.indptr[: before.n_playlists + 1], before.indptr[before.n_playlists] + bounds[1:]]
        )
        which = place.copy()
        which[new] = before.n_playlists + np.arange(len(new))
        songs, indptr = _taken(both, start, which)
        n_read = len(new)
    groups, sources = kin[GROUP].to_numpy(np.int64), kin[SOURCE].to_numpy(np.int64)
    return ListTable(ids, contents, indptr, songs, groups, sources, len(ids)), n_read


def table_of(lists: pd.DataFrame) -> ListTable:
    """Lists of a frame (`pipelines.clean.playlist_lists`), by list and position, as a table of playlists."""
    number = lists[LIST_ID].to_numpy(np.int64)
    first = np.flatnonzero(np.diff(number, prepend=number[0] - 1)) if len(number) else np.zeros(0, np.int64)
    groups, sources = (lists[name].to_numpy(np.int64)[first] for name in (GROUP, SOURCE))
    bounds = np.append(first, len(number)).astype(np.int64)
    contents = np.zeros(len(first), np.uint64)
    songs = lists[SONG_ID].to_numpy(np.int32)
    return ListTable(number[first], contents, bounds, songs, groups, sources, len(first))


def with_sessions(table: ListTable, sessions: pd.DataFrame) -> ListTable:
    """The playlists, and sessions after them (`pipelines.clean.session_lists`, numbered from 0)."""
    if sessions.empty:
        return table
    number = sessions[LIST_ID].to_numpy(np.int64)
    first = np.flatnonzero(np.concatenate([[True], number[1:] != number[:-1]]))
    following = [
        int(values.max()) + 1 if len(values) else 0 for values in (table.ids, table.groups, table.sources)
    ]
    kin = [sessions[name].to_numpy(np.int64)[first] for name in (LIST_ID, GROUP, SOURCE)]
    ids, groups, sources = (
        np.concatenate([own, values + start])
        for own, values, start in zip((table.ids, table.groups, table.sources), kin, following, strict=True)
    )
    ends = np.append(first[1:], len(number)) + table.indptr[-1]
    return ListTable(
        ids,
        np.concatenate([table.contents, np.zeros(len(first), np.uint64)]),
        np.concatenate([table.indptr, ends]),
        np.concatenate([table.songs, sessions[SONG_ID].to_numpy(np.int32)]),
        groups,
        sources,
        table.n_playlists,
    )


def _taken(
    songs: NDArray[np.int32], indptr: NDArray[np.int64], lists: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """These lists, in this order."""
    lengths = indptr[lists + 1] - indptr[lists]
    bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    out = np.empty(int(bounds[-1]), dtype=np.int32)
    # Runs of lists that stood one after the other are copied together: nearly all, as a rule.
    breaks = np.flatnonzero(np.diff(lists) != 1) + 1
    starts = np.concatenate([[0], breaks]) if len(lists) else np.zeros(0, np.int64)
    ends = np.append(breaks, len(lists)) if len(lists) else np.zeros(0, np.int64)
    for first, end in zip(starts.tolist(), ends.tolist(), strict=True):
        out[bounds[first] : bounds[end]] = songs[indptr[lists[first]] : indptr[lists[end - 1] + 1]]
    return out, bounds
