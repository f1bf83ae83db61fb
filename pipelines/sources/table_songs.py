"""The `songs` table of a set and its tags, held in memory: one row a song, found by its id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.columns import (
    ALBUM,
    ALIASES,
    ARTIST,
    ATTRIBUTES,
    DURATION_MS,
    SCHEME,
    SONG_REF,
    SONG_TAGS,
    SONGS,
    TITLE,
    VALUE,
    empty,
)
from pipelines.sources.batch import Batch, Problem
from pipelines.sources.identifiers import isrc, mbid, spotify_track
from pipelines.sources.table_columns import attributes, durations_ms, id_texts, texts
from pipelines.sources.table_rows import RowCheck, missing_column, typed
from pipelines.sources.table_tags import TagTable, column_tags, whole_opinion
from pipelines.sources.tables import Piece, read_table

IntArray = npt.NDArray[np.int64]

ALIAS_COLUMNS: dict[str, tuple[str, Callable[[str], str]]] = {
    "spotify_track_id": ("spotify", spotify_track),
    "isrc": ("isrc", isrc),
    "mbid": ("mbid", mbid),
    "recording_mbid": ("mbid", mbid),
}
_OWN_COLUMNS = frozenset({"song_id", "title", "artist", "album", "duration_ms", *ALIAS_COLUMNS})


class SongTable:
    """The songs of one set. A `code` is a song's row here, from 0; -1 is no song.

    `tags_path` is the set's table of tags, if it has one; the tags are those of this table and of the songs'
    own columns.
    """

    def __init__(self, path: Path, namespace: str, tags_path: Path | None = None) -> None:
        self.problems: list[Problem] = []
        self._path, self._namespace = path, namespace
        songs: list[pd.DataFrame] = [empty(SONGS)]
        aliases: list[pd.DataFrame] = [empty(ALIASES)]
        tags: list[pd.DataFrame] = [empty(SONG_TAGS)]
        self._ids: pd.Index[str] = pd.Index([], dtype="str")
        for piece in read_table(path):
            if isinstance(piece, Problem):
                self.problems.append(piece)
            elif missing_column(piece, ["song_id"]):
                self.problems.append(Problem(path, "", "no column 'song_id'"))
                break
            else:
                kept, piece_aliases, piece_tags = self._read_piece(piece)
                songs.append(kept)
                aliases.append(piece_aliases)
                tags.append(piece_tags)
        self._songs = pd.concat(songs, ignore_index=True)
        self._aliases = pd.concat(aliases, ignore_index=True)
        self._alias_codes = self._codes_of(self._aliases)
        self._tags = self._all_tags(tags_path, tags)
        self._tag_codes = self._codes_of(self._tags)
        self._used = np.zeros(len(self._songs), dtype=bool)

    def _codes_of(self, frame: pd.DataFrame) -> IntArray:
        return self.codes(frame[SONG_REF].str.removeprefix(f"{self._namespace}:"))

    def _all_tags(self, path: Path | None, in_songs: list[pd.DataFrame]) -> pd.DataFrame:
        """Return the tags of both tables; where they give a song the same tag, the table of tags counts."""
        table = TagTable(path, self._namespace, known=self.codes)
        self.problems += table.problems
        rows = pd.concat([table.rows, *in_songs], ignore_index=True)
        if table.was_read or len(rows):
            return whole_opinion(rows, self._songs[SONG_REF])
        return rows

    def _read_piece(self, piece: Piece) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        check = RowCheck(self._path, piece)
        ids = id_texts(piece.frame["song_id"])
        check.refuse(ids.isna(), "no usable song_id", piece.frame["song_id"])
        check.refuse(ids.duplicated() | ids.isin(self._ids), "song_id is there twice", piece.frame["song_id"])
        aliases = self._piece_aliases(piece, ids, check)
        tags = column_tags(piece, self._namespace + ":" + ids, check)
        given, ids = piece.frame[check.good], ids[check.good]
        self._ids = self._ids.append(pd.Index(ids, dtype="str"))
        self.problems += check.problems
        n = len(given)
        rest = given[[name for name in given.columns if name not in _OWN_COLUMNS]]
        kept = typed(
            SONGS,
            {
                SONG_REF: self._namespace + ":" + ids,
                TITLE: texts(given["title"]) if "title" in given else [""] * n,
                ARTIST: texts(given["artist"]) if "artist" in given else [""] * n,
                ALBUM: texts(given["album"]) if "album" in given else [""] * n,
                DURATION_MS: durations_ms(given["duration_ms"]) if "duration_ms" in given else [None] * n,
                ATTRIBUTES: attributes(rest),
            },
        )
        return kept, aliases, tags

    def _piece_aliases(self, piece: Piece, ids: pd.Series, check: RowCheck) -> pd.DataFrame:
        found = [empty(ALIASES)]
        for column, (scheme, normalise) in ALIAS_COLUMNS.items():
            if column not in piece.frame:
                continue
            given = texts(piece.frame[column])
            values = given.map(normalise).astype("str")
            check.note((given != "") & (values == ""), f"{column} is no such id", piece.frame[column])
            rows = check.good & (values != "").to_numpy(dtype=bool)
            refs = self._namespace + ":" + ids[rows]
            found.append(typed(ALIASES, {SONG_REF: refs, SCHEME: [scheme] * len(refs), VALUE: values[rows]}))
        return pd.concat(found, ignore_index=True).drop_duplicates(ignore_index=True)

    def codes(self, ids: pd.Series) -> IntArray:
        """Return the code of each id, -1 where there is no such song."""
        return self._ids.get_indexer(pd.Index(ids, dtype="str")).astype("int64")

    def refs(self, codes: IntArray) -> pd.Series:
        """Return the song_ref of each code."""
        return self._songs[SONG_REF].take(codes).reset_index(drop=True)

    def batch(self, codes: IntArray) -> Batch:
        """Return these songs as a batch, which others may be added to; aliases and tags of those only that
        were not asked for before, and mark them as used.
        """
        fresh = np.zeros(len(self._used), dtype=bool)
        fresh[codes] = True
        fresh &= ~self._used
        self._used[codes] = True
        return Batch(
            songs=self._songs.take(codes).reset_index(drop=True),
            aliases=self._aliases[fresh[self._alias_codes]].reset_index(drop=True),
            tags=self._tags[fresh[self._tag_codes]].reset_index(drop=True),
        )

    def unused_blocks(self, size: int) -> Iterator[IntArray]:
        """Yield the codes of the songs that were never asked for, some at a time."""
        unused = np.flatnonzero(~self._used)
        for start in range(0, len(unused), size):
            yield unused[start : start + size]
