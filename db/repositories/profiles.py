"""Taste profiles: arrays in, bytes stored, the same arrays out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import RowMapping, bindparam, delete, select, update
from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.models import TasteProfile, now
from db.repositories.bulk import chunks, insert_rows, own_ids, table_of, update_rows

Vectors = NDArray[np.float32]

_ARRAYS = ("overall", "recent", "interests", "interest_weights", "listen_sum")


@dataclass(frozen=True)
class Profile:
    """Where a user stands in the song space of a release.

    `overall`, `recent` and `listen_sum` have shape (dim,), `interests` (n, dim), `interest_weights` (n,);
    None stands for what is not known. `interest_song_ids` are the interests' medoids. `settings` of None
    leaves stored ones as they are.
    """

    user_id: int
    release: str
    overall: Vectors | None = None
    recent: Vectors | None = None
    interests: Vectors | None = None
    interest_weights: Vectors | None = None
    interest_song_ids: Sequence[int] = ()
    listen_sum: Vectors | None = None
    listen_weight: float = 0.0
    settings: Mapping[str, Any] | None = field(default=None)


# Made once: building a statement takes as long as running it.
_OF_USERS = (
    select(table_of(TasteProfile))
    .where(TasteProfile.user_id.in_(bindparam("user_ids", expanding=True)))
    .order_by(TasteProfile.user_id)
)


def save_profiles(session: Session, profiles: Iterable[Profile]) -> None:
    """Store profiles in the place of the same users' older ones.

    Raises
    ------
    ValueError
        Interests that are not a matrix, or not one weight and one song for each.
    """
    for chunk in chunks(profiles, 2_000):
        ids = own_ids(profile.user_id for profile in chunk)
        kept = _settings(session, ids)
        session.execute(delete(TasteProfile).where(TasteProfile.user_id.in_(ids)))
        updated_at = now()
        rows = [_row(profile, kept) | {"updated_at": updated_at} for profile in chunk]
        insert_rows(session, TasteProfile, rows)


def load_profiles(
    session: Session, *, release: str | None = None, user_ids: Iterable[int] | None = None
) -> dict[int, Profile]:
    """Return stored profiles by user: all, those of one release, or those of some users."""
    if release is None and user_ids is not None:
        session.flush()
        return {
            row["user_id"]: _profile(row)
            for chunk in chunks(own_ids(user_ids))
            for row in session.connection().execute(_OF_USERS, {"user_ids": chunk}).mappings()
        }
    statement = select(table_of(TasteProfile)).order_by(TasteProfile.user_id)
    if release is not None:
        statement = statement.where(TasteProfile.release == release)
    if user_ids is None:
        return {row["user_id"]: _profile(row) for row in session.execute(statement).mappings()}
    found: dict[int, Profile] = {}
    for chunk in chunks(own_ids(user_ids)):
        for row in session.execute(statement.where(TasteProfile.user_id.in_(chunk))).mappings():
            found[row["user_id"]] = _profile(row)
    return found


def load_profile(session: Session, user_id: int) -> Profile:
    """Return one user's profile.

    Raises
    ------
    NotFoundError
        The user has none yet.
    """
    found = load_profiles(session, user_ids=[user_id])
    if user_id not in found:
        raise NotFoundError("profile of user", str(user_id))
    return found[user_id]


def save_settings(session: Session, user_id: int, settings: Mapping[str, Any]) -> None:
    """Store what a user decided about their profile, with or without vectors there."""
    values = {"settings": dict(settings), "updated_at": now()}
    if _settings(session, [user_id]):
        session.execute(update(TasteProfile).where(TasteProfile.user_id == user_id).values(**values))
    else:
        save_profiles(session, [Profile(user_id, "", settings=settings)])


def load_settings(session: Session, user_ids: Iterable[int] | None = None) -> dict[int, dict[str, Any]]:
    """Return what users decided about their profiles, by user: all, or some users."""
    if user_ids is not None:
        return _settings(session, own_ids(user_ids))
    statement = select(TasteProfile.user_id, TasteProfile.settings).order_by(TasteProfile.user_id)
    return {row.user_id: row.settings for row in session.execute(statement)}


def load_sums(session: Session, user_ids: Iterable[int]) -> dict[int, Profile]:
    """Return profiles with their sum of listens alone, of those users who have one, by user."""
    columns = (
        TasteProfile.user_id,
        TasteProfile.release,
        TasteProfile.listen_sum,
        TasteProfile.listen_weight,
    )
    found: dict[int, Profile] = {}
    for chunk in chunks(own_ids(user_ids)):
        where = (TasteProfile.user_id.in_(chunk), TasteProfile.listen_sum.is_not(None))
        for user_id, release, data, weight in session.execute(select(*columns).where(*where)):
            found[user_id] = Profile(user_id, release, listen_sum=_array(data), listen_weight=weight)
    return found


def save_sums(session: Session, profiles: Iterable[Profile]) -> None:
    """Store the sums of listens of profiles that are there, and nothing else of them."""
    rows = [
        {
            "user_id": one.user_id,
            "listen_sum": _bytes(one.listen_sum),
            "listen_weight": float(one.listen_weight),
        }
        for one in profiles
    ]
    update_rows(session, TasteProfile, rows)


def _settings(session: Session, user_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    statement = select(TasteProfile.user_id, TasteProfile.settings)
    rows = session.execute(statement.where(TasteProfile.user_id.in_(user_ids)))
    return {row.user_id: row.settings for row in rows}


def _row(profile: Profile, kept: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    interests, weights = profile.interests, profile.interest_weights
    if interests is not None:
        n_weights = 0 if weights is None else len(weights)
        if interests.ndim != 2 or not len(interests) == n_weights == len(profile.interest_song_ids):
            raise ValueError(
                f"interests of shape (n, dim), n weights and n songs are expected, got {interests.shape}, "
                f"{n_weights} and {len(profile.interest_song_ids)}"
            )
    given = profile.settings
    row: dict[str, Any] = {name: _bytes(getattr(profile, name)) for name in _ARRAYS}
    return row | {
        "user_id": int(profile.user_id),
        "release": profile.release,
        "interest_song_ids": [int(song_id) for song_id in profile.interest_song_ids],
        "listen_weight": float(profile.listen_weight),
        "settings": dict(given) if given is not None else kept.get(profile.user_id, {}),
    }


def _profile(row: RowMapping) -> Profile:
    arrays: dict[str, Vectors | None] = {name: _array(row[name]) for name in _ARRAYS}
    interests, weights = arrays["interests"], arrays["interest_weights"]
    if interests is not None and weights is not None:
        arrays["interests"] = interests.reshape(len(weights), -1) if len(weights) else interests.reshape(0, 0)
    return Profile(
        user_id=row["user_id"],
        release=row["release"],
        interest_song_ids=tuple(row["interest_song_ids"]),
        listen_weight=row["listen_weight"],
        settings=row["settings"],
        **arrays,
    )


def _bytes(array: Vectors | None) -> bytes | None:
    return None if array is None else np.ascontiguousarray(array, dtype="<f4").tobytes()


def _array(data: bytes | None) -> Vectors | None:
    return None if data is None else np.frombuffer(data, dtype="<f4").astype(np.float32)
