"""What a night does between its trainings, at the size of the whole million lists: seconds and memory.

    python -m benchmarks.whole_world [--lists 1000000] [--seed 1]

The lists of the scale world come straight from its seed, without files and database. song2vec, the factors
and the transformer are not trained: vectors drawn at random stand in for them, as large as theirs. So
what is measured is what no training is: parting the lists into vocabulary and tail, the corpus file,
counting what stands together and after, and in `evaluate` folds, components, tables, trees and item-kNN.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.growth_part import Clock, print_figures
from benchmarks.scale_world_model import Size, World
from pipelines.list_table import ListTable
from recsys import fit
from recsys.cooccurrence import count_after, count_together
from recsys.corpus import Corpus, sample_versions, write_corpus_file
from recsys.factors import Factors, FactorSettings
from recsys.facts import SongFacts
from recsys.song2vec import Song2VecSettings, SongVectors, settings_for
from recsys.tail import choose_min_count, split_tail


def lists_of(world: World) -> ListTable:
    """All lists of a world, each a group and a source of its own."""
    slices = list(world.slices())
    songs = np.concatenate([one.songs.astype(np.int32) for one in slices])
    lengths = np.concatenate([np.diff(one.indptr) for one in slices])
    numbers = np.concatenate([one.numbers for one in slices]).astype(np.int64)
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return ListTable(
        numbers, np.zeros(len(numbers), np.uint64), indptr, songs, numbers, numbers, len(numbers)
    )


def facts_of(world: World) -> SongFacts:
    """Artists of all songs, and no albums."""
    songs = np.arange(world.size.songs, dtype=np.int64)
    return SongFacts(songs, world.catalogue.artists.astype(np.int64), np.full(len(songs), -1), songs)


def vectors_at_random(_: Path, n_songs: int, settings: Song2VecSettings) -> SongVectors:
    """As many vectors as training would give."""
    rng = np.random.default_rng(settings.seed)
    drawn = [rng.standard_normal((n_songs, settings.vector_size), dtype=np.float32) for _ in range(2)]
    return SongVectors(drawn[0], drawn[1], np.ones(n_songs, np.float32), settings.ns_exponent)


def factors_at_random(corpus: Corpus, settings: FactorSettings) -> Factors:
    """As many factors as training would give."""
    rng = np.random.default_rng(settings.seed)
    drawn = rng.standard_normal((corpus.n_songs, settings.factors), dtype=np.float32)
    return Factors(drawn, settings.l2, settings.alpha)


def measure(n_lists: int, seed: int, folder: Path, clock: Clock) -> None:
    """Do it all in order."""
    world = World(Size.of(n_lists), seed)
    with clock.measure("lists"):
        lists = lists_of(world)
    print(f"{len(lists.songs):,} rows, {n_lists:,} lists, {world.size.songs:,} songs", flush=True)
    with clock.measure("corpus"):
        everything = lists.corpus()
        corpus, tail = split_tail(everything, choose_min_count(everything))
        del lists, everything
        settings = settings_for(corpus, seed=seed)
        drawn = sample_versions(corpus, rounds=settings.rounds, rng=np.random.default_rng(seed))
        write_corpus_file(corpus, folder / "corpus.txt", drawn)
    (folder / "corpus.txt").unlink()
    print(f"{corpus.n_songs:,} songs of the vocabulary, {len(tail.song_ids):,} of the tail", flush=True)
    del tail
    with clock.measure("cooccurrence"):
        together = count_together(corpus)
        after = count_after(corpus)
    print(f"{together.nnz:,} neighbours, {after.nnz:,} that come after", flush=True)
    del together, after
    stand_ins = {"train_song2vec": vectors_at_random, "fit_factors": factors_at_random}
    with patch.multiple(fit, **stand_ins), clock.measure("evaluate"):
        choice, _ = fit.choose(corpus, facts_of(world), folder, seed=seed, workers=2, pairs=1.0)
    print(f"{choice.n_cases:,} cases", flush=True)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lists", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="whole-world-") as folder:
        measure(given.lists, given.seed, Path(folder), Clock(print_figures))


if __name__ == "__main__":
    main()
