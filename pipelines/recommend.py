"""Recommendations for a user: candidates, score, rules, reasons; and for all users, into a file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sqlalchemy.orm import Session

from db.repositories import feedback as feedback_repository
from db.repositories import listens as listens_repository
from db.repositories import profiles as profiles_repository
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.repositories.refs import OWN_SCHEME
from db.session import SessionFactory
from pipelines.answers import POPULAR, Because, Recommendation, Recommendations
from pipelines.columns import KIND, LISTENED_AT_S, SONG_ID
from pipelines.profiles import taste_of
from pipelines.release import Release
from pipelines.serving import name_rows, namespace_of
from recsys.candidates import RETRIEVERS, Candidates, gather_candidates
from recsys.components import Neighbours as NeighboursComponent
from recsys.explain import explain
from recsys.query import build_query
from recsys.rules import RuledList, RuleSettings, apply_rules
from recsys.taste import TasteProfile

# Songs of a profile that the blend is asked with.
QUERY_SONGS = 60
# A song stays out of the list for so long after it was heard, counted back from the user's last listen.
RECENT_DAYS = 60
_SIMILAR_USERS = 10
_MOST_POPULAR = 100_000
_DAY_S = 86_400
# What each signal of the blend means to a listener.
SIGNALS = {
    "popularity": "many people play it",
    "together": "it stands in the same playlists",
    "together_cosine": "it stands in the same playlists, and in few others",
    "after": "it often comes after them",
    "after_cosine": "it often comes after them, and seldom after others",
    "lists": "whole playlists like your taste hold it",
    "song2vec": "song2vec expects it beside them",
    "factors": "people with lists like your taste would add it",
}


class UserVectors:
    """Overall vectors of all users in one release's space, for finding similar ones; read once, held in
    memory.
    """

    def __init__(self, session: Session, release: Release) -> None:
        profiles = profiles_repository.load_profiles(session, release=release.name)
        known = [p for p in profiles.values() if p.overall is not None and np.any(p.overall)]
        self.user_ids = np.array([p.user_id for p in known], dtype=np.int64)
        dim = release.vectors.shape[1]
        self.vectors = np.array([p.overall for p in known], dtype=np.float32).reshape(len(known), dim)
        # Every taste leans towards what is popular; without the common mean, differences decide.
        self.mean = self.vectors.mean(0) if len(known) else np.zeros(dim, np.float32)

    def nearest(self, overall: np.ndarray, k: int, *, but: int) -> tuple[np.ndarray, np.ndarray]:
        """Ids and centred cosines of the k users nearest to a vector, leaving one out."""
        centred = _normalised(self.vectors - self.mean)
        scores = centred @ _normalised((overall - self.mean)[None])[0]
        scores[self.user_ids == but] = -np.inf
        best = np.argsort(-scores, kind="stable")[:k]
        best = best[np.isfinite(scores[best])]
        return self.user_ids[best], scores[best]


def _normalised(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-8))


def feedback_frame(session: Session, user_id: int) -> pd.DataFrame:
    """One user's feedback: song_id, kind."""
    said = feedback_repository.user_feedback(session, user_id)
    pairs = [(song_id, kind) for song_id, kinds in sorted(said.items()) for kind in sorted(kinds)]
    return pd.DataFrame({SONG_ID: [p[0] for p in pairs], KIND: [p[1] for p in pairs]}).astype(
        {SONG_ID: "int64", KIND: "str"}
    )


class Recommender:
    """Recommends from one release; without one, what is popular."""

    def __init__(self, release: Release | None, session_factory: SessionFactory) -> None:
        self.release = release
        self.session_factory = session_factory
        self._users: UserVectors | None = None

    def recommend(self, user: str, k: int = 10, *, rules: RuleSettings | None = None) -> Recommendations:
        """Recommend k songs to a user, each with its reasons.

        Raises
        ------
        NotFoundError
            There is no such user.
        ValueError
            k below 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        with self.session_factory() as session:
            user_id = users_repository.find_user(session, user)
            feedback = feedback_frame(session, user_id)
            if self.release is None:
                return self._popular_songs(session, user, k, feedback)
            listens = listens_repository.user_listens(session, user_id)
            return self._from_release(
                session, self.release, user, user_id, listens, feedback, k, rules or RuleSettings()
            )

    def _from_release(
        self, session: Session, release: Release, user: str, user_id: int, listens: pd.DataFrame,
        feedback: pd.DataFrame, k: int, rules: RuleSettings,
    ) -> Recommendations:  # fmt: skip
        taste = taste_of(release, listens, feedback)
        rows, weights = release.as_query(taste.rows[:QUERY_SONGS], taste.weights[:QUERY_SONGS])
        order = np.argsort(-weights, kind="stable")
        rows, weights = rows[order], weights[order]
        query = build_query([rows], release.n_songs, [weights])
        if len(rows):
            candidates = self._candidates(session, release, user_id, taste, query)
            scores = release.continuation.score_candidates(query, candidates.rows)[0]
            scores *= release.trust[candidates.rows]
        else:
            candidates = Candidates(np.arange(release.n_songs), np.zeros(release.n_songs, dtype=np.int64))
            scores = release.counts.astype(np.float32)
        best = np.argsort(-scores, kind="stable")
        banned = _all_versions(release, feedback.loc[feedback[KIND] != "like", SONG_ID].to_numpy(np.int64))
        ruled = apply_rules(
            candidates.rows[best],
            scores[best],
            k,
            catalogue=release.catalogue,
            vectors=release.vectors,
            settings=rules,
            banned=banned,
            recent=_recently_heard(release, listens),
        )
        retriever_of = dict(zip(candidates.rows.tolist(), candidates.retrievers.tolist(), strict=True))
        listened = _listened_behind(release, taste.rows[:QUERY_SONGS])
        songs = _explained(session, release, ruled, rows, weights, listened, retriever_of, namespace_of(user))
        return Recommendations(user, songs, release.name, None if len(rows) else POPULAR, ruled.relaxed)

    def _candidates(
        self, session: Session, release: Release, user_id: int, taste: TasteProfile, query: sp.csr_matrix
    ) -> Candidates:
        together = release.continuation.components["together_cosine"]
        assert isinstance(together, NeighboursComponent)
        return gather_candidates(
            taste,
            query,
            index=release.index,
            output_index=release.output_index,
            input_vectors=release.parts.input,
            together=together.matrix,
            catalogue=release.catalogue,
            from_similar_users=self._songs_of_similar_users(session, release, user_id, taste),
        )

    def user_vectors(self, session: Session, release: Release) -> UserVectors:
        """All users' vectors, read on first use."""
        if self._users is None:
            self._users = UserVectors(session, release)
        return self._users

    def _songs_of_similar_users(
        self, session: Session, release: Release, user_id: int, taste: TasteProfile
    ) -> np.ndarray:
        """What the nearest users play most, by how many of them do."""
        similar, _ = self.user_vectors(session, release).nearest(taste.overall, _SIMILAR_USERS, but=user_id)
        frames = [listens_repository.user_listens(session, int(other)) for other in similar]
        if not frames:
            return np.zeros(0, dtype=np.int64)
        songs = np.concatenate([np.unique(frame[SONG_ID].to_numpy(np.int64)) for frame in frames])
        found, users = np.unique(songs, return_counts=True)
        return release.rows(found[np.argsort(-users, kind="stable")])

    def _popular_songs(self, session: Session, user: str, k: int, feedback: pd.DataFrame) -> Recommendations:
        """Straight from the database: the songs in most playlists and listens, one an artist."""
        banned = set(feedback.loc[feedback[KIND] != "like", SONG_ID])
        most = min(20 * k, _MOST_POPULAR) + len(banned)
        ids = [i for i in songs_repository.most_popular(session, most) if i not in banned]
        described = songs_repository.describe_songs(session, ids)
        names = songs_repository.name_songs(session, ids, namespace_of(user))
        artists: set[str] = set()
        first: list[int] = []
        more: list[int] = []
        for song_id in ids:
            song = described[song_id]
            (more if song.artist and song.artist in artists else first).append(song_id)
            artists.add(song.artist)
        relaxed = ("artist cap",) if more and len(first) < k else ()
        chosen = tuple(
            Recommendation(
                names.get(i, f"{OWN_SCHEME}:{i}"),
                described[i].title,
                described[i].artist,
                0.0,
                signal=SIGNALS["popularity"],
            )
            for i in [*first, *more][:k]
        )
        return Recommendations(user, chosen, None, POPULAR, relaxed)

    def recommend_all(
        self, path: Path, k: int = 10, *, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """Write a line of JSON for every user, best songs first; returns the number of users.

        The file appears whole or not at all.
        """
        with self.session_factory() as session:
            users = [summary.ref for summary in users_repository.list_users(session)]
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("w", encoding="utf-8") as file:
                for done, user in enumerate(users):
                    answer = self.recommend(user, k)
                    file.write(json.dumps(asdict(answer), ensure_ascii=False) + "\n")
                    if progress is not None:
                        progress(done + 1, len(users))
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        return len(users)


def _all_versions(release: Release, song_ids: np.ndarray) -> np.ndarray:
    """Rows of these songs and of every other version of their recordings."""
    rows = release.rows(song_ids)
    recordings = release.catalogue.recordings[rows[rows >= 0]]
    versions = np.flatnonzero(np.isin(release.catalogue.recordings, recordings[recordings >= 0]))
    return np.union1d(rows[rows >= 0], versions)


def _recently_heard(release: Release, listens: pd.DataFrame) -> np.ndarray:
    times = listens[LISTENED_AT_S].to_numpy(np.int64)
    if len(times) == 0:
        return np.zeros(0, dtype=np.int64)
    recent = times >= times.max() - RECENT_DAYS * _DAY_S
    return release.rows(np.unique(listens[SONG_ID].to_numpy(np.int64)[recent]))


def _listened_behind(release: Release, rows: np.ndarray) -> dict[int, int]:
    """For each row of the query the song of the profile that it is there for: itself, or the heaviest song of
    the tail that it stands in for.
    """
    behind = {}
    for row in rows[rows >= release.n_songs][::-1].tolist():
        behind.update(dict.fromkeys(release.as_query(np.array([row]))[0].tolist(), row))
    return behind | {row: row for row in rows[rows < release.n_songs].tolist()}


def _explained(
    session: Session, release: Release, ruled: RuledList, rows: np.ndarray, weights: np.ndarray,
    listened: dict[int, int], retriever_of: dict[int, int], namespace: str,
) -> tuple[Recommendation, ...]:  # fmt: skip
    named = name_rows(release, session, ruled.rows, ruled.scores, namespace)
    if len(rows) == 0:
        popular = SIGNALS["popularity"]
        return tuple(Recommendation(s.song, s.title, s.artist, s.score, signal=popular) for s in named)
    reasons = explain(release.continuation, rows, weights, ruled.rows)
    out = []
    for song, reason, row in zip(named, reasons, ruled.rows, strict=True):
        shares: dict[int, float] = {}
        for behind, share in zip(reason.because.tolist(), reason.shares.tolist(), strict=True):
            shares[listened[behind]] = shares.get(listened[behind], 0.0) + share
        listens = name_rows(
            release, session, np.array([*shares], int), np.array([*shares.values()]), namespace
        )
        because = tuple(Because(one.song, one.title, one.artist, round(one.score, 4)) for one in listens)
        retriever = RETRIEVERS[retriever_of[int(row)]]
        signal = SIGNALS[reason.signal]
        out.append(Recommendation(song.song, song.title, song.artist, song.score, because, signal, retriever))
    return tuple(out)
