"""The short ways to leave a part of a query out come to what the query without it scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp

from recsys.components import Component, Lists, Popularity
from recsys.continuation import Continuation
from recsys.cooccurrence import song_weights
from recsys.corpus import Corpus
from recsys.factors import Factors
from recsys.leaving_out import LeavesOut

MakeCorpus = Callable[..., Corpus]
N_SONGS, N_PARTS = 60, 12


@pytest.fixture(scope="module")
def corpus(make_corpus: MakeCorpus) -> Corpus:
    """Eighty lists of nine songs by chance; every song is in one."""
    rng = np.random.default_rng(3)
    return make_corpus([rng.choice(N_SONGS, 9, replace=False).tolist() for _ in range(80)])


@pytest.fixture
def parts() -> sp.csr_matrix:
    """Parts of one song, and two of several songs, of which one is shared; they sum to 1."""
    rng = np.random.default_rng(5)
    dense = np.zeros((N_PARTS, N_SONGS), np.float32)
    dense[np.arange(N_PARTS), rng.permutation(N_SONGS)[:N_PARTS]] = rng.dirichlet(np.ones(N_PARTS))
    dense[0, 40:44], dense[1, 43:48] = 0.03, 0.02
    return sp.csr_matrix(dense / dense.sum())


def factors(n: int) -> Factors:
    """Factors by chance; fewer or more of them than the query has songs."""
    return Factors(np.random.default_rng(n).normal(size=(N_SONGS, n)).astype(np.float32), 10.0, 40.0)


def without(component: Component, parts: sp.csr_matrix, columns: np.ndarray) -> np.ndarray:
    """By definition: the query is built without each part, and scored."""
    whole = parts.toarray().sum(0)
    left = np.maximum(whole - parts.toarray(), 0.0)
    left[left < 1e-7] = 0.0
    return np.vstack([component.scores(sp.csr_matrix(row[None]), columns) for row in left])


@pytest.mark.parametrize("make", [Lists.build, lambda _: factors(32), lambda _: factors(5)])
def test_scores_without_a_part_are_those_of_the_query_less_it(
    corpus: Corpus, parts: sp.csr_matrix, make: Callable[[Corpus], Component]
) -> None:
    component, columns = make(corpus), np.array([50, 3, 41, 17, 3])
    assert isinstance(component, LeavesOut)
    query = sp.csr_matrix(parts.sum(0), dtype=np.float32)
    nothing = sp.csr_matrix((1, N_SONGS), dtype=np.float32)
    asked = sp.csr_matrix(sp.vstack([nothing, parts]))
    for _ in range(2):  # Tables that are used again are left as they were.
        found = component.scores_without(query, asked, columns)
        assert found == pytest.approx(
            np.vstack([component.scores(query, columns), without(component, parts, columns)]),
            rel=2e-4,
            abs=1e-5,
        )


def test_systems_that_are_not_alike_are_solved_all_the_same() -> None:
    """One song that weighs nearly everything: without it the others' weights are a hundred times as large."""
    weights = np.array([0.999, *[0.001 / 9] * 9], np.float32)
    dense = np.zeros((10, N_SONGS), np.float32)
    dense[np.arange(10), np.arange(10)] = weights
    parts, columns, component = sp.csr_matrix(dense), np.arange(20, 40), factors(32)
    found = component.scores_without(sp.csr_matrix(dense.sum(0)[None]), parts, columns)
    assert found == pytest.approx(without(component, parts, columns), rel=1e-3, abs=1e-4)


def test_a_blend_leaves_out_what_each_of_its_signals_does(corpus: Corpus, parts: sp.csr_matrix) -> None:
    signals: dict[str, Component] = {
        "popularity": Popularity(song_weights(corpus)), "lists": Lists.build(corpus), "factors": factors(32)
    }  # fmt: skip
    model = Continuation(signals, {"popularity": 0.2, "lists": 0.5, "factors": 0.3}, N_SONGS)
    columns = np.array([7, 55])
    query = sp.csr_matrix(parts.sum(0), dtype=np.float32)
    _, scales = model.score_query(query)
    full, left = model.leave_out(parts, columns, scales, most=5)
    expected = sum(
        model.weights[name] / scales[name] * without(one, parts, columns)[:5] for name, one in signals.items()
    )
    assert left == pytest.approx(np.asarray(expected), rel=1e-3, abs=1e-5)
    for name, scores in model.score_columns(query, columns, scales).items():
        assert full[name] == pytest.approx(scores, rel=1e-4, abs=1e-6)
