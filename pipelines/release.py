"""A release in memory: everything that answering needs, loaded from one folder, changed by nobody.

pipelines/stored_release.py writes that folder, reads it back and tests it. A release holds songs and lists,
never anything about single users.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from pipelines.columns import ARTIST, SONG_ID, TITLE
from recsys.audio_tower import AudioTower
from recsys.axes import Axes
from recsys.components import TRANSFORMER, Component, Vectors, build_components
from recsys.continuation import Continuation
from recsys.corpus import Corpus
from recsys.factors import Factors
from recsys.facts import SongFacts
from recsys.features import SongFeatures
from recsys.index import VectorIndex
from recsys.interests import spread
from recsys.listen_ranker import ListenRanker
from recsys.ranker import Ranker
from recsys.rules import Catalogue, spare_songs
from recsys.song2vec import unit
from recsys.tail import Tail, trust
from recsys.towers import TextTower

if TYPE_CHECKING:
    from recsys.song_transformer import Transformer

LISTS, SOUND = "lists", "sound"
ARTIST_ID = "artist_id"
ALBUM_ID = "album_id"
RECORDING_KEY = "recording_key"


@dataclass(frozen=True)
class ReleaseParts:
    """What the nightly stages made, in one vocabulary: row i of every array is song i of `corpus`.

    Attributes
    ----------
    songs : frame of song_id, title, artist, artist_id, album_id, recording_key
        One row a song of the corpus, in its order, then one a song of the tail.
    input, output, prior, log_normaliser : float32 arrays
        song2vec (`recsys.components.Vectors`), rotated onto the last release.
    together, after : CSR, raw weighted counts
    factors : latent factors of the songs
    weights : dict
        Of the blend, by component.
    transformer : Transformer, or None
        Where the order of lists tells what comes.
    ranker : Ranker, or None
        Where it beats the blend.
    listen_ranker : ListenRanker, or None
        Where it beats the blend for users.
    tower : TextTower, or None
        Where the text encoder was there.
    axes : Axes, or None
        Where songs bear tags.
    audio : AudioTower, or None
        Where enough songs have a sound.
    """

    corpus: Corpus
    tail: Tail
    songs: pd.DataFrame
    input: np.ndarray
    output: np.ndarray
    prior: np.ndarray
    log_normaliser: np.ndarray
    together: sp.csr_matrix
    after: sp.csr_matrix
    factors: Factors
    weights: Mapping[str, float]
    transformer: Transformer | None = None
    ranker: Ranker | None = None
    listen_ranker: ListenRanker | None = None
    tower: TextTower | None = None
    axes: Axes | None = None
    audio: AudioTower | None = None


@dataclass(frozen=True)
class Release:
    """A loaded release.

    A `row` below `n_songs` is a song of the vocabulary; the rows from there on are the tail, which has a
    place in the song space but is scored through its stand-ins (recsys/tail.py).
    """

    name: str
    manifest: Mapping[str, Any]
    parts: ReleaseParts
    index: VectorIndex
    output_index: VectorIndex

    @property
    def tower(self) -> TextTower | None:
        """Places words in the song space."""
        return self.parts.tower

    @property
    def axes(self) -> Axes | None:
        """Named directions of the song space."""
        return self.parts.axes

    @property
    def audio(self) -> AudioTower | None:
        """From how songs sound to the song space, and back."""
        return self.parts.audio

    @property
    def is_by_sound(self) -> bool:
        """Whether the song space is made of sound, since no lists taught one (recsys/sound_space.py)."""
        return self.manifest.get("space") == SOUND

    @property
    def n_songs(self) -> int:
        """Size of the vocabulary."""
        return self.parts.corpus.n_songs

    @cached_property
    def song_ids(self) -> np.ndarray:
        """Database id of each row, vocabulary first, then tail; int64, each part ascending."""
        return np.concatenate([self.parts.corpus.song_ids, self.parts.tail.song_ids])

    @cached_property
    def vectors(self) -> np.ndarray:
        """The song space: unit vectors of vocabulary and tail, float32, shape (n_rows, dim)."""
        known = unit(self.parts.input)
        return np.concatenate([known, self.parts.tail.vectors(known)])

    @cached_property
    def distance(self) -> float:
        """Root mean square distance of two songs at random (recsys/interests.py)."""
        return spread(self.vectors)

    @cached_property
    def counts(self) -> np.ndarray:
        """In how many lists each song of the vocabulary stands, int64, shape (n_songs,)."""
        return self.parts.corpus.counts()

    @cached_property
    def by_popularity(self) -> np.ndarray:
        """Rows of the vocabulary, those in most lists first; int64, shape (n_songs,)."""
        return np.argsort(-self.counts, kind="stable")

    @cached_property
    def spares(self) -> np.ndarray:
        """Popular songs of many artists, for lists that nothing else fills."""
        return spare_songs(self.counts, self.catalogue)

    @cached_property
    def trust(self) -> np.ndarray:
        """What the score of each song of the vocabulary is multiplied by, 0..1 (recsys/tail.py).

        Where songs lie by their sound, lists say nothing against one that is in none.
        """
        return np.ones(self.n_songs, np.float32) if self.is_by_sound else trust(self.counts)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Artists and recordings of every row, for the rules."""
        facts = facts_of_songs(self.parts.songs)
        return Catalogue(facts.artists, facts.recordings)

    @cached_property
    def continuation(self) -> Continuation:
        """What scores songs for a list or a user."""
        parts = self.parts
        return Continuation(self.components, parts.weights, self.n_songs, self.features, parts.ranker)

    @cached_property
    def taste_blend(self) -> Continuation:
        """What scores songs for a taste."""
        return self.continuation.for_tastes()

    @cached_property
    def components(self) -> dict[str, Component]:
        """The signals of the blend."""
        parts = self.parts
        song2vec = Vectors(parts.input, parts.output, parts.prior, parts.log_normaliser)
        built = build_components(
            parts.corpus, self.facts, song2vec, parts.factors, together=parts.together, after=parts.after
        )
        return built if parts.transformer is None else {**built, TRANSFORMER: parts.transformer}

    @cached_property
    def recording_keys(self) -> pd.Index:
        """The keys that `catalogue` numbers recordings by, in the order of the numbers."""
        keys: pd.Index = pd.Index(pd.factorize(self.parts.songs[RECORDING_KEY].replace("", None))[1])
        return keys

    @cached_property
    def facts(self) -> SongFacts:
        """What is known of the songs of the vocabulary."""
        return facts_of_songs(self.parts.songs.iloc[: self.n_songs])

    @cached_property
    def features(self) -> SongFeatures:
        """What the rankers see of a song."""
        return SongFeatures.build(self.components, self.parts.corpus, self.facts, self.parts.input)

    @cached_property
    def _row_of(self) -> tuple[np.ndarray, np.ndarray]:
        order = np.argsort(self.song_ids, kind="stable")
        return self.song_ids[order], order

    def rows(self, song_ids: np.ndarray) -> np.ndarray:
        """Rows of these songs; -1 for those that the release does not know."""
        ids = np.asarray(song_ids, dtype=np.int64)
        ordered, order = self._row_of
        if not len(ordered):
            return np.full(len(ids), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(ordered, ids), len(ordered) - 1)
        return np.where(ordered[place] == ids, order[place], -1)

    def as_query(self, rows: np.ndarray, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Songs to ask the blend with: vocabulary rows as they are, tail rows by their stand-ins.

        Returns
        -------
        rows : int64 array below `n_songs`, each once, in the order in which they were first asked with
        weights : float32 array
        """
        weights = np.ones(len(rows), np.float32) if weights is None else np.asarray(weights, np.float32)
        in_tail = rows >= self.n_songs
        asked, given, place = rows[~in_tail], weights[~in_tail], np.flatnonzero(~in_tail)
        if in_tail.any():
            stand_ins = self.parts.tail.stand_ins[rows[in_tail] - self.n_songs]
            times = np.diff(stand_ins.indptr)
            asked = np.concatenate([asked, stand_ins.indices])
            given = np.concatenate([given, stand_ins.data * np.repeat(weights[in_tail], times)])
            place = np.concatenate([place, np.repeat(np.flatnonzero(in_tail), times)])
        order = np.argsort(place, kind="stable")
        used, first, number = np.unique(asked[order], return_index=True, return_inverse=True)
        total = np.bincount(number, weights=given[order], minlength=len(used))
        kept = np.argsort(first, kind="stable")
        kept = kept[total[kept] > 0]
        return used[kept].astype(np.int64), total[kept].astype(np.float32)


def facts_of_songs(songs: pd.DataFrame) -> SongFacts:
    """What models know of songs; a song without recording key is no version of another.

    Parameters
    ----------
    songs : frame of song_id, artist_id, album_id, recording_key
        Ids are negative where nothing is known.
    """
    recordings, _ = pd.factorize(songs[RECORDING_KEY].replace("", None))
    ids, artists, albums = (songs[name].to_numpy(np.int64) for name in (SONG_ID, ARTIST_ID, ALBUM_ID))
    return SongFacts(ids, artists, albums, recordings.astype(np.int64))


def describe_row(release: Release, row: int) -> dict[str, Any]:
    """Id, title and artist of a row."""
    song = release.parts.songs.iloc[int(row)]
    return {SONG_ID: int(song[SONG_ID]), TITLE: str(song[TITLE]), ARTIST: str(song[ARTIST])}
