"""The groups of playlists worked out anew after an ingest, from what is new alone where that is little.

What is remembered beside the releases (`groups.npz`, 400 bytes a playlist) is a signature of each playlist
without a source and the number of its group. A new or changed playlist finds by signatures the old ones that
may be like it; only these, and the groups that lost or may gain a playlist, are read and compared, so that
the outcome is that of comparing all. The file is a memory: where it is missing, damaged or of other
playlists, all are compared.
"""

from __future__ import annotations

import logging
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from db.repositories import playlists
from db.repositories.list_contents import read_list_groups, read_list_songs
from db.session import SessionFactory, write_transaction
from db.text import bounded
from pipelines.groups import BANDS, ROWS, Signatures, likely_pairs, near_duplicate_groups, signatures

logger = logging.getLogger(__name__)

FILE = "groups.npz"
_COMPARE_ALL = 0.2  # Where more than this share is new, all are compared.

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class GroupMemory:
    """Of each playlist without a source: id (ascending), content, signature, and number of its group."""

    ids: Ints
    contents: NDArray[np.uint64]
    signatures: Signatures
    groups: Ints

    def save(self, path: Path) -> None:
        """Write to one .npz file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}-{os.getpid()}.npz")
        try:
            np.savez(
                beside, ids=self.ids, contents=self.contents, signatures=self.signatures, groups=self.groups
            )
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> GroupMemory | None:
        """Read back what `save` wrote; None where there is no such file, or it is damaged."""
        try:
            # Opened here: of a damaged file numpy leaves its own open.
            with path.open("rb") as file, np.load(file) as found:
                memory = cls(*(found[name] for name in ("ids", "contents", "signatures", "groups")))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        n = len(memory.ids)
        is_whole = memory.signatures.shape == (n, BANDS * ROWS) and len(memory.contents) == n
        return memory if is_whole and len(memory.groups) == n else None


def regroup(session_factory: SessionFactory, memory: Path | None = None, *, lock: str = "ingest") -> int:
    """Work out the groups of all playlists, store those that differ, and return how many did.

    `memory` is the file of `GroupMemory`; without it all playlists are compared.
    """
    with write_transaction(session_factory, lock=lock) as session:
        lists = read_list_groups(session)
        sources, refs = lists["source_key"].to_numpy(object), lists["ref"].to_numpy(object)
        stored = lists["group_key"].to_numpy(object)
        free = np.flatnonzero(sources == "")
        ids, contents = lists["playlist_id"].to_numpy(np.int64), lists["content"].to_numpy(np.uint64)
        before = None if memory is None else GroupMemory.load(memory)
        found = _found(session, ids[free], contents[free], refs[free], stored[free] == "", before)
        keys = np.array([f"source:{key}" for key in sources], dtype=object)
        keys[free] = _names(refs[free], found.groups)
        numbered = zip(ids.tolist(), map(bounded, keys), stored, strict=True)
        changed = {number: key for number, key, old in numbered if old != key}
        playlists.set_group_keys(session, changed)
    if memory is not None:
        try:
            found.save(memory)
        except OSError as error:
            logger.warning("groups are not remembered, the next ingest compares all playlists: %s", error)
    return len(changed)


def _found(
    session: Session,
    ids: Ints,
    contents: NDArray[np.uint64],
    refs: NDArray[np.object_],
    is_ungrouped: NDArray[np.bool_],
    before: GroupMemory | None,
) -> GroupMemory:
    """The groups of the playlists without a source, which are ascending in their ids."""
    place = np.full(len(ids), -1, dtype=np.int64)
    if before is not None and len(before.ids):
        at = np.minimum(np.searchsorted(before.ids, ids), len(before.ids) - 1)
        same = (before.ids[at] == ids) & (before.contents[at] == contents) & ~is_ungrouped
        place = np.where(same, at, -1)
    new, old = np.flatnonzero(place < 0), np.flatnonzero(place >= 0)
    if before is None or len(new) > _COMPARE_ALL * len(ids):
        rows, songs = _songs(session, ids, refs, everything=True)
        order = np.argsort(refs, kind="stable")
        by_name = signatures(rows, songs, len(ids))
        groups = np.empty(len(ids), dtype=np.int64)
        groups[order] = near_duplicate_groups(rows, songs, len(ids), by_name)
        made = np.empty_like(by_name)
        made[order] = by_name
        return GroupMemory(ids, contents, made, groups)
    made = np.empty((len(ids), BANDS * ROWS), dtype=np.uint16)
    made[old] = before.signatures[place[old]]
    groups = np.full(len(ids), -1, dtype=np.int64)
    groups[old] = before.groups[place[old]]
    rows, songs = _songs(session, ids[new], None)
    made[new] = signatures(rows, songs, len(new))
    gone = np.setdiff1d(np.arange(len(before.ids)), place[old], assume_unique=True)
    touched = [before.groups[gone], groups[old[likely_pairs(made[new], made[old])[:, 1]]]]
    again = np.union1d(new, np.flatnonzero(np.isin(groups, np.unique(np.concatenate(touched)))))
    again = again[np.argsort(refs[again], kind="stable")]
    rows, songs = _songs(session, ids[again], refs[again])
    first = int(before.groups.max(initial=-1)) + 1
    groups[again] = first + near_duplicate_groups(rows, songs, len(again))
    logger.info("groups: %d of %d playlists compared", len(again), len(ids))
    return GroupMemory(ids, contents, made, np.unique(groups, return_inverse=True)[1].astype(np.int64))


def _songs(
    session: Session, ids: Ints, refs: NDArray[np.object_] | None, *, everything: bool = False
) -> tuple[Ints, Ints]:
    """The entries of these playlists as (row, song); rows number the playlists by name, or as they are."""
    lists, songs = read_list_songs(session, None if everything else ids)
    order = np.argsort(ids, kind="stable")
    if not len(ids) or not len(lists):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    # Entries come list by list: each list is looked for once.
    begins = np.flatnonzero(np.diff(lists, prepend=-1))
    place = np.minimum(np.searchsorted(ids[order], lists[begins]), len(ids) - 1)
    at = np.repeat(place, np.diff(begins, append=len(lists)))
    there = ids[order][at] == lists
    by_name = np.arange(len(ids))
    if refs is not None:
        by_name[np.argsort(refs, kind="stable")] = np.arange(len(ids))
    return by_name[order[at[there]]], songs[there].astype(np.int64)


def _names(refs: NDArray[np.object_], groups: Ints) -> NDArray[np.object_]:
    """The smallest name in each playlist's group."""
    order = np.argsort(refs, kind="stable")
    _, first, number = np.unique(groups[order], return_index=True, return_inverse=True)
    named = np.empty(len(refs), dtype=object)
    named[order] = refs[order][first[number]]
    return named
