"""Groups of playlists that must not be split between training and test, else what is tested was seen.

Playlists that are snapshots of one source are a group. The others are grouped where their sets of songs are
near duplicates (Jaccard similarity of at least .5), and what is linked through a third is one group too.

Near duplicates are looked for with MinHash and banding (Broder, "On the resemblance and containment of
documents", 1997; Leskovec, Rajaraman & Ullman, "Mining of Massive Datasets", ch. 3): of `BANDS` bands of
`ROWS` minima each, two sets of similarity s share at least one whole band with probability 1 - (1 -
s^ROWS)^BANDS, which is .9998 at .5 and .06 at .1. Every candidate is then checked exactly. The same
playlists always make the same groups, whatever their order, and a group is named after its source or the
first of its playlists' names, so names last as the groups do.

Of each minimum 16 bits are kept: a signature, by which new sets find the old ones that are like them without
a look at those (`likely_pairs`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

SIMILARITY = 0.5
BANDS = 64
ROWS = 3

_SEED = 20_260_101  # Part of the definition of a group, not a setting: another seed finds other candidates.
_BUCKET = 64  # In a bucket of more lists each is compared with this many that follow it, not with all.
_PAIRS_AT_ONCE = 200_000
_PRIME = np.uint64((1 << 31) - 1)

_PLACES_AT_ONCE = 4_000_000
_LIKELY = 0.35

Ints = NDArray[np.int64]
Signatures = NDArray[np.uint16]


def group_keys(refs: Sequence[str], source_keys: Sequence[str], rows: Ints, song_ids: Ints) -> list[str]:
    """Return the key of each playlist's group.

    Parameters
    ----------
    refs, source_keys : sequences of str, length n
        The playlists' names, all different, and the sources that they are snapshots of, "" for none.
    rows, song_ids : int arrays, shape (n_entries,)
        The playlist (0..n-1) and the song of each entry, in any order.

    Returns
    -------
    list of str, length n
        `source:KEY`, or the smallest name in the group. A playlist without songs is alone.

    Raises
    ------
    ValueError
        Lengths that disagree, or rows outside 0..n-1.
    """
    n = len(refs)
    if len(source_keys) != n or len(rows) != len(song_ids):
        raise ValueError(f"{n} names, {len(source_keys)} sources; {len(rows)} rows, {len(song_ids)} songs")
    if len(rows) and not (rows.min() >= 0 and rows.max() < n):
        raise ValueError(f"rows must lie in 0..{n - 1}, got {rows.min()}..{rows.max()}")
    keys = [f"source:{key}" if key else ref for ref, key in zip(refs, source_keys, strict=True)]
    free = np.array([i for i, key in enumerate(source_keys) if not key], dtype=np.int64)
    # In the order of names, so that the order in which they were stored does not matter.
    free = np.array(sorted(free.tolist(), key=lambda i: refs[i]), dtype=np.int64)
    if len(free) < 2:
        return keys
    place = np.full(n, -1, dtype=np.int64)
    place[free] = np.arange(len(free))
    kept = place[rows] >= 0
    labels = near_duplicate_groups(place[rows[kept]], song_ids[kept], len(free))
    first: dict[int, str] = {}
    for i, label in zip(free.tolist(), labels.tolist(), strict=True):
        keys[i] = first.setdefault(label, refs[i])  # The smallest name, since they come sorted.
    return keys


def near_duplicate_groups(rows: Ints, song_ids: Ints, n: int, made: Signatures | None = None) -> Ints:
    """Return a group number for each of n sets, given as (set, song) pairs; near duplicates have the same.

    `made` are the sets' signatures where they are there already.
    """
    sets, songs = _as_sets(rows, song_ids, n)
    sizes = np.diff(sets.indptr).astype(np.int64)
    filled = np.flatnonzero(sizes)
    labels = np.arange(n, dtype=np.int64)
    if len(filled) < 2:
        return labels
    edges: list[Ints] = []
    found = _signatures(sets, songs, filled) if made is None else made[filled]
    for band in range(BANDS):
        pairs = _pairs_of(_bucket(found, band), filled, labels, sizes)
        linked = pairs[_similar(sets, sizes, pairs)]
        if len(linked):
            edges.append(linked)
            labels = _components(np.concatenate(edges), n)
    return labels


def signatures(rows: Ints, song_ids: Ints, n: int) -> Signatures:
    """The signature of each of n sets, given as (set, song) pairs; zeros for a set of nothing.

    uint16, shape (n, BANDS * ROWS).
    """
    sets, songs = _as_sets(rows, song_ids, n)
    filled = np.flatnonzero(np.diff(sets.indptr))
    found = np.zeros((n, BANDS * ROWS), dtype=np.uint16)
    if len(filled):
        found[filled] = _signatures(sets, songs, filled)
    return found


def likely_pairs(new: Signatures, old: Signatures) -> Ints:
    """Pairs (row of `new`, row of `old`) that share a band and look similar enough to be compared.

    The share of equal minima estimates the similarity with a standard deviation of .036; below .35 a pair is
    let go.
    """
    found: list[Ints] = []
    for band in range(BANDS):
        asked, buckets = _bucket(new, band), _bucket(old, band)
        order = np.argsort(asked, kind="stable")
        hit = np.flatnonzero(np.isin(buckets, asked))
        first = np.searchsorted(asked[order], buckets[hit], side="left")
        times = np.minimum(np.searchsorted(asked[order], buckets[hit], side="right") - first, _BUCKET)
        place = np.repeat(first - np.cumsum(times) + times, times) + np.arange(times.sum())
        found.append(np.stack([order[place], np.repeat(hit, times)], axis=1))
    pairs = np.unique(np.concatenate(found), axis=0) if found else np.empty((0, 2), dtype=np.int64)
    kept = [
        part[(new[part[:, 0]] == old[part[:, 1]]).mean(1) >= _LIKELY]
        for start in range(0, len(pairs), _PAIRS_AT_ONCE)
        if len(part := pairs[start : start + _PAIRS_AT_ONCE])
    ]
    return np.concatenate(kept) if kept else np.empty((0, 2), dtype=np.int64)


def _as_sets(rows: Ints, song_ids: Ints, n: int) -> tuple[csr_array, Ints]:
    """Sets x songs, 1 where a set holds the song; and the songs of the columns."""
    songs = np.flatnonzero(np.bincount(song_ids)) if len(song_ids) else np.zeros(0, dtype=np.int64)
    codes = np.searchsorted(songs, song_ids).astype(np.int32)
    shape = (n, max(len(songs), 1))
    sets = csr_array(coo_array((np.ones(len(codes), dtype=np.int8), (rows, codes)), shape=shape))
    sets.data[:] = 1  # A song that is there twice counts once.
    return sets, songs


def _signatures(sets: csr_array, songs: Ints, filled: Ints) -> Signatures:
    """16 bits of each minimum of each set that holds anything.

    A permutation of songs is stood for by a * x + b modulo a prime, on songs' ids, not on their places in
    this catalogue, so that songs elsewhere do not change what is found here.
    """
    rng = np.random.default_rng(_SEED)
    spread = (songs.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(34)
    starts = sets.indptr[filled].astype(np.int64)
    ends = np.append(starts[1:], len(sets.indices))
    found = np.empty((len(filled), BANDS * ROWS), dtype=np.uint16)
    # Some sets at a time: the numbers of all places would take 8 bytes each.
    bounds = [0]
    while bounds[-1] < len(filled):
        stop = int(np.searchsorted(ends, starts[bounds[-1]] + _PLACES_AT_ONCE, side="right"))
        bounds.append(max(stop, bounds[-1] + 1))
    for column in range(BANDS * ROWS):
        a, b = rng.integers(1, int(_PRIME), size=2, dtype=np.uint64)
        hashed = ((spread * a + b) % _PRIME).astype(np.uint32)
        for first, stop in pairwise(bounds):
            part = sets.indices[starts[first] : ends[stop - 1]]
            minima = np.minimum.reduceat(hashed[part], starts[first:stop] - starts[first])
            found[first:stop, column] = minima & np.uint32(0xFFFF)
    return found


def _bucket(found: Signatures, band: int) -> NDArray[np.uint64]:
    """One number a set, equal where all minima of a band are."""
    columns = found[:, band * ROWS : (band + 1) * ROWS].astype(np.uint64)
    bucket = np.zeros(len(found), dtype=np.uint64)
    for column in columns.T:
        bucket = (bucket << np.uint64(16)) | column
    return bucket


def _pairs_of(buckets: NDArray[np.uint64], filled: Ints, labels: Ints, sizes: Ints) -> Ints:
    """Return pairs of sets in one bucket, shape (n_pairs, 2), that are not linked yet and could be
    similar.
    """
    order = np.argsort(buckets, kind="stable")
    sorted_buckets, members = buckets[order], filled[order]
    found: list[Ints] = []
    for step in range(1, _BUCKET + 1):
        same = sorted_buckets[step:] == sorted_buckets[:-step]
        if not same.any():
            break
        left, right = members[:-step][same], members[step:][same]
        smaller = np.minimum(sizes[left], sizes[right])
        larger = np.maximum(sizes[left], sizes[right])
        worth = (labels[left] != labels[right]) & (smaller >= SIMILARITY * larger)
        found.append(np.stack([left[worth], right[worth]], axis=1))
    return np.concatenate(found) if found else np.empty((0, 2), dtype=np.int64)


def _similar(sets: csr_array, sizes: Ints, pairs: Ints) -> NDArray[np.bool_]:
    """Say of each pair whether its Jaccard similarity is at least `SIMILARITY`; exact, in whole numbers."""
    similar = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        left, right = pairs[start : start + _PAIRS_AT_ONCE].T
        common = np.asarray(sets[left].multiply(sets[right]).sum(axis=1, dtype=np.int64)).ravel()
        similar[start : start + len(left)] = common >= SIMILARITY * (sizes[left] + sizes[right] - common)
    return similar


def _components(edges: Ints, n: int) -> Ints:
    graph = coo_array((np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n))
    _, labels = connected_components(graph, directed=False)
    return labels.astype(np.int64)
