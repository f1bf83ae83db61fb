"""Facts about ridge and word table on worlds whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.texts import Ridge, WordTable, fit_ridge, fit_words, incidence


def test_ridge_finds_the_map_that_made_the_targets() -> None:
    rng = np.random.default_rng(0)
    vectors, true = rng.normal(size=(400, 6)), rng.normal(size=(6, 3))
    ridge = fit_ridge(vectors, vectors @ true + 5.0, np.ones(400), shrink=1e-6)
    assert np.allclose(ridge.weights, true, atol=1e-4)
    assert np.allclose(ridge.place(vectors), (vectors - vectors.mean(0)) @ true, atol=1e-3)


def test_more_shrinking_places_nearer_to_the_mean() -> None:
    rng = np.random.default_rng(0)
    vectors, targets = rng.normal(size=(50, 6)), rng.normal(size=(50, 3))
    little, much = (fit_ridge(vectors, targets, np.ones(50), shrink=s) for s in (0.1, 1000.0))
    assert np.linalg.norm(much.place(vectors)) < 0.2 * np.linalg.norm(little.place(vectors))


def test_a_text_of_weight_zero_teaches_nothing() -> None:
    rng = np.random.default_rng(0)
    vectors, targets = rng.normal(size=(50, 4)), rng.normal(size=(50, 2))
    weights = np.r_[np.ones(40), np.zeros(10)]
    whole, part = (fit_ridge(vectors[:n], targets[:n], weights[:n], shrink=1.0) for n in (50, 40))
    assert np.allclose(whole.weights, part.weights, atol=1e-5)


def test_a_word_lies_where_its_songs_lie() -> None:
    places = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    table = fit_words([["rain"], ["rain", "the"], ["sun", "the"]], places, doubt=0.5)
    rain, sun, the = (table.vectors[table.row_of[word]] for word in ("rain", "sun", "the"))
    assert rain[0] > 0 == rain[1]
    assert sun[1] > 0 == sun[0]
    assert np.allclose(the[0], the[1])


def test_a_name_outweighs_as_many_songs_as_its_weight() -> None:
    songs, names = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    table = fit_words([["rain"]], songs, [["rain"]], names, name_weight=3.0, doubt=0.0)
    assert np.isclose(table.vectors[0, 1] / table.vectors[0, 0], 3.0)


def test_unknown_words_place_nowhere_and_none_add_nothing() -> None:
    table = WordTable(("rain",), np.array([[1.0, 2.0]], np.float32))
    assert table.place([["rain", "rain"], ["snow"], []]).tolist() == [[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]]
    assert table.place([]).shape == (0, 2)


def test_incidence_holds_each_word_once() -> None:
    found = incidence([["a", "b", "a"], ["c"], []], {"a": 0, "b": 1})
    assert found.toarray().tolist() == [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]


def test_no_songs_and_no_names_make_an_empty_table() -> None:
    table = fit_words([], np.zeros((0, 3)), doubt=1.0)
    assert table.words == ()
    assert table.place([["rain"]]).tolist() == [[0.0, 0.0, 0.0]]


@pytest.mark.parametrize("n", [0, 3])
def test_a_ridge_without_inputs_places_at_the_mean(n: int) -> None:
    ridge = Ridge(np.zeros(0, np.float32), np.zeros((0, 2), np.float32))
    assert ridge.place(np.zeros((n, 0), np.float32)).tolist() == [[0.0, 0.0]] * n
