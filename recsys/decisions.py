"""What a user decided about their profile: interests and songs pinned, muted or forgotten.

Decisions name songs, so they outlive a night's clustering: a decision on an interest holds for whichever
interest the song lies in now, and for the song alone where it lies in none.

- forgotten songs were never listened to (`recsys.taste` leaves them out before anything is added up);
- muted ones add nothing, and what lies nearer to them than to the rest of the profile is not recommended;
- pinned ones are interests, each with at least one share of the weight in as many as there are interests.

Where decisions on two songs of one interest disagree, the mute holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from recsys.interests import MAX_INTERESTS, Interest, find_interests, spread
from recsys.stacked import Rows


def _none() -> np.ndarray:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Decisions:
    """Rows of the songs that decisions name, int64 arrays."""

    pinned_interests: np.ndarray = field(default_factory=_none)
    pinned_songs: np.ndarray = field(default_factory=_none)
    muted_interests: np.ndarray = field(default_factory=_none)
    muted_songs: np.ndarray = field(default_factory=_none)
    forgotten: np.ndarray = field(default_factory=_none)

    @property
    def shape_interests(self) -> bool:
        """Whether anything is pinned or muted."""
        named = (self.pinned_interests, self.pinned_songs, self.muted_interests, self.muted_songs)
        return any(len(rows) for rows in named)


@dataclass(frozen=True)
class Decided:
    """Songs with their weights, heaviest first and summing to 1, the interests that stay, and those that are
    muted, all by falling weight.
    """

    rows: np.ndarray
    weights: np.ndarray
    interests: tuple[Interest, ...]
    muted: tuple[Interest, ...]


def decide(rows: np.ndarray, weights: np.ndarray, vectors: np.ndarray, decisions: Decisions) -> Decided:
    """Cluster a profile's songs and obey what was pinned and muted.

    Parameters
    ----------
    rows, weights : arrays, shape (n,)
        Songs of the profile, heaviest first; the weights sum to 1.
    vectors : float32 array, shape (n_songs, dim)
    """
    free = ~np.isin(rows, np.concatenate([decisions.pinned_songs, decisions.muted_songs]))
    found = find_interests(rows[free], weights[free], vectors)
    kept, muted = _part(found, decisions.muted_interests, vectors)
    kept = _pin(kept, decisions, vectors)
    silent = _silenced(rows[free], found, kept, muted, vectors)
    dropped = np.concatenate([silent, decisions.muted_songs])
    stays = ~np.isin(rows, dropped)
    rows_kept, weights_kept = _with_pins(rows[stays], weights[stays], decisions.pinned_songs, dropped)
    kept = _weighed(kept, rows_kept, weights_kept)
    kept = sorted(kept, key=lambda one: (not one.pinned, -one.weight, one.medoid))[:MAX_INTERESTS]
    rows_kept, weights_kept, kept = _raise_pinned(rows_kept, weights_kept, kept)
    order = np.lexsort((rows_kept, -weights_kept))
    alone = [_single(int(row), vectors) for row in decisions.muted_songs]
    return Decided(
        rows_kept[order],
        weights_kept[order].astype(np.float32),
        _by_weight(kept),
        _by_weight(_weighed([*muted, *alone], rows, weights)),
    )


def muted_rows(
    candidates: np.ndarray, interests: tuple[Interest, ...], muted: tuple[Interest, ...],
    songs: np.ndarray, vectors: Rows,
) -> np.ndarray:  # fmt: skip
    """Which candidates a mute leaves out; bool array, shape (n_candidates,).

    Those are the muted songs themselves, and what is nearer to a muted interest's medoid than to any other
    interest's; for a song muted alone, nearer than to any other song of the profile. Nothing counts as near
    that is farther from the medoid than two songs at random are.

    Parameters
    ----------
    songs : int array
        Rows of the profile's songs that are not muted.
    """
    out = np.zeros(len(candidates), dtype=bool)
    if not muted or not len(candidates):
        return out
    places = vectors[candidates]
    random_cosine = 1.0 - spread(vectors) ** 2 / 2.0
    medoids = _nearest(places, np.array([one.medoid for one in interests], dtype=np.int64), vectors)
    among_songs: np.ndarray | None = None
    for one in muted:
        cosine = places @ one.vector
        rest = medoids
        if len(one.rows) <= 1:
            among_songs = _nearest(places, songs, vectors) if among_songs is None else among_songs
            rest = np.maximum(medoids, among_songs)
        out |= (cosine >= rest) & (cosine > random_cosine)
        out |= np.isin(candidates, one.rows)
    return out


def _nearest(places: np.ndarray, rows: np.ndarray, vectors: Rows) -> np.ndarray:
    """Largest cosine of each place to any of these songs; -1 where there are none."""
    if not len(rows):
        return np.full(len(places), -1.0, dtype=np.float32)
    return np.asarray((places @ vectors[rows].T).max(1))


def _single(row: int, vectors: np.ndarray, *, pinned: bool = False) -> Interest:
    return Interest(row, vectors[row], 0.0, np.array([row], dtype=np.int64), pinned)


def _part(
    found: tuple[Interest, ...], muted_interests: np.ndarray, vectors: np.ndarray
) -> tuple[list[Interest], list[Interest]]:
    """Part the interests into those that stay and those that are muted."""
    kept = [one for one in found if not np.isin(muted_interests, one.rows).any()]
    muted = [one for one in found if np.isin(muted_interests, one.rows).any()]
    inside = np.concatenate([_none(), *(one.rows for one in muted)])
    muted += [_single(int(row), vectors) for row in muted_interests[~np.isin(muted_interests, inside)]]
    return kept, muted


def _pin(kept: list[Interest], decisions: Decisions, vectors: np.ndarray) -> list[Interest]:
    """Mark pinned interests; a pinned song in none, or pinned by itself, is one of its own."""
    out = [replace(one, pinned=bool(np.isin(decisions.pinned_interests, one.rows).any())) for one in kept]
    inside = np.concatenate([_none(), *(one.rows for one in out)])
    stray = decisions.pinned_interests[~np.isin(decisions.pinned_interests, inside)]
    alone = np.union1d(stray, decisions.pinned_songs)
    return [*out, *(_single(int(row), vectors, pinned=True) for row in alone.tolist())]


def _silenced(
    rows: np.ndarray, found: tuple[Interest, ...], kept: list[Interest], muted: list[Interest],
    vectors: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Songs that a muted interest takes with it: its own, and those of no interest that are nearest to it."""
    own = np.concatenate([_none(), *(one.rows for one in muted)])
    clustered = np.concatenate([_none(), *(one.rows for one in found)])
    loose = rows[~np.isin(rows, clustered)]
    # A single is a song that found no interest: what lies around it is not its own.
    whole = tuple(one for one in muted if len(one.rows) > 1)
    near = loose[muted_rows(loose, tuple(kept), whole, _none(), vectors)]
    return np.union1d(own, near)


def _with_pins(
    rows: np.ndarray, weights: np.ndarray, pinned: np.ndarray, dropped: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Add pinned songs that were not listened to, weightless yet, and let the weights sum to 1."""
    new = np.setdiff1d(pinned, np.concatenate([rows, dropped]))
    rows = np.concatenate([rows, new])
    weights = np.concatenate([weights, np.zeros(len(new), weights.dtype)]).astype(np.float64)
    return rows, weights / weights.sum() if weights.sum() > 0 else weights


def _weighed(interests: list[Interest], rows: np.ndarray, weights: np.ndarray) -> list[Interest]:
    return [replace(one, weight=float(weights[np.isin(rows, one.rows)].sum())) for one in interests]


def _raise_pinned(
    rows: np.ndarray, weights: np.ndarray, interests: list[Interest]
) -> tuple[np.ndarray, np.ndarray, list[Interest]]:
    """Give each pinned interest at least 1 / n of the weight, taken from all others alike."""
    floor = 1.0 / max(len(interests), 1)
    low: set[int] = set()
    while True:
        rest = sum(one.weight for i, one in enumerate(interests) if one.pinned and i not in low)
        others = 1.0 - sum(one.weight for one in interests if one.pinned)
        total = rest + max(others, 0.0)
        scale = (1.0 - floor * len(low)) / total if low and total > 1e-12 else 1.0
        fallen = {
            i for i, one in enumerate(interests)
            if i not in low and one.pinned and one.weight * scale < floor - 1e-9
        }  # fmt: skip
        if not fallen:
            break
        low |= fallen
    if not low:
        return rows, weights, interests
    raised = weights * scale
    for i in low:
        own = np.isin(rows, interests[i].rows)
        share = weights[own] if weights[own].sum() > 0 else np.ones(int(own.sum()))
        raised[own] = floor * share / share.sum()
    raised /= raised.sum()
    return rows, raised, _weighed(interests, rows, raised)


def _by_weight(interests: list[Interest]) -> tuple[Interest, ...]:
    return tuple(sorted(interests, key=lambda one: (-one.weight, one.medoid)))
