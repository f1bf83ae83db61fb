"""Continuing a list: scores of the blend, and the whole fit on a world with a known answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recsys.baselines import fit_popularity
from recsys.blend import DEFAULT_WEIGHTS
from recsys.components import TRANSFORMER, Neighbours, Popularity
from recsys.continuation import Continuation
from recsys.cooccurrence import count_together, similarity, song_weights
from recsys.corpus import Corpus, build_corpus
from recsys.evaluate import make_split, measure, rank
from recsys.facts import SongFacts
from recsys.fit import choose, fit_continuation
from recsys.query import build_query

MakeCorpus = Callable[..., Corpus]
NONE = np.zeros(0, int)
PAIRS = 3e5  # Cliques are learned from little.


@pytest.fixture(scope="module")
def model(cliques: Corpus) -> Continuation:
    """Popularity and co-occurrence of the cliques."""
    weights = song_weights(cliques)
    together = Neighbours(similarity(count_together(cliques), weights, alpha=0.5, shrink=2.0))
    return Continuation(
        {"popularity": Popularity(weights), "together": together}, {"popularity": 0.3, "together": 0.7}, 40
    )


def test_a_score_is_the_weighted_sum_of_scaled_parts(model: Continuation) -> None:
    seen = np.array([3, 7])
    expected = np.zeros(40)
    for name, weight in model.weights.items():
        scores = model.components[name].scores(build_query([seen], 40))[0].astype(float)
        scores[seen] = 0.0
        expected += weight * scores / scores.mean()
    np.testing.assert_allclose(model.score([seen])[0], expected, rtol=1e-5)


def test_shown_songs_score_nothing_and_the_own_clique_most(model: Continuation) -> None:
    scores = model.score([np.array([3, 7])])[0]
    assert scores[[3, 7]].tolist() == [0.0, 0.0]
    assert set(np.argsort(-scores)[:18]) == set(range(20)) - {3, 7}


def test_a_stand_in_that_was_not_shown_is_a_candidate(model: Continuation) -> None:
    scores = model.score([np.array([3, 7])], shown=[np.array([7, 8])])[0]
    assert scores[[7, 8]].tolist() == [0.0, 0.0]
    assert scores[3] > scores[20:].max()


def test_weights_of_songs_pull(model: Continuation) -> None:
    seen = np.array([3, 33])
    left, right = model.score([seen, seen], [np.array([9.0, 1.0]), np.array([1.0, 9.0])])
    assert left[:20].sum() > left[20:].sum()
    assert right[:20].sum() < right[20:].sum()


def test_without_songs_popularity_speaks_alone(model: Continuation, cliques: Corpus) -> None:
    ours, popular = model.score([NONE]), fit_popularity(cliques)([NONE])
    np.testing.assert_array_equal(rank(ours, [NONE]), rank(popular, [NONE]))
    assert not Continuation(model.components, {"together": 1.0}, 40).score([NONE]).any()
    assert model.score([]).shape == (0, 40)


def test_the_parts_of_some_songs_add_up_to_their_scores(model: Continuation) -> None:
    query, columns = build_query([np.array([3, 7]), np.array([30])], 40), np.array([0, 11, 25, 39])
    total, scales = model.score_query(query)
    parts = model.score_columns(query, columns, scales)
    np.testing.assert_allclose(sum(parts.values()), total[:, columns], rtol=1e-5)


def test_candidates_are_ordered_as_all_songs_are(model: Continuation) -> None:
    query, columns = build_query([np.array([3, 7])], 40), np.setdiff1d(np.arange(40), [3, 7])
    all_songs, some = (
        model.score([np.array([3, 7])])[0, columns],
        model.score_candidates(query, columns)[0][0],
    )
    np.testing.assert_array_equal(np.argsort(-some, kind="stable"), np.argsort(-all_songs, kind="stable"))


def test_songs_of_the_query_among_the_candidates_do_not_set_the_scale(model: Continuation) -> None:
    query, shown = build_query([np.array([3, 7])], 40), [3, 7]
    some, scales = model.score_candidates(query, np.arange(40))
    total, own = model.score_query(query)
    assert scales == own
    np.testing.assert_allclose(np.delete(some, shown, 1), np.delete(total, shown, 1), rtol=1e-6)


def test_weightless_components_are_not_asked(model: Continuation) -> None:
    components = {**model.components, "broken": None}
    trusting = Continuation(components, {**model.weights, "broken": 0.0}, 40)  # type: ignore[arg-type]
    np.testing.assert_array_equal(trusting.score([np.array([3])]), model.score([np.array([3])]))


def test_weights_for_nobody_are_refused(model: Continuation) -> None:
    with pytest.raises(ValueError, match="unknown components: \\['sound'\\]"):
        Continuation(model.components, {"sound": 1.0}, 40)


@pytest.fixture(scope="module")
def world() -> Corpus:
    """Four cliques of unequal popularity, 400 lists."""
    rng = np.random.default_rng(3)
    lists = [(25 * (rng.integers(0, 4) * rng.integers(0, 2)) + rng.permutation(25)[:9]) for _ in range(400)]
    numbers = np.repeat(np.arange(400), 9)
    return build_corpus(numbers, np.concatenate(lists), numbers)


def test_the_whole_fit_beats_popularity(world: Corpus, tmp_path: Path) -> None:
    split = make_split(world, seed=1)
    fitted, _ = fit_continuation(split.train, tmp_path, seed=1, workers=1, pairs=PAIRS)
    ours = measure(fitted, split.cases)["ndcg@100"].mean()
    assert ours > 1.15 * measure(fit_popularity(split.train), split.cases)["ndcg@100"].mean()
    assert list(tmp_path.iterdir()) == []


def test_the_choice_says_what_held_back_lists_say(world: Corpus, tmp_path: Path) -> None:
    choice, _ = choose(world, SongFacts.unknown(world.song_ids), tmp_path, seed=1, workers=1, pairs=PAIRS)
    assert choice.n_cases == choice.n_groups == 160
    assert sum(choice.weights.values()) == pytest.approx(1.0, abs=1e-5)
    assert set(choice.weights) == set(choice.components)
    assert set(choice.weights) - {TRANSFORMER} == set(DEFAULT_WEIGHTS)
    for estimate in choice.metrics.values():
        assert 0 < estimate.low <= estimate.mean <= estimate.high <= 1
    assert choice.knn_ratio.low <= choice.knn_ratio.mean <= choice.knn_ratio.high
    assert choice.knn_ratio.mean == pytest.approx(1.0, abs=0.1)


def test_few_lists_take_the_documented_weights(make_corpus: MakeCorpus, tmp_path: Path) -> None:
    small = make_corpus([[1, 2, 3, 4, 5]] * 20)
    fitted, choice = fit_continuation(small, tmp_path, seed=1, workers=1, pairs=PAIRS)
    assert choice.weights == DEFAULT_WEIGHTS
    assert fitted.ranker is None
    assert np.isfinite(fitted.score([np.array([0]), NONE])).all()


def test_an_empty_corpus_cannot_be_fitted(make_corpus: MakeCorpus, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to train on"):
        fit_continuation(make_corpus([]), tmp_path, seed=1, workers=1, pairs=PAIRS)
