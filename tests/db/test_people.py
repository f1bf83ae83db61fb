"""Users, listens and feedback: each play once, the newest opinion, nothing left of a deleted user."""

from __future__ import annotations

import math

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.models import ApiKey, Base, Generation, Preference
from db.repositories import feedback, listens, playlists, profiles, users
from db.repositories.catalogue import SongFacts, add_songs


@pytest.fixture
def songs(session: Session) -> list[int]:
    """Give the ids of three songs."""
    return add_songs(session, [SongFacts(f"Song {i}", "A") for i in range(3)])


@pytest.fixture
def people(session: Session) -> list[int]:
    """Give the ids of Ann and Bob."""
    known, _ = users.ensure_users(session, [("set", "ann"), ("set", "bob")])
    return list(known.values())


def test_users_are_made_once(session: Session, people: list[int]) -> None:
    known, made = users.ensure_users(session, [("set", "bob"), ("set", "cy"), ("set", "cy")])
    assert (known["set", "bob"], made) == (people[1], 1)
    assert [user.ref for user in users.list_users(session)] == ["set:ann", "set:bob", "set:cy"]


def test_user_is_found_by_names(session: Session, people: list[int]) -> None:
    for ref in (people[0], str(people[0]), f"songspace:{people[0]}", "set:ann", "ann"):
        assert users.find_user(session, ref) == people[0]
    assert users.name_users(session, [*people, 99]) == {people[0]: "set:ann", people[1]: "set:bob"}


@pytest.mark.parametrize("ref", ["", "eve", "set:eve", "\x00", "999999"])
def test_unknown_user_is_named(session: Session, people: list[int], ref: str) -> None:
    with pytest.raises(NotFoundError, match="unknown user"):
        users.find_user(session, ref)


def test_bare_name_of_several_users_finds_none(session: Session, people: list[int]) -> None:
    users.ensure_users(session, [("other", "ann")])
    with pytest.raises(NotFoundError):
        users.find_user(session, "ann")


def test_each_play_is_stored_once(session: Session, people: list[int], songs: list[int]) -> None:
    play = (people[0], songs[0], 1_700_000_000, 0.5)
    assert listens.add_listens(session, [play, play, (people[1], *play[1:])]) == 2
    assert listens.add_listens(session, [play]) == 0
    assert listens.count_listens(session) == 2


def test_listens_come_by_user_and_time(session: Session, people: list[int], songs: list[int]) -> None:
    ann, bob = people
    listens.add_listens(
        session, [(bob, songs[0], 1, None), (ann, songs[0], 9, 1.0), (ann, songs[2], 3, None)]
    )
    frame = listens.read_listens(session)
    assert frame["listened_at_s"].tolist() == [3, 9, 1]
    assert math.isnan(frame["completion"].tolist()[0])
    assert listens.user_listens(session, ann)["song_id"].tolist() == [songs[2], songs[0]]
    assert len(listens.user_listens(session, 999)) == 0
    assert [user.n_listens for user in users.list_users(session)] == [2, 1]


@pytest.mark.parametrize(("listened_at_s", "completion"), [(-1, None), (5, 1.5), (5, -0.1)])
def test_impossible_listens_are_refused(
    session: Session, people: list[int], songs: list[int], listened_at_s: int, completion: float | None
) -> None:
    with pytest.raises(IntegrityError):
        listens.add_listens(session, [(people[0], songs[0], listened_at_s, completion)])


def test_newest_opinion_stays(session: Session, people: list[int], songs: list[int]) -> None:
    ann, song = people[0], songs[0]
    assert feedback.set_feedback(session, ann, song, kind="like", given_at_s=10)
    assert feedback.set_feedback(session, ann, song, kind="dislike", given_at_s=20)
    assert not feedback.set_feedback(session, ann, song, kind="like", given_at_s=15)
    assert feedback.user_feedback(session, ann) == {song: {"dislike"}}


def test_last_word_within_a_second_counts(session: Session, people: list[int], songs: list[int]) -> None:
    for kind in ("like", "dislike", "like"):
        assert feedback.set_feedback(session, people[0], songs[0], kind=kind, given_at_s=10)
    assert not feedback.set_feedback(session, people[0], songs[0], kind="like", given_at_s=10)
    assert feedback.user_feedback(session, people[0]) == {songs[0]: {"like"}}


def test_block_stands_beside_an_opinion(session: Session, people: list[int], songs: list[int]) -> None:
    for kind in ("like", "block"):
        feedback.set_feedback(session, people[0], songs[0], kind=kind, given_at_s=10)
    assert feedback.user_feedback(session, people[0]) == {songs[0]: {"like", "block"}}
    assert feedback.remove_feedback(session, people[0], songs[0], kind="block")
    assert not feedback.remove_feedback(session, people[0], songs[0], kind="block")


def test_unknown_kind_is_refused(session: Session, people: list[int], songs: list[int]) -> None:
    with pytest.raises(ValueError, match="'love'"):
        feedback.set_feedback(session, people[0], songs[0], kind="love", given_at_s=1)


def test_much_feedback_ends_the_same_in_any_order(
    session: Session, people: list[int], songs: list[int]
) -> None:
    ann, song = people[0], songs[0]
    given = [
        (ann, song, "like", 5),
        (ann, song, "dislike", 5),
        (ann, song, "like", 4),
        (ann, song, "block", 1),
    ]
    assert feedback.add_feedback(session, given) == (2, 0)
    before = feedback.read_feedback(session).to_numpy().tolist()
    assert feedback.add_feedback(session, given[::-1]) == (0, 0)
    assert feedback.read_feedback(session).to_numpy().tolist() == before
    assert before == [[ann, song, "block", 1], [ann, song, "dislike", 5]]
    assert feedback.add_feedback(session, [(ann, song, "like", 6)]) == (0, 1)


def test_nothing_is_left_of_a_deleted_user(session: Session, people: list[int], songs: list[int]) -> None:
    ann = people[0]
    listens.add_listens(session, [(ann, songs[0], 1, None)])
    feedback.set_feedback(session, ann, songs[0], kind="like", given_at_s=1)
    playlists.add_playlists(session, [playlists.PlaylistContent("set", "1", "Ann's", songs, "", user_id=ann)])
    profiles.save_profiles(session, [profiles.Profile(ann, "r1")])
    session.add(Generation(kind="audio", state="done", prompt="x", parameters={}, user_id=ann))
    session.add(Preference(kind="lyrics", prompt="x", takes=[], ranking=[], judge="person", user_id=ann))
    session.add(ApiKey(key_hash="0" * 64, scope="user", user_id=ann))
    session.flush()
    users.delete_user(session, ann)
    left = {
        name: session.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in Base.metadata.tables.items()
    }
    assert {name: count for name, count in left.items() if count} == {"artists": 1, "songs": 3, "users": 1}


def test_user_ids_are_never_used_again(session: Session, people: list[int]) -> None:
    users.delete_user(session, people[1])
    known, _ = users.ensure_users(session, [("set", "eve")])
    assert known["set", "eve"] > people[1]
