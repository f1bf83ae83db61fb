"""Rules for lists that people browse: one version of a recording, an artist cap, nothing blocked, variety.

A rule that would leave fewer than k songs relaxes, in a fixed order, and the answer says which: an honest
short story beats an empty page. Blocks and dislikes never relax.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np


@dataclass(frozen=True)
class RuleSettings:
    """What a list has to obey.

    `artist_cap` songs an artist; `diversity` is 1 - lambda of MMR (Carbonell & Goldstein, SIGIR 1998), 0 for
    none.
    """

    artist_cap: int = 2
    one_recording: bool = True
    skip_recent: bool = True
    diversity: float = 0.15


@dataclass(frozen=True)
class Catalogue:
    """What the rules need to know of each song: its artist and its recording, one int each, shape (n_songs,).

    A negative artist or recording is unknown and equals no other.
    """

    artists: np.ndarray
    recordings: np.ndarray


@dataclass(frozen=True)
class RuledList:
    """Rows and scores in list order, and the rules that were relaxed to fill it."""

    rows: np.ndarray
    scores: np.ndarray
    relaxed: tuple[str, ...] = field(default=())


def apply_rules(
    rows: np.ndarray,
    scores: np.ndarray,
    k: int,
    *,
    catalogue: Catalogue,
    vectors: np.ndarray,
    settings: RuleSettings,
    banned: np.ndarray,
    recent: np.ndarray,
) -> RuledList:
    """Choose k of the candidates.

    Parameters
    ----------
    rows, scores : arrays, shape (n_candidates,)
        In falling score.
    vectors : float32 array, shape (n_songs, dim)
        Unit song vectors, for variety.
    banned : int array
        Rows that may never appear: blocked, disliked.
    recent : int array
        Rows heard recently: left out unless too little is left.

    Returns
    -------
    RuledList
        Fewer than k songs only when all candidates together are fewer.
    """
    allowed = ~np.isin(rows, banned)
    rows, scores = rows[allowed], scores[allowed]
    most = min(k, len(rows))

    def choose(attempt: RuleSettings) -> np.ndarray:
        pool = ~np.isin(rows, recent) if attempt.skip_recent else np.ones(len(rows), dtype=bool)
        return _choose(rows, scores, np.flatnonzero(pool), k, catalogue, vectors, attempt)

    current, chosen = settings, choose(settings)
    relaxed: tuple[str, ...] = ()
    loosest = settings
    for name, off in _RELAXATIONS:
        if len(chosen) >= most:
            return RuledList(rows[chosen], scores[chosen], relaxed)
        loosest = off(loosest)
        # A rule whose fall brings nothing stays, so that the answer names only what mattered.
        picked = choose(off(current))
        if len(picked) > len(chosen):
            current, chosen, relaxed = off(current), picked, (*relaxed, name)
    if len(chosen) < most:
        # Two rules that only together stood in the way.
        chosen, relaxed = choose(loosest), tuple(name for name, _ in _RELAXATIONS)
    return RuledList(rows[chosen], scores[chosen], relaxed)


_RELAXATIONS: tuple[tuple[str, Callable[[RuleSettings], RuleSettings]], ...] = (
    ("recently heard", lambda settings: replace(settings, skip_recent=False)),
    ("artist cap", lambda settings: replace(settings, artist_cap=sys.maxsize)),
    ("one version of a recording", lambda settings: replace(settings, one_recording=False)),
)


def _choose(
    rows: np.ndarray,
    scores: np.ndarray,
    candidates: np.ndarray,
    k: int,
    catalogue: Catalogue,
    vectors: np.ndarray,
    settings: RuleSettings,
) -> np.ndarray:
    """Greedy MMR under the caps; positions in `rows`, in list order.

    Variety is weighed among the 20 k best; where they do not fill the list the others follow by score.
    """
    # Relevance on 0..1, so that it can be traded against a cosine.
    pool = candidates[: max(20 * k, 200)]
    span = float(scores[pool].max() - scores[pool].min()) if len(pool) else 0.0
    relevance = (scores[pool] - scores[pool].min()) / span if span > 0 else np.zeros(len(pool))
    places = vectors[rows[pool]]
    nearest = np.zeros(len(pool))
    open_ = np.ones(len(pool), dtype=bool)
    per_artist: dict[int, int] = {}
    recordings: set[int] = set()
    chosen: list[int] = []

    def take(position: int) -> bool:
        row = int(rows[position])
        artist, recording = int(catalogue.artists[row]), int(catalogue.recordings[row])
        if settings.one_recording and recording >= 0 and recording in recordings:
            return False
        if artist >= 0 and per_artist.get(artist, 0) >= settings.artist_cap:
            return False
        per_artist[artist] = per_artist.get(artist, 0) + 1
        recordings.add(recording)
        chosen.append(position)
        return True

    while len(chosen) < k and open_.any():
        value = (1.0 - settings.diversity) * relevance - settings.diversity * nearest
        best = int(np.argmax(np.where(open_, value, -np.inf)))
        open_[best] = False
        if take(int(pool[best])):
            nearest = np.maximum(nearest, places @ places[best])
    for position in candidates[len(pool) :]:
        if len(chosen) >= k:
            break
        take(int(position))
    return np.array(chosen, dtype=np.int64)
