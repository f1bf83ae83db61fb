"""Groups of playlists that must not be split between training and test, else what is tested was seen.

Playlists that are snapshots of one source are a group. The others are grouped where their sets of songs are
near duplicates (Jaccard similarity of at least .5), and what is linked through a third is one group too.

Near duplicates are looked for with MinHash and banding (Broder, "On the resemblance and containment of
documents", 1997; Leskovec, Rajaraman & Ullman, "Mining of Massive Datasets", ch. 3): of `BANDS` bands of
`ROWS` minima each, two sets of similarity s share at least one whole band with probability 1 - (1 -
s^ROWS)^BANDS, which is .9998 at .5 and .06 at .1. Every candidate is then checked exactly. The same
playlists always make the same groups, whatever their order, and a group is named after its source or the
first of its playlists' names, so names last as the groups do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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

Ints = NDArray[np.int64]


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


def near_duplicate_groups(rows: Ints, song_ids: Ints, n: int) -> Ints:
    """Return a group number for each of n sets, given as (set, song) pairs; near duplicates have the same."""
    songs, codes = np.unique(song_ids, return_inverse=True)
    sets = csr_array(
        coo_array((np.ones(len(rows), dtype=np.int32), (rows, codes)), shape=(n, max(len(songs), 1)))
    )
    sets.data[:] = 1  # A song that is there twice counts once.
    sizes = np.diff(sets.indptr).astype(np.int64)
    filled = np.flatnonzero(sizes)
    labels = np.arange(n, dtype=np.int64)
    if len(filled) < 2:
        return labels
    edges: list[Ints] = []
    for buckets in _bands(sets, songs, filled):
        pairs = _pairs_of(buckets, filled, labels, sizes)
        linked = pairs[_similar(sets, sizes, pairs)]
        if len(linked):
            edges.append(linked)
            labels = _components(np.concatenate(edges), n)
    return labels


def _bands(sets: csr_array, songs: Ints, filled: Ints) -> Iterator[NDArray[np.uint64]]:
    """Yield for each band one number a set, equal where all minima of the band are.

    A permutation of songs is stood for by a * x + b modulo a prime, on songs' ids, not on their places in
    this catalogue, so that songs elsewhere do not change what is found here.
    """
    rng = np.random.default_rng(_SEED)
    spread = (songs.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(34)
    starts = sets.indptr[filled]
    for _ in range(BANDS):
        band = np.zeros(len(filled), dtype=np.uint64)
        for _ in range(ROWS):
            a, b = rng.integers(1, int(_PRIME), size=2, dtype=np.uint64)
            hashed = (spread * a + b) % _PRIME
            minima = np.minimum.reduceat(hashed[sets.indices], starts)
            band = band * np.uint64(0x100000001B3) + minima
        yield band


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
        common = np.asarray(sets[left].multiply(sets[right]).sum(axis=1)).ravel()
        similar[start : start + len(left)] = common >= SIMILARITY * (sizes[left] + sizes[right] - common)
    return similar


def _components(edges: Ints, n: int) -> Ints:
    graph = coo_array((np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n))
    _, labels = connected_components(graph, directed=False)
    return labels.astype(np.int64)
