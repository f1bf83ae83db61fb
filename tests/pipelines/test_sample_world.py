"""The sample world as drawn: counts, contract, and the truth showing through what people do."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from pipelines import columns
from pipelines.sample_world import AXES, GENRES, SampleWorld, build_world

FRAMES = {
    "songs": columns.SONGS,
    "playlists": columns.PLAYLISTS,
    "entries": columns.ENTRIES,
    "listens": columns.LISTENS,
    "feedback": columns.FEEDBACK,
}
ROCK, CLASSICAL = AXES.index("rock"), AXES.index("classical")


@pytest.fixture(scope="module")
def world() -> SampleWorld:
    return build_world(7)


def _small(seed: int) -> SampleWorld:
    return build_world(seed, n_songs=120, n_playlists=40, n_users=50)


def _rows(refs: pd.Series) -> npt.NDArray[np.int64]:
    return np.array([ref.removeprefix("sample:") for ref in refs], dtype=np.int64)


def _memberships(world: SampleWorld) -> npt.NDArray[np.float64]:
    """Playlists x songs, 1 where the playlist holds the song."""
    held = np.zeros((len(world.playlists), len(world.songs)))
    held[_rows(world.entries[columns.PLAYLIST_REF]), _rows(world.entries[columns.SONG_REF])] = 1.0
    return held


def test_the_world_has_the_counts_that_were_asked_for(world: SampleWorld) -> None:
    assert (len(world.songs), len(world.playlists), len(world.user_refs)) == (600, 3000, 500)
    assert world.song_truth.shape == (600, len(AXES))
    assert world.interests.shape == (500, 4, len(AXES))
    assert world.songs[columns.ARTIST].nunique() == 60


@pytest.mark.parametrize("frame", FRAMES)
def test_frames_obey_the_contract(world: SampleWorld, frame: str) -> None:
    drawn: pd.DataFrame = getattr(world, frame)
    assert tuple(drawn.columns) == FRAMES[frame]
    pd.testing.assert_series_equal(drawn.dtypes, columns.empty(FRAMES[frame]).dtypes)
    assert not drawn.isna().to_numpy().any()


def test_one_batch_holds_every_song_and_playlist_that_it_speaks_of(world: SampleWorld) -> None:
    (batch,) = world.batches()
    songs = set(batch.songs[columns.SONG_REF])
    for frame in (batch.entries, batch.listens, batch.feedback):
        assert set(frame[columns.SONG_REF]) <= songs
    assert set(batch.entries[columns.PLAYLIST_REF]) == set(batch.playlists[columns.PLAYLIST_REF])
    assert not batch.problems


@pytest.mark.parametrize("frame", FRAMES)
def test_the_same_seed_gives_the_same_frames_and_another_seed_others(frame: str) -> None:
    one, same, other = (getattr(_small(seed), frame) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)


def test_more_playlists_leave_songs_users_and_listens_as_they_were() -> None:
    few, many = _small(1), build_world(1, n_songs=120, n_playlists=80, n_users=50)
    pd.testing.assert_frame_equal(few.songs, many.songs)
    pd.testing.assert_frame_equal(few.listens, many.listens)


@pytest.mark.parametrize("sizes", [{"n_songs": 59}, {"n_songs": 601}, {"n_playlists": 0}, {"n_users": 0}])
def test_impossible_sizes_are_refused(sizes: dict[str, int]) -> None:
    usual = {"n_songs": 60, "n_playlists": 1, "n_users": 1}
    n_songs, n_playlists, n_users = (usual | sizes).values()
    with pytest.raises(ValueError, match="got"):
        build_world(0, n_songs=n_songs, n_playlists=n_playlists, n_users=n_users)


def test_the_smallest_world_can_be_built() -> None:
    world = build_world(0, n_songs=60, n_playlists=1, n_users=1)
    assert len(world.twins) == 0
    assert len(world.entries) >= 8


def test_truth_lies_within_0_and_1_and_is_told_in_the_attributes(world: SampleWorld) -> None:
    assert world.song_truth.min() >= 0.0
    assert world.song_truth.max() <= 1.0
    told = [json.loads(text) for text in world.songs[columns.ATTRIBUTES]]
    assert [[song["truth"][name] for name in AXES] for song in told] == world.song_truth.tolist()
    assert all(song["tags"] and 1950 <= song["year"] <= 2025 for song in told)


def test_planted_songs_are_high_on_two_genres(world: SampleWorld) -> None:
    second = np.sort(world.song_truth[world.planted][:, : len(GENRES)], axis=1)[:, -2]
    assert len(world.planted) >= 20
    assert second.min() >= 0.94


def test_one_song_is_all_rock_and_all_classical(world: SampleWorld) -> None:
    row = world.songs[columns.TITLE].tolist().index("Overture for Amplifiers and Rain")
    assert world.song_truth[row, [ROCK, CLASSICAL]].tolist() == [0.99, 0.99]


def test_a_second_version_sounds_like_the_first(world: SampleWorld) -> None:
    rows = np.flatnonzero(world.version_of >= 0)
    to_first = np.linalg.norm(world.song_truth[rows] - world.song_truth[world.version_of[rows]], axis=1)
    to_any = np.linalg.norm(world.song_truth[rows] - world.song_truth[np.roll(rows, 7)], axis=1)
    assert np.median(to_first) < 0.4 * np.median(to_any)


def test_listens_lie_in_the_year_and_no_user_hears_two_songs_at_once(world: SampleWorld) -> None:
    times = world.listens[columns.LISTENED_AT_S]
    assert times.min() >= datetime(2025, 11, 1, tzinfo=UTC).timestamp()
    assert times.max() < datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    assert not world.listens.duplicated([columns.USER_REF, columns.LISTENED_AT_S]).any()


def test_everyone_has_60_to_400_listens_with_a_completion_from_0_to_1(world: SampleWorld) -> None:
    counts = world.listens[columns.USER_REF].value_counts()
    assert set(counts.index) == set(world.user_refs)
    assert 60 <= counts.min() <= counts.max() <= 400
    assert world.listens[columns.COMPLETION].between(0.0, 1.0).all()


def test_feedback_is_a_few_likes_and_dislikes_of_songs_heard(world: SampleWorld) -> None:
    keys = [columns.USER_REF, columns.SONG_REF]
    assert set(world.feedback[columns.KIND]) == {"like", "dislike"}
    assert not world.feedback.duplicated(keys).any()
    heard = world.feedback.merge(world.listens, on=[*keys, columns.LISTENED_AT_S])
    assert len(heard) == len(world.feedback)
    assert (heard[columns.COMPLETION] > 0.5).eq(heard[columns.KIND] == "like").all()


def test_listens_concentrate_on_the_interests_of_their_user(world: SampleWorld) -> None:
    users = world.listens[columns.USER_REF].map({ref: row for row, ref in enumerate(world.user_refs)})
    heard = world.song_truth[_rows(world.listens[columns.SONG_REF])]
    interests = np.where(world.interest_weights[..., None] > 0, world.interests, np.inf)
    own = np.linalg.norm(heard[:, None] - interests[users], axis=2).min(axis=1)
    strangers = np.linalg.norm(heard[:, None] - np.roll(interests, 1, axis=0)[users], axis=2).min(axis=1)
    assert np.median(own) < 0.65 * np.median(strangers)


def test_people_skip_what_is_far_from_their_interests_and_replay_what_they_love(world: SampleWorld) -> None:
    listens = world.listens.assign(skipped=world.listens[columns.COMPLETION] < 0.5)
    plays = listens.groupby([columns.USER_REF, columns.SONG_REF])["skipped"].agg(["size", "mean"])
    assert 0.1 < listens["skipped"].mean() < 0.4
    assert plays.loc[plays["size"] >= 5, "mean"].mean() < 0.5 * plays.loc[plays["size"] == 1, "mean"].mean()


def test_twins_have_one_taste_and_opposites_contrary_ones(world: SampleWorld) -> None:
    taste = world.user_taste - world.song_truth.mean(axis=0)
    one, other = taste[world.twins[:, 0]], taste[world.twins[:, 1]]
    np.testing.assert_array_equal(one, other)
    assert len(world.twins) >= 10
    assert all(taste[a] @ taste[b] < 0.0 for a, b in world.opposites)
    chosen = np.concatenate([world.twins, world.opposites])
    assert len(np.unique(chosen)) == chosen.size


def test_twins_are_found_near_each_other_by_what_they_hear(world: SampleWorld) -> None:
    users = world.listens[columns.USER_REF].map({ref: row for row, ref in enumerate(world.user_refs)})
    plays = np.zeros((500, 600))
    np.add.at(plays, (users.to_numpy(), _rows(world.listens[columns.SONG_REF])), 1.0)
    heard = np.sqrt(plays) / np.linalg.norm(np.sqrt(plays), axis=1, keepdims=True)
    alike = heard @ heard.T
    ranks = [(alike[a] > alike[a, b]).sum() for a, b in world.twins]  # oneself is always ahead
    assert np.mean(np.array(ranks) <= 10) > 0.8


def test_songs_of_one_genre_meet_in_playlists_far_above_chance(world: SampleWorld) -> None:
    held = _memberships(world)
    together = held.T @ held
    expected = np.outer(held.sum(axis=0), held.sum(axis=0)) / len(held)
    lead = world.song_truth[:, : len(GENRES)].argmax(axis=1)
    apart = ~np.eye(len(lead), dtype=bool)
    same = (lead[:, None] == lead[None, :]) & apart
    lift = together[same].sum() / expected[same].sum()
    assert lift > 3.0 * together[~same & apart].sum() / expected[~same & apart].sum()


def test_a_song_of_two_genres_meets_both_while_they_stay_apart(world: SampleWorld) -> None:
    held = _memberships(world)
    held /= np.linalg.norm(held, axis=0)
    alike = held.T @ held
    genres = world.song_truth[:, : len(GENRES)]
    planted = world.planted[(genres[world.planted][:, [ROCK, CLASSICAL]] > 0.9).all(axis=1)]
    rock = np.flatnonzero((genres[:, ROCK] > 0.8) & (genres[:, CLASSICAL] < 0.2))
    classical = np.flatnonzero((genres[:, CLASSICAL] > 0.8) & (genres[:, ROCK] < 0.2))
    between = alike[np.ix_(rock, classical)].mean()
    assert alike[np.ix_(planted, rock)].mean() > 1.5 * between
    assert alike[np.ix_(planted, classical)].mean() > 1.5 * between


def test_popularity_has_a_long_tail_and_no_song_is_unknown(world: SampleWorld) -> None:
    counts = np.sort(_memberships(world).sum(axis=0))[::-1]
    assert counts[:60].sum() > 0.2 * counts.sum()
    assert counts[-1] >= 3


def test_playlists_hold_8_to_60_different_songs_in_places_without_gaps(world: SampleWorld) -> None:
    grouped = world.entries.groupby(columns.PLAYLIST_REF)
    sizes = grouped.size()
    assert 8 <= sizes.min() <= sizes.max() <= 60
    assert (grouped[columns.SONG_REF].nunique() == sizes).all()
    assert (world.entries[columns.POSITION] == grouped.cumcount()).all()


def test_the_order_of_a_playlist_carries_something(world: SampleWorld) -> None:
    truth = world.song_truth[_rows(world.entries[columns.SONG_REF])]
    playlist = _rows(world.entries[columns.PLAYLIST_REF])

    def gap(step: int) -> float:
        inside = playlist[step:] == playlist[:-step]
        return float(np.linalg.norm(truth[step:] - truth[:-step], axis=1)[inside].mean())

    assert gap(1) < 0.95 * gap(8)


def test_copies_of_playlists_are_near_duplicates(world: SampleWorld) -> None:
    held = _memberships(world)
    rows = np.flatnonzero(world.copied_from >= 0)
    ours, theirs = held[rows], held[world.copied_from[rows]]
    jaccard = np.minimum(ours, theirs).sum(axis=1) / np.maximum(ours, theirs).sum(axis=1)
    assert len(rows) >= 200
    assert jaccard.min() > 0.5
    assert (jaccard < 1.0).mean() > 0.5


def test_every_playlist_has_a_name_and_a_known_owner(world: SampleWorld) -> None:
    owners = [json.loads(text)["owner"] for text in world.playlists[columns.ATTRIBUTES]]
    assert [f"sample:{owner}" for owner in owners] == [world.user_refs[row] for row in world.playlist_owner]
    assert world.playlists[columns.NAME].str.strip().ne("").all()
    assert not world.playlists[columns.NAME].str.contains("{", regex=False).any()


def test_item_knn_is_far_above_popularity_and_far_from_perfect(world: SampleWorld) -> None:
    held = _memberships(world)
    test = (world.copied_from < 0) & (np.arange(len(held)) % 10 == 0)
    train = held[~test & ~np.isin(world.copied_from, np.flatnonzero(test))]
    popularity = train.sum(axis=0)
    alike = train.T @ train / np.sqrt(np.outer(popularity, popularity))
    np.fill_diagonal(alike, 0.0)
    playlist, song = (_rows(world.entries[name]) for name in (columns.PLAYLIST_REF, columns.SONG_REF))
    hits: dict[str, list[float]] = {"popular": [], "knn": []}
    for row in np.flatnonzero(test):
        songs = song[playlist == row]
        seen, hidden = np.split(songs, [min(10, len(songs) // 2)])
        for name, scores in (("popular", popularity.copy()), ("knn", alike[seen].sum(axis=0))):
            scores[seen] = -1.0
            hits[name].append(float(np.isin(np.argsort(-scores)[:20], hidden).sum() / min(20, len(hidden))))
    assert np.mean(hits["knn"]) > 1.8 * np.mean(hits["popular"])
    assert np.mean(hits["knn"]) < 0.7
