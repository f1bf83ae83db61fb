"""Songs for a question: near to where its words lie in the song space, and with its plain words in their
names.

On held-back playlist names each of the three parts of the score finds songs that the others miss: nearness to
the question's place, popularity, and the plain words of title and artist (docs/words.md).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sp

from db.repositories import songs as songs_repository
from db.session import SessionFactory
from pipelines.answers import SongAnswer, SongList
from pipelines.columns import ARTIST, TITLE
from pipelines.embeddings import Encode
from pipelines.release import Release
from pipelines.towers import LONGEST_QUESTION, tower_of, vector_of_text, words_of
from recsys.cooccurrence import song_weights
from recsys.tail import TAIL_TRUST
from recsys.texts import incidence

# What a song gains whose title and artist hold all of the question's words; those of few songs weigh most.
WORDS_WEIGHT = 3.0


def meaning_scores(release: Release, text: str, *, encode: Encode | None = None) -> np.ndarray:
    """How well each row of a release, tail included, answers a question; float32, shape (n_rows,).

    Raises
    ------
    NoTowerError, ValueError
        As `pipelines.towers.vector_of_text`.
    """
    tower = tower_of(release)
    place = vector_of_text(release, text, encode=encode)
    popularity = np.zeros(len(release.song_ids), np.float32)
    popularity[: release.n_songs] = song_weights(release.parts.corpus)
    vectors = release.vectors.copy()
    vectors[release.n_songs :] *= TAIL_TRUST
    scores = tower.scores(place[None, :], vectors, popularity)[0]
    return np.asarray(scores + WORDS_WEIGHT * _share_of_words(release, text[:LONGEST_QUESTION]), np.float32)


def search_meaning(
    release: Release, session_factory: SessionFactory, text: str, k: int = 20, *, encode: Encode | None = None
) -> SongList:
    """The k songs that answer a question best, each recording once. A song goes by its first external id.

    Raises
    ------
    NoTowerError, ValueError
        As `pipelines.towers.vector_of_text`; k below 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    scores = meaning_scores(release, text, encode=encode)
    recordings = release.catalogue.recordings
    chosen: list[int] = []
    taken: set[int] = set()
    for row in np.argsort(-scores, kind="stable").tolist():
        recording = int(recordings[row])
        if recording >= 0 and recording in taken:
            continue
        taken.add(recording)
        chosen.append(row)
        if len(chosen) == k:
            break
    ids = [int(release.song_ids[row]) for row in chosen]
    with session_factory() as session:
        found = songs_repository.describe_songs(session, ids)
    songs = tuple(
        SongAnswer(
            song=song.shown_ref,
            title=song.title,
            artist=song.artist,
            score=round(float(scores[row]), 6),
        )
        for row, number in zip(chosen, ids, strict=True)
        if (song := found.get(number)) is not None
    )
    return SongList(songs, release.name)


def _share_of_words(release: Release, text: str) -> np.ndarray:
    """Share of the question's words, by idf, that title and artist of each row hold; shape (n_rows,)."""
    row_of, holds, idf = _plain_words(_Held(release))
    asked = [row_of[word] for word in dict.fromkeys(words_of(text)) if word in row_of]
    unknown = len(set(words_of(text)) - row_of.keys())
    total = float(idf[asked].sum()) + unknown * float(np.log1p(holds.shape[0]))
    if not asked:
        return np.zeros(holds.shape[0], np.float32)
    return np.asarray(holds[:, asked] @ idf[asked] / total, dtype=np.float32).ravel()


class _Held:
    """A release as a key of a cache: one is like another of the same name."""

    def __init__(self, release: Release) -> None:
        self.release = release

    def __hash__(self) -> int:
        return hash(self.release.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.release is self.release


@lru_cache(maxsize=2)
def _plain_words(held: _Held) -> tuple[dict[str, int], sp.csc_matrix, np.ndarray]:
    """Row of each word, songs x words, and the idf of each word."""
    songs: Any = held.release.parts.songs
    texts = [words_of(f"{title} {artist}") for title, artist in zip(songs[TITLE], songs[ARTIST], strict=True)]
    row_of: dict[str, int] = {}
    for words in texts:
        for word in words:
            row_of.setdefault(word, len(row_of))
    holds = sp.csc_matrix(incidence(texts, row_of))
    counts = np.diff(holds.indptr)
    return row_of, holds, np.log1p(len(texts) / np.maximum(counts, 1)).astype(np.float32)
