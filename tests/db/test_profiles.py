"""Profiles and releases come back as they went in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.models import Release
from db.repositories import profiles, releases, users
from db.repositories.profiles import Profile


@pytest.fixture
def ann(session: Session) -> int:
    """Give the id of a user."""
    known, _ = users.ensure_users(session, [("set", "ann")])
    return known["set", "ann"]


def test_profile_comes_back_as_it_went_in(session: Session, ann: int, rng: np.random.Generator) -> None:
    vectors = rng.standard_normal((5, 8)).astype(np.float32)
    weights = np.array([0.75, 0.25], dtype=np.float32)
    saved = Profile(
        ann, "r1", vectors[0], vectors[1], vectors[2:4], weights, (7, 9), vectors[4], 12.5, {"mute": [3]}
    )
    profiles.save_profiles(session, [saved])
    loaded = profiles.load_profile(session, ann)
    for name in ("overall", "recent", "interests", "interest_weights", "listen_sum"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(saved, name))
    assert (loaded.release, loaded.listen_weight) == ("r1", 12.5)
    assert (loaded.interest_song_ids, loaded.settings) == ((7, 9), {"mute": [3]})


@pytest.fixture
def rng() -> np.random.Generator:
    """Give a generator of numbers that are the same each time."""
    return np.random.default_rng(0)


def test_new_vectors_leave_the_settings_of_a_user(session: Session, ann: int) -> None:
    profiles.save_settings(session, ann, {"pin": [1]})
    profiles.save_profiles(session, [Profile(ann, "r2", np.ones(3, np.float32))])
    assert profiles.load_profile(session, ann).settings == {"pin": [1]}
    profiles.save_settings(session, ann, {})
    loaded = profiles.load_profile(session, ann)
    assert loaded.settings == {}
    assert loaded.overall is not None


def test_profiles_of_one_release(session: Session, ann: int) -> None:
    profiles.save_profiles(session, [Profile(ann, "r1")])
    assert list(profiles.load_profiles(session, release="r1")) == [ann]
    assert profiles.load_profiles(session, release="r2") == {}
    assert profiles.load_profiles(session, user_ids=[ann + 1]) == {}


def test_user_without_profile_is_named(session: Session, ann: int) -> None:
    with pytest.raises(NotFoundError, match="profile of user"):
        profiles.load_profile(session, ann)


def test_interests_need_weights_and_songs(session: Session, ann: int) -> None:
    with pytest.raises(ValueError, match="2 and 1"):
        profiles.save_profiles(
            session,
            [
                Profile(
                    ann,
                    "r",
                    interests=np.ones((2, 3), np.float32),
                    interest_weights=np.ones(2, np.float32),
                    interest_song_ids=(1,),
                )
            ],
        )


def test_release_goes_through_its_states(session: Session) -> None:
    for name in ("r1", "r2"):
        releases.save_release(session, name, state="ready", metrics={"ndcg": 0.25})
        releases.publish_release(session, name)
    assert [(one.name, one.state) for one in releases.list_releases(session)] == [
        ("r2", "published"),
        ("r1", "retired"),
    ]
    releases.save_release(session, "r1", state="failed")
    assert releases.load_release(session, "r1").metrics == {"ndcg": 0.25}


def test_unknown_release_and_state_are_named(session: Session) -> None:
    with pytest.raises(NotFoundError, match="unknown release: r9"):
        releases.publish_release(session, "r9")
    with pytest.raises(NotFoundError):
        releases.load_release(session, "r9")
    with pytest.raises(ValueError, match="'lost'"):
        releases.save_release(session, "r9", state="lost")


def test_moments_come_back_in_utc(session: Session) -> None:
    noon = datetime(2024, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    session.add(Release(name="r", state="ready", metrics={}, created_at=noon))
    session.flush()
    session.expire_all()
    loaded = releases.load_release(session, "r").created_at
    assert loaded == noon
    assert loaded.tzinfo is UTC


def test_moments_without_a_zone_are_refused(session: Session) -> None:
    session.add(Release(name="r", state="ready", metrics={}, created_at=datetime(2024, 5, 1)))
    with pytest.raises(StatementError, match="time zone"):
        session.flush()
