"""Radio and paths through a release: names, listeners, places, errors."""

from __future__ import annotations

import numpy as np
import pytest

from db.errors import NotFoundError
from db.repositories import feedback as feedback_repository
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.session import write_transaction
from pipelines.edit_profile import decide
from pipelines.path import song_path
from pipelines.radio import RadioAnswer, play_radio
from pipelines.shelf import Shelves
from tests.tiny_world import LIVE, LOST, RARE, TinyWorld


def play(world: TinyWorld, *songs: str, k: int = 20, **options: object) -> RadioAnswer:
    return play_radio(Shelves(world.release), world.factory, songs, k, **options)  # type: ignore[arg-type]


def names(answer: RadioAnswer) -> list[str]:
    return [song.song for song in answer.songs]


def test_a_radio_can_be_taken_up_where_it_was_left(tiny_world: TinyWorld) -> None:
    whole = play(tiny_world, "sample:5", k=40)
    assert names(whole)[0] == "sample:5"
    assert play(tiny_world, "sample:5", k=30, after=10).songs == whole.songs[10:]


def test_another_number_is_another_radio(tiny_world: TinyWorld) -> None:
    assert names(play(tiny_world, "sample:5")) != names(play(tiny_world, "sample:5", seed=2))


def test_a_radio_ends_when_every_recording_has_come(tiny_world: TinyWorld) -> None:
    played = names(play(tiny_world, "sample:5", k=1000))
    assert len(set(played)) == len(played) > 140
    assert len({"sample:0", LIVE} & set(played)) == 1


def test_a_rare_song_starts_a_radio_too(tiny_world: TinyWorld) -> None:
    assert names(play(tiny_world, RARE[0]))[0] == RARE[0]


def test_what_the_listener_blocked_never_comes(world_copy: TinyWorld) -> None:
    user = world_copy.truth.user_refs[0]
    barred = names(play(world_copy, "sample:5", user=user))[1]
    with write_transaction(world_copy.factory) as session:
        ids = users_repository.find_user(session, user), songs_repository.find_song(session, barred)
        feedback_repository.set_feedback(session, *ids, kind="block", given_at_s=1_790_000_000)
    assert barred not in names(play(world_copy, "sample:5", k=1000, user=user))
    with pytest.raises(ValueError, match=f"does not want to hear {barred}"):
        play(world_copy, barred, user=user)


def test_what_the_listener_muted_never_comes_but_near_it_may_be_asked_for(world_copy: TinyWorld) -> None:
    user = world_copy.truth.user_refs[0]
    decide(world_copy.release, world_copy.factory, user, "mute", "sample:9")
    assert "sample:9" not in names(play(world_copy, "sample:5", k=1000, user=user))


def test_a_listener_leans_the_radio_to_their_taste(tiny_world: TinyWorld) -> None:
    user = tiny_world.truth.user_refs[0]
    assert names(play(tiny_world, "sample:5", user=user)) != names(play(tiny_world, "sample:5"))


@pytest.mark.parametrize(
    "wrong", [{"k": 0}, {"after": -1}, {"seed": -1}, {"adventure": 2.0}, {"after": 10**9}]
)
def test_numbers_that_cannot_be_are_refused(tiny_world: TinyWorld, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"need k >= 1|adventure must lie"):
        play(tiny_world, "sample:5", **wrong)  # type: ignore[arg-type]


def test_a_song_without_a_place_starts_nothing(tiny_world: TinyWorld) -> None:
    with pytest.raises(ValueError, match="stands beside no song"):
        play(tiny_world, LOST[0])
    with pytest.raises(NotFoundError):
        play(tiny_world, "sample:99999")


def test_a_path_leads_from_end_to_end_in_the_askers_names(tiny_world: TinyWorld) -> None:
    answer = song_path(Shelves(tiny_world.release), tiny_world.factory, "other:5", "sample:60", 6)
    songs = [song.song for song in answer.songs]
    assert (songs[0], songs[-1], len(set(songs))) == ("other:5", "songspace:61", 6) or songs[0] == "other:5"
    steps = np.degrees(np.arccos([song.score for song in answer.songs[1:]]))
    assert answer.largest_step == pytest.approx(steps.max(), abs=0.02)
    assert answer.largest_step < answer.direct


@pytest.mark.parametrize(("start", "end"), [("sample:5", "sample:5"), ("sample:0", LIVE)])
def test_a_song_and_its_version_have_no_path(tiny_world: TinyWorld, start: str, end: str) -> None:
    with pytest.raises(ValueError, match="versions of one recording"):
        song_path(Shelves(tiny_world.release), tiny_world.factory, start, end)


@pytest.mark.parametrize("k", [1, 101])
def test_a_path_is_neither_a_point_nor_endless(tiny_world: TinyWorld, k: int) -> None:
    with pytest.raises(ValueError, match="a path has 2 to 100 songs"):
        song_path(Shelves(tiny_world.release), tiny_world.factory, "sample:5", "sample:6", k)
