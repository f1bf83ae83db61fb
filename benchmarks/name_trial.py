"""Is a list's name worth anything to the ranker, when its first songs are seen too?

    python -m benchmarks.name_trial SET... [--seeds 0 1] [--seen N] [--each] [--fits FOLDER] [--home FOLDER]

A SET is a folder in the tabular layout whose `playlist_meta.parquet` has names. For each set and split
(protocol continuation-v1) everything is fitted as a night fits it: the blend and the ranker learn on folds of
the training part, and the split's own lists are only measured on. Then the ranker is trained again with
columns of the name (`COLUMNS`) beside its own; what names mean is learned from the training lists of a fold
alone, and never from a list named as a held-back one is, for a playlist that changed its id keeps its name.

Printed are NDCG@100, and its ratio over the same ranker without the columns, with 95 % intervals by group.
"names of other lists" has the columns of a name drawn from another group, in training and in measuring: what
four more columns do by chance. "half withheld" trains with no name (NaN) in half of the queries, so that one
ranker serves lists with and without names. `--seen N` shows only the first N songs of each list; `--fits`
keeps song2vec and the factors between runs, `--home` the sentence vectors.
"""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import scipy.sparse as sp

from benchmarks.tabular_corpus import read_corpus
from db.text import fold
from pipelines.embeddings import Encode, cached_encoder
from pipelines.recording_key import recording_keys
from pipelines.towers import song_texts, words_of
from recsys.blend import gather, join_tables, learn_weights, measure_weights
from recsys.components import Vectors, build_components
from recsys.corpus import Corpus
from recsys.evaluate import Case, K, Split, make_folds, make_split, metrics_of
from recsys.factors import Factors, FactorSettings, fit_factors
from recsys.facts import SongFacts
from recsys.fit import Fold, features_of, gather_queries, train_vectors
from recsys.metrics import Estimate, bootstrap_ratio
from recsys.ranker import REACH, Queries, RankerSettings, fit_trees, mixed
from recsys.song2vec import PAIRS, SongVectors, unit
from recsys.texts import Ridge, WordTable, fit_ridge, fit_words, incidence
from recsys.towers import NAME_WEIGHT, SHRINKS, WORD_DOUBT, WORD_NAME_WEIGHT

COLUMNS = ("words in title and artist", "lists named alike", "place of words", "place of meaning")
MIX = 0.75


@dataclass(frozen=True)
class NameFeatures:
    """What names mean to the songs of one vocabulary.

    Attributes
    ----------
    song_words : CSR, shape (n_songs, n_words)
        1 where a song's title or artist holds the word.
    song_word_idf : mapping
        Of each word of a song, in the order of the columns.
    rarest : float
        The idf of a word that no song holds.
    alike : CSR, shape (n_name_words, n_songs)
        Of the names with a word, the mean share of their lists that hold the song, shrunk towards 0.
    name_word_idf : mapping
        Of each word of a name, in the order of the rows of `alike`.
    words, ridge
        As in the text tower (recsys/towers.py), from names and songs of this vocabulary.
    places : float32 array, shape (n_songs, dim)
        Unit song vectors less their mean.
    """

    song_words: sp.csr_matrix
    song_word_idf: Mapping[str, float]
    rarest: float
    alike: sp.csr_matrix
    name_word_idf: Mapping[str, float]
    words: WordTable
    ridge: Ridge
    places: np.ndarray

    def of(self, name: str, sentence: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The columns of a name for some candidates.

        Parameters
        ----------
        sentence : float array, shape (text_dim,)
            The sentence vector of the name.
        rows : int array, shape (n_rows,)

        Returns
        -------
        float32 array, shape (n_rows, 4), as `COLUMNS`
            NaN where there is no name, and in the columns of words where none is known.
        """
        out = np.full((len(rows), len(COLUMNS)), np.nan, np.float32)
        words = list(dict.fromkeys(words_of(name)))
        if not words:
            return out
        out[:, 0] = self._in_texts(words)[rows]
        known = [word for word in words if word in self.name_word_idf]
        if known:
            idf = np.array([self.name_word_idf[word] for word in known])
            shares = self.alike[[self._row_of[word] for word in known]]
            out[:, 1] = (shares.T @ (idf / idf.sum()))[rows]
        place = self.words.place([words])
        if place.any():
            out[:, 2] = self.places[rows] @ unit(place)[0]
        out[:, 3] = self.places[rows] @ unit(self.ridge.place(sentence[None, :]))[0]
        return out

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.name_word_idf)}

    @cached_property
    def _column_of(self) -> dict[str, int]:
        return {word: column for column, word in enumerate(self.song_word_idf)}

    def _in_texts(self, words: Sequence[str]) -> np.ndarray:
        """idf-weighted share of the words in each song's title and artist, shape (n_songs,)."""
        idf = np.array([self.song_word_idf.get(word, self.rarest) for word in words])
        there = [i for i, word in enumerate(words) if word in self._column_of]
        held = self.song_words[:, [self._column_of[words[i]] for i in there]]
        return np.asarray(held @ idf[there] / idf.sum())


def learn_names(
    texts: Sequence[str],
    text_vectors: np.ndarray,
    names: Sequence[str],
    name_vectors: np.ndarray,
    of_names: sp.csr_matrix,
    vectors: np.ndarray,
) -> NameFeatures:
    """Learn what names mean.

    Parameters
    ----------
    texts : one a song
        Title and artist.
    text_vectors, name_vectors : float arrays, shapes (n_songs, text_dim), (n_names, text_dim)
        Sentence vectors.
    names : of training lists, each once
    of_names : CSR, shape (n_names, n_songs)
        Share of the lists of each name that hold the song.
    vectors : float array, shape (n_songs, dim)
        Unit vectors.
    """
    in_songs, in_names = [words_of(text) for text in texts], [words_of(name) for name in names]
    spoken = list(dict.fromkeys(word for words in in_songs for word in words))
    song_words = incidence(in_songs, {word: column for column, word in enumerate(spoken)})
    n_with = np.asarray(song_words.sum(0)).ravel()
    idf = np.log1p(len(texts) / (n_with + 0.5))
    named = list(dict.fromkeys(word for words in in_names for word in words))
    name_words = incidence(in_names, {word: column for column, word in enumerate(named)})
    names_with = np.asarray(name_words.sum(0)).ravel()
    alike = sp.csr_matrix(sp.diags(1.0 / (names_with + 1.0)) @ name_words.T @ of_names)
    total = np.asarray(of_names.sum(1)).ravel()
    centroids = unit(np.asarray(of_names @ vectors) / np.maximum(total, 1e-9)[:, None])
    places = vectors - vectors.mean(0)
    weights = np.concatenate([np.full(len(names), NAME_WEIGHT), np.ones(len(texts))])
    return NameFeatures(
        song_words,
        dict(zip(spoken, idf.tolist(), strict=True)),
        float(np.log1p(len(texts) / 0.5)),
        alike,
        dict(zip(named, np.log1p(len(names) / (names_with + 0.5)).tolist(), strict=True)),
        fit_words(
            in_songs, places, in_names, centroids - centroids.mean(0),
            name_weight=WORD_NAME_WEIGHT, doubt=WORD_DOUBT,
        ),
        fit_ridge(
            np.concatenate([name_vectors, text_vectors]), np.concatenate([centroids, vectors]), weights,
            shrink=SHRINKS[0],
        ),
        places.astype(np.float32),
    )  # fmt: skip


def shares_by_name(corpus: Corpus, name_of_group: Mapping[int, str], held: set[str]) -> tuple[
    list[str], sp.csr_matrix
]:  # fmt: skip
    """Names of a corpus's lists, without blank ones and those in `held` (folded), and names x songs: the
    share of each name's lists that hold the song.
    """
    keys = np.array([fold(name_of_group.get(int(group), "")) for group in corpus.groups], dtype=object)
    taught = np.flatnonzero([key != "" and key not in held for key in keys])
    number, names = pd.factorize(keys[taught])
    of_name = sp.csr_matrix(
        (1.0 / np.bincount(number)[number], (number, taught)), shape=(len(names), corpus.n_lists)
    )
    return list(names), sp.csr_matrix(of_name @ corpus.incidence())


@dataclass(frozen=True)
class World:
    """A set of playlists with the names of their groups and the texts of their songs."""

    corpus: Corpus
    facts: SongFacts
    texts: Mapping[int, str]
    sentences: Mapping[int, str]
    name_of_group: Mapping[int, str]


def read_world(folder: Path) -> World:
    """Read a folder in the tabular layout; the name of a group is its most frequent one."""
    corpus = read_corpus(folder)
    songs = pd.read_parquet(folder / "songs.parquet").sort_values("song_id")
    titles, artists = (songs[name].fillna("").tolist() for name in ("title", "artist"))
    ids = songs["song_id"].to_numpy(np.int64)
    keys = pd.Series([fold(artist) for artist in artists]).replace("", None)
    recordings = pd.Series(recording_keys(titles, artists)).replace("", None)
    facts = SongFacts(
        ids, pd.factorize(keys)[0], np.full(len(ids), -1), pd.factorize(recordings)[0].astype(np.int64)
    )
    meta = pd.read_parquet(folder / "playlist_meta.parquet").set_index("playlist_id")
    entries = pd.read_parquet(folder / "playlists.parquet", columns=["playlist_id"])
    # Lists in the order of `read_corpus`.
    names = meta["name"].fillna("").reindex(np.unique(entries["playlist_id"])).to_numpy()
    of_group = pd.Series(names).groupby(corpus.groups).agg(lambda part: part.value_counts().index[0])
    plain = [f"{title} {artist}" for title, artist in zip(titles, artists, strict=True)]
    sentences = song_texts(titles, artists, [[]] * len(ids))
    return World(
        corpus, facts, dict(zip(ids.tolist(), plain, strict=True)),
        dict(zip(ids.tolist(), sentences, strict=True)),
        dict(zip(of_group.index.tolist(), of_group.tolist(), strict=True)),
    )  # fmt: skip


@dataclass(frozen=True)
class Fitted:
    """A split, and what was trained on its training part."""

    split: Split
    vectors: SongVectors
    factors: Factors


def fit_splits(corpus: Corpus, seed: int, workers: int, kept: Path | None) -> list[Fitted]:
    """The split that is measured on, and the folds of its training part; read from `kept` where it exists."""
    if kept is not None and kept.exists():
        found: list[Fitted] = pickle.loads(kept.read_bytes())
        return found
    split = make_split(corpus, seed=seed)
    fitted = []
    with TemporaryDirectory() as folder:
        for one, pairs in (
            (split, PAIRS),
            *((inner, PAIRS / 2) for inner in make_folds(split.train, seed=seed)),
        ):
            path = Path(folder) / "corpus.txt"
            vectors = train_vectors(one.train, path, seed=seed, workers=workers, pairs=pairs)
            fitted.append(
                Fitted(one, vectors, fit_factors(one.train, FactorSettings(seed=seed, workers=workers)))
            )
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(fitted))
    return fitted


def shown(case: Case, n_seen: int | None) -> Case:
    """The case with only the first `n_seen` songs shown."""
    if n_seen is None or n_seen >= len(case.seen):
        return case
    return Case(case.seen[:n_seen], np.concatenate([case.seen[n_seen:], case.hidden]), case.group)


def fold_of(fitted: Fitted, facts: SongFacts, n_seen: int | None) -> Fold:
    """Candidates and features of the split's cases."""
    split = replace(fitted.split, cases=tuple(shown(case, n_seen) for case in fitted.split.cases))
    own = facts.of(split.train.song_ids)
    components = build_components(split.train, own, Vectors.build(fitted.vectors), fitted.factors)
    table = gather(components, split.cases, split.train.n_songs)
    return Fold(split, features_of(components, split.train, own), table)


def meaning_of_names(fold_: Fold, world: World, encode: Encode) -> NameFeatures:
    """What the names of a fold's training lists teach, those that held-back lists bear left out."""
    train = fold_.split.train
    held = {fold(world.name_of_group.get(case.group, "")) for case in fold_.split.cases}
    names, of_names = shares_by_name(train, world.name_of_group, held)
    ids = train.song_ids.tolist()
    return learn_names(
        [world.texts[song] for song in ids], encode([world.sentences[song] for song in ids]),
        names, encode(names), of_names, fold_.features.vectors,
    )  # fmt: skip


def columns_of(
    fold_: Fold, meaning: NameFeatures, name_of_group: Mapping[int, str], encode: Encode, weights: np.ndarray
) -> list[np.ndarray]:
    """The name's columns for each case of a fold, as `gather_queries` orders cases and candidates."""
    table = fold_.table
    names = [name_of_group.get(case.group, "") for case in fold_.split.cases]
    found = []
    for j, (name, sentence) in enumerate(zip(names, encode(names), strict=True)):
        best = np.argsort(-(table.features[j] @ weights), kind="stable")[:REACH]
        rows = table.rows[j, best]
        found.append(meaning.of(name, sentence, rows[rows >= 0]))
    return found


def beside(queries: Queries, columns: Sequence[np.ndarray], kept: Sequence[int]) -> Queries:
    """The queries with some of the name's columns after their own."""
    both = [np.column_stack([a, b[:, kept]]) for a, b in zip(queries.features, columns, strict=True)]
    return replace(queries, features=both)


def withheld(columns: Sequence[np.ndarray], chosen: np.ndarray) -> list[np.ndarray]:
    """The columns with no name (NaN) in the chosen queries."""
    return [np.full_like(one, np.nan) if gone else one for one, gone in zip(columns, chosen, strict=True)]


def swapped(names: Mapping[int, str], groups: np.ndarray, rng: np.random.Generator) -> dict[int, str]:
    """Every group with the name of another one of `groups`."""
    order = rng.permutation(np.unique(groups))
    return {int(a): names.get(int(b), "") for a, b in zip(order, np.roll(order, 1), strict=True)}


@dataclass(frozen=True)
class Prepared:
    """What the trees learn from and are measured on: queries, and the name's columns of each query."""

    learn: Queries
    test: Queries
    named: tuple[list[np.ndarray], list[np.ndarray]]
    others: tuple[list[np.ndarray], list[np.ndarray]]
    n_hidden: np.ndarray
    blend: np.ndarray


def prepare(
    world: World, fitted: Sequence[Fitted], encode: Encode, *, seed: int, n_seen: int | None
) -> Prepared:
    """Learn the blend's weights on the folds, and gather features and columns of all queries."""
    test, *folds = (fold_of(one, world.facts, n_seen) for one in fitted)
    rng = np.random.default_rng(seed)
    weights = learn_weights(join_tables([one.table for one in folds]), rng)
    meanings = [meaning_of_names(one, world, encode) for one in (test, *folds)]

    def columns(names: Mapping[int, str]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        of_test, *of_folds = (
            columns_of(one, meaning, names, encode, weights)
            for one, meaning in zip((test, *folds), meanings, strict=True)
        )
        return [one for part in of_folds for one in part], of_test

    others = swapped(world.name_of_group, np.concatenate([one.table.groups for one in folds]), rng)
    others |= swapped(world.name_of_group, test.table.groups, rng)
    return Prepared(
        gather_queries(folds, weights), gather_queries([test], weights), columns(world.name_of_group),
        columns(others), test.table.n_hidden, measure_weights(test.table, weights)["ndcg@100"],
    )  # fmt: skip


def measured(
    learn: Queries, tests: Sequence[Queries], n_hidden: np.ndarray, seeds: Sequence[int], workers: int
) -> list[np.ndarray]:
    """NDCG@100 of each case of each test set, the mean over rankers trained with several seeds."""
    names = [str(i) for i in range(learn.features[0].shape[1])]
    totals = [np.zeros(len(n_hidden)) for _ in tests]
    for seed in seeds:
        ranker = fit_trees(learn, names, RankerSettings(seed=seed, workers=workers))
        for total, test in zip(totals, tests, strict=True):
            hits = np.zeros((len(n_hidden), K), dtype=bool)
            for i, (features, hidden) in enumerate(zip(test.features, test.hidden, strict=True)):
                blend = features[:, 0]
                scores = blend if ranker is None else mixed(ranker.trees(features), blend, MIX)
                top = hidden[np.argsort(-scores, kind="stable")][:K]
                hits[i, : len(top)] = top
            total += metrics_of(hits, n_hidden)["ndcg@100"] / len(seeds)
    return totals


def trial(
    given: Prepared, *, seed: int, n_rankers: int, workers: int, each: bool
) -> Iterator[tuple[str, Estimate]]:
    """NDCG@100 over the ranker's without the columns for each variant; "ranker" itself is NDCG@100.

    With `each`, every column alone too.
    """
    (named, named_test), (other, other_test) = given.named, given.others
    every = range(len(COLUMNS))
    seeds = range(seed + 1, seed + 1 + n_rankers)

    def scored(learn: Queries, *tests: Queries) -> list[np.ndarray]:
        return measured(learn, tests, given.n_hidden, seeds, workers)

    def over(values: np.ndarray, others: np.ndarray) -> Estimate:
        return bootstrap_ratio(values, others, given.test.groups, np.random.default_rng(seed))

    (plain,) = scored(given.learn, given.test)
    yield "ranker", over(plain, np.ones_like(plain))
    yield "blend", over(given.blend, plain)
    (found,) = scored(beside(given.learn, named, every), beside(given.test, named_test, every))
    yield "with the name", over(found, plain)
    half = withheld(named, np.random.default_rng(seed).random(len(named)) < 0.5)
    nameless = withheld(named_test, np.ones(len(named_test), dtype=bool))
    found, without = scored(
        beside(given.learn, half, every),
        beside(given.test, named_test, every),
        beside(given.test, nameless, every),
    )
    yield "half withheld: lists with a name", over(found, plain)
    yield "half withheld: lists without", over(without, plain)
    (found,) = scored(beside(given.learn, other, every), beside(given.test, other_test, every))
    yield "with names of other lists", over(found, plain)
    for i in every if each else ():
        (found,) = scored(beside(given.learn, named, [i]), beside(given.test, named_test, [i]))
        yield f"only {COLUMNS[i]}", over(found, plain)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the trial and print a row a variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--seen", type=int, help="show only so many songs of each list")
    parser.add_argument("--each", action="store_true", help="measure every column alone too")
    parser.add_argument("--rankers", type=int, default=1, help="seeds of the trees; figures are their mean")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--fits", type=Path, help="folder of SET_SEED.pkl, read or written")
    parser.add_argument("--home", type=Path, help="folder for the cache of sentence vectors")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as nowhere:
        encode = cached_encoder(options.home or Path(nowhere))
        for folder in options.sets:
            world = read_world(folder)
            for seed in options.seeds:
                kept = options.fits and options.fits / f"{folder.name}_{seed}.pkl"
                fitted = fit_splits(world.corpus, seed, options.workers, kept)
                given = prepare(world, fitted, encode, seed=seed, n_seen=options.seen)
                report(f"{folder.name}, split {seed}", given, seed, options)


def report(title: str, given: Prepared, seed: int, options: argparse.Namespace) -> None:
    """Print the rows of one split as they are found."""
    n_groups = len(np.unique(given.test.groups))
    print(f"{title}: {len(given.n_hidden)} cases of {n_groups} groups", flush=True)
    rows = trial(
        given, seed=seed, n_rankers=options.rankers, workers=options.workers, each=options.each
    )  # fmt: skip
    for variant, one in rows:
        print(f"  {variant:34} {one.mean:.4f} ({one.low:.3f}-{one.high:.3f})", flush=True)


if __name__ == "__main__":
    main()
