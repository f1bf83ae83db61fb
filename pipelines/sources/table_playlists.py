"""The `playlists` and `playlist_meta` tables of a set, grouped by playlist whatever the order of the rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.columns import ATTRIBUTES, NAME, PLAYLIST_REF, PLAYLISTS, SOURCE_KEY, empty
from pipelines.sources.batch import Problem
from pipelines.sources.identifiers import short_value
from pipelines.sources.table_columns import attributes, id_texts, texts, whole_numbers
from pipelines.sources.table_rows import RowCheck, missing_column, typed
from pipelines.sources.table_songs import IntArray, SongTable
from pipelines.sources.tables import Piece, read_table

NAME_COLUMNS = ("name", "title", "episode", "venue", "date")


class PlaylistMeta:
    """What a set says of its playlists; nothing at all when there is no such table."""

    def __init__(self, path: Path | None, namespace: str) -> None:
        self.problems: list[Problem] = []
        self._namespace = namespace
        frames = [empty(PLAYLISTS)]
        self.ids: pd.Index[str] = pd.Index([], dtype="str")
        source_values: list[pd.DataFrame] = []
        for piece in read_table(path) if path is not None else ():
            if isinstance(piece, Problem):
                self.problems.append(piece)
            elif path is not None and missing_column(piece, ["playlist_id"]):
                self.problems.append(Problem(path, "", "no column 'playlist_id'"))
                break
            elif path is not None:
                frames.append(self._read_piece(path, piece, source_values))
        self._rows = pd.concat(frames, ignore_index=True)
        if source_values:
            self._rows[SOURCE_KEY] = _source_keys(pd.concat(source_values, ignore_index=True))

    def _read_piece(self, path: Path, piece: Piece, source_values: list[pd.DataFrame]) -> pd.DataFrame:
        check = RowCheck(path, piece)
        ids = id_texts(piece.frame["playlist_id"])
        check.refuse(ids.isna(), "no usable playlist_id", piece.frame["playlist_id"])
        check.refuse(
            ids.duplicated() | ids.isin(self.ids), "playlist_id is there twice", piece.frame["playlist_id"]
        )
        self.problems += check.problems
        given, ids = piece.frame[check.good], ids[check.good]
        self.ids = self.ids.append(pd.Index(ids, dtype="str"))
        rest = given.drop(columns=["playlist_id"])
        sources = [name for name in rest.columns if str(name).endswith("playlist_id")]
        source_values.append(pd.DataFrame({name: texts(rest[name]) for name in sources}, index=rest.index))
        name = _name_column(rest)
        return typed(
            PLAYLISTS,
            {
                PLAYLIST_REF: self._namespace + ":" + ids,
                NAME: texts(rest[name]) if name else [""] * len(rest),
                SOURCE_KEY: [""] * len(rest),
                ATTRIBUTES: attributes(rest.drop(columns=[name] if name in ("name", "title") else [])),
            },
        )

    def rows(self, ids: pd.Index[str]) -> pd.DataFrame:
        """Return these playlists as a frame of PLAYLISTS; one without meta has an empty name and
        attributes.
        """
        refs = pd.Series(self._namespace + ":" + pd.Series(ids, dtype="str"), dtype="str")
        known = self._rows.take(self.ids.get_indexer(ids).clip(min=0)) if len(self._rows) else None
        has_meta = self.ids.get_indexer(ids) >= 0
        cells: dict[str, object] = {PLAYLIST_REF: refs}
        for name, nothing in ((NAME, ""), (SOURCE_KEY, ""), (ATTRIBUTES, "{}")):
            blank = np.full(len(ids), nothing, dtype=object)
            cells[name] = (
                blank if known is None else np.where(has_meta, known[name].to_numpy(dtype=object), blank)
            )
        return typed(PLAYLISTS, cells)


def _source_keys(values: pd.DataFrame) -> pd.Series:
    """Return `column:value` of the column whose values repeat, the first one where none does."""
    if values.shape[1] == 0:
        return pd.Series("", index=values.index, dtype="str")
    values = values.fillna("")
    repeats = [name for name in values.columns if values[name][values[name] != ""].duplicated().any()]
    chosen = values[repeats[0] if repeats else values.columns[0]]
    keys = [f"{chosen.name}:{short_value(value)}" if value else "" for value in chosen]
    return pd.Series(keys, index=values.index, dtype="str")


def _name_column(rest: pd.DataFrame) -> str:
    for name in NAME_COLUMNS:
        if name in rest and (texts(rest[name]) != "").any():
            return name
    others = (str(name) for name in rest.columns if not str(name).endswith("_id"))
    return next(
        (name for name in others if str(rest[name].dtype).startswith(("str", "large_string", "string"))), ""
    )


class PlaylistBlock(NamedTuple):
    """Some whole playlists and their entries, in order."""

    playlist_codes: IntArray  # the playlists, as rows of `PlaylistRows.playlist_ids`
    entry_playlists: IntArray  # for each entry, its playlist as an index into `playlist_codes`
    positions: IntArray
    song_codes: IntArray


class PlaylistRows:
    """All rows of the `playlists` table, sorted by playlist and position."""

    def __init__(self, path: Path | None, songs: SongTable, meta_ids: pd.Index[str]) -> None:
        self.problems: list[Problem] = []
        self.playlist_ids = meta_ids
        playlists: list[npt.NDArray[np.int32]] = []
        positions: list[IntArray] = []
        song_codes: list[npt.NDArray[np.int32]] = []
        for piece in read_table(path) if path is not None else ():
            if isinstance(piece, Problem):
                self.problems.append(piece)
                continue
            missing = missing_column(piece, ["playlist_id", "position", "song_id"])
            if path is None or missing:
                self.problems.append(Problem(path or Path(), "", f"no column {missing!r}"))
                break
            check = RowCheck(path, piece)
            rows = self._read_piece(piece, check, songs)
            self.problems += check.problems
            playlists.append(rows[0].astype("int32"))
            positions.append(rows[1])
            song_codes.append(rows[2].astype("int32"))
        self._sort(
            np.concatenate([np.zeros(0, "int32"), *playlists]),
            np.concatenate([np.zeros(0, "int64"), *positions]),
            np.concatenate([np.zeros(0, "int32"), *song_codes]),
        )

    def _read_piece(
        self, piece: Piece, check: RowCheck, songs: SongTable
    ) -> tuple[IntArray, IntArray, IntArray]:
        given = piece.frame
        ids, song_ids = id_texts(given["playlist_id"]), id_texts(given["song_id"])
        numbers = whole_numbers(given["position"], -(2**62), 2**62)
        codes = songs.codes(song_ids)
        check.refuse(ids.isna(), "no usable playlist_id", given["playlist_id"])
        check.refuse(numbers.isna(), "no usable position", given["position"])
        check.refuse(song_ids.isna(), "no usable song_id", given["song_id"])
        check.refuse(codes < 0, "unknown song", given["song_id"])
        rows = pd.DataFrame({"p": ids, "n": numbers, "s": codes})
        check.refuse(rows.duplicated(), "the same row is there twice", given["playlist_id"])
        good = check.good
        found = pd.Index(ids[good].unique(), dtype="str")
        self.playlist_ids = self.playlist_ids.append(found[~found.isin(self.playlist_ids)])
        playlist_codes = self.playlist_ids.get_indexer(pd.Index(ids[good], dtype="str"))
        return playlist_codes.astype("int64"), numbers[good].to_numpy(dtype="int64"), codes[good]

    def _sort(
        self, playlists: npt.NDArray[np.int32], positions: IntArray, song_codes: npt.NDArray[np.int32]
    ) -> None:
        order = np.lexsort(
            (positions, playlists)
        )  # Stable: rows of one position stay in the order of the file.
        self._playlists, self._song_codes = playlists[order], song_codes[order]
        self._starts = np.searchsorted(self._playlists, np.arange(len(self.playlist_ids) + 1))

    def blocks(self, size: int) -> Iterator[PlaylistBlock]:
        """Yield all playlists, those without entries too, about `size` entries at a time."""
        first = 0
        n_playlists = len(self.playlist_ids)
        while first < n_playlists:
            after = int(np.searchsorted(self._starts, self._starts[first] + size, side="right")) - 1
            after = min(max(after, first + 1), first + size, n_playlists)
            start, end = int(self._starts[first]), int(self._starts[after])
            playlists = self._playlists[start:end].astype("int64")
            positions = np.arange(start, end) - self._starts[playlists]
            codes = np.arange(first, after)
            yield PlaylistBlock(
                codes, playlists - first, positions, self._song_codes[start:end].astype("int64")
            )
            first = after
