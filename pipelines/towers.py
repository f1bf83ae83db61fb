"""The text tower of a release: what teaches it, gathered from the database, and a question's place in its
space.

What names many songs teaches it (playlist names, tags), and so does the text of each song: "title by artist.
tags". Lists without a name, and songs outside the vocabulary, teach nothing. A name that several playlists
bear is one name; on held-back names, all playlists of a group are held back together.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from db.repositories import placements as placements_repository
from db.repositories import playlists as playlists_repository
from db.repositories import tags as tags_repository
from db.session import SessionFactory
from db.text import fold
from generation.text_encoder import TextEncoder, TextEncoderMissingError
from pipelines.clean import GROUP, SOURCE, kinship
from pipelines.columns import ARTIST, NAME, PLAYLIST_ID, SONG_ID, TITLE
from pipelines.embeddings import Encode, cached_encoder
from pipelines.list_table import ListTable
from pipelines.release import ARTIST_ID, Release
from recsys.cooccurrence import song_weights
from recsys.corpus import SOURCE_POWER, Corpus
from recsys.texts import Texts
from recsys.towers import Names, TextTower, fit_text_tower

logger = logging.getLogger(__name__)

Tags = Mapping[int, Mapping[str, float]]
"""By song, the weight (0..1) of each tag."""

# A tag of less weight is not said of a song; it still counts where weights do.
TAG_FROM = 0.5
# Encoding takes some 3 ms a text on one core; more texts than this teach little more.
_MOST_SONGS, _MOST_NAMES, _MOST_TAGS = 30_000, 15_000, 2_000
_FEWEST_NAMED = 2
# Of a long text the encoder reads the beginning, and so do we.
LONGEST_QUESTION = 1_000


class NoTowerError(Exception):
    """The release places no words: it was made where the text encoder was missing, or before there was
    one.
    """


def words_of(text: str) -> list[str]:
    """The words of a text, folded: no case, no accents, no signs."""
    return fold(text).split()


def song_texts(titles: Sequence[str], artists: Sequence[str], tags: Sequence[Sequence[str]]) -> list[str]:
    """What the encoder reads of songs: "title by artist. tag, tag", without what is not known."""
    texts = []
    for title, artist, of_song in zip(titles, artists, tags, strict=True):
        name = f"{title} by {artist}" if title and artist else title or artist
        texts.append(". ".join(part for part in (name, ", ".join(of_song)) if part))
    return texts


def texts_of(facts: pd.DataFrame, tags: Tags, encode: Encode | None) -> Texts:
    """The texts of songs, in the order of a frame of song_id, title, artist.

    Without `encode` the sentence vectors are missing: shape (n, 0).
    """
    weights = [tags.get(int(song), {}) for song in facts[SONG_ID]]
    of_song = [[tag for tag, weight in one.items() if weight >= TAG_FROM] for one in weights]
    titles, artists = facts[TITLE].tolist(), facts[ARTIST].tolist()
    texts = song_texts(titles, artists, of_song)
    vectors = encode(texts) if encode is not None else np.zeros((len(texts), 0), np.float32)
    return Texts(vectors, [words_of(text) for text in _plain(titles, artists, of_song)], weights)


def _plain(titles: Sequence[str], artists: Sequence[str], tags: Sequence[Sequence[str]]) -> list[str]:
    return [" ".join((t, a, *of)) for t, a, of in zip(titles, artists, tags, strict=True)]


def fit_release_tower(
    session_factory: SessionFactory,
    home: Path,
    lists: ListTable,
    corpus: Corpus,
    vectors: np.ndarray,
    *,
    seed: int,
    encode: Encode | None = None,
) -> TextTower | None:
    """Fit the tower of a release that is being made.

    Parameters
    ----------
    home : Path
        For the cache of sentence vectors.
    lists : ListTable
        Whose playlists have the names.
    corpus : Corpus
        Of the vocabulary.
    vectors : float array, shape (corpus.n_songs, dim)
        Unit vectors of the vocabulary, as they will be published.

    Returns
    -------
    TextTower, or None when there is no song, or the encoder is not installed (a warning says so).
    """
    if corpus.n_songs == 0:
        return None
    started = time.perf_counter()
    encode = encode or cached_encoder(home)
    popularity = song_weights(corpus)
    with session_factory() as session:
        facts = placements_repository.song_facts(session, corpus.song_ids.tolist())
        tags = tags_repository.tags_of(session, corpus.song_ids.tolist())
        playlists = playlists_repository.read_playlists(session)
    # A song that was taken out of the database since the corpus was made has no facts left.
    facts = facts.set_index(SONG_ID).reindex(corpus.song_ids)
    facts = facts.fillna({TITLE: "", ARTIST: "", ARTIST_ID: -1}).reset_index()
    taught = np.sort(np.argsort(-popularity, kind="stable")[:_MOST_SONGS])
    spoken, named, groups = _named(playlists, lists, tags, corpus)
    try:
        songs = texts_of(facts.iloc[taught], tags, encode)
        names = Texts(encode(spoken), [words_of(name) for name in spoken])
    except TextEncoderMissingError as error:
        logger.warning("this release will place no words: %s", error)
        return None
    tower = fit_text_tower(
        Names(names, sp.csr_matrix(named[:, taught]), groups),
        songs,
        vectors[taught],
        popularity=popularity[taught],
        artists=facts[ARTIST_ID].to_numpy(np.int64)[taught],
        rng=np.random.default_rng(seed),
    )
    logger.info(
        "words: %d names and tags, %d songs, recall@100 of held-back names %s, %.1f s",
        len(names), len(songs), tower.choice.recall or "not measured", time.perf_counter() - started,
    )  # fmt: skip
    return tower


def _named(
    playlists: pd.DataFrame, lists: ListTable, tags: Tags, corpus: Corpus
) -> tuple[list[str], sp.csr_matrix, np.ndarray]:
    """Names of playlists and tags: the texts, names x songs, and the groups (`recsys.towers.Names`)."""
    kin = kinship(playlists)
    names = playlists.assign(key=playlists[NAME].map(fold))
    names = names[names["key"] != ""].join(kin[[GROUP, SOURCE]], on=PLAYLIST_ID)
    number, keys = pd.factorize(names["key"])
    spoken = names.drop_duplicates("key")[NAME].tolist()
    size = names[SOURCE].map(kin[SOURCE].value_counts()).to_numpy(np.float64)
    place = pd.Index(lists.ids[: lists.n_playlists]).get_indexer(pd.Index(names[PLAYLIST_ID]))
    there = place >= 0  # A playlist may have come since the lists were read.
    shape = (len(keys), lists.n_playlists)
    of_lists = sp.csr_matrix(((size**-SOURCE_POWER)[there], (number[there], place[there])), shape=shape)
    of_names = sp.csr_matrix(of_lists @ _incidence(lists.playlists, corpus))
    groups = _families(number, names[GROUP].to_numpy(np.int64), len(keys))
    kept = _most_used(of_names, _MOST_NAMES)
    tag_names, of_tags = _tagged(tags, corpus)
    return (
        [spoken[row] for row in kept] + tag_names,
        sp.csr_matrix(sp.vstack([of_names[kept], of_tags]), dtype=np.float32),
        np.concatenate([groups[kept], np.full(len(tag_names), -1, dtype=np.int64)]),
    )


def _incidence(lists: ListTable, corpus: Corpus) -> sp.csr_matrix:
    """Which songs of a corpus each list holds: ones, int8, shape (n_lists, n_songs)."""
    highest = int(max(lists.songs.max(initial=0), corpus.song_ids.max(initial=0)))
    row_of = np.full(highest + 1, -1, dtype=np.int32)
    row_of[corpus.song_ids] = np.arange(corpus.n_songs, dtype=np.int32)
    rows = row_of[lists.songs]
    known = rows >= 0
    bounds = np.concatenate([[0], np.cumsum(known)])[lists.indptr]
    ones = np.ones(int(bounds[-1]), np.int8)
    held = sp.csr_matrix((ones, rows[known], bounds), shape=(len(lists.ids), corpus.n_songs))
    held.sum_duplicates()
    held.data[:] = 1
    return held


def _families(names: np.ndarray, groups: np.ndarray, n_names: int) -> np.ndarray:
    """A number for each name, the same for names that any chain of playlist groups links."""
    n_groups = int(groups.max(initial=-1)) + 1
    if not len(names):
        return np.zeros(n_names, dtype=np.int64)
    links = sp.coo_matrix((np.ones(len(names)), (names, n_names + groups)), shape=(n_names + n_groups,) * 2)
    _, family = connected_components(links, directed=False)
    return np.asarray(family[:n_names], dtype=np.int64)


def _most_used(of_names: sp.csr_matrix, most: int) -> np.ndarray:
    """Rows of the names of most lists, ascending, without those of fewer than two songs."""
    enough = np.flatnonzero(np.diff(of_names.indptr) >= _FEWEST_NAMED)
    weight = np.asarray(of_names.sum(1)).ravel()[enough]
    return np.sort(enough[np.argsort(-weight, kind="stable")[:most]])


def _tagged(tags: Tags, corpus: Corpus) -> tuple[list[str], sp.csr_matrix]:
    row_of: dict[str, int] = {}
    rows, columns, weights = [], [], []
    for song, of_song in tags.items():
        for name, weight in of_song.items():
            if weight < TAG_FROM:
                continue
            rows.append(row_of.setdefault(name, len(row_of)))
            columns.append(song)
            weights.append(weight)
    column = np.searchsorted(corpus.song_ids, np.array(columns, dtype=np.int64))
    shape = (len(row_of), corpus.n_songs)
    of_tags = sp.csr_matrix((np.array(weights, np.float64), (np.array(rows, np.int64), column)), shape=shape)
    of_tags.eliminate_zeros()
    kept = _most_used(of_tags, _MOST_TAGS)
    names = list(row_of)
    return [names[row] for row in kept], sp.csr_matrix(of_tags[kept])


def tower_of(release: Release) -> TextTower:
    """The release's text tower.

    Raises
    ------
    NoTowerError
    """
    tower = release.tower
    if not isinstance(tower, TextTower):
        raise NoTowerError(
            f"release {release.name} places no words: the next `songspace nightly` makes one that does"
        )
    return tower


def vector_of_text(release: Release, text: str, *, encode: Encode | None = None) -> np.ndarray:
    """Where a text lies in the song space of a release: a unit vector, float32, shape (dim,).

    Where the encoder is missing the words alone decide, and a warning says so.

    Raises
    ------
    NoTowerError
        The release has no text tower.
    ValueError
        The text is blank, or nothing is known of it.
    """
    tower = tower_of(release)
    text = text[:LONGEST_QUESTION]
    words = words_of(text)
    if not text.strip():
        raise ValueError("a text is needed, got a blank one")
    try:
        vectors = (encode or _encoder().sentences)([text])
    except TextEncoderMissingError as error:
        logger.warning("only the words count: %s", error)
        vectors = None
    place = np.asarray(tower.place(vectors, [words])[0])
    if not place.any():
        raise ValueError(f"nothing is known of any word in {text[:80]!r}")
    return place


@lru_cache(maxsize=1)
def _encoder() -> TextEncoder:
    """The process's own encoder, loaded when the first question comes."""
    return TextEncoder()
