"""Facts about the columns of a list's name."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from benchmarks.name_trial import NameFeatures, learn_names, shares_by_name, shown, swapped, withheld
from recsys.corpus import build_corpus
from recsys.evaluate import Case

TEXTS = ("Piano Sonata Anna", "Quiet Piano Anna", "Loud Road Bert", "Long Road Bert")
EVERY_ROW = np.arange(4)


@pytest.fixture(scope="module")
def meaning() -> NameFeatures:
    """Songs 0 and 1 stand in lists named "calm evening", 2 and 3 in those named "driving evening"."""
    rng = np.random.default_rng(0)
    vectors = np.array([[1, 0.1], [1, -0.1], [0.1, 1], [-0.1, 1]], np.float32)
    of_names = sp.csr_matrix([[1, 0.5, 0, 0], [0, 0, 1, 0.5]])
    text_vectors = np.column_stack([vectors, rng.normal(size=(4, 1))])
    names, name_vectors = ["calm evening", "driving evening"], np.array([[1, 0, 0], [0, 1, 0]])
    return learn_names(TEXTS, text_vectors, names, name_vectors, of_names, vectors)


def of(meaning: NameFeatures, name: str) -> np.ndarray:
    return meaning.of(name, np.array([1.0, 0.0, 0.0]), EVERY_ROW)


def test_words_in_title_and_artist_count_by_their_rarity(meaning: NameFeatures) -> None:
    share = of(meaning, "Piano: Sonata!")[:, 0]
    assert share[0] == pytest.approx(1.0)
    assert 0 < share[1] < 0.5
    assert not share[2:].any()


def test_a_word_that_no_song_holds_lessens_the_share(meaning: NameFeatures) -> None:
    assert of(meaning, "piano unheard")[0, 0] < 0.5


def test_lists_named_alike_say_which_songs_they_hold(meaning: NameFeatures) -> None:
    calm = of(meaning, "calm")[:, 1]
    # One name has the word; as much as one name of nothing stands beside it.
    assert calm.tolist() == pytest.approx([0.5, 0.25, 0, 0])
    assert of(meaning, "calm evening")[:, 1].argmax() == 0


def test_words_and_meaning_lie_near_the_songs_they_named(meaning: NameFeatures) -> None:
    place = of(meaning, "calm")[:, 2:]
    assert (place[:2].min(0) > place[2:].max(0)).all()


def test_what_is_not_known_is_nan(meaning: NameFeatures) -> None:
    assert np.isnan(of(meaning, " ")).all()
    assert np.isnan(of(meaning, "unheard")).tolist() == [[False, True, True, False]] * 4


def test_a_held_back_name_teaches_nothing() -> None:
    corpus = build_corpus(np.repeat([0, 1, 2], 2), np.array([1, 2, 1, 3, 2, 3]), np.repeat([0, 0, 1], 2))
    names, shares = shares_by_name(corpus, {0: "Calm!", 1: "Loud"}, set())
    assert names == ["calm", "loud"]
    assert shares.toarray().tolist() == [[1.0, 0.5, 0.5], [0.0, 1.0, 1.0]]
    assert shares_by_name(corpus, {0: "Calm!", 1: "Loud"}, {"calm"})[0] == ["loud"]


def test_songs_no_longer_shown_are_to_be_found() -> None:
    case = shown(Case(np.array([4, 5, 6]), np.array([7]), 0), 1)
    assert (case.seen.tolist(), case.hidden.tolist()) == ([4], [5, 6, 7])


def test_no_group_keeps_its_name_when_names_are_swapped() -> None:
    names = {1: "one", 2: "two", 3: "three"}
    found = swapped(names, np.array([1, 1, 2, 3]), np.random.default_rng(0))
    assert sorted(found.values()) == sorted(names.values())
    assert all(found[group] != names[group] for group in names)


def test_withheld_names_are_nan_in_the_chosen_queries() -> None:
    first, second = withheld([np.ones((2, 4)), np.ones((1, 4))], np.array([True, False]))
    assert np.isnan(first).all()
    assert (second == 1).all()
