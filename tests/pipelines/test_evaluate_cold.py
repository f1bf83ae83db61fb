"""Facts about the table of protocol `cold-song`, in a world where scenes decide who stands together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.evaluate import OURS
from pipelines.evaluate_cold import ColdEvaluation, NothingColdError, evaluate_cold_songs
from recsys.corpus import Corpus, build_corpus
from tests.tiny_encoder import TinyEncoder

N_SONGS, N_LISTS, LENGTH = 240, 150, 12
SCENE = np.arange(N_SONGS) % 4
ARTIST = SCENE + 4 * (np.arange(N_SONGS) // 24)  # every artist plays in one scene


def world() -> tuple[Corpus, pd.DataFrame]:
    """Lists of one scene each; a song's title names its scene."""
    rng = np.random.default_rng(0)
    lists = [rng.choice(np.flatnonzero(i % 4 == SCENE), LENGTH, replace=False) for i in range(N_LISTS)]
    numbers = np.repeat(np.arange(N_LISTS), LENGTH)
    scenes = np.array(["calm piano", "loud guitar", "fast drums", "slow strings"])
    songs = pd.DataFrame(
        {
            "song_id": np.arange(N_SONGS),
            "title": [f"{scenes[s]} {i}" for i, s in enumerate(SCENE)],
            "artist": [f"artist{a}" for a in ARTIST],
            "artist_id": ARTIST,
        }
    )
    return build_corpus(numbers, np.concatenate(lists), numbers), songs


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> ColdEvaluation:
    folder = tmp_path_factory.mktemp("cold")
    corpus, songs = world()
    return evaluate_cold_songs(
        corpus, songs, TinyEncoder().sentences, folder=folder, seed=1, workers=1, pairs=3e5
    )


@pytest.mark.parametrize("kind", ["known artist", "new artist"])
def test_placing_by_facts_beats_chance_and_the_artists_popularity(found: ColdEvaluation, kind: str) -> None:
    ndcg = {row.model: row.metrics["ndcg@100"].mean for row in found.rows[kind]}
    assert ndcg[OURS] > 1.3 * max(ndcg["chance"], ndcg["popularity of the artist"])


def test_ratios_are_ours_over_the_others(found: ColdEvaluation) -> None:
    for rows in found.rows.values():
        ours = rows[0]
        assert (ours.model, ours.ours_over_it) == (OURS, None)
        for row in rows[1:]:
            assert row.ours_over_it is not None
            ratio = ours.metrics["ndcg@100"].mean / row.metrics["ndcg@100"].mean
            assert np.isclose(row.ours_over_it.mean, ratio)


def test_it_says_on_what_it_was_measured(found: ColdEvaluation) -> None:
    assert found.n_songs > 150
    assert all(found.n_cold[kind] > 5 and found.n_cases[kind] > 5 for kind in found.rows)


def test_too_little_data_is_said(tmp_path: Path) -> None:
    corpus = build_corpus(np.zeros(3, int), np.arange(3), np.zeros(3, int))
    with pytest.raises(NothingColdError, match="no held-back list"):
        evaluate_cold_songs(corpus, world()[1], TinyEncoder().sentences, folder=tmp_path)
