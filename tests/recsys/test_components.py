"""The signals of the blend: one battery over all, and each against its formula."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp

from recsys import components
from recsys.components import Component, Lists, Neighbours, Popularity, Vectors, build_components
from recsys.cooccurrence import count_after, similarity, song_weights
from recsys.corpus import Corpus
from recsys.factors import Factors, FactorSettings, fit_factors
from recsys.facts import SongFacts
from recsys.query import build_query
from recsys.song2vec import SongVectors

MakeCorpus = Callable[..., Corpus]
NAMES = (
    "popularity", "together", "together_cosine", "after", "after_cosine", "lists", "song2vec", "factors",
    "artists", "same_artist", "same_album",
)  # fmt: skip
# Artists of five songs, albums of two; each clique has its own.
FACTS = SongFacts(np.arange(40), np.arange(40) // 5, np.arange(40) // 2, np.arange(40))
PERSONAL = [name for name in NAMES if name != "popularity"]


def _vectors_of(corpus: Corpus, ns_exponent: float = 0.5) -> SongVectors:
    """Vectors that know the two cliques."""
    rng = np.random.default_rng(0)
    side = np.where(np.arange(corpus.n_songs) < corpus.n_songs // 2, 1.0, -1.0)[:, None]
    output = side * 0.9 + 0.1 * rng.normal(size=(corpus.n_songs, 6))
    counts = corpus.counts().astype(np.float32)
    return SongVectors(
        np.repeat(side, 6, axis=1).astype(np.float32), output.astype(np.float32), counts, ns_exponent
    )


@pytest.fixture(scope="module")
def built(cliques: Corpus) -> dict[str, Component]:
    """Every component, fitted on the cliques."""
    factors = fit_factors(cliques, FactorSettings(factors=4, workers=1))
    return build_components(cliques, FACTS, Vectors.build(_vectors_of(cliques)), factors)


@pytest.fixture(scope="module")
def query() -> sp.csr_matrix:
    """One song, three songs of unequal weight, none."""
    seen = [np.array([25]), np.array([3, 9, 1]), np.zeros(0, int)]
    return build_query(seen, 40, [np.ones(1), np.array([5.0, 2.0, 1.0]), np.zeros(0)])


def test_the_battery_knows_every_component(built: dict[str, Component]) -> None:
    assert tuple(built) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_finite_and_not_negative(
    built: dict[str, Component], query: sp.csr_matrix, name: str
) -> None:
    scores = built[name].scores(query)
    assert scores.shape == (3, 40)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert scores.min() >= 0.0


@pytest.mark.parametrize("name", NAMES)
def test_some_columns_are_those_of_all(built: dict[str, Component], query: sp.csr_matrix, name: str) -> None:
    columns = np.array([39, 0, 7, 25, 7])
    expected = built[name].scores(query)[:, columns]
    np.testing.assert_allclose(built[name].scores(query, columns), expected, rtol=1e-5, atol=1e-7)
    assert built[name].scores(query, columns[:0]).shape == (3, 0)


@pytest.mark.parametrize("name", PERSONAL)
def test_one_song_brings_its_own_clique_and_none_brings_nothing(
    built: dict[str, Component], query: sp.csr_matrix, name: str
) -> None:
    scores = built[name].scores(query)
    assert scores[0, 20:].sum() > 3 * scores[0, :20].sum()
    assert scores[1, :20].sum() > 3 * scores[1, 20:].sum()
    assert not scores[2].any()


@pytest.mark.parametrize("name", NAMES)
def test_a_query_is_not_written_into(built: dict[str, Component], query: sp.csr_matrix, name: str) -> None:
    before = query.toarray()
    built[name].scores(query)[:] = 7.0
    np.testing.assert_array_equal(query.toarray(), before)
    assert built[name].scores(query).max() < 7.0


def test_after_looks_forwards(chain: Corpus) -> None:
    after = Neighbours(similarity(count_after(chain), song_weights(chain), alpha=0.3, shrink=2.0))
    scores = after.scores(build_query([np.array([0]), np.array([1])], chain.n_songs))
    assert scores[0, 1] > 0.9
    assert scores[1, 0] == 0.0
    assert scores[1, 2] > 0.9


def test_popularity_is_the_logarithm_of_weighted_lists(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus([[0, 1]] * 4 + [[1]], [0] * 4 + [1])
    scores = Popularity(song_weights(corpus)).scores(build_query([np.array([0])], 2))
    np.testing.assert_allclose(scores, [np.log1p([2.0, 3.0])], rtol=1e-6)


def test_lists_by_hand(noisy: Corpus) -> None:
    lists = Lists.build(noisy)
    rows, shares = np.array([2, 11, 20]), np.array([0.5, 0.25, 0.25])
    found = lists.scores(build_query([rows], noisy.n_songs, [shares]))[0]
    idf = np.log1p(noisy.n_lists / noisy.counts())
    scores, total = np.zeros(noisy.n_songs), 0.0
    for i, weight in enumerate(noisy.weights()):
        songs = noisy.songs_of(i)
        overlap = sum(share * idf[row] for row, share in zip(rows, shares, strict=True) if row in songs)
        like = (overlap / np.sqrt(len(songs))) ** lists.sharpness * weight
        scores[songs] += like
        total += like
    expected = scores / total / np.maximum(song_weights(noisy), 1.0) ** lists.damping
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_song2vec_is_a_distribution_over_songs(cliques: Corpus) -> None:
    vectors = Vectors.build(_vectors_of(cliques))
    scores = vectors.scores(build_query([np.array([1]), np.array([4, 30, 31])], 40))
    np.testing.assert_allclose(scores.sum(1), 1.0, rtol=1e-4)


def test_song2vec_at_temperature_one_is_the_conditional(cliques: Corpus) -> None:
    song_vectors = _vectors_of(cliques)
    found = Vectors.build(song_vectors, temperature=1.0).scores(build_query([np.array([4])], 40))[0]
    odds = np.exp(song_vectors.conditional_logits(np.array([4]))[0].astype(float))
    np.testing.assert_allclose(found, odds / odds.sum(), rtol=1e-4)


def test_song2vec_gives_nothing_to_a_song_it_has_not_seen(cliques: Corpus) -> None:
    known = _vectors_of(cliques, ns_exponent=0.0)
    output, counts = known.output.copy(), known.counts.copy()
    output[7], counts[7] = 0.0, 0.0
    vectors = Vectors.build(SongVectors(known.input, output, counts, 0.0))
    scores = vectors.scores(build_query([np.array([30])], 40))[0]
    assert scores[7] == 0.0
    assert scores.sum() == pytest.approx(1.0, rel=1e-4)


def test_the_normaliser_may_be_sampled(cliques: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = Vectors.build(_vectors_of(cliques)).log_normaliser
    monkeypatch.setattr(components, "_NORMALISER_SONGS", 20)
    sampled = Vectors.build(_vectors_of(cliques)).log_normaliser
    np.testing.assert_allclose(sampled, exact, atol=0.1)


def test_factors_fold_in_a_case_without_weight_as_zeros(cliques: Corpus) -> None:
    factors = fit_factors(cliques, FactorSettings(factors=4, workers=1))
    nothing = build_query([np.zeros(0, int), np.array([1])], 40, [np.zeros(0), np.zeros(1)])
    assert not factors.scores(nothing).any()


def test_factors_solve_the_equations_of_the_paper(cliques: Corpus) -> None:
    factors = fit_factors(cliques, FactorSettings(factors=4, workers=1))
    rows, shares, y = np.array([3, 9, 30]), np.array([0.5, 0.3, 0.2]), factors.songs.astype(float)
    weight = np.zeros(40)
    weight[rows] = factors.alpha * shares / shares.mean()
    left = y.T @ y + y.T @ np.diag(np.maximum(weight - 1.0, 0.0)) @ y + factors.l2 * np.eye(4)
    expected = np.linalg.solve(left, y.T @ weight)
    found = factors.fold_in(build_query([rows], 40, [shares]))[0]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_factors_repeat_themselves_and_come_back_from_disk(
    cliques: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> None:
    factors = fit_factors(cliques, FactorSettings(factors=4, workers=1))
    path = tmp_path_factory.mktemp("factors") / "factors.npz"
    factors.save(path)
    back = Factors.load(path)
    np.testing.assert_array_equal(back.songs, factors.songs)
    assert (back.l2, back.alpha) == (factors.l2, factors.alpha)
