"""A reason is true: of all songs of a profile, the score falls most without the one that is named first."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from db.repositories import songs as songs_repository
from pipelines.answers import Recommendations
from pipelines.asking import ask_as_user
from pipelines.recommend import QUERY_SONGS, Ranked, Recommender
from pipelines.release import Release
from pipelines.shelf import Shelves
from recsys.blend import scale_of
from recsys.query import build_query
from recsys.taste import TasteProfile
from tests.tiny_world import LONELY, TinyWorld

USERS = (*range(8), LONELY)


def asked(world: TinyWorld, user: str) -> tuple[Recommendations, TasteProfile, Ranked, dict[str, int]]:
    """An answer, the profile behind it, what it was chosen from, and the row of each song that it names."""
    release = world.release
    recommender = Recommender(release, world.factory)
    answer = recommender.recommend(user, 20)
    with world.factory() as session:
        asker = ask_as_user(session, release, user)
        ranked = recommender.rank_for(session, Shelves(release).current(session), asker)
        refs = [song.song for song in answer.songs] + [b.song for song in answer.songs for b in song.because]
        ids = songs_repository.find_songs(session, sorted(set(refs)))
    rows = {str(ref): int(release.rows(np.array([number]))[0]) for ref, number in ids.items()}
    return answer, asker.taste, ranked, rows


def scores_without(
    release: Release, taste: TasteProfile, out: int | None, songs: np.ndarray, candidates: np.ndarray
) -> np.ndarray:
    """What these songs score with one song of the profile taken out, the others' weights unchanged."""
    rows, weights = taste.rows[:QUERY_SONGS], taste.weights[:QUERY_SONGS]
    own, shares = release.as_query(rows, weights)
    query = build_query([own], release.n_songs, [shares])
    keep = np.ones(len(rows), dtype=bool) if out is None else np.arange(len(rows)) != out
    left, left_shares = release.as_query(rows[keep], weights[keep])
    less = build_query([left], release.n_songs, [left_shares]) * float(left_shares.sum() / shares.sum())
    total = np.zeros(len(songs))
    for name, weight in release.continuation.weights.items():
        component = release.continuation.components[name]
        if weight > 0:
            others = component.scores(query, candidates)
            others[:, np.isin(candidates, own)] = 0.0
            total += weight / scale_of(others)[0] * component.scores(sp.csr_matrix(less), songs)[0]
    return np.asarray(total * release.trust[songs])


@pytest.mark.parametrize("who", USERS)
def test_the_listen_named_first_is_the_one_without_which_the_song_scores_least(
    tiny_world: TinyWorld, who: int | str
) -> None:
    release, user = tiny_world.release, tiny_world.truth.user_refs[who] if isinstance(who, int) else who
    answer, taste, ranked, row_of = asked(tiny_world, user)
    candidates = np.sort(ranked.rows[ranked.rows < release.n_songs])
    told = [song for song in answer.songs if song.because and 0 <= row_of[song.song] < release.n_songs]
    songs = np.array([row_of[song.song] for song in told])
    full = scores_without(release, taste, None, songs, candidates)
    np.testing.assert_allclose([song.score for song in told], full, rtol=1e-4, atol=1e-5)
    listens = taste.rows[:QUERY_SONGS]
    left = np.array([scores_without(release, taste, i, songs, candidates) for i in range(len(listens))])
    for j, song in enumerate(told):
        # A song that is played again is no reason for itself.
        fall = np.where(listens == songs[j], -np.inf, full[j] - left[:, j])
        named = fall[listens.tolist().index(row_of[song.because[0].song])]
        assert named >= fall.max() - 1e-4 * full[j]
        assert song.because[0].share == pytest.approx(named / full[j], abs=1e-3)
    assert len(told) > 10


def test_every_song_that_is_named_lowers_the_score(tiny_world: TinyWorld) -> None:
    answer, *_ = asked(tiny_world, tiny_world.truth.user_refs[4])
    assert all(one.share > 0 for song in answer.songs for one in song.because)


def test_unexplained_songs_are_the_same_songs(tiny_world: TinyWorld) -> None:
    recommender, user = Recommender(tiny_world.release, tiny_world.factory), tiny_world.truth.user_refs[2]
    bare, told = (recommender.recommend(user, explain=explain) for explain in (False, True))
    assert [song.song for song in bare.songs] == [song.song for song in told.songs]
    assert [song.score for song in bare.songs] == [song.score for song in told.songs]
    assert not any(song.because for song in bare.songs)
