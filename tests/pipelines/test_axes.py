"""Axes come from tags through the database, tell song from song, and stay away where there are no tags."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.linalg import svds

from db.migrate import upgrade
from db.repositories.songs import find_songs
from db.repositories.tags import set_song_tags
from db.session import SessionFactory, make_engine, make_session_factory, write_transaction
from pipelines.axes import fit_release_axes, tag_labels
from pipelines.columns import PLAYLIST_REF, SONG_REF
from pipelines.ingest import ingest_batches
from pipelines.sample_world import AXES, GENRES, SampleWorld, build_world
from recsys.axes import Axes
from recsys.song2vec import unit


@pytest.fixture(scope="module")
def world() -> SampleWorld:
    return build_world(7, n_playlists=1500, n_users=100)


@pytest.fixture(scope="module")
def vectors(world: SampleWorld) -> np.ndarray:
    """Place songs by the playlists they share: a quick stand-in for song2vec."""
    lists = world.entries[PLAYLIST_REF].astype("category").cat.codes.to_numpy()
    songs = world.entries[SONG_REF].str.removeprefix("sample:").astype(int).to_numpy()
    together = np.zeros((len(world.songs), lists.max() + 1))
    together[songs, lists] = 1.0
    counts = together @ together.T
    expected = np.outer(counts.sum(1), counts.sum(1)) / counts.sum()
    lift = np.log((counts + 1.0) / (expected + 1.0))
    left, strength, _ = svds(lift, k=32, rng=np.random.default_rng(0))
    return unit((left * np.sqrt(strength)).astype(np.float32))


@pytest.fixture(scope="module")
def factory(world: SampleWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionFactory]:
    """Give a database that holds the songs of the world with their tags."""
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('axes') / 'songspace.db'}")
    upgrade(engine)
    factory = make_session_factory(engine)
    ingest_batches(world.batches(), session_factory=factory)
    yield factory
    engine.dispose()


@pytest.fixture(scope="module")
def song_ids(world: SampleWorld, factory: SessionFactory) -> np.ndarray:
    with factory() as session:
        refs = world.songs[SONG_REF].tolist()
        found = find_songs(session, refs)
    return np.array([found[ref] for ref in refs])


@pytest.fixture(scope="module")
def axes(factory: SessionFactory, song_ids: np.ndarray, vectors: np.ndarray) -> Axes:
    axes = fit_release_axes(factory, song_ids, vectors, seed=1)
    assert axes is not None
    return axes


def test_labels_are_the_weights_given(
    world: SampleWorld, factory: SessionFactory, song_ids: np.ndarray
) -> None:
    with factory() as session:
        labels, names = tag_labels(session, song_ids[::-1])
    truth = world.song_truth[::-1][:, [AXES.index(name) for name in names]]
    np.testing.assert_allclose(labels, truth, rtol=1e-6)


def test_every_genre_becomes_an_axis_that_tells_held_back_artists(axes: Axes) -> None:
    measured = dict(zip(axes.names, axes.measures, strict=True))
    assert set(GENRES) <= set(measured)
    assert min(measured[genre].auc for genre in GENRES) > 0.9


def test_held_back_scores_are_calibrated(axes: Axes) -> None:
    """A model of balanced classes, or of cosines as they are, has an error of .1 and more."""
    assert np.mean([measure.ece for measure in axes.measures]) < 0.04
    assert max(measure.ece for measure in axes.measures) < 0.08


def test_cosines_taken_for_scores_would_not_be_calibrated(
    axes: Axes, world: SampleWorld, vectors: np.ndarray
) -> None:
    from recsys.calibration import ece

    raw = (1.0 + vectors @ axes.directions.T) / 2.0
    truth = world.song_truth[:, [AXES.index(name) for name in axes.names]]
    assert np.mean([ece(raw[:, a], truth[:, a]) for a in range(len(axes))]) > 0.1


def test_songs_of_rock_and_classical_are_high_on_both(
    axes: Axes, world: SampleWorld, vectors: np.ndarray
) -> None:
    both, rock, classical = sides(world)
    scores = axes.scores(vectors)[:, [axes.names.index("rock"), axes.names.index("classical")]]
    assert len(both) >= 4
    assert (scores[both].mean(0) > 0.75).all()
    assert scores[both].min() > 3 * max(scores[rock, 1].mean(), scores[classical, 0].mean())
    np.testing.assert_array_less(scores[rock, 1].mean(), 0.15)
    np.testing.assert_array_less(scores[classical, 0].mean(), 0.15)


def test_they_are_high_on_both_without_having_been_learned_from(
    world: SampleWorld, factory: SessionFactory, song_ids: np.ndarray, vectors: np.ndarray
) -> None:
    both, *_ = sides(world)
    rest = np.setdiff1d(np.arange(len(song_ids)), both)
    axes = fit_release_axes(factory, song_ids[rest], vectors[rest], seed=1)
    assert axes is not None
    scores = axes.scores(vectors[both])[:, [axes.names.index("rock"), axes.names.index("classical")]]
    assert (scores.mean(0) > 0.7).all()


def test_they_lie_close_to_both_sides_which_stay_apart(world: SampleWorld, vectors: np.ndarray) -> None:
    both, rock, classical = sides(world)
    between = (vectors[rock] @ vectors[classical].T).mean()
    assert between < 0.1
    assert (vectors[both] @ vectors[rock].T).mean(1).min() > between + 0.2
    assert (vectors[both] @ vectors[classical].T).mean(1).min() > between + 0.2


def sides(world: SampleWorld) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the songs planted as both, of rock, and of classical songs."""
    rock, classical = (world.song_truth[:, AXES.index(name)] for name in ("rock", "classical"))
    planted = world.planted[(rock[world.planted] > 0.9) & (classical[world.planted] > 0.9)]
    return (
        planted,
        np.flatnonzero((rock > 0.8) & (classical < 0.2)),
        np.flatnonzero((classical > 0.8) & (rock < 0.2)),
    )


def test_what_a_source_did_not_look_at_is_not_known(
    world: SampleWorld, factory: SessionFactory, song_ids: np.ndarray
) -> None:
    with write_transaction(factory) as session:
        first, second, third = song_ids[:3].tolist()
        said = {(first, "x"): {"surf": 1.0}, (second, "x"): {"waltz": 0.4}, (third, "y"): {"waltz": 1.0}}
        set_song_tags(session, said)
    with factory() as session:
        labels, names = tag_labels(session, song_ids[:3])
    surf, waltz = labels[:, names.index("surf")], labels[:, names.index("waltz")]
    with write_transaction(factory) as session:
        set_song_tags(session, {key: {} for key in said})
    np.testing.assert_array_equal(surf, [1.0, 0.0, np.nan])
    np.testing.assert_allclose(waltz, [0.0, 0.4, 1.0])


def test_songs_beyond_the_release_and_songs_without_tags_do_no_harm(
    factory: SessionFactory, song_ids: np.ndarray, vectors: np.ndarray, axes: Axes
) -> None:
    ids = np.r_[song_ids[:400], 10**6 + np.arange(50)]
    more = np.r_[vectors[:400], np.zeros((50, vectors.shape[1]), np.float32)]
    fewer = fit_release_axes(factory, ids, more, seed=1)
    assert fewer is not None
    assert 0 < len(fewer) <= len(axes)


def test_without_tags_there_are_no_axes(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'songspace.db'}")
    upgrade(engine)
    factory = make_session_factory(engine)
    assert fit_release_axes(factory, np.arange(5), np.eye(5, 128, dtype=np.float32), seed=1) is None
    assert fit_release_axes(factory, np.arange(0), np.zeros((0, 128), np.float32), seed=1) is None
    engine.dispose()
