"""Small worlds with a known answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from recsys.corpus import Corpus, build_corpus

MakeCorpus = Callable[..., Corpus]


def corpus_of(
    lists: Sequence[Sequence[int]],
    groups: Sequence[int] | None = None,
    *,
    sources: Sequence[int] | None = None,
    min_count: int = 1,
    min_length: int = 1,
) -> Corpus:
    """Gather lists of song ids; each is a group of its own unless groups are given."""
    lengths = [len(songs) for songs in lists]
    numbers = np.repeat(np.arange(len(lists)), lengths)
    songs = np.array([song for songs in lists for song in songs], dtype=np.int64)
    own = np.arange(len(lists)) if groups is None else np.asarray(groups, dtype=np.int64)
    return build_corpus(
        numbers,
        songs,
        np.repeat(own, lengths),
        sources=None if sources is None else np.repeat(sources, lengths),
        min_count=min_count,
        min_length=min_length,
    )


@pytest.fixture(scope="session")
def make_corpus() -> MakeCorpus:
    """Corpus from lists of song ids."""
    return corpus_of


@pytest.fixture(scope="session")
def cliques() -> Corpus:
    """Two cliques: rows 0..19 stand together, and rows 20..39; lists of eight songs, by turns."""
    rng = np.random.default_rng(0)
    return corpus_of([(20 * (i % 2) + rng.permutation(20)[:8]).tolist() for i in range(300)])


@pytest.fixture(scope="session")
def chain() -> Corpus:
    """Song 1 always comes right after song 0, song 2 after song 1, among other songs."""
    return corpus_of([[0, 1, 2, 3 + i % 7] for i in range(40)])


@pytest.fixture(scope="session")
def noisy() -> Corpus:
    """Sixty lists of any of thirty songs, some of them versions of one another: known by brute force only."""
    rng = np.random.default_rng(5)
    lists = [(3 * rng.permutation(30)[: rng.integers(1, 12)] + 7).tolist() for _ in range(60)]
    return corpus_of(lists, rng.integers(0, 25, 60).tolist())
