"""A made-up world of any size with a published release, for `bench_recommend`: nothing in it is learned.

Songs lie in clusters, popular as Zipf's law has it; lists and users draw from a few clusters. The vectors are
the clusters' centres with noise, the trees are fitted on noise: an answer costs what it costs in earnest, and
means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from db.migrate import upgrade
from db.models import Artist, Song, SongAlias, now
from db.repositories import feedback as feedback_repository
from db.repositories import listens as listens_repository
from db.repositories import placements as placements_repository
from db.repositories import profiles as profiles_repository
from db.repositories import users as users_repository
from db.repositories.bulk import insert_rows
from db.repositories.placements import PlacedSong
from db.session import SessionFactory, make_engine, make_session_factory, write_transaction
from pipelines.profiles import all_profiles
from pipelines.release import Release, ReleaseParts
from pipelines.release_files import current_name, publish
from pipelines.stored_release import load_release, write_release
from recsys.blend import DEFAULT_WEIGHTS
from recsys.cooccurrence import count_after, count_together
from recsys.corpus import Corpus
from recsys.factors import Factors
from recsys.index import IndexSettings, VectorIndex, for_output
from recsys.listen_blend import DEFAULT_WEIGHTS as LISTEN_WEIGHTS
from recsys.listen_ranker import NAMES, REACH, ListenRanker, listen_settings
from recsys.next_listen import NEW
from recsys.ranker import Queries, Ranker, RankerSettings, fit_trees
from recsys.song2vec import unit
from recsys.tail import Tail

NAME = "bench"
DIM, SCHEME = 128, "bench"
_NOW_S = 1_790_000_000


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    songs: int = 70_000
    lists: int = 20_000
    list_length: int = 30
    users: int = 3_000
    new_songs: int = 500

    @property
    def clusters(self) -> int:
        """Groups of some 120 songs that stand together."""
        return max(4, self.songs // 120)


class Taste:
    """Draws songs: clusters by Zipf's law, and songs within a cluster."""

    def __init__(self, size: Size, rng: np.random.Generator) -> None:
        self.size, self.rng = size, rng
        self.cluster = rng.integers(0, size.clusters, size.songs)
        self.members = np.argsort(self.cluster, kind="stable")
        self.starts = np.searchsorted(self.cluster[self.members], np.arange(size.clusters + 1))
        share = 1.0 / np.arange(1, size.clusters + 1) ** 0.7
        self.share = share / share.sum()

    def clusters(self, n: int) -> np.ndarray:
        """Draw clusters, popular ones more often."""
        return self.rng.choice(self.size.clusters, n, p=self.share)

    def songs(self, clusters: np.ndarray) -> np.ndarray:
        """Draw a song from each of these clusters, its first ones more often."""
        sizes = np.maximum(self.starts[clusters + 1] - self.starts[clusters], 1)
        place = (sizes * self.rng.random(len(clusters)) ** 2.5).astype(np.int64)
        return self.members[np.minimum(self.starts[clusters] + place, self.size.songs - 1)]


def build_world(home: Path, size: Size, seed: int) -> tuple[SessionFactory, Release]:
    """Make a home folder with a database and a published release, or open the one that is there."""
    home.mkdir(parents=True, exist_ok=True)
    factory = make_session_factory(make_engine(f"sqlite:///{home / 'songspace.db'}"))
    if current_name(home / "releases") is None:
        upgrade(factory.kw["bind"])
        rng = np.random.default_rng(seed)
        taste = Taste(size, rng)
        songs = _songs(factory, size, rng)
        _write_release(home, size, taste, songs)
        release = load_release(home / "releases", NAME)
        _users(factory, size, taste, release)
        _new_songs(factory, size, release, rng)
        publish(home / "releases", NAME)
    return factory, load_release(home / "releases", NAME)


def _songs(factory: SessionFactory, size: Size, rng: np.random.Generator) -> pd.DataFrame:
    """Songs of the release and new ones: one artist for five songs, every tenth a version of another."""
    n = size.songs + size.new_songs
    artist = (n // 5 * rng.random(n) ** 1.5).astype(np.int64) + 2
    recording = np.where(rng.random(n) < 0.1, rng.integers(0, n, n), np.arange(n))
    artists = [{"id": i, "name": f"Artist {i}", "name_key": f"artist {i}"} for i in range(2, n // 5 + 3)]
    frame = pd.DataFrame(
        {
            "song_id": np.arange(1, n + 1),
            "title": [f"Song {i}" for i in range(n)],
            "artist": [f"Artist {i}" for i in artist],
            "artist_id": artist,
            "album_id": artist * 3 + rng.integers(0, 3, n),
            "recording_key": [f"recording {i}" for i in recording],
        }
    )
    rows = [
        {
            "id": row.song_id, "title": row.title, "artist_id": row.artist_id,
            "recording_key": row.recording_key, "name_key": row.title.lower(),
            "search_text": row.title.lower(), "attributes": {},
            "is_generated": False, "created_at": now(),
        }
        for row in frame.itertuples()
    ]  # fmt: skip
    aliases = [{"scheme": SCHEME, "value": str(i), "song_id": i} for i in range(1, n + 1)]
    with write_transaction(factory) as session:
        insert_rows(session, Artist, artists)
        insert_rows(session, Song, rows)
        insert_rows(session, SongAlias, aliases)
    return frame


def _corpus(size: Size, taste: Taste) -> Corpus:
    """Lists from one to three clusters; every song stands in one list at least."""
    rng = taste.rng
    own = taste.clusters(3 * size.lists).reshape(-1, 3)
    lengths = np.maximum(rng.poisson(size.list_length, size.lists), 5)
    number = np.repeat(np.arange(size.lists), lengths)
    songs = taste.songs(own[number, rng.choice(3, len(number), p=[0.6, 0.25, 0.15])])
    number = np.concatenate([number, rng.integers(0, size.lists, size.songs)])
    songs = np.concatenate([songs, np.arange(size.songs)])
    first = np.unique(number * size.songs + songs)
    first = first[np.lexsort((rng.random(len(first)), first // size.songs))]
    number, songs = first // size.songs, first % size.songs
    indptr = np.searchsorted(number, np.arange(size.lists + 1))
    groups = np.arange(size.lists)
    return Corpus(np.arange(1, size.songs + 1), indptr, songs.astype(np.int32), groups)


def _write_release(home: Path, size: Size, taste: Taste, songs: pd.DataFrame) -> None:
    rng = taste.rng
    corpus = _corpus(size, taste)
    centres = unit(rng.standard_normal((size.clusters, DIM)))

    def places(noise: float) -> np.ndarray:
        own = centres[taste.cluster] + rng.standard_normal((size.songs, DIM)) * noise / np.sqrt(DIM)
        return unit(own).astype(np.float32)

    vectors, output = places(0.9), (3.0 * places(0.7)).astype(np.float32)
    prior = (0.75 * np.log(corpus.counts())).astype(np.float32)
    some = rng.choice(size.songs, min(2_000, size.songs), replace=False)
    logits = np.exp((3.0 * vectors @ output[some].T + prior[some]) / 2.0)
    parts = ReleaseParts(
        corpus=corpus,
        tail=Tail(np.zeros(0, np.int64), sp.csr_matrix((0, size.songs), dtype=np.float32)),
        songs=songs.iloc[: size.songs].reset_index(drop=True),
        input=(3.0 * vectors).astype(np.float32),
        output=output,
        prior=prior,
        log_normaliser=(np.log(logits.sum(1)) + np.log(size.songs / len(some))).astype(np.float32),
        together=count_together(corpus),
        after=count_after(corpus),
        factors=Factors(places(0.9), 10.0, 40.0),
        weights=DEFAULT_WEIGHTS,
        ranker=None,
        listen_ranker=ListenRanker(
            LISTEN_WEIGHTS[NEW], _noisy_trees(NAMES, rng, listen_settings(seed=1, workers=1))
        ),
    )
    index = VectorIndex.build(vectors)
    output_index = VectorIndex.build(output, for_output(IndexSettings()))
    release = Release(NAME, {}, parts, index, output_index)
    ranked = replace(parts, ranker=_noisy_trees(release.features.names, rng, RankerSettings(workers=1)))
    write_release(home / "releases", NAME, ranked, index, output_index, {})


def _noisy_trees(names: tuple[str, ...], rng: np.random.Generator, settings: RankerSettings) -> Ranker:
    """Forests of the usual size, fitted on noise."""
    features = [rng.standard_normal((REACH, len(names))).astype(np.float32) for _ in range(100)]
    for one in features:
        one[:, 0] = -np.sort(-one[:, 0])
    hidden = [rng.random(REACH) < 0.05 + 0.1 * (one[:, 0] > 0.5) for one in features]
    ranker = fit_trees(Queries(features, hidden, np.arange(100)), names, settings)
    assert ranker is not None
    return replace(ranker, mix=0.5)


def _users(factory: SessionFactory, size: Size, taste: Taste, release: Release) -> None:
    """Users with 50 to 400 listens of a year from a few clusters, a few likes and dislikes, and profiles."""
    rng = taste.rng
    lengths = rng.integers(50, 401, size.users)
    user = np.repeat(np.arange(size.users), lengths)
    own = taste.clusters(5 * size.users).reshape(-1, 5)
    songs = taste.songs(own[user, rng.choice(5, len(user), p=[0.35, 0.25, 0.2, 0.15, 0.05])]) + 1
    times = _NOW_S - (rng.random(len(user)) * 365 * 86_400).astype(np.int64)
    played = rng.random(len(user))
    names = [(SCHEME, f"user-{i}") for i in range(size.users)]
    with write_transaction(factory) as session:
        ids, _ = users_repository.ensure_users(session, names)
        numbers = np.array([ids[name] for name in names])[user]
        columns = (column.tolist() for column in (numbers, songs, times, played))
        listens_repository.add_listens(session, list(zip(*columns, strict=True)))
        said = rng.choice(len(user), 4 * size.users, replace=False)
        kinds = rng.choice(["like", "like", "dislike", "block"], len(said)).tolist()
        given = zip(numbers[said].tolist(), songs[said].tolist(), kinds, strict=True)
        feedback_repository.add_feedback(session, [(*one, _NOW_S) for one in given])
    with factory() as session:
        listens = listens_repository.read_listens(session)
        feedback = feedback_repository.read_feedback(session)
    profiles = list(all_profiles(release, listens, feedback))
    with write_transaction(factory) as session:
        profiles_repository.save_profiles(session, profiles)


def _new_songs(factory: SessionFactory, size: Size, release: Release, rng: np.random.Generator) -> None:
    """Songs that came since, each near a song of the release."""
    beside = release.vectors[rng.integers(0, size.songs, size.new_songs)]
    vectors = unit(beside + rng.standard_normal(beside.shape) * 0.7 / np.sqrt(DIM)).astype(np.float32)
    placed = [
        PlacedSong(size.songs + 1 + i, vectors[i], 0.6, "artist", f"{i:064x}") for i in range(size.new_songs)
    ]
    with write_transaction(factory) as session:
        placements_repository.save_placements(session, NAME, placed)
