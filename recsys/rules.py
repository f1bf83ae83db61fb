"""Rules for lists that people browse: one version of a recording, an artist cap, nothing blocked, variety.

A rule that would leave fewer than k songs relaxes, in a fixed order, and the answer says which: an honest
short story beats an empty page. Blocks and dislikes never relax.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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
    attempts: list[tuple[RuleSettings, tuple[str, ...]]] = [(settings, ())]
    relaxed: tuple[str, ...] = ()
    current = settings
    for name, change in (
        ("recently heard", {"skip_recent": False}),
        ("artist cap", {"artist_cap": len(rows) + 1}),
        ("one version of a recording", {"one_recording": False}),
    ):
        current = RuleSettings(**{**current.__dict__, **change})
        relaxed = (*relaxed, name)
        attempts.append((current, relaxed))
    chosen = np.zeros(0, dtype=np.int64)
    reasons: tuple[str, ...] = ()
    for attempt, names in attempts:
        pool = ~np.isin(rows, recent) if attempt.skip_recent else np.ones(len(rows), dtype=bool)
        candidates = np.flatnonzero(pool)
        before = len(chosen)
        picked = _choose(rows, scores, candidates, k, catalogue, vectors, attempt)
        if names == () or len(picked) > before:
            chosen, reasons = picked, names
        if len(chosen) >= min(k, len(rows)):
            break
    return RuledList(rows[chosen], scores[chosen], reasons)


def _choose(
    rows: np.ndarray,
    scores: np.ndarray,
    candidates: np.ndarray,
    k: int,
    catalogue: Catalogue,
    vectors: np.ndarray,
    settings: RuleSettings,
) -> np.ndarray:
    """Greedy MMR under the caps; positions in `rows`, in list order."""
    # Relevance on 0..1, so that it can be traded against a cosine.
    pool = candidates[: max(20 * k, 200)]
    span = float(scores[pool].max() - scores[pool].min()) if len(pool) else 0.0
    relevance = (scores[pool] - scores[pool].min()) / span if span > 0 else np.zeros(len(pool))
    nearest = np.zeros(len(pool))
    open_ = np.ones(len(pool), dtype=bool)
    per_artist: dict[int, int] = {}
    recordings: set[int] = set()
    chosen: list[int] = []
    while len(chosen) < k and open_.any():
        value = (1.0 - settings.diversity) * relevance - settings.diversity * nearest
        best = int(np.argmax(np.where(open_, value, -np.inf)))
        open_[best] = False
        row = int(rows[pool[best]])
        artist, recording = int(catalogue.artists[row]), int(catalogue.recordings[row])
        if settings.one_recording and recording >= 0 and recording in recordings:
            continue
        if artist >= 0 and per_artist.get(artist, 0) >= settings.artist_cap:
            continue
        per_artist[artist] = per_artist.get(artist, 0) + 1
        recordings.add(recording)
        chosen.append(int(pool[best]))
        nearest = np.maximum(nearest, vectors[rows[pool]] @ vectors[row])
    return np.array(chosen, dtype=np.int64)
