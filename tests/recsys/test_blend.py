"""The blend learns whom to trust, and its table says the same as the protocol's measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import scipy.sparse as sp

from recsys.blend import DEFAULT_WEIGHTS, gather, learn_weights, measure_weights, scale_of
from recsys.components import Neighbours, Popularity, Vectors, build_components
from recsys.continuation import Continuation
from recsys.cooccurrence import count_together, similarity, song_weights
from recsys.corpus import Corpus
from recsys.evaluate import Split, make_split, measure
from recsys.factors import FactorSettings, fit_factors
from recsys.facts import SongFacts
from recsys.song2vec import SongVectors


@dataclass(frozen=True)
class Noise:
    """A component that knows nothing."""

    values: np.ndarray

    def scores(self, query: sp.csr_matrix, columns: np.ndarray | None = None) -> np.ndarray:
        """Score alike for everybody."""
        values = self.values if columns is None else self.values[columns]
        return np.tile(values, (query.shape[0], 1))


@pytest.fixture(scope="module")
def split(cliques: Corpus) -> Split:
    """Cliques with thirty test lists."""
    return make_split(cliques, seed=1)


@pytest.fixture(scope="module")
def parts(split: Split) -> dict[str, Popularity | Neighbours | Noise]:
    """A component that knows, one that half knows, one that does not."""
    weights = song_weights(split.train)
    together = similarity(count_together(split.train), weights, alpha=0.5, shrink=2.0)
    noise = np.random.default_rng(0).random(split.train.n_songs).astype(np.float32)
    return {"noise": Noise(noise), "together": Neighbours(together), "popularity": Popularity(weights)}


def test_a_scale_is_the_mean_of_the_hundred_best() -> None:
    scores = np.arange(300, dtype=np.float32)[None, :]
    assert scale_of(scores)[0, 0] == pytest.approx(249.5)
    assert scale_of(scores[:, :4])[0, 0] == pytest.approx(1.5)
    assert scale_of(np.zeros((1, 5), np.float32))[0, 0] == pytest.approx(1e-12)
    assert scale_of(np.zeros((2, 0), np.float32)).tolist() == [[1.0]] * 2


@pytest.mark.parametrize("weights", [(0.0, 1.0, 0.0), (0.2, 0.5, 0.3)])
def test_the_table_measures_what_the_protocol_measures(
    split: Split, parts: dict[str, Popularity | Neighbours | Noise], weights: tuple[float, ...]
) -> None:
    table = gather(parts, split.cases, split.train.n_songs, batch=7)
    ours = measure_weights(table, np.array(weights, np.float32))
    model = Continuation(parts, dict(zip(parts, weights, strict=True)), split.train.n_songs)
    for name, values in measure(model, split.cases).items():
        np.testing.assert_allclose(ours[name], values, atol=1e-6)


def test_seen_songs_are_no_candidates(
    split: Split, parts: dict[str, Popularity | Neighbours | Noise]
) -> None:
    table = gather(parts, split.cases, split.train.n_songs)
    n_candidates = (table.features[:, :, 0] > -1e3).sum(1)
    assert n_candidates.tolist() == [split.train.n_songs - len(case.seen) for case in split.cases]
    assert table.hidden.sum(1).tolist() == table.n_hidden.tolist()


def test_who_knows_gets_the_weight(split: Split, parts: dict[str, Popularity | Neighbours | Noise]) -> None:
    table = gather(parts, split.cases, split.train.n_songs)
    weights = learn_weights(table, np.random.default_rng(0))
    assert weights.sum() == pytest.approx(1.0, abs=1e-5)
    assert weights.argmax() == 1
    learned = measure_weights(table, weights)["ndcg@100"].mean()
    assert learned > measure_weights(table, np.ones(3, np.float32))["ndcg@100"].mean()


def test_learning_repeats_itself(split: Split, parts: dict[str, Popularity | Neighbours | Noise]) -> None:
    table = gather(parts, split.cases, split.train.n_songs)
    first, second = (learn_weights(table, np.random.default_rng(3), n_samples=3) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_the_default_weights_name_every_component(cliques: Corpus) -> None:
    zeros = np.zeros((40, 2), np.float32)
    vectors = SongVectors(zeros, zeros, np.ones(40, np.float32), 0.0)
    factors = fit_factors(cliques, FactorSettings(factors=2, workers=1))
    facts = SongFacts.unknown(cliques.song_ids)
    built = build_components(cliques, facts, Vectors.build(vectors), factors)
    assert set(DEFAULT_WEIGHTS) == set(built)
    assert min(DEFAULT_WEIGHTS.values()) > 0
