"""Who asks for recommendations: a user, somebody who picked some songs, a text, or nobody in particular."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import feedback as feedback_repository
from db.repositories import listens as listens_repository
from db.repositories import many_users
from db.repositories import profiles as profiles_repository
from db.repositories import users as users_repository
from db.repositories.profiles import Profile
from pipelines.columns import COMPLETION, KIND, LISTENED_AT_S, SONG_ID
from pipelines.decided import MUTE, SONG, decisions_of, read_decided
from pipelines.profiles import Table, taste_of
from pipelines.release import Release
from pipelines.serving import namespace_of, rows_of
from recsys.decisions import Decisions
from recsys.taste import TasteProfile, build_profile

NOBODY = ""


@dataclass(frozen=True)
class Asker:
    """What is known of who asks.

    Attributes
    ----------
    name : str
        As they called themselves, or "".
    user_id : int or None
    listens : arrays of song_id, listened_at_s, completion, by column
    feedback : arrays of song_id, kind, by column
    muted : int array
        Ids of the songs that are muted alone, those without a row in the release too.
    picked : int array
        Rows that were named as a start: they are not recommended back.
    wanted : float array, shape (n_rows of the release,), or None
        How well each song answers a text.
    """

    name: str
    taste: TasteProfile
    namespace: str
    user_id: int | None = None
    listens: Table = field(default_factory=lambda: no_listens())
    feedback: Table = field(default_factory=lambda: no_feedback())
    decisions: Decisions = field(default_factory=Decisions)
    muted: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    picked: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    wanted: np.ndarray | None = None


def no_listens() -> Table:
    """Nobody's listens."""
    none = np.zeros(0, dtype=np.int64)
    return {SONG_ID: none, LISTENED_AT_S: none, COMPLETION: np.zeros(0)}


def no_feedback() -> Table:
    """Nobody's likes."""
    return {SONG_ID: np.zeros(0, dtype=np.int64), KIND: np.zeros(0, dtype=object)}


def feedback_of(session: Session, user_id: int) -> Table:
    """One user's feedback: song_id, kind."""
    return _table_of(feedback_repository.user_feedback(session, user_id))


def _table_of(said: Mapping[int, set[str]]) -> Table:
    pairs = [(song_id, kind) for song_id, kinds in sorted(said.items()) for kind in sorted(kinds)]
    songs = np.array([song_id for song_id, _ in pairs], dtype=np.int64)
    return {SONG_ID: songs, KIND: np.array([kind for _, kind in pairs], dtype=object)}


def unwanted_songs(feedback: Table) -> np.ndarray:
    """Ids of the songs that the user blocked or disliked."""
    return np.asarray(feedback[SONG_ID][feedback[KIND] != "like"])


def ask_as_user(session: Session, release: Release, user: str) -> Asker:
    """A user, with everything up to this moment.

    Raises
    ------
    NotFoundError
    """
    user_id = users_repository.find_user(session, user)
    listens = listens_repository.user_listen_columns(session, user_id)
    feedback = feedback_of(session, user_id)
    known = profiles_repository.load_profiles(session, user_ids=[user_id]).get(user_id)
    return _asker(release, user, user_id, listens, feedback, known)


def ask_as_users(session: Session, release: Release, users: Sequence[tuple[int, str]]) -> list[Asker]:
    """`ask_as_user` for many users, by id and name, in a few statements; who is gone is left out."""
    ids = [user_id for user_id, _ in users]
    there = users_repository.name_users(session, ids)
    listens = many_users.listens_by_user(session, ids)
    feedback = many_users.feedback_by_user(session, ids)
    known = profiles_repository.load_profiles(session, user_ids=ids)
    return [
        _asker(release, name, one, listens[one], _table_of(feedback[one]), known.get(one))
        for one, name in users
        if one in there
    ]


def _asker(
    release: Release, user: str, user_id: int, listens: Table, feedback: Table, known: Profile | None
) -> Asker:
    decided = read_decided(known.settings if known else None)
    decisions = decisions_of(release, decided)
    muted = [song for song, one in decided.items() if (one.do, one.what) == (MUTE, SONG)]
    taste = taste_of(release, listens, feedback, decisions, known=known)
    return Asker(
        user,
        taste,
        namespace_of(user),
        user_id,
        listens,
        feedback,
        decisions,
        np.array(muted, dtype=np.int64),
    )


def ask_with_songs(session: Session, release: Release, songs: Sequence[str]) -> Asker:
    """Somebody new who picked some songs.

    Raises
    ------
    NotFoundError, ValueError
        As `pipelines.serving.rows_of`; no songs.
    """
    if not songs:
        raise ValueError("name at least one song")
    rows = rows_of(release, session, songs)
    ones = np.ones(len(rows), np.float32)
    taste = build_profile(rows, ones, ones, release.vectors)
    return Asker(NOBODY, taste, namespace_of(songs[0]), picked=rows)


def ask_as_nobody(release: Release, namespace: str) -> Asker:
    """Somebody of whom nothing is known."""
    nothing = np.zeros(0, dtype=np.int64)
    taste = build_profile(nothing, nothing.astype(np.float32), nothing.astype(np.float32), release.vectors)
    return Asker(NOBODY, taste, namespace)
