"""Recommendations: rules that hold, reasons that are true, words that count at once, files that are whole."""

from __future__ import annotations

import numpy as np
import pytest

from db.errors import NotFoundError
from db.repositories import feedback as feedback_repository
from db.repositories import listens as listens_repository
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.session import write_transaction
from pipelines.answers import Recommendations
from pipelines.reasons import SIGNALS
from pipelines.recommend import NEW, Recommender
from recsys.candidates import RETRIEVERS
from recsys.rules import RuleSettings
from tests.tiny_world import LIVE, LONELY, NOBODY, RARE, TinyWorld

NOW = 1_790_000_000


def ask(world: TinyWorld, user: str, k: int = 10, **rules: object) -> Recommendations:
    settings = RuleSettings(**rules) if rules else None  # type: ignore[arg-type]
    return Recommender(world.release, world.factory).recommend(user, k, rules=settings)


def say(world: TinyWorld, user: str, song: str, kind: str) -> None:
    with write_transaction(world.factory) as session:
        user_id, song_id = (
            users_repository.find_user(session, user),
            songs_repository.find_song(session, song),
        )
        feedback_repository.set_feedback(session, user_id, song_id, kind=kind, given_at_s=NOW)


def names(answer: Recommendations) -> list[str]:
    return [song.song for song in answer.songs]


def heard_or_liked(world: TinyWorld, user: str) -> set[str]:
    with world.factory() as session:
        user_id = users_repository.find_user(session, user)
        songs = set(listens_repository.user_listens(session, user_id)["song_id"])
        songs |= set(feedback_repository.user_feedback(session, user_id))
        return set(songs_repository.name_songs(session, songs, "sample").values())


@pytest.fixture(scope="module")
def fifty(tiny_world: TinyWorld) -> list[Recommendations]:
    """Lists of fifty for a dozen users."""
    return [ask(tiny_world, user, 50) for user in tiny_world.truth.user_refs[:12]]


def test_fifty_are_fifty_different_songs(fifty: list[Recommendations]) -> None:
    assert [len(set(names(answer))) for answer in fifty] == [50] * len(fifty)


def test_a_list_holds_one_version_of_a_recording(fifty: list[Recommendations]) -> None:
    assert not [answer.user for answer in fifty if {"sample:0", LIVE} <= set(names(answer))]


def test_an_artist_comes_twice_at_most_or_the_answer_says_so(tiny_world: TinyWorld) -> None:
    for user in tiny_world.truth.user_refs[:12]:
        answer = ask(tiny_world, user, 15)
        artists = [song.artist for song in answer.songs]
        assert max(map(artists.count, artists)) <= 2 or "artist cap" in answer.relaxed


def test_what_was_disliked_never_comes(tiny_world: TinyWorld) -> None:
    for user in tiny_world.truth.user_refs[:12]:
        with tiny_world.factory() as session:
            said = feedback_repository.user_feedback(session, users_repository.find_user(session, user))
            disliked = songs_repository.name_songs(
                session, [s for s, k in said.items() if "dislike" in k], "sample"
            )
        assert not set(names(ask(tiny_world, user, 150))) & set(disliked.values())


def test_reasons_are_songs_that_were_heard_and_never_the_song_itself(
    tiny_world: TinyWorld, fifty: list[Recommendations]
) -> None:
    for answer in fifty:
        known = heard_or_liked(tiny_world, answer.user)
        for song in answer.songs:
            reasons = [one.song for one in song.because]
            assert song.song not in reasons
            assert set(reasons) <= known
            assert len(set(reasons)) == len(reasons) <= 3


def test_shares_fall_and_lie_within_0_and_1(fifty: list[Recommendations]) -> None:
    shares = [[one.share for one in song.because] for answer in fifty for song in answer.songs]
    assert all(0.0 <= share <= 1.0 for one in shares for share in one)
    assert all(one == sorted(one, reverse=True) for one in shares)


def test_signals_and_retrievers_are_known_by_name(fifty: list[Recommendations]) -> None:
    songs = [song for answer in fifty for song in answer.songs]
    assert {song.signal for song in songs} <= set(SIGNALS.values())
    assert {song.retriever for song in songs} <= {*RETRIEVERS, NEW}


def test_who_heard_a_rare_song_alone_is_told_of_it_and_not_of_its_stand_ins(tiny_world: TinyWorld) -> None:
    answer = ask(tiny_world, LONELY)
    assert answer.fallback is None
    assert {one.song for song in answer.songs for one in song.because} == {RARE[0]}


def test_the_same_question_has_the_same_answer(tiny_world: TinyWorld) -> None:
    user = tiny_world.truth.user_refs[0]
    assert ask(tiny_world, user) == ask(tiny_world, user)


def test_an_unknown_user_is_not_found(tiny_world: TinyWorld) -> None:
    with pytest.raises(NotFoundError, match="unknown user: sample:nemo"):
        ask(tiny_world, "sample:nemo")


@pytest.mark.parametrize("k", [0, -1])
def test_no_songs_cannot_be_asked_for(tiny_world: TinyWorld, k: int) -> None:
    with pytest.raises(ValueError, match="k must be at least 1"):
        ask(tiny_world, tiny_world.truth.user_refs[0], k)


def test_more_songs_than_there_are_give_all_there_are(tiny_world: TinyWorld) -> None:
    answer = ask(tiny_world, tiny_world.truth.user_refs[0], 10_000)
    assert 100 < len(answer.songs) <= tiny_world.release.n_songs


def test_who_never_listened_gets_what_is_popular_and_is_told_so(tiny_world: TinyWorld) -> None:
    answer = ask(tiny_world, NOBODY, 5)
    assert answer.fallback == "popular"
    assert len(answer.songs) == 5
    best = int(tiny_world.release.song_ids[int(np.argmax(tiny_world.release.counts))])
    with tiny_world.factory() as session:
        assert answer.songs[0].song == songs_repository.name_songs(session, [best], "sample")[best]


def test_without_a_release_the_popular_songs_come_from_the_database(tiny_world: TinyWorld) -> None:
    user = tiny_world.truth.user_refs[0]
    answer = Recommender(None, tiny_world.factory).recommend(user, 10)
    assert (answer.release, answer.fallback, answer.relaxed) == (None, "popular", ())
    assert len({song.artist for song in answer.songs}) == 10


def test_a_popular_list_longer_than_there_are_artists_fills_up_and_says_so(tiny_world: TinyWorld) -> None:
    for k in (100, 10**30):
        answer = Recommender(None, tiny_world.factory).recommend(tiny_world.truth.user_refs[0], k)
        assert len(set(names(answer))) >= 100
        assert answer.relaxed == ("artist cap",)


@pytest.mark.parametrize("kind", ["dislike", "block"])
def test_what_is_disliked_or_blocked_is_gone_from_the_next_answer(world_copy: TinyWorld, kind: str) -> None:
    user = world_copy.truth.user_refs[0]
    gone = names(ask(world_copy, user))[0]
    say(world_copy, user, gone, kind)
    assert gone not in names(ask(world_copy, user, 150))
    assert gone not in names(Recommender(None, world_copy.factory).recommend(user, 150))


def test_a_like_changes_the_next_answer_towards_the_song(world_copy: TinyWorld) -> None:
    release, nearer = world_copy.release, []
    for user in world_copy.truth.user_refs[:8]:
        before = ask(world_copy, user, 20)
        liked = ask(world_copy, user, 60).songs[-1].song
        say(world_copy, user, liked, "like")
        after = ask(world_copy, user, 20)
        assert names(after) != names(before)
        with world_copy.factory() as session:
            ids = songs_repository.find_songs(session, [liked, *names(before), *names(after)])
        place = {name: release.vectors[release.rows(np.array([number]))[0]] for name, number in ids.items()}
        new = [place[name] @ place[liked] for name in names(after) if name not in {*names(before), liked}]
        gone = [place[name] @ place[liked] for name in names(before) if name not in names(after)]
        nearer.append(np.mean([*new, 0]) - np.mean([*gone, 0]))
    assert np.mean(nearer) > 0


def test_a_listen_takes_the_song_out_of_the_next_answer(world_copy: TinyWorld) -> None:
    user = world_copy.truth.user_refs[0]
    song = names(ask(world_copy, user))[0]
    with write_transaction(world_copy.factory) as session:
        ids = users_repository.find_user(session, user), songs_repository.find_song(session, song)
        listens_repository.add_listens(session, [(*ids, NOW, 1.0)])
    assert song not in names(ask(world_copy, user))


def test_many_are_answered_as_one_by_one(tiny_world: TinyWorld) -> None:
    recommender = Recommender(tiny_world.release, tiny_world.factory)
    with tiny_world.factory() as session:
        users = [(one.user_id, one.ref) for one in users_repository.list_users(session)]
    many = recommender.recommend_many([*users, (10**6, "gone")], 7)
    assert many == [recommender.recommend(name, 7) for _, name in users]
