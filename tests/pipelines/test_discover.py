"""Weekly discoveries: never heard, mostly new, another list every week, and the same one all week."""

from __future__ import annotations

import numpy as np
import pytest

from db.errors import NotFoundError
from db.repositories import feedback as feedback_repository
from db.repositories import listens as listens_repository
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.session import write_transaction
from pipelines.discover import Discovery, discover, monday_of, take_turns
from pipelines.edit_profile import decide
from pipelines.profiles import muted_rows, user_taste
from tests.tiny_world import LIVE, NOBODY, TinyWorld

WEEK = "2026-W20"
WEEKS = ("2026-W17", "2026-W18", "2026-W19", WEEK)


def ask(world: TinyWorld, user: str, k: int = 8, week: str = WEEK, **options: float) -> Discovery:
    return discover(world.release, world.factory, user, k, week=week, **options)


def names(answer: Discovery) -> list[str]:
    return [song.song for song in answer.songs]


def rows_heard(world: TinyWorld, user: str) -> np.ndarray:
    with world.factory() as session:
        listens = listens_repository.user_listens(session, users_repository.find_user(session, user))
    return world.release.rows(np.unique(listens["song_id"].to_numpy()))


def rows_of(world: TinyWorld, answer: Discovery) -> np.ndarray:
    with world.factory() as session:
        ids = [songs_repository.find_song(session, name) for name in names(answer)]
    return world.release.rows(np.array(ids))


def listen(world: TinyWorld, user: str, song: str, at_s: int) -> None:
    with write_transaction(world.factory) as session:
        ids = users_repository.find_user(session, user), songs_repository.find_song(session, song)
        listens_repository.add_listens(session, [(*ids, at_s, 1.0)])


def test_nothing_in_the_list_was_ever_heard_nor_a_version_of_it(tiny_world: TinyWorld) -> None:
    for user in tiny_world.truth.user_refs[:10]:
        heard = tiny_world.release.catalogue.versions(rows_heard(tiny_world, user))
        assert not set(rows_of(tiny_world, ask(tiny_world, user, 20)).tolist()) & set(heard.tolist())


def test_a_version_of_a_song_that_was_heard_is_not_discovered(world_copy: TinyWorld) -> None:
    user = world_copy.truth.user_refs[0]
    listen(world_copy, user, LIVE, 1_700_000_000)
    assert "sample:0" not in names(ask(world_copy, user, 150))


def test_weeks_differ_and_a_week_stays_the_same(tiny_world: TinyWorld) -> None:
    for user in tiny_world.truth.user_refs[:6]:
        lists = [names(ask(tiny_world, user, week=week)) for week in WEEKS]
        together = [name for one in lists for name in one]
        assert [len(one) for one in lists] == [8] * 4
        assert len(set(together)) == len(together)
        assert names(ask(tiny_world, user)) == lists[-1]


def test_a_list_longer_than_its_turn_does_not_shrink_and_says_so(tiny_world: TinyWorld) -> None:
    answer = ask(tiny_world, tiny_world.truth.user_refs[0], 40)
    assert len(set(names(answer))) == 40
    assert "earlier weeks" in answer.relaxed


def test_artists_are_mostly_new(tiny_world: TinyWorld) -> None:
    for user in tiny_world.truth.user_refs[:10]:
        answer, heard = ask(tiny_world, user), rows_heard(tiny_world, user)
        known = tiny_world.release.catalogue.by_artists_of(rows_of(tiny_world, answer), heard)
        assert known.mean() <= 0.5 or "new artists" in answer.relaxed


def test_an_artist_comes_twice_at_most_or_the_answer_says_so(tiny_world: TinyWorld) -> None:
    for user in tiny_world.truth.user_refs[:10]:
        answer = ask(tiny_world, user, 20)
        artists = [song.artist for song in answer.songs]
        assert max(map(artists.count, artists)) <= 2 or "artist cap" in answer.relaxed


def test_what_is_heard_or_blocked_leaves_the_list_and_another_comes(world_copy: TinyWorld) -> None:
    user = world_copy.truth.user_refs[0]
    first, second, *_ = names(ask(world_copy, user))
    listen(world_copy, user, first, 1_790_000_000)
    with write_transaction(world_copy.factory) as session:
        ids = users_repository.find_user(session, user), songs_repository.find_song(session, second)
        feedback_repository.set_feedback(session, *ids, kind="block", given_at_s=1_790_000_000)
    after = names(ask(world_copy, user))
    assert not {first, second} & set(after)
    assert len(after) == 8


def test_a_muted_interest_leaves_the_list(world_copy: TinyWorld) -> None:
    user, release = world_copy.truth.user_refs[0], world_copy.release
    before = names(ask(world_copy, user, 20))
    decide(release, world_copy.factory, user, "mute", "1")
    after = names(ask(world_copy, user, 20))
    assert set(before) != set(after)
    with world_copy.factory() as session:
        taste, decisions = user_taste(session, release, users_repository.find_user(session, user))
    assert not muted_rows(release, taste, decisions, rows_of(world_copy, ask(world_copy, user, 20))).any()


def test_listens_of_this_week_leave_the_taste_of_its_list_alone(world_copy: TinyWorld) -> None:
    user, monday = world_copy.truth.user_refs[0], 1_778_457_600
    before = ask(world_copy, user)
    heard = names(ask(world_copy, user, 60))[-1]
    listen(world_copy, user, heard, monday + 3600)
    assert ask(world_copy, user).songs == before.songs


def test_who_heard_little_gets_what_is_popular_and_is_told_so(tiny_world: TinyWorld) -> None:
    answer = ask(tiny_world, NOBODY)
    assert (answer.fallback, len(answer.songs)) == ("popular", 8)
    assert len({song.artist for song in answer.songs}) == 8
    assert names(answer) != names(ask(tiny_world, NOBODY, week="2026-W21"))


def test_reasons_are_songs_that_were_heard(tiny_world: TinyWorld) -> None:
    user = tiny_world.truth.user_refs[0]
    heard = set(rows_heard(tiny_world, user).tolist())
    with tiny_world.factory() as session:
        for song in ask(tiny_world, user).songs:
            ids = [songs_repository.find_song(session, one.song) for one in song.because]
            assert set(tiny_world.release.rows(np.array(ids, dtype=int)).tolist()) <= heard


def test_turns_part_a_catalogue_in_four_and_the_longest_ago_follow_first() -> None:
    ids = np.arange(1000)
    weeks = [take_turns(ids, ids, 7, week) for week in range(100, 104)]
    of_week = [set(np.setdiff1d(ids, others).tolist()) for _, others in weeks]
    assert sum(map(len, of_week)) == len(set().union(*of_week)) == 1000
    first = len(of_week[3])
    assert set(weeks[3][0][:first].tolist()) == of_week[3]
    assert set(weeks[3][0][first : first + len(of_week[0])].tolist()) == of_week[0]


def test_users_have_turns_of_their_own() -> None:
    ids = np.arange(1000)
    (_, mine), (_, yours) = take_turns(ids, ids, 7, 100), take_turns(ids, ids, 8, 100)
    assert len(np.intersect1d(np.setdiff1d(ids, mine), np.setdiff1d(ids, yours))) < 100


def test_weeks_follow_one_another_over_the_new_year() -> None:
    days = [monday_of(week).toordinal() for week in ("2026-W52", "2026-W53", "2027-W01")]
    assert np.diff(days).tolist() == [7, 7]


@pytest.mark.parametrize("week", ["2026-47", "2026-W54", "2026-W00", "W47", "", "next"])
def test_what_is_no_week_is_refused(tiny_world: TinyWorld, week: str) -> None:
    with pytest.raises(ValueError, match="written like 2026-W47"):
        ask(tiny_world, tiny_world.truth.user_refs[0], week=week)


def test_an_unknown_user_is_not_found(tiny_world: TinyWorld) -> None:
    with pytest.raises(NotFoundError):
        ask(tiny_world, "sample:nemo")
