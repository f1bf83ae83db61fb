"""A song that came in after the night is recommended by the Recommender that is asked already."""

from __future__ import annotations

import numpy as np
import pytest

from db.repositories import songs as songs_repository
from pipelines.answers import Recommendation
from pipelines.asking import ask_as_user
from pipelines.columns import SONGS
from pipelines.edit_profile import decide, give_feedback
from pipelines.ingest import ingest_batches
from pipelines.new_songs import place_new_songs
from pipelines.reasons import SIGNALS
from pipelines.recommend import NEW, QUERY_SONGS, Recommender
from pipelines.shelf import Shelves
from pipelines.sources.batch import Batch
from recsys.newcomers import nearness
from recsys.rules import RuleSettings
from tests.tiny_world import TinyWorld, frame, playlist_batch

SONG = "sample:brand-new"


def favourite_artist(world: TinyWorld, recommender: Recommender, user: str) -> str:
    answer = recommender.recommend(user, 3)
    return answer.songs[0].artist


def release_song(world: TinyWorld, artist: str, title: str = "Fresh Off The Press") -> None:
    """Take in one new song, and place it as the ingest does."""
    rows = frame(SONGS, [(SONG, title, artist, "", None, "{}")])
    assert not ingest_batches([Batch(songs=rows)], session_factory=world.factory).problems
    assert place_new_songs(world.factory, world.release, world.home) == 1


def found(recommender: Recommender, user: str, k: int = 60) -> Recommendation | None:
    return next((song for song in recommender.recommend(user, k).songs if song.song == SONG), None)


@pytest.fixture
def recommender(world_copy: TinyWorld) -> Recommender:
    return Recommender(world_copy.release, world_copy.factory)


def test_it_comes_in_the_next_answer_and_says_why(world_copy: TinyWorld, recommender: Recommender) -> None:
    user = world_copy.truth.user_refs[0]
    artist = favourite_artist(world_copy, recommender, user)
    assert found(recommender, user) is None
    release_song(world_copy, artist)
    song = found(recommender, user)
    assert song is not None
    assert (song.title, song.artist) == ("Fresh Off The Press", artist)
    assert (song.signal, song.retriever) == (SIGNALS["new"], NEW)
    assert song.because
    assert song.score > 0


def test_its_reason_is_the_listen_without_which_it_would_lie_least_near(
    world_copy: TinyWorld, recommender: Recommender
) -> None:
    user, release = world_copy.truth.user_refs[0], world_copy.release
    release_song(world_copy, favourite_artist(world_copy, recommender, user))
    song = found(recommender, user)
    assert song is not None
    with world_copy.factory() as session:
        taste = ask_as_user(session, release, user).taste
        shelf = Shelves(release).current(session)
        numbers = songs_repository.find_songs(session, [SONG, *(one.song for one in song.because)])
    place = shelf.vectors[shelf.rows(np.array([numbers[SONG]]))]
    rows, weights = taste.rows[:QUERY_SONGS], taste.weights[:QUERY_SONGS]

    def near(keep: np.ndarray) -> float:
        own, shares = release.as_query(rows[keep], weights[keep])
        return float(nearness(release.vectors[own], shares, place)[0] * shares.sum())

    everything = np.ones(len(rows), dtype=bool)
    fall = np.array([near(everything) - near(np.arange(len(rows)) != i) for i in range(len(rows))])
    named = release.rows(np.array([numbers[one.song] for one in song.because]))
    np.testing.assert_allclose(
        [fall[rows.tolist().index(row)] for row in named], np.sort(fall)[::-1][: len(named)], atol=1e-5
    )
    shares = [one.share for one in song.because]
    np.testing.assert_allclose(shares, np.sort(fall)[::-1][: len(named)] / near(everything), atol=1e-3)


def test_it_obeys_blocks_and_mutes_like_any_song(world_copy: TinyWorld, recommender: Recommender) -> None:
    first, second = world_copy.truth.user_refs[:2]
    release_song(world_copy, favourite_artist(world_copy, recommender, first))
    give_feedback(world_copy.factory, first, "block", SONG, now_s=1_790_000_000)
    assert found(recommender, first) is None
    assert found(recommender, second) is not None
    decide(world_copy.release, world_copy.factory, second, "mute", SONG, alone=True)
    assert found(recommender, second) is None


def test_a_new_version_of_a_song_is_no_other_song(world_copy: TinyWorld, recommender: Recommender) -> None:
    user = world_copy.truth.user_refs[0]
    old = recommender.recommend(user, 3).songs[0]
    release_song(world_copy, old.artist, f"{old.title} (Live)")
    for k in (10, 50, 150):
        assert not {old.song, SONG} <= {song.song for song in recommender.recommend(user, k).songs}


def test_it_comes_for_picked_songs_of_its_artist_too(world_copy: TinyWorld, recommender: Recommender) -> None:
    release_song(world_copy, world_copy.truth.songs["artist"][5])
    songs = recommender.recommend_after(["sample:5"], 40, rules=RuleSettings(artist_cap=5)).songs
    assert SONG in {song.song for song in songs}


def test_who_only_released_a_song_is_no_candidate_for_nobody(
    world_copy: TinyWorld, recommender: Recommender
) -> None:
    release_song(world_copy, world_copy.truth.songs["artist"][5])
    assert SONG not in {song.song for song in recommender.recommend_to_anybody(50).songs}


def test_once_a_night_knows_it_it_leaves_the_side_index(
    world_copy: TinyWorld, recommender: Recommender
) -> None:
    release_song(world_copy, world_copy.truth.songs["artist"][5])
    lists = [
        playlist_batch(f"sample:n{i}", [SONG, *(f"sample:{j}" for j in range(i, i + 5))]) for i in range(4)
    ]
    for batch in lists:
        ingest_batches([batch], session_factory=world_copy.factory)
    for stage in ("clean", "corpus", "song2vec", "cooccurrence", "index", "publish"):
        world_copy.night(stage=stage, force=True)
    renewed = TinyWorld(world_copy.home, world_copy.truth)
    with renewed.factory() as session:
        number = songs_repository.find_song(session, SONG)
        shelf = Shelves(renewed.release).current(session)
    assert renewed.release.rows(np.array([number]))[0] >= 0
    assert number not in shelf.new.song_ids
    assert (shelf.song_ids == number).sum() == 1
    renewed.factory.kw["bind"].dispose()
