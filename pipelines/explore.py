"""Moving about in the song space: search, similar songs, arithmetic, a user's profile, nearest users."""

from __future__ import annotations

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import listens as listens_repository
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.session import SessionFactory
from pipelines.answers import (
    InterestAnswer,
    Neighbour,
    Neighbours,
    ProfileAnswer,
    SongAnswer,
    SongList,
)
from pipelines.asking import feedback_of
from pipelines.axis_scores import taste_axes
from pipelines.columns import KIND, SONG_ID
from pipelines.guests import n_guests
from pipelines.profiles import user_taste
from pipelines.release import Release
from pipelines.serving import name_rows, namespace_of, rows_of
from pipelines.shelf import Shelves, release_for
from pipelines.user_vectors import UserVectors
from recsys.tail import TAIL_TRUST
from recsys.taste import combine

_SHOWN_OF_INTEREST = 4
_MOST_PLAYED = 5
_SHARED = 3


def search(session_factory: SessionFactory, text: str, k: int = 20) -> tuple[SongAnswer, ...]:
    """Songs whose title and artist hold every word of the text, best first. Needs no release.

    A song goes by its first external id; the score is 1 / rank.
    """
    with session_factory() as session:
        ids = songs_repository.search_songs(session, text, k)
        found = songs_repository.describe_songs(session, ids)
    return tuple(
        SongAnswer(
            song=found[i].shown_ref,
            title=found[i].title,
            artist=found[i].artist,
            score=round(1.0 / (rank + 1), 6),
        )
        for rank, i in enumerate(ids)
    )


def similar(shelves: Shelves, session_factory: SessionFactory, song: str, k: int = 10) -> SongList:
    """The k songs nearest to one in the song space, by cosine; versions of the same recording are left out.

    Raises
    ------
    NotFoundError, ValueError
        As `pipelines.serving.rows_of`.
    """
    with session_factory() as session:
        release = release_for(session, shelves, [song])
        (row,) = rows_of(release, session, [song])
        found = _nearest(release, release.vectors[row], k, but=np.array([row]))
        return SongList(name_rows(release, session, *found, namespace_of(song)), release.name)


def blend(
    shelves: Shelves, session_factory: SessionFactory, plus: list[str], minus: list[str], k: int = 10
) -> SongList:
    """Song arithmetic: what lies nearest to "these minus those".

    Raises
    ------
    NotFoundError, ValueError
        As `pipelines.serving.rows_of`; nothing to add; songs that cancel out.
    """
    with session_factory() as session:
        release = release_for(session, shelves, [*plus, *minus])
        added, taken = rows_of(release, session, plus), rows_of(release, session, minus)
        direction = combine(added, taken, release.vectors)
        found = _nearest(release, direction, k, but=np.concatenate([added, taken]))
        return SongList(name_rows(release, session, *found, namespace_of(plus[0])), release.name)


def _nearest(
    release: Release, vector: np.ndarray, k: int, *, but: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and cosines of the k nearest songs that are no version of the ones left out, each recording
    once. The cosine of a song of the tail counts two thirds (recsys/tail.py).
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    recordings = release.catalogue.recordings
    taken = {int(recordings[row]) for row in but if recordings[row] >= 0}
    left_out = set(but.tolist())
    # Versions and the tail may crowd the first places, so more are asked for than wanted.
    reach = min(len(release.song_ids), 20 * k + 200)
    found, cosines = (one[0] for one in release.index.search(vector, reach))
    # A new song lies where its own facts place it, not at the mean of others.
    in_tail = (found >= release.n_songs) & (found < len(release.song_ids) - n_guests(release))
    scores = np.where(in_tail, TAIL_TRUST * cosines, cosines)
    order = np.argsort(-scores, kind="stable")
    chosen = []
    for row, score in zip(found[order].tolist(), scores[order].tolist(), strict=True):
        recording = int(recordings[row]) if row >= 0 else -1
        if row < 0 or row in left_out or (recording >= 0 and recording in taken):
            continue
        taken.add(recording)
        chosen.append((row, score))
        if len(chosen) == k:
            break
    return np.array([c[0] for c in chosen], dtype=np.int64), np.array(
        [c[1] for c in chosen], dtype=np.float32
    )


def profile(release: Release, session_factory: SessionFactory, user: str) -> ProfileAnswer:
    """What is known of a user's taste, from all listens up to now.

    Raises
    ------
    NotFoundError
    """
    with session_factory() as session:
        user_id = users_repository.find_user(session, user)
        listens = listens_repository.user_listen_columns(session, user_id)
        feedback = feedback_of(session, user_id)
        taste, decisions = user_taste(session, release, user_id)
        namespace = namespace_of(user)
        marked = [(one, "pinned" if one.pinned else "") for one in taste.interests]
        interests = []
        for interest, mark in (*marked, *((one, "muted") for one in taste.muted)):
            # The songs nearest to the medoid say best what the interest is about.
            order = np.argsort(-(release.vectors[interest.rows] @ interest.vector), kind="stable")
            rows = interest.rows[order]
            rows = rows[rows != interest.medoid][:_SHOWN_OF_INTEREST]
            cosines = release.vectors[rows] @ interest.vector
            (medoid,) = name_rows(release, session, np.array([interest.medoid]), np.ones(1), namespace)
            others = name_rows(release, session, rows, cosines, namespace)
            interests.append(InterestAnswer(round(interest.weight, 4), medoid, others, mark))
        songs, plays = np.unique(listens[SONG_ID], return_counts=True)
        known = release.rows(songs) >= 0
        top = np.argsort(-plays[known], kind="stable")[:_MOST_PLAYED]
        most_played = name_rows(
            release, session, release.rows(songs[known][top]), plays[known][top].astype(float), namespace
        )
        kinds = {kind: int((feedback[KIND] == kind).sum()) for kind in ("like", "dislike", "block")}
        return ProfileAnswer(
            user, len(listens[SONG_ID]), len(songs), kinds, tuple(interests), most_played, release.name,
            taste_axes(release, taste), len(decisions.forgotten),
        )  # fmt: skip


def neighbours(release: Release, session_factory: SessionFactory, user: str, k: int = 10) -> Neighbours:
    """The users whose overall taste lies nearest, with songs that both listen to.

    Raises
    ------
    NotFoundError
    ValueError
        The user has no listens that the release knows, or k is below 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    with session_factory() as session:
        user_id = users_repository.find_user(session, user)
        taste, _ = user_taste(session, release, user_id)
        if not taste.overall.any():
            raise ValueError(f"user {user} has no listens yet, so nobody is near")
        ids, cosines = UserVectors(session, release).nearest(taste.overall, k, but=user_id)
        names = users_repository.name_users(session, ids.tolist())
        own = _plays(release, session, user_id)
        found = tuple(
            Neighbour(
                names[int(other)],
                round(float(cosine), 4),
                _shared(release, session, own, _plays(release, session, int(other)), namespace_of(user)),
            )
            for other, cosine in zip(ids, cosines, strict=True)
        )
    return Neighbours(user, found, release.name)


def _plays(release: Release, session: Session, user_id: int) -> dict[int, int]:
    songs = listens_repository.user_listen_columns(session, user_id)[SONG_ID]
    found, plays = np.unique(release.rows(songs), return_counts=True)
    return {int(row): int(n) for row, n in zip(found, plays, strict=True) if row >= 0}


def _shared(
    release: Release, session: Session, own: dict[int, int], others: dict[int, int], namespace: str
) -> tuple[SongAnswer, ...]:
    both = sorted(own.keys() & others.keys(), key=lambda row: (-min(own[row], others[row]), row))[:_SHARED]
    plays = np.array([min(own[row], others[row]) for row in both], dtype=np.float64)
    return name_rows(release, session, np.array(both, dtype=np.int64), plays, namespace)
