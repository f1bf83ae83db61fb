"""Why each song is recommended, in the names of songs: for known ones by taking listens out
(recsys/explain.py), for new ones by the listens that they lie near.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sqlalchemy.orm import Session

from db.repositories import songs as songs_repository
from db.repositories.refs import OWN_SCHEME
from pipelines.answers import Because, Recommendation
from pipelines.release import Release
from pipelines.shelf import Shelf
from recsys.explain import explain_parts
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
    "sound": "it sounds like them",
}
_REASONS = 3


@dataclass(frozen=True)
class Grounds:
    """What a list was made from.

    Attributes
    ----------
    listens : int64 array
        Rows of the profile's songs that the blend was asked with, heaviest first; empty where there were
        none.
    parts : float32 CSR, shape (n_listens, n_songs of the vocabulary)
        What each of them adds to the query, which is their sum.
    scales : mapping
        Of the blend's components, as the songs were scored.
    retrievers : mapping
        By row, who brought it up.
    signal : str
        What speaks for songs where there is no query.
    """

    listens: np.ndarray
    parts: sp.csr_matrix
    scales: Mapping[str, np.ndarray]
    retrievers: Mapping[int, str]
    signal: str

    @classmethod
    def none(cls, retrievers: Mapping[int, str], signal: str) -> Grounds:
        """Where no listens are behind a list."""
        return cls(
            np.zeros(0, dtype=np.int64), sp.csr_matrix(np.zeros((0, 0), np.float32)), {}, retrievers, signal
        )


def parts_of_query(release: Release, rows: np.ndarray, weights: np.ndarray) -> sp.csr_matrix:
    """What each song of a profile adds to the query (`Release.as_query`): itself, or its stand-ins; float32,
    shape (n, n_songs), summing to 1.
    """
    n, at = release.n_songs, np.arange(len(rows))
    in_tail = rows >= n
    own = sp.csr_matrix(
        (weights[~in_tail], (at[~in_tail], rows[~in_tail])), shape=(len(rows), n), dtype=np.float32
    )
    if in_tail.any():
        stand_ins = release.parts.tail.stand_ins[rows[in_tail] - n]
        place = sp.csr_matrix(
            (weights[in_tail], (at[in_tail], np.arange(in_tail.sum()))), (len(rows), in_tail.sum())
        )
        own = own + place @ stand_ins
    return sp.csr_matrix(own / max(float(own.sum()), 1e-12), dtype=np.float32)


@dataclass(frozen=True)
class Explained:
    """A list whose songs have no names yet: for each the shares of the listens behind it, and the signal."""

    ruled: RuledList
    reasons: Sequence[tuple[Mapping[int, float], str]]
    retrievers: Mapping[int, str]
    namespace: str

    @property
    def rows(self) -> set[int]:
        """All songs that are to be named."""
        return {row for shares, _ in self.reasons for row in shares} | set(self.ruled.rows.tolist())


def explained(
    session: Session, shelf: Shelf, ruled: RuledList, grounds: Grounds, namespace: str
) -> tuple[Recommendation, ...]:
    """The songs of a list with their reasons."""
    return name_lists(session, shelf, [explain_list(shelf, ruled, grounds, namespace)])[0]


def explain_list(shelf: Shelf, ruled: RuledList, grounds: Grounds, namespace: str) -> Explained:
    """The reasons of a list, by rows of the shelf."""
    return Explained(ruled, _reasons(shelf, ruled.rows, grounds), grounds.retrievers, namespace)


def name_lists(
    session: Session, shelf: Shelf, lists: Sequence[Explained]
) -> list[tuple[Recommendation, ...]]:
    """The songs of many lists with their reasons; a statement or a few for each namespace."""
    wanted: dict[str, set[int]] = {}
    for one in lists:
        wanted.setdefault(one.namespace, set()).update(one.rows)
    names = {
        namespace: songs_repository.name_songs(session, shelf.song_ids[sorted(rows)].tolist(), namespace)
        for namespace, rows in wanted.items()
    }
    return [_named(shelf, one, names[one.namespace]) for one in lists]


def _named(shelf: Shelf, given: Explained, names: Mapping[int, str]) -> tuple[Recommendation, ...]:
    ruled = given.ruled
    named = shelf.names_of(given.rows)

    def facts(row: int) -> tuple[str, str, str]:
        song_id = int(shelf.song_ids[row])
        name = names.get(song_id, f"{OWN_SCHEME}:{song_id}")
        return (name, *named[row])

    out = []
    scored = zip(ruled.rows.tolist(), ruled.scores.tolist(), given.reasons, strict=True)
    for row, score, (shares, signal) in scored:
        because = tuple(Because(*facts(one), round(share, 4)) for one, share in shares.items())
        retriever = given.retrievers.get(row, "")
        out.append(Recommendation(*facts(row), round(score, 6), because, SIGNALS[signal], retriever))
    return tuple(out)


def _reasons(shelf: Shelf, rows: np.ndarray, grounds: Grounds) -> list[tuple[dict[int, float], str]]:
    """For each row the shares of the listens behind it, strongest first, and the signal."""
    release = shelf.release
    if not len(grounds.listens):
        return [({}, grounds.signal) for _ in rows]
    known = rows < release.n_songs
    asked = release.taste_blend, grounds.listens, grounds.parts, rows[known]
    found = iter(explain_parts(*asked, scales=grounds.scales, n_reasons=_REASONS))
    out: list[tuple[dict[int, float], str]] = []
    for row, is_known in zip(rows.tolist(), known.tolist(), strict=True):
        if not is_known:
            out.append((_near(shelf, row, grounds), "new"))
            continue
        reason = next(found)
        # Where the space is made of sound, song2vec stands in for it (recsys/sound_space.py).
        signal = "sound" if release.is_by_sound and reason.signal == "song2vec" else reason.signal
        out.append((dict(zip(reason.because.tolist(), reason.shares.tolist(), strict=True)), signal))
    return out


def _near(shelf: Shelf, row: int, grounds: Grounds) -> dict[int, float]:
    """The listens whose terms in the nearness (recsys/newcomers.py) are largest."""
    asked = np.unique(grounds.parts.indices)
    terms = grounds.parts[:, asked] @ np.maximum(shelf.vectors[asked] @ shelf.vectors[row], 0.0)
    total = float(terms.sum())
    best = np.argsort(-terms, kind="stable")[:_REASONS]
    return {int(grounds.listens[i]): float(terms[i]) / total for i in best.tolist() if terms[i] > 0}
