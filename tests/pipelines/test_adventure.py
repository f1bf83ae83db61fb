"""One number trades accuracy against coverage, evenness, novelty and variety, step by step."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from recsys.diversity import measure_lists
from recsys.metrics import ndcg
from recsys.rules import RuleSettings, apply_rules, spare_songs
from tests.tiny_world import TinyWorld

ADVENTURES = (0.0, 0.25, 0.5, 0.75, 1.0)
K = 10
NONE = np.zeros(0, dtype=np.int64)


@pytest.fixture(scope="module")
def measured(tiny_world: TinyWorld) -> np.ndarray:
    """A row an adventure: accuracy, coverage, artist Gini, novelty, similarity of lists after the first half
    of a playlist.
    """
    release = tiny_world.release
    corpus, spares = release.parts.corpus, spare_songs(release.counts, release.catalogue)
    lists = [corpus.songs_of(i).astype(np.int64) for i in range(corpus.n_lists) if corpus.lengths[i] >= 8]
    seen = [songs[: len(songs) // 2] for songs in lists]
    scores = release.continuation.score(seen)
    table = []
    for adventure in ADVENTURES:
        chosen, hits = [], np.zeros((len(lists), K), dtype=bool)
        for i, songs in enumerate(lists):
            rows = np.setdiff1d(np.argsort(-scores[i], kind="stable"), seen[i], assume_unique=True)
            ruled = apply_rules(
                rows, scores[i, rows], K, catalogue=release.catalogue, vectors=release.vectors,
                settings=RuleSettings.of_adventure(adventure), banned=seen[i], recent=NONE, known=seen[i],
                counts=release.counts, spares=spares,
            )  # fmt: skip
            chosen.append(ruled.rows)
            hits[i, : len(ruled.rows)] = np.isin(ruled.rows, songs)
        accuracy = ndcg(hits, np.array([len(songs) - len(songs) // 2 for songs in lists])).mean()
        found = measure_lists(
            chosen, artists=release.catalogue.artists[: release.n_songs], counts=release.counts,
            n_lists=corpus.n_lists, vectors=release.vectors,
        )  # fmt: skip
        table.append([accuracy, *astuple(found)])
    return np.array(table)


# What little moves the wrong way between two steps: nothing that a listener would notice.
@pytest.mark.parametrize(
    ("column", "sign", "slack"), [(0, -1, 0.01), (1, 1, 0.02), (2, -1, 0.02), (3, 1, 0.02), (4, -1, 0.005)]
)
def test_each_measure_follows_the_adventure(
    measured: np.ndarray, column: int, sign: int, slack: float
) -> None:
    values = sign * measured[:, column]
    assert (np.diff(values) >= -slack).all()
    assert values[-1] > values[0] + slack
