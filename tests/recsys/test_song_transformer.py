"""Facts about the transformer on trial."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from recsys.corpus import Corpus, build_corpus
from recsys.query import build_query
from recsys.song_transformer import (
    SongDecoder,
    Transformer,
    TransformerSettings,
    draw_batch,
    loss_of,
    train_transformer,
)

SMALL = TransformerSettings(
    targets="next", dim=16, context_length=6, dropout=0.0, steps=90, batch_lists=20, learning_rate=2e-2
)


@pytest.fixture(scope="module")
def circle() -> Corpus:
    """Twelve songs in a circle: song i + 1 follows song i; lists of six start anywhere."""
    songs = np.array([[(start + i) % 12 for i in range(6)] for start in range(12)] * 5)
    lists = np.repeat(np.arange(60), 6)
    return build_corpus(lists, songs.ravel(), lists)


@pytest.fixture(scope="module")
def trained(circle: Corpus) -> Transformer:
    return train_transformer(circle, SMALL)


def test_it_learns_a_chain(trained: Transformer) -> None:
    after = trained.scores(build_query([np.array([3, 4, 5]), np.array([11, 0])], 12))
    assert after.argmax(1).tolist() == [6, 1]


def test_it_reads_the_query_in_order(trained: Transformer) -> None:
    after = trained.scores(build_query([np.array([5, 4]), np.array([4, 5])], 12))
    assert abs(after[0] - after[1]).max() > 0.01


def test_later_songs_do_not_change_what_earlier_places_say(trained: Transformer) -> None:
    rows = torch.tensor([[0, 1, 2, 3, 4], [0, 1, 2, 9, 7]])
    with torch.no_grad():
        one, other = trained.decoder(rows)
    assert torch.allclose(one[:3], other[:3], atol=1e-6)
    assert not torch.allclose(one[3:], other[3:], atol=1e-3)


def test_the_same_seed_gives_the_same_scores(circle: Corpus, trained: Transformer) -> None:
    query = build_query([np.array([3, 4])], 12)
    assert np.array_equal(train_transformer(circle, SMALL).scores(query), trained.scores(query))


def test_columns_are_taken_from_all_scores_and_an_empty_query_scores_0(trained: Transformer) -> None:
    query = build_query([np.array([3, 4]), np.zeros(0, np.int64)], 12)
    columns = np.array([7, 2])
    assert np.array_equal(trained.scores(query, columns), trained.scores(query)[:, columns])
    assert not trained.scores(query)[1].any()


def test_later_songs_are_asked_for_alike(circle: Corpus) -> None:
    settings = replace(SMALL, targets="later")
    decoder = SongDecoder(np.ones(12), settings).eval()
    torch.nn.init.zeros_(decoder.bias)
    torch.nn.init.zeros_(decoder.songs.weight)
    batch = draw_batch(circle, np.array([0]), settings, np.random.default_rng(0))
    # Nothing is known, and songs seen are not asked for: 11 are left after the first place, then 10.
    expected = np.log([11, 10, 9, 8, 7]).mean()
    assert float(loss_of(decoder, batch, None).detach()) == pytest.approx(expected, abs=1e-5)


def test_other_targets_are_refused() -> None:
    with pytest.raises(ValueError, match="'all'"):
        TransformerSettings(targets="all")
