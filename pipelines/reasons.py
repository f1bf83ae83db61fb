"""Why each song is recommended, in the names of songs: for known ones by taking listens out
(recsys/explain.py), for new ones by the listens that they lie near.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import songs as songs_repository
from db.repositories.refs import OWN_SCHEME
from pipelines.answers import Because, Recommendation
from pipelines.release import Release
from pipelines.shelf import Shelf
from recsys.explain import explain
from recsys.rules import RuledList

# What each signal means to a listener.
SIGNALS = {
    "popularity": "many people play it",
    "together": "it stands in the same playlists",
    "together_cosine": "it stands in the same playlists, and in few others",
    "after": "it often comes after them",
    "after_cosine": "it often comes after them, and seldom after others",
    "lists": "whole playlists like your taste hold it",
    "song2vec": "song2vec expects it beside them",
    "factors": "people with lists like your taste would add it",
    "artists": "its artist stands in lists beside theirs",
    "same_artist": "it is by the same artist",
    "same_album": "it is from the same album",
    "new": "it is new, and lies near them by what is known of it",
    "meaning": "it fits the words",
}
_REASONS = 3


@dataclass(frozen=True)
class Grounds:
    """What a list was made from.

    Attributes
    ----------
    rows, weights : arrays
        The query that the blend was asked with, heaviest first; empty where there was none.
    listened : mapping
        For each row of the query the song of the profile that it is there for.
    retrievers : mapping
        By row, who brought it up.
    signal : str
        What speaks for songs where there is no query.
    """

    rows: np.ndarray
    weights: np.ndarray
    listened: Mapping[int, int]
    retrievers: Mapping[int, str]
    signal: str


def listened_behind(release: Release, rows: np.ndarray) -> dict[int, int]:
    """For each row of the query the song of the profile that it is there for: itself, or the heaviest song of
    the tail that it stands in for.
    """
    behind = {}
    for row in rows[rows >= release.n_songs][::-1].tolist():
        behind.update(dict.fromkeys(release.as_query(np.array([row]))[0].tolist(), row))
    return behind | {row: row for row in rows[rows < release.n_songs].tolist()}


def explained(
    session: Session, shelf: Shelf, ruled: RuledList, grounds: Grounds, namespace: str
) -> tuple[Recommendation, ...]:
    """The songs of a list with their reasons."""
    reasons = _reasons(shelf, ruled.rows, grounds)
    named = sorted({row for shares, _ in reasons for row in shares} | set(ruled.rows.tolist()))
    names = songs_repository.name_songs(session, shelf.song_ids[named].tolist(), namespace)
    songs = shelf.songs

    def facts(row: int) -> tuple[str, str, str]:
        song_id = int(shelf.song_ids[row])
        name = names.get(song_id, f"{OWN_SCHEME}:{song_id}")
        return name, str(songs["title"].iat[row]), str(songs["artist"].iat[row])

    out = []
    for row, score, (shares, signal) in zip(ruled.rows.tolist(), ruled.scores.tolist(), reasons, strict=True):
        because = tuple(Because(*facts(one), round(share, 4)) for one, share in shares.items())
        retriever = grounds.retrievers.get(row, "")
        out.append(Recommendation(*facts(row), round(score, 6), because, SIGNALS[signal], retriever))
    return tuple(out)


def _reasons(shelf: Shelf, rows: np.ndarray, grounds: Grounds) -> list[tuple[dict[int, float], str]]:
    """For each row the shares of the listens behind it, strongest first, and the signal."""
    release = shelf.release
    if not len(grounds.rows):
        return [({}, grounds.signal) for _ in rows]
    known = rows < release.n_songs
    found = iter(explain(release.continuation, grounds.rows, grounds.weights, rows[known]))
    out: list[tuple[dict[int, float], str]] = []
    for row, is_known in zip(rows.tolist(), known.tolist(), strict=True):
        if not is_known:
            out.append((_near(shelf, row, grounds), "new"))
            continue
        reason = next(found)
        shares: dict[int, float] = {}
        for behind, share in zip(reason.because.tolist(), reason.shares.tolist(), strict=True):
            shares[grounds.listened[behind]] = shares.get(grounds.listened[behind], 0.0) + share
        out.append((shares, reason.signal))
    return out


def _near(shelf: Shelf, row: int, grounds: Grounds) -> dict[int, float]:
    """The listens whose terms in the nearness (recsys/newcomers.py) are largest."""
    cosines = np.maximum(shelf.vectors[grounds.rows] @ shelf.vectors[row], 0.0)
    parts = cosines * grounds.weights
    total = float(parts.sum())
    best = np.argsort(-parts, kind="stable")[:_REASONS]
    shares: dict[int, float] = {}
    for i in best[parts[best] > 0].tolist():
        behind = grounds.listened[int(grounds.rows[i])]
        shares[behind] = shares.get(behind, 0.0) + float(parts[i]) / total
    return shares
