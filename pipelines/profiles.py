"""Users' taste profiles in a release's song space, made from listens, feedback and the users' decisions; the
vectors go to the database.

The all-time sum of a user's listens is kept there too. `pipelines.listen_sums` adds to it what an ingest
brings; here it is made anew with a release, and taken where it is valid: of the same release, over as many
listens as there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from db.repositories import feedback as feedback_repository
from db.repositories import listens as listens_repository
from db.repositories import profiles as profiles_repository
from db.repositories import users as users_repository
from db.repositories.profiles import Profile
from db.session import SessionFactory, write_transaction
from pipelines.columns import COMPLETION, KIND, LISTENED_AT_S, SONG_ID, USER_ID
from pipelines.decided import decisions_of, read_decided
from pipelines.ingest import LOCK
from pipelines.release import Release
from recsys.decisions import Decisions
from recsys.decisions import muted_rows as core_muted_rows
from recsys.half_life import DEFAULT_DAYS, HalfLifeChoice, choose_half_life
from recsys.next_listen import ListenLog
from recsys.taste import TasteProfile, build_profile, listen_weights

# A like counts as so many whole listens of today; a dislike takes as many away.
FEEDBACK_WEIGHT = 3.0
_DAY_S = 86_400.0

Table = Mapping[str, np.ndarray]
"""Columns by name, arrays of one length: a frame for one user takes longer to make than to use."""


def half_life_of(release: Release) -> float:
    """Days in which a listen loses half its weight: what the release's night measured, else the default."""
    chosen = release.manifest.get("half_life")
    if not isinstance(chosen, dict) or "days" not in chosen:
        return DEFAULT_DAYS
    days = chosen["days"]
    if days is None:  # JSON knows no infinity: every listen counts alike.
        return math.inf
    return float(days) if isinstance(days, int | float) and days > 0 else DEFAULT_DAYS


def measure_half_life(
    song_ids: np.ndarray, vectors: np.ndarray, listens: pd.DataFrame, *, seed: int
) -> HalfLifeChoice:
    """The half-life that the listens ask for in a song space; a night writes it down with its release.

    Parameters
    ----------
    song_ids : int64 array, shape (n_songs,)
    vectors : float32 array, shape (n_songs, dim)
        Unit vector of each song.
    listens : frame of user_id, song_id, listened_at_s, completion
    """
    order = np.argsort(song_ids, kind="stable")
    columns = (listens[name].to_numpy() for name in (USER_ID, SONG_ID, LISTENED_AT_S, COMPLETION))
    log = ListenLog.build(*columns, song_ids=song_ids)
    return choose_half_life(log, vectors[order], seed=seed)


def taste_of(
    release: Release,
    listens: pd.DataFrame | Table,
    feedback: pd.DataFrame | Table,
    decisions: Decisions | None = None,
    *,
    known: Profile | None = None,
) -> TasteProfile:
    """Profile of one user.

    Parameters
    ----------
    listens : frame or arrays of song_id, listened_at_s, completion
    feedback : frame or arrays of song_id, kind
        A block counts as a dislike.
    decisions : Decisions, optional
        What the user pinned, muted and forgot (`pipelines.decided.decisions_of`).
    known : Profile, optional
        The stored profile; its sum of all listens is used where it is valid.
    """
    ids = [np.asarray(table[SONG_ID], dtype=np.int64) for table in (listens, feedback)]
    songs = np.concatenate(ids)
    times = np.asarray(listens[LISTENED_AT_S], dtype=np.float64)
    ages = (times.max() - times) / _DAY_S if len(times) else times
    completion = np.asarray(listens[COMPLETION], dtype=np.float64)
    recent = listen_weights(ages, completion, half_life_days=half_life_of(release))
    sign = np.where(np.asarray(feedback[KIND]) == "like", FEEDBACK_WEIGHT, -FEEDBACK_WEIGHT)
    weights = np.concatenate([recent, sign.astype(np.float32)])
    plain = np.concatenate([np.ones(len(recent), np.float32), sign.astype(np.float32)])
    rows = release.rows(songs)
    placed = rows >= 0
    total = None
    if known is not None:
        listen_sum = valid_sum(known, release, int(placed[: len(recent)].sum()))
        said = placed.copy()
        said[: len(recent)] = False
        total = None if listen_sum is None else listen_sum + plain[said] @ release.vectors[rows[said]]
    return build_profile(
        rows[placed], weights[placed], plain[placed], release.vectors,
        decisions=decisions, plain_sum=total, distance=release.distance,
    )  # fmt: skip


def valid_sum(known: Profile, release: Release, n_listens: int) -> np.ndarray | None:
    """The stored sum of all listens, if it was made in this release's space over so many listens."""
    total = known.listen_sum
    if known.release != release.name or total is None or known.listen_weight != n_listens:
        return None
    if total.shape != release.vectors.shape[1:] or not np.isfinite(total).all():
        return None
    return total


def user_taste(session: Session, release: Release, user_id: int) -> tuple[TasteProfile, Decisions]:
    """One user's profile as it is this moment, and the decisions that it obeys."""
    listens = listens_repository.user_listen_columns(session, user_id)
    found = profiles_repository.load_profiles(session, user_ids=[user_id]).get(user_id)
    said = feedback_repository.user_feedback(session, user_id)
    pairs = [(song_id, kind) for song_id, kinds in sorted(said.items()) for kind in sorted(kinds)]
    feedback = pd.DataFrame({SONG_ID: [p[0] for p in pairs], KIND: [p[1] for p in pairs]})
    decisions = decisions_of(release, read_decided(found.settings if found else None))
    return taste_of(release, listens, feedback, decisions, known=found), decisions


def muted_rows(
    release: Release, taste: TasteProfile, decisions: Decisions, candidate_rows: np.ndarray
) -> np.ndarray:
    """Which candidates the user's mutes leave out; bool array, shape (n_candidates,)."""
    candidate_rows = np.asarray(candidate_rows, dtype=np.int64)
    out = core_muted_rows(candidate_rows, taste.interests, taste.muted, taste.rows, release.vectors)
    # Also where the muted song has no place in the space, so that nothing is near it.
    named = np.concatenate([decisions.muted_songs, decisions.muted_interests])
    return np.asarray(out | np.isin(candidate_rows, named))


def renew_profiles(session_factory: SessionFactory, release: Release) -> int:
    """Give every user a profile in the song space of a release, and return how many users have one."""
    with session_factory() as session:
        listens = listens_repository.read_listens(session)
        feedback = feedback_repository.read_feedback(session)
        decided = _decided_by_user(session)
    profiles = list(all_profiles(release, listens, feedback, decided))
    heard = listens[USER_ID].value_counts().to_dict()
    # The lock of those who store listens: their sums and these profiles do not overtake each other.
    with write_transaction(session_factory, lock=LOCK) as session:
        # Somebody may have been deleted meanwhile, and stays so.
        there = users_repository.name_users(session, (profile.user_id for profile in profiles))
        # Somebody may have listened meanwhile: that went into the sum of the profile that is replaced here.
        now = listens_repository.count_by_user(session)
        late = {user for user, n in now.items() if n != heard.get(user, 0)}
        kept = [profile for profile in profiles if profile.user_id in there and profile.user_id not in late]
        for user_id in sorted(late):
            own = listens_repository.user_listens(session, user_id)
            said = feedback[feedback[USER_ID] == user_id]
            kept.extend(all_profiles(release, own, said, decided))
        profiles_repository.save_profiles(session, kept)
    return len(kept)


def _decided_by_user(session: Session) -> dict[int, dict[str, object]]:
    """The settings of all users who have any."""
    return {user: dict(found) for user, found in profiles_repository.load_settings(session).items() if found}


def all_profiles(
    release: Release,
    listens: pd.DataFrame,
    feedback: pd.DataFrame,
    settings: dict[int, dict[str, object]] | None = None,
) -> Iterator[Profile]:
    """Profiles of all users with listens or feedback, as the database keeps them."""
    empty_listens, empty_feedback = listens.iloc[:0], feedback.iloc[:0]
    by_listens = {int(str(user)): rows for user, rows in listens.groupby(USER_ID)}
    by_feedback = {int(str(user)): rows for user, rows in feedback.groupby(USER_ID)}
    for user_id in sorted(set(by_listens) | set(by_feedback)):
        own = by_listens.get(user_id, empty_listens)
        decisions = decisions_of(release, read_decided((settings or {}).get(user_id)))
        taste = taste_of(release, own, by_feedback.get(user_id, empty_feedback), decisions)
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
