"""A path of songs that leads smoothly from one song to another.

Candidates lie near the great circle between the two ends. Among them the chain of k songs is found whose
largest step is smallest (a bottleneck path, by dynamic programming over the places of the chain), and of
those the one with the smallest sum of squared steps; every step goes forward along the circle. A path
through a graph of nearest neighbours, and simply taking the song nearest to each point of the circle, are
measured beside it in docs/lists.md.

A step is an angle in radians: the way over the sphere from one unit vector to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recsys.rules import Catalogue
from recsys.song2vec import unit

# Candidates near each point of the circle; so many points at most; of all of them so many at most, fewer for
# long chains, whose search takes time with their square.
_NEAR, _POINTS = 300, 40
_MOST, _LEAST, _WORK = 2500, 400, 25_000
# A chain that breaks the artist cap loses the songs too many and is sought anew, so often at most.
_ATTEMPTS = 30


@dataclass(frozen=True)
class SongPath:
    """A chain of songs, ends included.

    Attributes
    ----------
    rows : int64 array, shape (n,)
    steps : float array, shape (n - 1,)
        Angles between neighbours, in radians.
    relaxed : tuple of str
        "artist cap" where no chain of the candidates keeps it.
    """

    rows: np.ndarray
    steps: np.ndarray
    relaxed: tuple[str, ...] = ()


def find_path(
    start: int,
    end: int,
    k: int,
    *,
    vectors: np.ndarray,
    catalogue: Catalogue,
    allowed: np.ndarray,
    artist_cap: int = 2,
) -> SongPath:
    """Lead from one song to another in k songs, both included; in fewer where the catalogue has too few.

    Parameters
    ----------
    start, end : int
        Rows.
    vectors : float32 array, shape (n_rows, dim)
        Unit song vectors.
    allowed : int array
        Rows that may lie between.
    artist_cap : int
        Songs of an artist; the ends count.

    Raises
    ------
    ValueError
        k below 2, or ends that are one song, versions of one recording, or at the very same or opposite
        places.
    """
    if k < 2:
        raise ValueError(f"a path has at least its two ends, got k = {k}")
    if end in catalogue.versions(np.array([start])):
        raise ValueError("a path leads from one song to another: these are versions of one recording")
    length = _angle(vectors[[start]], vectors[[end]])[0, 0]
    if length < 1e-3 or length > np.pi - 1e-3:
        raise ValueError("there is no way between these songs: they lie at the same place, or opposite")
    between = allowed[~np.isin(allowed, catalogue.versions(np.array([start, end])))]
    candidates, progress = _candidates(start, end, k, between, vectors)
    chain = _Chain.of(start, end, candidates, progress, vectors)
    for places in range(min(k, len(chain.rows)), 1, -1):
        found = _capped(chain, places, catalogue, artist_cap)
        if found is not None:
            return found
    raise AssertionError("two ends make a path")


def slerp(start: np.ndarray, end: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Points of the great circle between two unit vectors at shares 0..1 of the way; shape (n, dim)."""
    angle = float(np.arccos(np.clip(start @ end, -1.0, 1.0)))
    weights = np.column_stack([np.sin((1.0 - shares) * angle), np.sin(shares * angle)]) / np.sin(angle)
    return np.asarray(weights @ np.vstack([start, end]))


def _angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(np.arccos(np.clip(a @ b.T, -1.0, 1.0)))


def _candidates(
    start: int, end: int, k: int, between: np.ndarray, vectors: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows near the circle that lie between its ends, and how far along each is, 0..1."""
    a, b = vectors[start].astype(np.float64), vectors[end].astype(np.float64)
    angle = float(np.arccos(np.clip(a @ b, -1.0, 1.0)))
    across = unit((b - (a @ b) * a)[None])[0]
    along_all = np.arctan2(vectors[between] @ across, vectors[between] @ a) / angle
    between, along_all = (
        between[(along_all > 0) & (along_all < 1)],
        along_all[(along_all > 0) & (along_all < 1)],
    )
    if not len(between):
        return between, along_all
    points = slerp(a, b, np.linspace(0.0, 1.0, min(max(k, 3), _POINTS)))
    near = vectors[between] @ points.T.astype(np.float32)
    reach = min(max(_NEAR, 2 * k), len(between))
    best = np.argpartition(-near, reach - 1, axis=0)[:reach]
    kept = np.unique(best)
    most = max(_LEAST, min(_MOST, _WORK // k))
    if len(kept) > most:
        kept = np.sort(kept[np.argsort(-near[kept].max(1), kind="stable")[:most]])
    return between[kept], along_all[kept]


@dataclass(frozen=True)
class _Chain:
    """Songs in order of progress, the ends first and last, with the angle from each to every later one
    (infinite backwards).
    """

    rows: np.ndarray
    steps: np.ndarray

    @classmethod
    def of(
        cls, start: int, end: int, candidates: np.ndarray, progress: np.ndarray, vectors: np.ndarray
    ) -> _Chain:
        order = np.argsort(progress, kind="stable")
        rows = np.concatenate([[start], candidates[order], [end]]).astype(np.int64)
        along = np.concatenate([[-np.inf], progress[order], [np.inf]])
        steps = _angle(vectors[rows], vectors[rows])
        steps[along[:, None] >= along[None, :]] = np.inf
        return cls(rows, steps)

    def without(self, places: np.ndarray) -> _Chain:
        kept = np.setdiff1d(np.arange(len(self.rows)), places)
        return replace(self, rows=self.rows[kept], steps=self.steps[np.ix_(kept, kept)])


def _capped(chain: _Chain, k: int, catalogue: Catalogue, artist_cap: int) -> SongPath | None:
    """The best chain of k songs that keeps one version a recording and the artist cap; without the cap where
    none does; None where there is none of k songs.
    """
    without_cap: SongPath | None = None
    for _ in range(_ATTEMPTS):
        found = _shortest(chain, k)
        if found is None:
            break
        path = SongPath(chain.rows[found], chain.steps[found[:-1], found[1:]])
        too_many, repeated = _offenders(path.rows, catalogue, artist_cap)
        if not (too_many | repeated).any():
            return path
        if without_cap is None and not repeated.any():
            without_cap = replace(path, relaxed=("artist cap",))
        barred = np.isin(chain.rows, path.rows[too_many | repeated])
        if too_many.any():
            # The ends stay: an artist who fills the cap with them has no other song.
            barred |= _barred_by_ends(chain.rows, catalogue, artist_cap)
        chain = chain.without(np.flatnonzero(barred))
    return without_cap


def _barred_by_ends(rows: np.ndarray, catalogue: Catalogue, artist_cap: int) -> np.ndarray:
    artists = catalogue.artists[rows]
    ends = artists[[0, -1]]
    full = [artist for artist in ends[ends >= 0] if (ends == artist).sum() >= artist_cap]
    barred = np.isin(artists, full)
    barred[[0, -1]] = False
    return barred


def _offenders(rows: np.ndarray, catalogue: Catalogue, artist_cap: int) -> tuple[np.ndarray, np.ndarray]:
    """Which songs of a chain are too many of their artist, and which another version of an earlier one; never
    the ends.
    """
    artists, recordings = catalogue.artists[rows], catalogue.recordings[rows]
    too_many, repeated = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    order = [0, len(rows) - 1, *range(1, len(rows) - 1)]
    for i, place in enumerate(order[2:], start=2):
        before = np.array(order[:i])
        too_many[place] = artists[place] >= 0 and (artists[before] == artists[place]).sum() >= artist_cap
        repeated[place] = recordings[place] >= 0 and bool((recordings[before] == recordings[place]).any())
    return too_many, repeated


def _shortest(chain: _Chain, k: int) -> np.ndarray | None:
    """Places of the chain of k songs with the smallest largest step, and the smallest sum of squares among
    those; None where no chain is so long.
    """
    largest = _best(chain.steps, k, np.maximum)
    if largest is None:
        return None
    bound = float(chain.steps[largest[:-1], largest[1:]].max())
    steps = np.where(chain.steps <= bound + 1e-9, chain.steps, np.inf)
    return _best(steps**2, k, np.add)


def _best(cost: np.ndarray, k: int, join: np.ufunc) -> np.ndarray | None:
    """Cheapest way of k places from the first to the last, its steps' costs joined by `join`."""
    n = len(cost)
    best = np.full(n, np.inf)
    best[0] = 0.0
    came_from = np.zeros((k, n), dtype=np.int64)
    for place in range(1, k):
        total = join(best[:, None], cost)
        came_from[place] = total.argmin(0)
        best = total[came_from[place], np.arange(n)]
    if not np.isfinite(best[-1]):
        return None
    path = [n - 1]
    for place in range(k - 1, 0, -1):
        path.append(int(came_from[place, path[-1]]))
    return np.array(path[::-1], dtype=np.int64)
