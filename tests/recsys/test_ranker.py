"""The ranker learns an order that the blend does not know, and counts only where it helps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.ranker import Queries, Ranker, RankerSettings, fit_trees, mixed

QUICK = RankerSettings(rounds=30, min_data_in_leaf=5, workers=1)
NAMES = ("blend", "truth", "noise")


def queries_of(n: int, seed: int = 0) -> Queries:
    """Twenty candidates each; what is hidden follows the second column, the first knows nothing."""
    rng = np.random.default_rng(seed)
    features = [rng.random((20, 3)).astype(np.float32) for _ in range(n)]
    ordered = [one[np.argsort(-one[:, 0])] for one in features]
    return Queries(ordered, [one[:, 1] > 0.8 for one in ordered], np.arange(n) // 2)


@pytest.fixture(scope="module")
def trees() -> Ranker:
    """Trees trained on eighty queries."""
    found = fit_trees(queries_of(80), NAMES, QUICK)
    assert found is not None
    return found


def first_hits(ranker: Ranker, queries: Queries) -> float:
    """Share of queries whose first place was hidden."""
    pairs = zip(queries.features, queries.hidden, strict=True)
    return float(np.mean([hidden[np.argmax(ranker.scores(one))] for one, hidden in pairs]))


def test_the_trees_find_what_decides(trees: Ranker) -> None:
    unseen = queries_of(50, seed=1)
    assert first_hits(trees, unseen) > 0.9
    assert first_hits(replace(trees, mix=0.0), unseen) < 0.5
    assert max(trees.importance, key=lambda name: trees.importance[name]) == "truth"


def test_a_mix_of_nothing_is_the_blends_order(trees: Ranker) -> None:
    features = queries_of(1, seed=2).features[0]
    assert np.argsort(-replace(trees, mix=0.0).scores(features)).tolist() == list(range(20))


def test_mixing_standardises_both() -> None:
    a, b = np.array([1.0, 2.0, 3.0]), np.array([30.0, 10.0, 20.0])
    np.testing.assert_allclose(mixed(a, b, 0.5), mixed(100 * a + 7, b / 9, 0.5))
    assert mixed(np.ones(3), np.ones(3), 0.5).tolist() == [0.0, 0.0, 0.0]


def test_it_comes_back_from_disk(trees: Ranker, tmp_path: Path) -> None:
    trees.save(tmp_path / "ranker.json")
    back = Ranker.load(tmp_path / "ranker.json")
    features = queries_of(1, seed=3).features[0]
    np.testing.assert_array_equal(back.scores(features), trees.scores(features))
    assert back == trees


def test_too_few_queries_teach_nothing() -> None:
    assert fit_trees(queries_of(29), NAMES, QUICK) is None
    nothing = queries_of(80)
    empty = Queries(nothing.features, [np.zeros(20, dtype=bool)] * 80, nothing.groups)
    assert fit_trees(empty, NAMES, QUICK) is None


def test_training_repeats_itself(trees: Ranker) -> None:
    again = fit_trees(queries_of(80), NAMES, QUICK)
    assert again is not None
    assert again.models == trees.models
