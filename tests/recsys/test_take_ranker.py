"""What people like is told from what they do not, by sound; and noise is not taken for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.own_rank import measure_own_rank, own_ranks
from recsys.take_ranker import fit_take_ranker, roc_area


def ratings(
    n: int = 120, *, strength: float = 3.0, seed: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(n, 30))
    liked = rng.random(n) < 1 / (1 + np.exp(-strength * embeddings[:, 0]))
    return embeddings, liked, np.arange(n)


def test_a_liked_sound_is_learned_and_proven() -> None:
    ranker = fit_take_ranker(*ratings(), np.random.default_rng(0))
    assert ranker is not None
    assert ranker.is_proven
    bright, dark = np.zeros((2, 30))
    bright[0], dark[0] = 2, -2
    assert ranker(np.stack([bright, dark])).tolist() == sorted(ranker(np.stack([bright, dark])), reverse=True)


def test_noise_is_hardly_ever_proven() -> None:
    rankers = [
        fit_take_ranker(*ratings(strength=0.0, seed=seed), np.random.default_rng(0)) for seed in range(10)
    ]
    assert sum(ranker is not None and ranker.is_proven for ranker in rankers) <= 2


def test_few_ratings_teach_nothing() -> None:
    assert fit_take_ranker(*ratings(30), np.random.default_rng(0)) is None


def test_a_saved_ranker_scores_alike(tmp_path: Path) -> None:
    ranker = fit_take_ranker(*ratings(), np.random.default_rng(0))
    assert ranker is not None
    ranker.save(tmp_path / "ranker.npz")
    again = type(ranker).load(tmp_path / "ranker.npz")
    embeddings = ratings()[0]
    assert (again(embeddings) == ranker(embeddings)).all()
    assert again.area == ranker.area


def test_the_area_counts_pairs_and_half_of_ties() -> None:
    assert roc_area(np.array([1.0, 2.0]), np.array([1.0, 0.0])) == pytest.approx(3.5 / 4)


def test_what_lies_at_its_owner_ranks_first() -> None:
    tastes = np.eye(5)
    assert own_ranks(tastes + 0.01, tastes, np.arange(5)).tolist() == [1.0] * 5


def test_ties_rank_as_chance_does() -> None:
    tastes = np.eye(5)
    found = measure_own_rank(np.ones((5, 5)), tastes, np.arange(5), np.random.default_rng(0))
    assert (found.rank.mean, found.chance) == (3.0, 3.0)
    assert not found.is_better_than_chance
