"""What a user says holds in the next answer of the Recommender that is asked already, and may be undone."""

from __future__ import annotations

import numpy as np
import pytest

from db.repositories import songs as songs_repository
from pipelines.answers import Recommendations
from pipelines.asking import ask_as_user
from pipelines.edit_profile import decide, give_feedback, undo
from pipelines.recommend import Recommender
from recsys.interests import spread
from recsys.taste import TasteProfile
from tests.tiny_world import NOBODY, TinyWorld

NOW = 1_790_000_000


@pytest.fixture
def recommender(world_copy: TinyWorld) -> Recommender:
    """One that stays, as in a running service."""
    return Recommender(world_copy.release, world_copy.factory)


def taste_of(recommender: Recommender, user: str) -> TasteProfile:
    assert recommender.release is not None
    with recommender.session_factory() as session:
        return ask_as_user(session, recommender.release, user).taste


@pytest.fixture
def user(world_copy: TinyWorld, recommender: Recommender) -> str:
    """Somebody with several interests."""
    refs = world_copy.truth.user_refs
    return next(ref for ref in refs if len(taste_of(recommender, ref).interests) > 1)


def names(answer: Recommendations) -> list[str]:
    return [song.song for song in answer.songs]


@pytest.mark.parametrize("kind", ["dislike", "block"])
def test_a_song_that_is_refused_is_gone_and_comes_back_with_the_word(
    recommender: Recommender, user: str, kind: str
) -> None:
    before = recommender.recommend(user)
    song = names(before)[0]
    give_feedback(recommender.session_factory, user, kind, song, now_s=NOW)
    assert song not in names(recommender.recommend(user, 150))
    give_feedback(recommender.session_factory, user, "clear", song, now_s=NOW)
    assert recommender.recommend(user) == before


def test_a_like_changes_the_next_answer_and_its_reasons(recommender: Recommender, user: str) -> None:
    before = recommender.recommend(user)
    liked = names(recommender.recommend(user, 60))[-1]
    give_feedback(recommender.session_factory, user, "like", liked, now_s=NOW)
    after = recommender.recommend(user)
    assert names(after) != names(before)
    assert liked in {one.song for song in recommender.recommend(user, 60).songs for one in song.because}


@pytest.mark.parametrize("do", ["pin", "mute", "forget"])
def test_a_decision_changes_the_next_answer_and_undo_gives_the_former_back(
    recommender: Recommender, user: str, do: str
) -> None:
    assert recommender.release is not None
    before = recommender.recommend(user, 20)
    weights = [one.weight for one in taste_of(recommender, user).interests]
    number = str(1 + int(np.argmin(weights) if do == "pin" else np.argmax(weights)))
    decide(recommender.release, recommender.session_factory, user, do, number)
    assert recommender.recommend(user, 20) != before
    undo(recommender.release, recommender.session_factory, user)
    assert recommender.recommend(user, 20) == before


def test_songs_of_a_muted_interest_do_not_come_and_are_no_reasons(
    recommender: Recommender, user: str
) -> None:
    release = recommender.release
    assert release is not None
    muted = taste_of(recommender, user).interests[0]
    decide(release, recommender.session_factory, user, "mute", "1")
    answer = recommender.recommend(user, 60)
    with recommender.session_factory() as session:
        found = songs_repository.find_songs(session, names(answer))
        named = {one.song for song in answer.songs for one in song.because}
        reasons = songs_repository.find_songs(session, sorted(named))
    songs, because = (release.rows(np.array(list(ids.values()))) for ids in (found, reasons))
    assert not np.isin(muted.rows, [*songs, *because]).any()
    places = release.vectors[songs[songs >= 0]]
    kept = np.array([one.vector for one in taste_of(recommender, user).interests])
    as_two_at_random = 1.0 - spread(release.vectors) ** 2 / 2.0
    nearer = places @ muted.vector >= (places @ kept.T).max(1)
    assert not (nearer & (places @ muted.vector > as_two_at_random)).any()


def test_a_muted_song_does_not_come_nor_do_its_versions(recommender: Recommender, user: str) -> None:
    assert recommender.release is not None
    song = names(recommender.recommend(user))[0]
    decide(recommender.release, recommender.session_factory, user, "mute", song, alone=True)
    assert song not in names(recommender.recommend(user, 150))


def test_who_did_nothing_but_pin_a_song_gets_songs_because_of_it(recommender: Recommender) -> None:
    assert recommender.release is not None
    assert recommender.recommend(NOBODY).fallback == "popular"
    decide(recommender.release, recommender.session_factory, NOBODY, "pin", "sample:3")
    answer = recommender.recommend(NOBODY)
    assert answer.fallback is None
    assert {one.song for song in answer.songs for one in song.because} == {"sample:3"}
