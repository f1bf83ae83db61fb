"""Whether a night finds the truth behind the whole sample world: genres, arithmetic, users of one taste."""

from __future__ import annotations

import numpy as np
import pytest

from db.migrate import upgrade
from db.repositories.songs import find_songs
from db.session import make_engine, make_session_factory
from pipelines import explore
from pipelines.axes import fit_release_axes
from pipelines.ingest import ingest_batches
from pipelines.nightly import Night, NightlySettings
from pipelines.sample_world import AXES, GENRES, build_world
from pipelines.shelf import Shelves
from tests.tiny_world import TinyWorld

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> TinyWorld:
    """Give the sample world as it ships, published."""
    home = tmp_path_factory.mktemp("whole")
    world, engine = build_world(7), make_engine(f"sqlite:///{home / 'songspace.db'}")
    upgrade(engine)
    factory = make_session_factory(engine)
    ingest_batches(world.batches(), session_factory=factory)
    Night(home, factory, NightlySettings(workers=2)).run()
    engine.dispose()
    return TinyWorld(home, world)


def vectors_of(whole: TinyWorld) -> np.ndarray:
    """Unit vectors of songs `sample:0`, `sample:1`, ..."""
    with whole.factory() as session:
        refs = [f"sample:{i}" for i in range(len(whole.truth.songs))]
        ids = find_songs(session, [*refs])
        rows = whole.release.rows(np.array([ids[ref] for ref in refs]))
    assert (rows >= 0).all()
    return np.asarray(whole.release.vectors[rows])


def axis(name: str) -> int:
    return AXES.index(name)


def test_neighbours_share_their_leading_genre_far_above_chance(whole: TinyWorld) -> None:
    vectors, genre = vectors_of(whole), whole.truth.song_truth[:, : len(GENRES)].argmax(1)
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -np.inf)
    nearest = np.argsort(-alike, axis=1)[:, :10]
    chance = (genre[:, None] == genre[None, :]).mean()
    assert (genre[nearest] == genre[:, None]).mean() > 5 * chance


def test_rock_minus_guitar_plus_synth_sounds_less_of_guitar_and_more_of_synth(whole: TinyWorld) -> None:
    truth, rng = whole.truth.song_truth, np.random.default_rng(1)
    guitar, synth = axis("guitar"), axis("synth")
    moved = []
    for song in rng.choice(np.flatnonzero(truth[:, axis("rock")] > 0.8), 15, replace=False):
        plus = rng.choice(np.argsort(-truth[:, synth])[:30], 3, replace=False)
        minus = rng.choice(np.argsort(-truth[:, guitar])[:30], 3, replace=False)
        names = [f"sample:{i}" for i in (song, *plus)], [f"sample:{i}" for i in minus]
        found = explore.blend(Shelves(whole.release), whole.factory, *names, 10).songs
        plain = explore.similar(Shelves(whole.release), whole.factory, f"sample:{song}", 10).songs
        rows = [[int(answer.song.removeprefix("sample:")) for answer in songs] for songs in (found, plain)]
        change = truth[rows[0]].mean(0) - truth[rows[1]].mean(0)
        moved.append((change[synth], change[guitar]))
    assert np.mean(moved, axis=0)[0] > 0.1
    assert np.mean(moved, axis=0)[1] < -0.1


def test_songs_of_rock_and_classical_lie_near_both(whole: TinyWorld) -> None:
    vectors, truth = vectors_of(whole), whole.truth.song_truth
    rock, classical = truth[:, axis("rock")], truth[:, axis("classical")]
    both = whole.truth.planted[(rock[whole.truth.planted] > 0.9) & (classical[whole.truth.planted] > 0.9)]
    only_rock, only_classical = (rock > 0.8) & (classical < 0.2), (classical > 0.8) & (rock < 0.2)
    between = (vectors[only_rock] @ vectors[only_classical].T).mean()
    for side in (only_rock, only_classical):
        assert (vectors[both] @ vectors[side].T).mean() > between + 0.1


def test_songs_of_rock_and_classical_score_high_on_both(whole: TinyWorld) -> None:
    axes = fit_release_axes(whole.factory, whole.release.song_ids, whole.release.vectors, seed=1)
    assert axes is not None
    truth = whole.truth.song_truth
    both = whole.truth.planted[
        (truth[whole.truth.planted][:, [axis("rock"), axis("classical")]] > 0.9).all(1)
    ]
    scores = axes.scores(vectors_of(whole))
    assert (scores[both][:, [axes.names.index("rock"), axes.names.index("classical")]] > 0.75).all()
    for name in GENRES:
        clear = truth[:, axis(name)] > 0.9, truth[:, axis(name)] < 0.1
        assert scores[clear[0], axes.names.index(name)].mean() > 0.8
        assert scores[clear[1], axes.names.index(name)].mean() < 0.15


def test_axes_are_calibrated_on_held_back_artists(whole: TinyWorld) -> None:
    axes = fit_release_axes(whole.factory, whole.release.song_ids, whole.release.vectors, seed=1)
    assert axes is not None
    assert set(GENRES) <= set(axes.names)
    assert np.mean([measure.ece for measure in axes.measures]) < 0.035


def test_twins_find_each_other_among_five_hundred(whole: TinyWorld) -> None:
    refs, ranks = whole.truth.user_refs, []
    for one, other in whole.truth.twins:
        found = explore.neighbours(whole.release, whole.factory, refs[one], 499).neighbours
        ranks.append([neighbour.user for neighbour in found].index(refs[other]))
    assert np.median(ranks) <= 3
    assert np.mean(np.array(ranks) < 10) > 0.7


def test_opposites_are_far_apart(whole: TinyWorld) -> None:
    refs, ranks = whole.truth.user_refs, []
    for one, other in whole.truth.opposites:
        found = explore.neighbours(whole.release, whole.factory, refs[one], 499).neighbours
        ranks.append([neighbour.user for neighbour in found].index(refs[other]))
    assert np.median(ranks) > 300
