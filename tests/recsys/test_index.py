"""Nearest vectors: the exact index is brute force, the graph nearly is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.index import EXACT_BELOW, IVF_FROM, KINDS, IndexSettings, VectorIndex, choose_index
from recsys.song2vec import unit


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Unit vectors in fifty clusters, as songs lie."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(50, 32))
    return unit(centres[rng.integers(0, 50, 4000)] + 0.7 * rng.normal(size=(4000, 32)))


def _brute_force(vectors: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    return np.asarray(np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :k])


def test_the_exact_index_is_brute_force(vectors: np.ndarray) -> None:
    rows, scores = VectorIndex.build(vectors, IndexSettings(kind="exact")).search(vectors[:50], 10)
    np.testing.assert_array_equal(rows, _brute_force(vectors, vectors[:50], 10))
    np.testing.assert_allclose(scores, np.sort(vectors[:50] @ vectors.T)[:, :-11:-1], atol=1e-5)


def test_the_graph_finds_nineteen_of_twenty(vectors: np.ndarray) -> None:
    rows, scores = VectorIndex.build(vectors, IndexSettings(kind="hnsw")).search(vectors[:200], 10)
    true = _brute_force(vectors, vectors[:200], 10)
    recall = np.mean([np.isin(a, b).mean() for a, b in zip(true, rows, strict=True)])
    assert recall >= 0.95
    assert (np.diff(scores, axis=1) <= 0).all()
    np.testing.assert_allclose(scores[:, 0], 1.0, atol=1e-5)


def test_lists_find_nineteen_of_twenty(vectors: np.ndarray) -> None:
    rows, scores = VectorIndex.build(vectors, IndexSettings(kind="ivf")).search(vectors[:200], 10)
    true = _brute_force(vectors, vectors[:200], 10)
    recall = np.mean([np.isin(a, b).mean() for a, b in zip(true, rows, strict=True)])
    assert recall >= 0.95
    np.testing.assert_allclose(scores[:, 0], 1.0, atol=1e-5)


def test_lists_find_the_largest_products_of_vectors_of_any_length(vectors: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    long = np.asarray(vectors * rng.lognormal(0.0, 0.5, (len(vectors), 1)), dtype=np.float32)
    settings = IndexSettings(kind="ivf", n_probe=64)
    rows, _ = VectorIndex.build(long, settings).search(vectors[:200], 10)
    true = _brute_force(long, vectors[:200], 10)
    assert np.mean([np.isin(a, b).mean() for a, b in zip(true, rows, strict=True)]) >= 0.95


def test_so_many_lists_are_visited_that_there_are_enough_vectors(vectors: np.ndarray) -> None:
    index = VectorIndex.build(vectors, IndexSettings(kind="ivf", n_probe=1))
    rows, _ = index.search(vectors[:20], 1_000)
    assert (rows >= 0).all()
    assert all(len(set(row)) == 1_000 for row in rows.tolist())


def test_lists_are_the_same_for_the_same_seed(vectors: np.ndarray) -> None:
    one, other = (VectorIndex.build(vectors, IndexSettings(kind="ivf", seed=3)) for _ in range(2))
    for a, b in zip(one.search(vectors[:20], 10), other.search(vectors[:20], 10), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("n", "kind"),
    [(0, "exact"), (EXACT_BELOW - 1, "exact"), (EXACT_BELOW, "hnsw"), (1_000_000, "hnsw"), (IVF_FROM, "ivf")],
)
def test_the_size_chooses_and_says_why(n: int, kind: str) -> None:
    choice = choose_index(n)
    assert choice.kind == kind
    assert "vectors" in choice.why


def test_whoever_sets_a_kind_gets_it() -> None:
    assert [choose_index(10, kind).kind for kind in KINDS] == list(KINDS)
    assert choose_index(10, "hnsw").why == "set so"


def test_a_large_index_is_mapped_and_answers_the_same(
    vectors: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys.index._MAPPED_FROM", 0)
    for kind in KINDS:
        index = VectorIndex.build(vectors[:500], IndexSettings(kind=kind))
        index.save(tmp_path / kind)
        back = VectorIndex.load(tmp_path / kind)
        assert (back.kind, len(back)) == (kind, 500)
        for before, after in zip(index.search(vectors[:9], 5), back.search(vectors[:9], 5), strict=True):
            np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mapped_index_that_is_saved_elsewhere_is_whole_there(
    vectors: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("recsys.index._MAPPED_FROM", 0)
    VectorIndex.build(vectors[:500], IndexSettings(kind=kind)).save(tmp_path / "first")
    mapped = VectorIndex.load(tmp_path / "first")
    mapped.save(tmp_path / "second")
    (tmp_path / "first").unlink()
    back = VectorIndex.load(tmp_path / "second")
    for before, after in zip(mapped.search(vectors[:9], 5), back.search(vectors[:9], 5), strict=True):
        np.testing.assert_array_equal(before, after)


def test_size_chooses_the_kind() -> None:
    assert VectorIndex.build(np.eye(3, dtype=np.float32)).kind == "exact"
    many = np.zeros((EXACT_BELOW, 1), np.float32)
    assert VectorIndex.build(many, IndexSettings(m=2)).kind == "hnsw"
    assert VectorIndex.build(many, IndexSettings(of_one_length=False)).kind == "ivf"
    assert VectorIndex.build(many[:10], IndexSettings(of_one_length=False)).kind == "exact"


@pytest.mark.parametrize("kind", KINDS)
def test_an_index_comes_back_from_disk(vectors: np.ndarray, kind: str, tmp_path: Path) -> None:
    index = VectorIndex.build(vectors[:500], IndexSettings(kind=kind))
    index.save(tmp_path / "index")
    back = VectorIndex.load(tmp_path / "index")
    assert (back.kind, len(back)) == (kind, 500)
    for before, after in zip(index.search(vectors[:9], 5), back.search(vectors[:9], 5), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("kind", KINDS)
def test_more_than_there_are_is_filled_with_minus_one(kind: str) -> None:
    index = VectorIndex.build(np.eye(3, dtype=np.float32), IndexSettings(kind=kind))
    assert sorted(index.search(np.ones(3, np.float32), 5)[0][0].tolist()) == [-1, -1, 0, 1, 2]
    empty = VectorIndex.build(np.zeros((0, 3), np.float32), IndexSettings(kind=kind))
    assert empty.search(np.ones(3, np.float32), 2)[0].tolist() == [[-1, -1]]


def test_bad_vectors_kinds_and_queries_are_refused() -> None:
    with pytest.raises(ValueError, match="finite vectors"):
        VectorIndex.build(np.full((2, 2), np.nan, np.float32))
    with pytest.raises(ValueError, match="auto, exact, hnsw or ivf"):
        VectorIndex.build(np.eye(2, dtype=np.float32), IndexSettings(kind="flat"))
    index = VectorIndex.build(np.eye(2, dtype=np.float32))
    for query, k in ((np.ones(2), 0), (np.ones(3), 1)):
        with pytest.raises(ValueError, match="need k >= 1"):
            index.search(query, k)
