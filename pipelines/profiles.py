"""Users' taste profiles in a release's song space, made from listens and feedback; the vectors go to the
database.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from db.repositories import feedback as feedback_repository
from db.repositories import listens as listens_repository
from db.repositories import profiles as profiles_repository
from db.repositories import users as users_repository
from db.repositories.profiles import Profile
from db.session import SessionFactory, write_transaction
from pipelines.columns import COMPLETION, KIND, LISTENED_AT_S, SONG_ID, USER_ID
from pipelines.release import Release
from recsys.taste import TasteProfile, build_profile, listen_weights

HALF_LIFE_DAYS = 60.0
# A like counts as so many whole listens of today; a dislike takes as many away.
FEEDBACK_WEIGHT = 3.0
_DAY_S = 86_400.0


def taste_of(release: Release, listens: pd.DataFrame, feedback: pd.DataFrame) -> TasteProfile:
    """Profile of one user.

    Parameters
    ----------
    listens : frame of song_id, listened_at_s, completion
    feedback : frame of song_id, kind
        A block counts as a dislike.
    """
    songs = np.concatenate([listens[SONG_ID].to_numpy(np.int64), feedback[SONG_ID].to_numpy(np.int64)])
    times = listens[LISTENED_AT_S].to_numpy(np.float64)
    ages = (times.max() - times) / _DAY_S if len(times) else times
    completion = listens[COMPLETION].to_numpy(np.float64)
    recent = listen_weights(ages, completion, half_life_days=HALF_LIFE_DAYS)
    sign = np.where(feedback[KIND].to_numpy() == "like", FEEDBACK_WEIGHT, -FEEDBACK_WEIGHT)
    weights = np.concatenate([recent, sign.astype(np.float32)])
    plain = np.concatenate([np.ones(len(recent), np.float32), sign.astype(np.float32)])
    rows = release.rows(songs)
    known = rows >= 0
    return build_profile(rows[known], weights[known], plain[known], release.vectors)


def renew_profiles(session_factory: SessionFactory, release: Release) -> int:
    """Give every user a profile in the song space of a release, and return how many users have one."""
    with session_factory() as session:
        listens = listens_repository.read_listens(session)
        feedback = feedback_repository.read_feedback(session)
    profiles = list(all_profiles(release, listens, feedback))
    with write_transaction(session_factory) as session:
        # Somebody may have been deleted meanwhile, and stays so.
        there = users_repository.name_users(session, (profile.user_id for profile in profiles))
        kept = [profile for profile in profiles if profile.user_id in there]
        profiles_repository.save_profiles(session, kept)
    return len(kept)


def all_profiles(release: Release, listens: pd.DataFrame, feedback: pd.DataFrame) -> Iterator[Profile]:
    """Profiles of all users with listens or feedback, as the database keeps them."""
    empty_listens, empty_feedback = listens.iloc[:0], feedback.iloc[:0]
    by_listens = {int(str(user)): rows for user, rows in listens.groupby(USER_ID)}
    by_feedback = {int(str(user)): rows for user, rows in feedback.groupby(USER_ID)}
    for user_id in sorted(set(by_listens) | set(by_feedback)):
        own = by_listens.get(user_id, empty_listens)
        taste = taste_of(release, own, by_feedback.get(user_id, empty_feedback))
        yield stored(release, user_id, taste, own)


def stored(release: Release, user_id: int, taste: TasteProfile, listens: pd.DataFrame) -> Profile:
    """The database's form of a profile, with the running sum of all listens."""
    rows = release.rows(listens[SONG_ID].to_numpy(np.int64))
    rows = rows[rows >= 0]
    dim = release.vectors.shape[1]
    vectors = [interest.vector for interest in taste.interests]
    return Profile(
        user_id=user_id,
        release=release.name,
        overall=taste.overall,
        recent=taste.recent,
        interests=np.array(vectors, dtype=np.float32).reshape(len(vectors), dim),
        interest_weights=np.array([interest.weight for interest in taste.interests], dtype=np.float32),
        interest_song_ids=[int(release.song_ids[interest.medoid]) for interest in taste.interests],
        listen_sum=release.vectors[rows].sum(0, dtype=np.float32),
        listen_weight=float(len(rows)),
    )
