"""A reason is true: without the named listen the song scores lowest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from recsys.components import Component, Lists, Neighbours, Popularity
from recsys.continuation import Continuation
from recsys.cooccurrence import count_after, count_together, similarity, song_weights
from recsys.corpus import Corpus
from recsys.explain import MAX_TRIED, explain
from recsys.query import build_query

MakeCorpus = Callable[..., Corpus]


def _model(corpus: Corpus) -> Continuation:
    weights = song_weights(corpus)
    together = similarity(count_together(corpus), weights, alpha=0.3, shrink=2.0)
    after = similarity(count_after(corpus), weights, alpha=0.5, shrink=2.0)
    parts: dict[str, Component] = {
        "popularity": Popularity(weights),
        "together": Neighbours(together),
        "after": Neighbours(after),
        "lists": Lists.build(corpus),
    }
    return Continuation(
        parts, {"popularity": 0.1, "together": 0.4, "after": 0.2, "lists": 0.3}, corpus.n_songs
    )


def _score(model: Continuation, rows: np.ndarray, shares: np.ndarray, song: int, scales: object) -> float:
    """One song's score for a query whose shares are as given, not scaled up to 1."""
    query = build_query([rows], model.n_songs, [shares]) * float(shares.sum())
    parts = model.score_columns(query.tocsr(), np.array([song]), scales)  # type: ignore[arg-type]
    return float(sum(part[0, 0] for part in parts.values()))


@pytest.mark.parametrize("seed", range(4))
def test_taking_the_named_listen_away_lowers_the_score_most(noisy: Corpus, seed: int) -> None:
    rng = np.random.default_rng(seed)
    model, rows = _model(noisy), rng.permutation(30)[:8]
    shares = np.sort(rng.dirichlet(np.ones(8)))[::-1].astype(np.float32)
    songs = np.setdiff1d(np.arange(30), rows)[:10]
    _, scales = model.score_query(build_query([rows], 30, [shares]))
    for song, reason in zip(songs, explain(model, rows, shares, songs), strict=True):
        without = [np.delete(np.arange(8), i) for i in range(8)]
        left = np.array([_score(model, rows[keep], shares[keep], song, scales) for keep in without])
        full = _score(model, rows, shares, song, scales)
        order = np.argsort(left, kind="stable")[: len(reason.because)]
        assert reason.because.tolist() == rows[order].tolist()
        np.testing.assert_allclose(reason.shares, 1.0 - left[order] / full, atol=1e-4)


def test_the_reason_for_a_cliques_song_is_the_listen_from_that_clique(cliques: Corpus) -> None:
    rows, shares = np.array([1, 2, 30]), np.array([0.4, 0.4, 0.2], np.float32)
    first, second = explain(_model(cliques), rows, shares, np.array([8, 25]))
    assert set(first.because.tolist()) == {1, 2}
    assert second.because[0] == 30
    assert (np.diff(first.shares) <= 0).all()
    assert first.shares.min() > 0
    assert first.shares.max() <= 1


def test_the_signal_is_the_component_with_the_largest_part(cliques: Corpus) -> None:
    weights = song_weights(cliques)
    together = Neighbours(similarity(count_together(cliques), weights, alpha=0.3, shrink=2.0))
    parts: dict[str, Component] = {"popularity": Popularity(weights), "together": together}
    for strong, weak in (("popularity", "together"), ("together", "popularity")):
        model = Continuation(parts, {strong: 0.9, weak: 0.1}, 40)
        assert explain(model, np.array([3]), np.ones(1, np.float32), np.array([8]))[0].signal == strong


def test_a_song_is_no_reason_for_itself(cliques: Corpus) -> None:
    (reason,) = explain(_model(cliques), np.array([3, 4]), np.ones(2, np.float32), np.array([3]))
    assert 3 not in reason.because


def test_at_most_so_many_reasons_are_named_of_the_heaviest_listens(noisy: Corpus) -> None:
    rows = np.arange(29)
    (reason,) = explain(_model(noisy), rows, np.ones(29, np.float32), np.array([29]), n_reasons=2)
    assert len(reason.because) == 2
    assert MAX_TRIED >= 29


def test_without_listens_there_is_no_reason_but_popularity(cliques: Corpus) -> None:
    none = np.zeros(0, int)
    (reason,) = explain(_model(cliques), none, none.astype(np.float32), np.array([3]))
    assert (reason.because.tolist(), reason.signal) == ([], "popularity")
    assert explain(_model(cliques), np.array([1]), np.ones(1, np.float32), none) == []
