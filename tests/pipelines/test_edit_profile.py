"""What a user decides holds at once, survives a new night, and can be taken back."""

from __future__ import annotations

import numpy as np
import pytest

from db.errors import NotFoundError
from db.repositories import profiles as profiles_repository
from db.repositories import users as users_repository
from db.repositories.feedback import user_feedback
from pipelines.edit_profile import UnknownInterestError, decide, decisions, give_feedback, undo
from pipelines.explore import profile
from pipelines.nightly import STAGES
from pipelines.profiles import muted_rows, renew_profiles, user_taste
from recsys.decisions import Decisions
from recsys.taste import TasteProfile
from tests.tiny_world import NOBODY, UNPLAYED, TinyWorld


@pytest.fixture
def user(world_copy: TinyWorld) -> str:
    """Somebody with several interests."""
    refs = world_copy.truth.user_refs
    return next(ref for ref in refs if len(taste_of(world_copy, ref)[0].interests) > 1)


def taste_of(world: TinyWorld, user: str) -> tuple[TasteProfile, Decisions]:
    with world.factory() as session:
        return user_taste(session, world.release, users_repository.find_user(session, user))


def edit(world: TinyWorld, user: str, do: str, named: str, *, alone: bool = False) -> TasteProfile:
    assert decide(world.release, world.factory, user, do, named, alone=alone).changed
    return taste_of(world, user)[0]


def ref_of(world: TinyWorld, row: int) -> str:
    return f"songspace:{world.release.song_ids[row]}"


def assert_same(one: TasteProfile, other: TasteProfile) -> None:
    for name in ("overall", "recent", "rows", "weights"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-6)
    assert [(i.medoid, i.weight, i.pinned) for i in one.interests] == [
        (i.medoid, i.weight, i.pinned) for i in other.interests
    ]
    assert one.muted == other.muted == ()


@pytest.mark.parametrize("do", ["pin", "mute", "forget"])
@pytest.mark.parametrize("alone", [False, True])
def test_undo_gives_back_exactly_the_former_profile(
    world_copy: TinyWorld, user: str, do: str, alone: bool
) -> None:
    before = taste_of(world_copy, user)[0]
    song = ref_of(world_copy, before.interests[-1].medoid)
    edited = edit(world_copy, user, do, song, alone=alone)
    assert [i.weight for i in edited.interests] != [i.weight for i in before.interests]
    assert undo(world_copy.release, world_copy.factory, user, song).decisions == ()
    assert_same(taste_of(world_copy, user)[0], before)


def test_a_muted_interest_is_left_out_of_profile_and_candidates(world_copy: TinyWorld, user: str) -> None:
    release, before = world_copy.release, taste_of(world_copy, user)[0]
    first = before.interests[0]
    edit(world_copy, user, "mute", "1")
    after, decided = taste_of(world_copy, user)
    assert [one.medoid for one in after.muted] == [first.medoid]
    assert not np.isin(first.rows, after.rows).any()
    mask = muted_rows(release, after, decided, np.arange(release.n_songs))
    assert mask[first.rows[first.rows < release.n_songs]].all()
    assert mask.sum() < release.n_songs / 2
    assert after.overall @ first.vector < before.overall @ first.vector


def test_a_decision_outlives_a_new_night(world_copy: TinyWorld, user: str) -> None:
    before = taste_of(world_copy, user)[0]
    row = before.interests[1].medoid
    song = int(world_copy.release.song_ids[row])
    edit(world_copy, user, "mute", "2")
    for stage in STAGES:
        if stage not in ("words", "axes", "evaluate"):  # They take long, and have no part in this.
            world_copy.night(stage=stage, seed=5, force=True)
    renewed = TinyWorld(world_copy.home, world_copy.truth)
    after = taste_of(renewed, user)[0]
    assert any(song in renewed.release.song_ids[one.rows] for one in after.muted)
    renewed.factory.kw["bind"].dispose()


def test_what_is_stored_of_a_profile_obeys_too(world_copy: TinyWorld, user: str) -> None:
    edit(world_copy, user, "forget", "1")
    renew_profiles(world_copy.factory, world_copy.release)
    taste, _ = taste_of(world_copy, user)
    with world_copy.factory() as session:
        stored = profiles_repository.load_profile(session, users_repository.find_user(session, user))
    assert stored.overall is not None
    np.testing.assert_allclose(stored.overall, taste.overall, atol=1e-5)


def test_a_forgotten_interest_is_gone_and_its_listens_stay(world_copy: TinyWorld, user: str) -> None:
    before = taste_of(world_copy, user)[0]
    listens = profile(world_copy.release, world_copy.factory, user).listens
    after = edit(world_copy, user, "forget", ref_of(world_copy, before.interests[0].medoid))
    assert not np.isin(before.interests[0].rows, after.rows).any()
    assert profile(world_copy.release, world_copy.factory, user).listens == listens


def test_a_new_decision_takes_the_place_of_the_old_one(world_copy: TinyWorld, user: str) -> None:
    medoid = taste_of(world_copy, user)[0].interests[0].medoid
    edit(world_copy, user, "mute", ref_of(world_copy, medoid))
    last = len(taste_of(world_copy, user)[0].interests) + 1
    answer = decide(world_copy.release, world_copy.factory, user, "pin", str(last))
    assert [(one.do, one.what) for one in answer.decisions] == [("pin", "interest")]


def test_profile_shows_what_is_pinned_muted_and_forgotten(world_copy: TinyWorld, user: str) -> None:
    taste = taste_of(world_copy, user)[0]
    edit(world_copy, user, "forget", ref_of(world_copy, int(taste.rows[-1])), alone=True)
    edit(world_copy, user, "mute", ref_of(world_copy, taste.interests[0].medoid))
    edit(world_copy, user, "pin", ref_of(world_copy, taste.interests[1].medoid))
    answer = profile(world_copy.release, world_copy.factory, user)
    assert answer.interests[-1].mark == "muted"
    assert [one.mark for one in answer.interests].count("pinned") == 1
    assert answer.forgotten == 1


def test_who_has_no_profile_may_pin_a_song(world_copy: TinyWorld) -> None:
    taste = edit(world_copy, NOBODY, "pin", "sample:3")
    assert [one.weight for one in taste.interests] == [1.0]
    assert decisions(world_copy.factory, NOBODY).decisions[0].do == "pin"


def test_a_song_without_a_place_can_be_decided_on(world_copy: TinyWorld, user: str) -> None:
    before = taste_of(world_copy, user)[0]
    for do in ("pin", "mute", "forget"):
        assert_same(edit(world_copy, user, do, UNPLAYED), before)


@pytest.mark.parametrize("named", ["0", "99", "9" * 30])
def test_an_interest_that_is_not_there_is_said(world_copy: TinyWorld, user: str, named: str) -> None:
    with pytest.raises(UnknownInterestError, match=f"there is no interest {named}"):
        decide(world_copy.release, world_copy.factory, user, "mute", named)
    with pytest.raises(NotFoundError):
        decide(world_copy.release, world_copy.factory, user, "mute", "sample:99999")
    with pytest.raises(UnknownInterestError, match="nothing is decided on sample:3"):
        undo(world_copy.release, world_copy.factory, user, "sample:3")


def test_settings_that_are_no_decisions_are_passed_over_and_kept(world_copy: TinyWorld, user: str) -> None:
    before = taste_of(world_copy, user)[0]
    odd = {"theme": "dark", "decisions": {"x": {}, "1": "mute", "2": {"do": "burn", "what": "song"}}}
    with world_copy.factory() as session, session.begin():
        user_id = users_repository.find_user(session, user)
        profiles_repository.save_settings(session, user_id, odd)
    assert_same(taste_of(world_copy, user)[0], before)
    edit(world_copy, user, "pin", "sample:3")
    undo(world_copy.release, world_copy.factory, user)
    with world_copy.factory() as session:
        assert profiles_repository.load_profile(session, user_id).settings == {"theme": "dark"}


def test_the_last_word_on_a_song_counts_whatever_the_clock_says(world_copy: TinyWorld, user: str) -> None:
    said = [
        give_feedback(world_copy.factory, user, kind, "sample:3", now_s=at).kinds
        for kind, at in (("like", 900), ("dislike", 5), ("block", 4), ("clear", 3), ("clear", 2))
    ]
    assert said == [("like",), ("dislike",), ("block", "dislike"), (), ()]
    with world_copy.factory() as session:
        user_id = users_repository.find_user(session, user)
        assert len(user_feedback(session, user_id).get(3, set())) == 0


def test_a_like_draws_the_taste_near_at_once(world_copy: TinyWorld, user: str) -> None:
    release, before = world_copy.release, taste_of(world_copy, user)[0]
    row = int(np.argmin(release.vectors[: release.n_songs] @ before.overall))
    give_feedback(world_copy.factory, user, "like", ref_of(world_copy, row), now_s=1)
    after = taste_of(world_copy, user)[0]
    assert row in after.rows
    assert after.overall @ release.vectors[row] > before.overall @ release.vectors[row]
