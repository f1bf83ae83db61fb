"""Gathers songs, playlists and listens one by one and hands them out as batches of tidy frames.

For readers whose format comes in records; the invariants of `pipelines.sources.batch` hold by construction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.columns import (
    ALIASES,
    DTYPES,
    FEEDBACK,
    LISTENS,
    PLAYLIST_REF,
    PLAYLISTS,
    POSITION,
    SONG_REF,
    SONGS,
)
from pipelines.sources.batch import Batch, Problem
from pipelines.sources.identifiers import external, name_ref, short_value
from pipelines.sources.values import attributes_json

BATCH_ROWS = 100_000  # Entries and listens of a batch, give or take a playlist.

# The first scheme that a song has names it; the others are aliases.
SCHEME_ORDER = ("mbid", "spotify", "isrc", "msid", "path", "url")


def frame(columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    """Return rows as a frame of these columns in the dtypes of `pipelines.columns`."""
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=DTYPES[name])
            for name, values in zip(
                columns, zip(*rows, strict=True) if rows else [()] * len(columns), strict=True
            )
        }
    )


@dataclass
class Song:
    """What a source says of one song; `ids` are (scheme, value) pairs, in no order."""

    title: str
    artist: str
    album: str = ""
    duration_ms: int | None = None
    ids: list[tuple[str, str]] = field(default_factory=list)
    attributes: Mapping[str, object] = field(default_factory=dict)

    def ordered_ids(self) -> list[tuple[str, str]]:
        """Return the ids with the most telling scheme first, each once."""
        unique = dict.fromkeys((scheme, short_value(value)) for scheme, value in self.ids if value)
        return sorted(unique, key=lambda pair: SCHEME_ORDER.index(pair[0]))


SongRow = tuple[object, ...]
"""The cells of `pipelines.columns.SONGS`; the first is the song's ref."""


class Collector:
    """A batch in the making. A thing that is added twice is taken as it was the first time."""

    def __init__(self) -> None:
        self.songs: dict[str, SongRow] = {}
        self._aliases: dict[tuple[str, str, str], None] = {}
        self._playlists: dict[str, tuple[object, ...]] = {}
        self._lists: list[tuple[str, Sequence[str]]] = []  # playlists with their songs
        self._n_entries = 0
        self._listens: list[tuple[object, ...]] = []
        self._feedback: list[tuple[object, ...]] = []
        self._problems: list[Problem] = []

    @property
    def is_full(self) -> bool:
        """Whether it is time to `take` a batch."""
        n_rows = self._n_entries + len(self._listens) + len(self._feedback)
        return n_rows >= BATCH_ROWS or len(self._problems) >= BATCH_ROWS

    def song(self, song: Song) -> str:
        """Add a song and return its ref; "" when it has neither an id nor a title, and so cannot be told."""
        ids = song.ordered_ids()
        if not ids and not song.title:
            return ""
        ref = external(*ids[0]) if ids else name_ref(song.title, song.artist)
        if ref not in self.songs:
            attributes = attributes_json(song.attributes)
            self.songs[ref] = (ref, song.title, song.artist, song.album, song.duration_ms, attributes)
        for scheme, value in ids[1:]:
            self._aliases[ref, scheme, value] = None
        return ref

    def playlist(
        self, ref: str, name: str, song_refs: Sequence[str], *, attributes: Mapping[str, object]
    ) -> None:
        """Add a playlist with its songs, in order; each must have been added."""
        self._playlists[ref] = (ref, name, "", attributes_json(attributes))
        self._lists.append((ref, song_refs))
        self._n_entries += len(song_refs)

    def listen(
        self, user_ref: str, song_ref: str, listened_at_s: int, completion: float = float("nan")
    ) -> None:
        """Add one play of a song that was added."""
        self._listens.append((user_ref, song_ref, listened_at_s, completion))

    def feedback(self, user_ref: str, song_ref: str, kind: str, given_at_s: int) -> None:
        """Add a like, dislike or block of a song that was added."""
        self._feedback.append((user_ref, song_ref, kind, given_at_s))

    def problem(self, file: Path, place: str, reason: str) -> None:
        """Add a malformed part."""
        self._problems.append(Problem(file, place, reason))

    def take(self) -> Batch:
        """Return what was gathered and begin anew."""
        batch = Batch(
            songs=frame(SONGS, list(self.songs.values())),
            aliases=frame(ALIASES, list(self._aliases)),
            playlists=frame(PLAYLISTS, list(self._playlists.values())),
            entries=self._entries(),
            listens=frame(LISTENS, self._listens),
            feedback=frame(FEEDBACK, self._feedback),
            problems=tuple(self._problems),
        )
        self.__init__()  # type: ignore[misc]
        return batch

    def _entries(self) -> pd.DataFrame:
        lengths = np.array([len(songs) for _, songs in self._lists], dtype=np.int64)
        number = np.repeat(np.arange(len(lengths)), lengths)
        refs = pd.Series([ref for ref, _ in self._lists], dtype="str")
        songs = list(chain.from_iterable(songs for _, songs in self._lists))
        return pd.DataFrame(
            {
                PLAYLIST_REF: refs.take(number).reset_index(drop=True),
                POSITION: np.arange(len(number)) - (np.cumsum(lengths) - lengths)[number],
                SONG_REF: pd.Series(songs, dtype="str"),
            }
        )

    def __bool__(self) -> bool:
        return bool(self.songs or self._playlists or self._problems)
