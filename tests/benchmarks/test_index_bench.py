"""The index benchmark: worlds are extended as they lie, truth is exact, every kind finds what is near."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.bench_index import rated
from benchmarks.index_kinds import KINDS, Building, asker, build, opened
from benchmarks.index_worlds import K, World, build_world, extended
from recsys.song2vec import unit


@pytest.fixture(scope="module")
def base() -> np.ndarray:
    """Unit vectors in forty clusters."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(40, 64))
    return unit(centres[np.arange(1000) % 40] + 0.4 * rng.normal(size=(1000, 64)))


@pytest.fixture(scope="module")
def world(base: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(tmp_path_factory.mktemp("index") / "world", base, 3_000, n_queries=50, seed=1)


def test_new_songs_lie_in_the_clusters_as_old_ones_do(base: np.ndarray) -> None:
    new = extended(base, 500, np.random.default_rng(1))
    np.testing.assert_allclose(np.linalg.norm(new, axis=1), 1.0, atol=1e-5)
    nearest, own = (np.sort(one @ base.T, axis=1) for one in (new, base))
    assert nearest[:, -5].mean() == pytest.approx(own[:, -6].mean(), abs=0.05)


def test_the_truth_is_brute_force_and_queries_are_held_back(world: World) -> None:
    near = world.queries @ world.vectors.T
    np.testing.assert_array_equal(world.truth, np.argsort(-near, axis=1)[:, :K])
    assert near.max() < 0.9999


def test_a_base_that_is_large_enough_is_taken_as_it_is(base: np.ndarray, tmp_path: Path) -> None:
    found = build_world(tmp_path / "own", base, 900, n_queries=100, seed=1)
    everything = np.concatenate([found.vectors, found.queries])
    np.testing.assert_array_equal(np.unique(everything, axis=0), np.unique(base, axis=0))


@pytest.mark.parametrize("label", list(KINDS))
def test_every_kind_finds_what_lies_near(world: World, label: str) -> None:
    kind = KINDS[label]
    path = world.path.parent / f"{(kind.file or label).replace(' ', '-')}.faiss"
    build(KINDS[kind.file or label], Building(world, seed=1), path)
    ask = asker(kind, opened(kind, path), max(kind.efforts), K, world.vectors)
    recall, rate = rated(ask, world.queries, world.truth)
    # Codes of four bits alone are for finding a short list.
    assert recall >= (0.3 if label == "IVF-PQ" else 0.9)
    assert rate > 0
