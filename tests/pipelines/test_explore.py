"""The song space as one meets it: search, similar songs, arithmetic, profiles, nearest users."""

from __future__ import annotations

import numpy as np
import pytest

from db.errors import NotFoundError
from pipelines import explore
from pipelines.sample_world import GENRES
from pipelines.shelf import Shelves
from tests.tiny_world import LIVE, LONELY, LOST, NOBODY, RARE, TinyWorld


def similar(world: TinyWorld, song: str, k: int = 10) -> list[str]:
    return [answer.song for answer in explore.similar(Shelves(world.release), world.factory, song, k).songs]


def test_songs_are_found_by_words_of_title_and_artist(tiny_world: TinyWorld) -> None:
    title, artist = tiny_world.truth.songs["title"][0], tiny_world.truth.songs["artist"][0]
    found = explore.search(tiny_world.factory, title.upper())
    assert {answer.title for answer in found} == {title, f"{title} (Live)"}
    assert found[0].title == title
    assert [answer.score for answer in found] == [1.0, 0.5]
    assert artist in {answer.artist for answer in explore.search(tiny_world.factory, artist.split()[-1])}


@pytest.mark.parametrize("text", ["", "   ", "zzzzqqqq", "%", "\x00", "'; drop table song; --"])
def test_what_nobody_wrote_finds_nothing(tiny_world: TinyWorld, text: str) -> None:
    assert explore.search(tiny_world.factory, text) == ()


def test_similar_songs_come_by_falling_cosine_without_the_song_itself(tiny_world: TinyWorld) -> None:
    found = explore.similar(Shelves(tiny_world.release), tiny_world.factory, "sample:7", 20).songs
    scores = [answer.score for answer in found]
    assert len(found) == 20
    assert scores == sorted(scores, reverse=True)
    assert "sample:7" not in {answer.song for answer in found}


def test_versions_of_a_song_are_not_similar_to_it(tiny_world: TinyWorld) -> None:
    assert LIVE not in similar(tiny_world, "sample:0", 200)
    assert "sample:0" not in similar(tiny_world, LIVE, 200)


def test_a_recording_comes_once(tiny_world: TinyWorld) -> None:
    everything = similar(tiny_world, "sample:1", 1000)
    assert len({"sample:0", LIVE} & set(everything)) == 1
    assert len(everything) == len(set(everything))


def test_similar_songs_are_named_as_the_song_was(tiny_world: TinyWorld) -> None:
    assert all(name.startswith(("other:", "songspace:")) for name in similar(tiny_world, "other:7"))


def test_a_rare_song_lies_among_those_it_stands_beside(tiny_world: TinyWorld) -> None:
    beside = {f"sample:{i}" for i in range(30, 35)} | set(RARE)
    assert len(beside & set(similar(tiny_world, RARE[0], 7))) >= 5


@pytest.mark.parametrize("song", LOST)
def test_songs_without_a_place_have_no_neighbours(tiny_world: TinyWorld, song: str) -> None:
    with pytest.raises(ValueError, match=song):
        similar(tiny_world, song)


def test_the_nearest_songs_are_of_the_same_genre_far_above_chance(tiny_world: TinyWorld) -> None:
    genre = tiny_world.truth.song_truth[:, : len(GENRES)].argmax(1)
    chance = float((genre[:, None] == genre[None, :]).mean())
    same = [
        genre[int(name.removeprefix("sample:"))] == genre[song]
        for song in range(0, len(genre), 3)
        for name in similar(tiny_world, f"sample:{song}", 5)
        if name.removeprefix("sample:").isdigit()
    ]
    assert np.mean(same) > 3 * chance


def test_a_blend_of_one_song_is_what_is_similar_to_it(tiny_world: TinyWorld) -> None:
    blended = explore.blend(Shelves(tiny_world.release), tiny_world.factory, ["sample:7"], [], 10)
    assert [answer.song for answer in blended.songs] == similar(tiny_world, "sample:7")


def test_a_blend_does_not_depend_on_order_and_leaves_its_songs_out(tiny_world: TinyWorld) -> None:
    one = explore.blend(
        Shelves(tiny_world.release), tiny_world.factory, ["sample:7", "sample:40"], ["sample:90"], 20
    )
    other = explore.blend(
        Shelves(tiny_world.release), tiny_world.factory, ["sample:40", "sample:7"], ["sample:90"], 20
    )
    assert [answer.song for answer in one.songs] == [answer.song for answer in other.songs]
    assert not {"sample:7", "sample:40", "sample:90"} & {answer.song for answer in one.songs}
    scores = [answer.score for answer in one.songs]
    assert scores == sorted(scores, reverse=True)


def test_what_is_subtracted_goes_further_away(tiny_world: TinyWorld) -> None:
    plain = explore.blend(Shelves(tiny_world.release), tiny_world.factory, ["sample:7"], [], 150)
    minus = explore.blend(Shelves(tiny_world.release), tiny_world.factory, ["sample:7"], ["sample:90"], 150)
    near = set(similar(tiny_world, "sample:90", 10)) - {"sample:7"}
    places = [[i for i, answer in enumerate(found.songs) if answer.song in near] for found in (plain, minus)]
    assert np.mean(places[1]) > np.mean(places[0])


def test_nothing_to_add_and_songs_that_cancel_out_are_refused(tiny_world: TinyWorld) -> None:
    for plus, minus in (([], ["sample:1"]), (["sample:1"], ["sample:1"])):
        with pytest.raises(ValueError, match=r"at least one song|cancel out"):
            explore.blend(Shelves(tiny_world.release), tiny_world.factory, plus, minus)


def test_unknown_songs_and_users_are_not_found(tiny_world: TinyWorld) -> None:
    with pytest.raises(NotFoundError):
        similar(tiny_world, "sample:9999")
    for ask in (explore.profile, explore.neighbours):
        with pytest.raises(NotFoundError):
            ask(tiny_world.release, tiny_world.factory, "sample:nemo")


@pytest.mark.parametrize("k", [0, -5])
def test_fewer_than_one_answer_cannot_be_asked_for(tiny_world: TinyWorld, k: int) -> None:
    user = tiny_world.truth.user_refs[0]
    with pytest.raises(ValueError, match="at least 1"):
        explore.neighbours(tiny_world.release, tiny_world.factory, user, k)
    with pytest.raises(ValueError, match="at least 1"):
        explore.similar(Shelves(tiny_world.release), tiny_world.factory, "sample:1", k)


def test_a_profile_counts_what_was_heard_and_said(tiny_world: TinyWorld) -> None:
    user = tiny_world.truth.user_refs[0]
    found = explore.profile(tiny_world.release, tiny_world.factory, user)
    heard = tiny_world.truth.listens[tiny_world.truth.listens["user_ref"] == user]
    said = tiny_world.truth.feedback[tiny_world.truth.feedback["user_ref"] == user]
    assert (found.listens, found.songs) == (len(heard), heard["song_ref"].nunique())
    assert found.feedback == {
        kind: int((said["kind"] == kind).sum()) for kind in ("like", "dislike", "block")
    }
    top = heard["song_ref"].value_counts()
    assert found.most_played[0].score == top.iloc[0]


def test_interests_weigh_one_together_at_most_and_name_songs_that_were_heard(tiny_world: TinyWorld) -> None:
    for user in tiny_world.truth.user_refs[:10]:
        found = explore.profile(tiny_world.release, tiny_world.factory, user)
        events = [tiny_world.truth.listens, tiny_world.truth.feedback]
        heard = {song for frame in events for song in frame.loc[frame["user_ref"] == user, "song_ref"]}
        assert 1 <= len(found.interests) <= 8
        assert sum(interest.weight for interest in found.interests) <= 1.001
        assert {s.song for i in found.interests for s in (i.medoid, *i.songs)} <= heard


def test_who_never_listened_has_an_empty_profile_and_no_neighbours(tiny_world: TinyWorld) -> None:
    found = explore.profile(tiny_world.release, tiny_world.factory, NOBODY)
    assert (found.listens, found.interests, found.most_played) == (0, (), ())
    with pytest.raises(ValueError, match="no listens yet"):
        explore.neighbours(tiny_world.release, tiny_world.factory, NOBODY)


def test_neighbours_come_nearest_first_without_oneself(tiny_world: TinyWorld) -> None:
    user = tiny_world.truth.user_refs[0]
    found = explore.neighbours(tiny_world.release, tiny_world.factory, user, 100).neighbours
    similarity = [one.similarity for one in found]
    assert similarity == sorted(similarity, reverse=True)
    assert {one.user for one in found} == {*tiny_world.truth.user_refs, LONELY} - {user}


def test_planted_twins_are_near_each_other(tiny_world: TinyWorld) -> None:
    refs = tiny_world.truth.user_refs
    for one, other in (pair for a, b in tiny_world.truth.twins for pair in ((a, b), (b, a))):
        found = explore.neighbours(tiny_world.release, tiny_world.factory, refs[one], 10).neighbours
        assert refs[other] in {neighbour.user for neighbour in found}


def test_shared_songs_were_heard_by_both(tiny_world: TinyWorld) -> None:
    listens = tiny_world.truth.listens
    user = tiny_world.truth.user_refs[0]
    for one in explore.neighbours(tiny_world.release, tiny_world.factory, user, 5).neighbours:
        for song in one.shared:
            assert {user, one.user} <= set(listens.loc[listens["song_ref"] == song.song, "user_ref"])
