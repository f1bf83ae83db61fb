"""What a night does between its trainings, at the size of the whole million lists: seconds and memory.

    python -m benchmarks.whole_world [--lists 1000000] [--seed 1] [--stages corpus cooccurrence]

The lists of the scale world come straight from its seed, without files and database. song2vec, the factors
and the transformer are not trained: vectors drawn at random stand in for them, as large as theirs, and the
indexes over them are inverted lists. So what is measured is what no training is: parting the lists into
vocabulary and tail, the corpus file, counting what stands together and after, in `evaluate` folds,
components, tables, trees and item-kNN, in `listens` the half-life, lists and sessions counted together and
what orders a user's candidates, and in `publish` a release written, read back, tested and unfolded.
`--stages` does some alone, with `--keep FOLDER` from what others left there.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import scipy.sparse as sp

from benchmarks.growth_part import Clock, print_figures
from benchmarks.scale_world_model import Size, World
from pipelines.columns import ARTIST, COMPLETION, LISTENED_AT_S, SONG_ID, TITLE, USER_ID
from pipelines.list_table import ListTable
from pipelines.night.job import NightlySettings
from pipelines.night.listens import choose_with
from pipelines.profiles import measure_half_life
from pipelines.release import ALBUM_ID, ARTIST_ID, RECORDING_KEY, ReleaseParts
from pipelines.stored_release import load_release, self_test, write_release
from pipelines.unfolded_release import unfold
from recsys import fit
from recsys.components import Vectors
from recsys.cooccurrence import count_after, count_together
from recsys.corpus import (
    Corpus,
    load_corpus,
    sample_versions,
    save_corpus,
    without_kinship,
    write_corpus_file,
)
from recsys.factors import Factors, FactorSettings
from recsys.facts import SongFacts
from recsys.half_life import DEFAULT_DAYS
from recsys.index import IVF, IndexSettings, VectorIndex, for_output
from recsys.song2vec import Song2VecSettings, SongVectors, settings_for, unit
from recsys.tail import Tail, choose_min_count, split_tail


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


def stand_ins() -> AbstractContextManager[Any]:
    """No training while this lasts."""
    return patch.multiple(fit, train_song2vec=vectors_at_random, fit_factors=factors_at_random)


def corpus_stage(world: World, folder: Path) -> None:
    """Part the lists, and write them as song2vec reads them."""
    everything = lists_of(world).corpus()
    corpus, tail = split_tail(everything, choose_min_count(everything))
    del everything
    save_corpus(folder / "corpus.npz", corpus)
    tail.save(folder / "tail.npz")
    settings = settings_for(corpus, seed=world.seed)
    drawn = sample_versions(corpus, rounds=settings.rounds, rng=np.random.default_rng(world.seed))
    write_corpus_file(corpus, folder / "corpus.txt", drawn)
    (folder / "corpus.txt").unlink()
    print(
        f"{corpus.n_tokens:,} places, {corpus.n_songs:,} songs, {len(tail.song_ids):,} of the tail",
        flush=True,
    )


def cooccurrence_stage(world: World, folder: Path) -> None:
    """Count."""
    corpus = load_corpus(folder / "corpus.npz")
    for name, count in (("together", count_together), ("after", count_after)):
        found = count(corpus)
        print(f"{name}: {found.nnz:,} entries", flush=True)
        sp.save_npz(folder / f"{name}.npz", found, compressed=False)


def evaluate_stage(world: World, folder: Path) -> None:
    """Choose on folds."""
    with stand_ins():
        choice, _ = fit.choose(
            load_corpus(folder / "corpus.npz"), facts_of(world), folder, seed=world.seed, workers=2, pairs=1.0
        )
    print(f"{choice.n_cases:,} cases", flush=True)


def listens_stage(world: World, folder: Path) -> None:
    """Choose the half-life, and what orders candidates, on the last week of listens."""
    settings = NightlySettings(seed=world.seed, pairs=1.0)
    listens = listens_of(world)
    corpus = load_corpus(folder / "corpus.npz")
    vectors = vectors_at_random(folder, corpus.n_songs, settings_for(corpus, seed=world.seed)).input
    half_life = measure_half_life(corpus.song_ids, unit(vectors), listens, seed=world.seed)
    del corpus, vectors
    songs = _songs(world, np.arange(world.size.songs))
    with stand_ins():
        choice, _ = choose_with(
            listens, lists_of(world), songs, fit.DEFAULT_WEIGHTS, folder,
            half_life_days=half_life.days or DEFAULT_DAYS, settings=settings,
        )  # fmt: skip
    print(f"{len(listens):,} listens, {choice.n_cases:,} users", flush=True)


def listens_of(world: World) -> pd.DataFrame:
    """All listens of a world, as the database gives them."""
    parts = list(world.listens())
    columns = {USER_ID: "users", SONG_ID: "songs", LISTENED_AT_S: "times_s", COMPLETION: "completion"}
    return pd.DataFrame(
        {name: np.concatenate([getattr(one, own) for one in parts]) for name, own in columns.items()}
    )


def publish_stage(world: World, folder: Path) -> None:
    """Write a release, read it back, test it, unfold it."""
    _write(world, folder)
    assert not self_test(load_release(folder, "release"))
    unfold(folder, "release")


def _write(world: World, folder: Path) -> None:
    corpus, tail = without_kinship(load_corpus(folder / "corpus.npz")), Tail.load(folder / "tail.npz")
    drawn = vectors_at_random(Path(), corpus.n_songs, settings_for(corpus, seed=world.seed))
    vectors = Vectors.build(drawn)
    parts = ReleaseParts(
        corpus=corpus,
        tail=tail,
        songs=_songs(world, np.concatenate([corpus.song_ids, tail.song_ids])),
        input=vectors.input,
        output=vectors.output,
        prior=vectors.prior,
        log_normaliser=vectors.log_normaliser,
        together=sp.csr_matrix(sp.load_npz(folder / "together.npz")),
        after=sp.csr_matrix(sp.load_npz(folder / "after.npz")),
        factors=factors_at_random(corpus, FactorSettings()),
        weights=fit.DEFAULT_WEIGHTS,
    )
    settings, places = IndexSettings(kind=IVF), unit(vectors.input)
    indexes = [
        VectorIndex.build(np.concatenate([places, tail.vectors(places)]), settings),
        VectorIndex.build(vectors.output, for_output(settings)),
    ]
    write_release(folder, "release", parts, indexes[0], indexes[1], {})


def _songs(world: World, song_ids: np.ndarray) -> pd.DataFrame:
    artists = world.catalogue.artists[song_ids].astype(np.int64)
    columns: dict[str, Any] = {
        SONG_ID: song_ids,
        TITLE: [f"Song {song}" for song in song_ids.tolist()],
        ARTIST: [f"Artist {artist}" for artist in artists.tolist()],
        ARTIST_ID: artists,
        ALBUM_ID: np.full(len(song_ids), -1),
        RECORDING_KEY: [f"{artist}|{song}" for artist, song in zip(artists, song_ids, strict=True)],
    }
    return pd.DataFrame(columns)


STAGES = {
    "corpus": corpus_stage,
    "cooccurrence": cooccurrence_stage,
    "evaluate": evaluate_stage,
    "listens": listens_stage,
    "publish": publish_stage,
}


def measure(n_lists: int, seed: int, folder: Path, stages: Sequence[str], clock: Clock) -> None:
    """Do these stages, in the order of a night."""
    world = World(Size.of(n_lists), seed)
    for name, stage in STAGES.items():
        if name in stages:
            with clock.measure(name):
                stage(world, folder)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lists", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=tuple(STAGES))
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what the stages write, for others")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="whole-world-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        measure(given.lists, given.seed, folder, given.stages, Clock(print_figures))


if __name__ == "__main__":
    main()
