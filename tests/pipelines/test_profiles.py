"""Users' profiles in a release's space: running sums, likes and dislikes, and what is stored of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from db.repositories import feedback as feedback_repository
from db.repositories import listens as listens_repository
from db.repositories import profiles as profiles_repository
from db.repositories import users as users_repository
from pipelines.profiles import all_profiles, taste_of
from tests.tiny_world import LONELY, TinyWorld


def frames(world: TinyWorld) -> tuple[pd.DataFrame, pd.DataFrame]:
    with world.factory() as session:
        return listens_repository.read_listens(session), feedback_repository.read_feedback(session)


def said(song: int, kind: str) -> pd.DataFrame:
    return pd.DataFrame({"song_id": pd.Series([song], dtype="int64"), "kind": [kind]})


def test_the_running_sum_is_that_of_all_listens(tiny_world: TinyWorld) -> None:
    listens, _ = frames(tiny_world)
    with tiny_world.factory() as session:
        stored = profiles_repository.load_profiles(session, release=tiny_world.release.name)
    for user, own in listens.groupby("user_id"):
        profile = stored[int(str(user))]
        rows = tiny_world.release.rows(own["song_id"].to_numpy())
        assert profile.listen_weight == (rows >= 0).sum()
        assert profile.listen_sum is not None
        expected = tiny_world.release.vectors[rows[rows >= 0]].sum(0)
        np.testing.assert_allclose(profile.listen_sum, expected, atol=1e-3)


def test_stored_interests_are_songs_with_their_vectors(tiny_world: TinyWorld) -> None:
    with tiny_world.factory() as session:
        stored = profiles_repository.load_profiles(session, release=tiny_world.release.name)
    for profile in stored.values():
        assert profile.interests is not None
        rows = tiny_world.release.rows(np.array(profile.interest_song_ids))
        np.testing.assert_allclose(profile.interests, tiny_world.release.vectors[rows], atol=1e-6)


def test_a_like_draws_the_taste_and_a_dislike_or_block_drives_it_away(tiny_world: TinyWorld) -> None:
    listens, _ = frames(tiny_world)
    own = listens[listens["user_id"] == listens["user_id"].iloc[0]]
    release = tiny_world.release
    song = int(np.setdiff1d(release.song_ids[: release.n_songs], own["song_id"])[0])
    vector = release.vectors[release.rows(np.array([song]))[0]]
    plain, like, dislike, block = (
        float(taste_of(release, own, feedback).overall @ vector)
        for feedback in (said(song, "like").iloc[:0], *(said(song, k) for k in ("like", "dislike", "block")))
    )
    assert like > plain > dislike == block


def test_everybody_with_a_listen_or_a_word_has_a_profile(tiny_world: TinyWorld) -> None:
    listens, feedback = frames(tiny_world)
    user = int(feedback["user_id"].iloc[0])
    only_said = list(
        all_profiles(tiny_world.release, listens.iloc[:0], feedback[feedback["user_id"] == user])
    )
    assert [profile.user_id for profile in only_said] == [user]
    assert list(all_profiles(tiny_world.release, listens.iloc[:0], feedback.iloc[:0])) == []


def test_songs_that_the_release_does_not_know_count_for_nothing(tiny_world: TinyWorld) -> None:
    listens, feedback = frames(tiny_world)
    unknown = listens.iloc[:5].assign(song_id=10**6)
    taste = taste_of(tiny_world.release, unknown, feedback.iloc[:0])
    assert (len(taste.rows), taste.interests) == (0, ())
    assert not taste.overall.any()


def test_who_heard_one_rare_song_has_the_taste_of_that_song(tiny_world: TinyWorld) -> None:
    with tiny_world.factory() as session:
        user = users_repository.find_user(session, LONELY)
        profile = profiles_repository.load_profile(session, user)
    row = tiny_world.release.rows(np.array(profile.interest_song_ids))
    assert row[0] >= tiny_world.release.n_songs
    assert profile.overall is not None
    np.testing.assert_allclose(profile.overall, tiny_world.release.vectors[row[0]], atol=1e-5)
