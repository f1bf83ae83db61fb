"""Facts about the protocol for songs that training has never seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from recsys.cold_song import KINDS, KNOWN_ARTIST, NEW_ARTIST, ColdSplit, make_cold_split, measure_cold
from recsys.corpus import Corpus, build_corpus

N_SONGS, N_LISTS = 200, 120
ARTISTS = np.arange(N_SONGS) // 5


def corpus() -> Corpus:
    rng = np.random.default_rng(0)
    lists = [rng.choice(N_SONGS, 20, replace=False) for _ in range(N_LISTS)]
    return build_corpus(
        np.repeat(np.arange(N_LISTS), 20), np.concatenate(lists), np.repeat(np.arange(N_LISTS), 20)
    )


@pytest.fixture(scope="module")
def split() -> ColdSplit:
    return make_cold_split(corpus(), ARTISTS, seed=0)


def test_training_knows_neither_hidden_songs_nor_test_lists(split: ColdSplit) -> None:
    assert not np.isin(split.cold_ids, split.train.song_ids).any()
    tested = {case.group for kind in KINDS for case in split.cases[kind]}
    assert tested
    assert not tested & set(split.train.groups.tolist())


def test_a_new_artist_has_no_song_in_training_and_a_known_one_has(split: ColdSplit) -> None:
    trained = set(ARTISTS[split.train.song_ids].tolist())
    artists = ARTISTS[split.cold_ids]
    assert not trained & set(artists[split.rows_of(NEW_ARTIST)].tolist())
    assert set(artists[split.rows_of(KNOWN_ARTIST)].tolist()) <= trained
    assert min(len(split.rows_of(kind)) for kind in KINDS) > 10


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_knows_the_answer_scores_one_and_who_avoids_it_zero(split: ColdSplit, kind: str) -> None:
    cases = iter(split.cases[kind])

    def oracle(seen: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([np.isin(np.arange(len(split.cold_ids)), next(cases).hidden) for _ in seen]) * 1.0

    found = measure_cold(oracle, split, kind)
    assert all(np.allclose(values, 1.0) for values in found.values())


def test_songs_of_the_other_kind_are_never_ranked(split: ColdSplit) -> None:
    others = np.isin(np.arange(len(split.cold_ids)), split.rows_of(NEW_ARTIST)) * 1000.0
    found = measure_cold(lambda seen: np.tile(others, (len(seen), 1)), split, KNOWN_ARTIST)
    assert found["ndcg@100"].min() > 0  # fewer than a hundred of its kind: all of them are ranked


def test_the_same_seed_hides_the_same_songs() -> None:
    one, two = (make_cold_split(corpus(), ARTISTS, seed=3) for _ in range(2))
    assert np.array_equal(one.cold_ids, two.cold_ids)
    assert not np.array_equal(one.cold_ids, make_cold_split(corpus(), ARTISTS, seed=4).cold_ids)


def test_a_tiny_corpus_has_no_cases_and_wrong_artists_are_refused() -> None:
    tiny = build_corpus(np.zeros(3, int), np.arange(3), np.zeros(3, int))
    assert not any(make_cold_split(tiny, np.full(3, -1), seed=0).cases.values())
    with pytest.raises(ValueError, match="one artist a song"):
        make_cold_split(tiny, np.zeros(2, int), seed=0)
