"""The peers: one battery over all of them, and each against its formula."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from recsys import baselines
from recsys.baselines import (
    _ease_by_lists,
    _ease_by_songs,
    ease_fits,
    fit_bpr,
    fit_ease,
    fit_gensim_defaults,
    fit_ials,
    fit_item_knn,
    fit_popularity,
    seen_matrix,
)
from recsys.corpus import Corpus
from recsys.evaluate import Scorer, make_split, measure

MakeCorpus = Callable[..., Corpus]

FITS: dict[str, Callable[[Corpus], Scorer]] = {
    "popularity": fit_popularity,
    "item-kNN": fit_item_knn,
    "EASE": fit_ease,
    "iALS": lambda corpus: fit_ials(corpus, factors=4, iterations=5),
    "BPR": lambda corpus: fit_bpr(corpus, factors=8, iterations=100),
    "gensim": lambda corpus: fit_gensim_defaults(corpus, workers=1),
}
PERSONAL = [name for name in FITS if name not in ("popularity", "gensim")]
SEEN = [np.array([1, 5, 2]), np.array([25]), np.zeros(0, np.int32)]


@pytest.fixture(scope="module")
def fitted(cliques: Corpus) -> dict[str, Scorer]:
    """Every peer, fitted on the cliques."""
    return {name: fit(cliques) for name, fit in FITS.items()}


@pytest.mark.parametrize("name", FITS)
def test_every_song_of_every_case_gets_a_finite_score(fitted: dict[str, Scorer], name: str) -> None:
    scores = fitted[name](SEEN)
    assert scores.shape == (3, 40)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert fitted[name]([]).shape == (0, 40)


@pytest.mark.parametrize("name", FITS)
def test_a_case_is_scored_alike_alone_and_in_company(fitted: dict[str, Scorer], name: str) -> None:
    np.testing.assert_allclose(fitted[name](SEEN[1:2])[0], fitted[name](SEEN)[1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", FITS)
def test_the_same_seed_gives_the_same_scores(cliques: Corpus, fitted: dict[str, Scorer], name: str) -> None:
    # implicit's BLAS rounds by where in memory its arrays happen to lie, and alternating magnifies that.
    slack = 5e-3 if name == "iALS" else 0.0
    np.testing.assert_allclose(FITS[name](cliques)(SEEN), fitted[name](SEEN), rtol=0.0, atol=slack)


@pytest.mark.parametrize("name", PERSONAL)
def test_one_seen_song_brings_its_own_clique(fitted: dict[str, Scorer], name: str) -> None:
    scores = np.delete(fitted[name]([np.array([25])])[0], 25)
    assert set(np.argsort(-scores)[:10]) <= set(range(20, 39))


@pytest.mark.parametrize("name", PERSONAL)
def test_the_personal_ones_beat_chance(cliques: Corpus, name: str) -> None:
    split = make_split(cliques, seed=1)
    rng = np.random.default_rng(0)
    chance = measure(lambda seen: np.asarray(rng.random((len(seen), 40))), split.cases)["r_precision"].mean()
    assert measure(FITS[name](split.train), split.cases)["r_precision"].mean() > 1.5 * chance


def test_a_row_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="rows must lie in"):
        seen_matrix([np.array([4])], 4)


def test_popularity_counts_lists(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus([[1, 2], [2, 3], [2]], [0, 0, 0])
    assert fit_popularity(corpus)([np.array([0])]).tolist() == [[1.0, 3.0, 1.0]]


def test_item_knn_by_hand(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus([[0, 1, 2], [0, 1], [1, 2], [0]], [0, 0, 0, 0])
    scores = fit_item_knn(corpus, alpha=0.5, shrink=1.0)([np.array([0, 2])])[0]
    # Songs 0 and 1 stand in three lists each, song 2 in two; 0 and 1 meet twice, 1 and 2 twice, 0 and 2 once.
    both = 1 / (np.sqrt(6) + 1)
    assert scores == pytest.approx([both, 2 / (3 + 1) + 2 / (np.sqrt(6) + 1), both])


def _ease_by_formula(x: np.ndarray, l2: float) -> np.ndarray:
    p = np.linalg.inv(x.T @ x + l2 * np.eye(x.shape[1]))
    b = np.eye(x.shape[1]) - p / np.diag(p)
    np.fill_diagonal(b, 0.0)
    return np.asarray(b)


@pytest.mark.parametrize("l2", [3.0, 300.0])
def test_ease_from_songs_and_from_lists_are_the_formula(noisy: Corpus, l2: float) -> None:
    seen = [np.array([i, (i + 3) % 30]) for i in range(30)]
    expected = seen_matrix(seen, 30) @ _ease_by_formula(noisy.incidence().toarray().astype(float), l2)
    np.testing.assert_allclose(_ease_by_songs(noisy.incidence(), l2)(seen), expected, atol=1e-4)
    np.testing.assert_allclose(_ease_by_lists(noisy.incidence(), l2)(seen), expected, atol=1e-4)


def test_ease_weighs_lists_when_asked(noisy: Corpus) -> None:
    weights = noisy.weights()
    x = np.sqrt(weights)[:, None] * noisy.incidence().toarray()
    found = fit_ease(noisy, l2=5.0, weights=weights)([np.array([4])])[0]
    np.testing.assert_allclose(found, _ease_by_formula(x.astype(float), 5.0)[4], atol=1e-4)


def test_ease_says_when_it_does_not_fit(cliques: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ease_fits(cliques)
    monkeypatch.setattr(baselines, "EASE_LARGEST", 39)
    with pytest.raises(ValueError, match="EASE needs at most 39 songs or lists, got 40, 300"):
        fit_ease(cliques)


def test_ials_folds_a_list_in_as_implicit_itself_does(cliques: Corpus) -> None:
    from implicit.cpu.als import AlternatingLeastSquares

    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=8, regularization=2.0, alpha=5.0, iterations=4, random_state=3, num_threads=1
        )
        model.fit(cliques.incidence(), show_progress=False)
        users = model.recalculate_user(np.arange(2), seen_matrix(SEEN[:2], 40))
    ours = fit_ials(cliques, factors=8, regularization=2.0, alpha=5.0, iterations=4, seed=3)(SEEN[:2])
    np.testing.assert_allclose(ours, users @ model.item_factors.T, atol=1e-4)
