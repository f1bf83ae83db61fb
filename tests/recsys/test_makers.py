"""Artists and albums as signals, by hand and on the cliques."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys.corpus import Corpus
from recsys.facts import SongFacts, numbered
from recsys.makers import beside_makers, same_maker
from recsys.query import build_query

MakeCorpus = Callable[..., Corpus]


def test_the_same_artist_by_hand(make_corpus: MakeCorpus) -> None:
    # Songs 0 and 1 by one artist, 3 and 1 times in lists; song 2 by another.
    corpus = make_corpus([[0, 1], [0, 2], [0, 2]])
    found = same_maker(corpus, np.array([7, 7, 4])).scores(build_query([np.array([0, 2])], 3))
    np.testing.assert_allclose(found, [[0.5 * 0.75**0.5, 0.5 * 0.25**0.5, 0.5]], rtol=1e-6)


def test_artists_that_stand_together_pull_each_other(make_corpus: MakeCorpus) -> None:
    # Song 4 stands with nobody of artist 0, but song 3, by the same artist, does.
    corpus = make_corpus([[0, 3], [1, 3], [0, 3], [4, 5], [5, 6]])
    artists = np.array([0, 0, 1, 1, 2, 3])
    found = beside_makers(corpus, artists).scores(build_query([np.array([1])], 6))[0]
    assert found[3] > 0
    assert found[[4, 5]].tolist() == [0.0, 0.0]
    assert found[:2].tolist() == [0.0, 0.0]  # More of the same is the other signal's part.


def test_an_unknown_artist_is_nobody_elses(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus([[0, 1], [0, 2], [1, 2]])
    unknown = np.array([-1, -1, 3])
    for signal in (same_maker(corpus, unknown), beside_makers(corpus, unknown)):
        assert not signal.scores(build_query([np.array([0])], 3)).any()


def test_with_nothing_known_nothing_scores(cliques: Corpus) -> None:
    nobody = np.full(cliques.n_songs, -1)
    query = build_query([np.array([3, 9])], cliques.n_songs)
    assert not same_maker(cliques, nobody).scores(query).any()
    assert not beside_makers(cliques, nobody).scores(query).any()


def test_unknown_numbers_are_all_different() -> None:
    assert numbered(np.array([-1, 5, -1, 5, 2])).tolist() == [2, 1, 3, 1, 0]
    assert numbered(np.zeros(0, dtype=np.int64)).tolist() == []


def test_facts_of_songs_that_are_not_there_are_unknown() -> None:
    facts = SongFacts(np.array([3, 8]), np.array([1, 2]), np.array([5, -1]), np.array([0, 0]))
    found = facts.of(np.array([8, 4, 3, 99]))
    assert found.artists.tolist() == [2, -1, 1, -1]
    assert found.albums.tolist() == [-1, -1, 5, -1]
    assert SongFacts.unknown(np.zeros(0, np.int64)).of(np.array([1])).recordings.tolist() == [-1]
