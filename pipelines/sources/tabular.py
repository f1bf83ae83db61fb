"""Reader of the project's own layout: a folder of tables, as Parquet or CSV.

- `songs`: `song_id`, `title`, `artist`; further `album`, `duration_ms`, and the ids `spotify_track_id`,
  `isrc`, `mbid` or `recording_mbid`, which become aliases. All other columns are kept as attributes; those
  named `tags`, `tag`, `genres` or `genre` become tags as well (pipelines/sources/table_tags.py).
- `tags` (optional): `song_id`, `tag`, and `weight` from 0 to 1, else 1.
- `playlists`: `playlist_id`, `position`, `song_id`, in any order of rows.
- `playlist_meta` (optional): `playlist_id`, then whatever is known, kept as attributes. The name is the
  column `name`, else `title`, `episode`, `venue` or `date`, else the first column of text that is no id. A
  further column whose name ends in `playlist_id` tells of which source playlist this one is a snapshot.
- `listens` (optional): `user_id`, `song_id`, `listened_at` (ISO 8601, Unix seconds or a time column),
  `completion`.
- `feedback` (optional): `user_id`, `song_id`, `kind` (like, dislike, block), `given_at`; 0 where that is
  missing.

Ids are whole numbers or text; the external id of song 17 is `namespace:17`, and users and playlists have the
same prefix. A song without title or artist goes in with "" for it, since its id tells which song it is.
Positions order the songs of a playlist and are numbered anew from 0; a row that is there twice is a problem
and counts once.

Songs are held in memory; playlists take 16 bytes a row; listens are streamed. A song is in each batch that
uses it, and songs of no playlist and no listen come last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.columns import (
    COMPLETION,
    ENTRIES,
    FEEDBACK,
    KIND,
    LISTENED_AT_S,
    LISTENS,
    PLAYLIST_REF,
    POSITION,
    SONG_REF,
    USER_REF,
)
from pipelines.sources.batch import Batch, Problem
from pipelines.sources.table_columns import id_texts, shares, texts, times_s
from pipelines.sources.table_playlists import PlaylistMeta, PlaylistRows
from pipelines.sources.table_rows import RowCheck, missing_column, typed
from pipelines.sources.table_songs import SongTable
from pipelines.sources.tables import read_table

BATCH_ROWS = 100_000
TABLES = ("songs", "tags", "playlists", "playlist_meta", "listens", "feedback")
KINDS = ("like", "dislike", "block")


def table_path(folder: Path, table: str) -> Path | None:
    """Return the file of a table in a folder, Parquet before CSV, or None."""
    for suffix in (".parquet", ".csv"):
        candidate = folder / f"{table}{suffix}"
        if candidate.is_file():
            return candidate
    return None


def read(path: Path, *, namespace: str) -> Iterator[Batch]:
    """Yield the batches of a set: playlists first, then listens, feedback, and the songs that none of them
    used.
    """
    songs_path = table_path(path, "songs")
    if songs_path is None:
        yield Batch(problems=(Problem(path, "", "no songs.parquet or songs.csv"),))
        return
    doubled = [
        table for table in TABLES if all((path / f"{table}{s}").is_file() for s in (".parquet", ".csv"))
    ]
    problems = [
        Problem(path / f"{t}.csv", "", f"left aside, since {t}.parquet is there too") for t in doubled
    ]
    songs = SongTable(songs_path, namespace, table_path(path, "tags"))
    problems += songs.problems
    yield from _playlists(path, songs, namespace, problems)
    for table, columns in (("listens", LISTENS), ("feedback", FEEDBACK)):
        source = table_path(path, table)
        if source is not None:
            yield from _plays(source, songs, namespace, columns)
    for codes in songs.unused_blocks(BATCH_ROWS):
        yield songs.batch(codes)


def _playlists(path: Path, songs: SongTable, namespace: str, problems: list[Problem]) -> Iterator[Batch]:
    rows_path, meta_path = table_path(path, "playlists"), table_path(path, "playlist_meta")
    meta = PlaylistMeta(meta_path, namespace)
    rows = PlaylistRows(rows_path, songs, meta.ids)
    yield Batch(problems=(*problems, *meta.problems, *rows.problems))
    for block in rows.blocks(BATCH_ROWS):
        playlists = meta.rows(rows.playlist_ids[block.playlist_codes])
        codes = np.unique(block.song_codes)
        refs = (namespace + ":" + pd.Series(rows.playlist_ids[block.playlist_codes], dtype="str")).to_numpy()
        entries = typed(
            ENTRIES,
            {
                PLAYLIST_REF: refs[block.entry_playlists],
                POSITION: block.positions,
                SONG_REF: songs.refs(block.song_codes),
            },
        )
        yield replace(songs.batch(codes), playlists=playlists, entries=entries)


def _plays(source: Path, songs: SongTable, namespace: str, columns: tuple[str, ...]) -> Iterator[Batch]:
    """Yield batches of listens or feedback, as `columns` says."""
    make = _listens if columns is LISTENS else _feedback
    for piece in read_table(source):
        if isinstance(piece, Problem):
            yield Batch(problems=(piece,))
            continue
        missing = missing_column(
            piece, ["user_id", "song_id", "listened_at" if columns is LISTENS else "kind"]
        )
        if missing:
            yield Batch(problems=(Problem(source, "", f"no column {missing!r}"),))
            return
        given, check = piece.frame, RowCheck(source, piece)
        users, song_ids = id_texts(given["user_id"]), id_texts(given["song_id"])
        codes = songs.codes(song_ids)
        check.refuse(users.isna(), "no usable user_id", given["user_id"])
        check.refuse(song_ids.isna(), "no usable song_id", given["song_id"])
        check.refuse(codes < 0, "unknown song", given["song_id"])
        cells = make(given, check)
        good, used = check.good, np.unique(codes[check.good])
        cells = {name: cell[good] for name, cell in cells.items()}
        cells |= {USER_REF: namespace + ":" + users[good], SONG_REF: songs.refs(codes[good])}
        rows = typed(columns, cells)
        batch = replace(songs.batch(used), problems=tuple(check.problems))
        yield replace(batch, listens=rows) if columns is LISTENS else replace(batch, feedback=rows)


def _listens(given: pd.DataFrame, check: RowCheck) -> dict[str, pd.Series]:
    seconds = times_s(given["listened_at"])
    check.refuse(seconds.isna(), "no time between 1970 and 2100 in listened_at", given["listened_at"])
    completion = pd.Series(np.nan, index=given.index)
    if "completion" in given:
        completion = shares(given["completion"])
        outside = completion == np.inf
        check.note(outside, "completion is not between 0 and 1, taken as unknown", given["completion"])
        completion = completion.mask(outside)
    return {LISTENED_AT_S: seconds, COMPLETION: completion}


def _feedback(given: pd.DataFrame, check: RowCheck) -> dict[str, pd.Series]:
    kinds = texts(given["kind"]).str.lower()
    check.refuse(~kinds.isin(KINDS), "kind is none of like, dislike, block", given["kind"])
    seconds = pd.Series(0, index=given.index, dtype="Int64")
    if "given_at" in given:
        seconds = times_s(given["given_at"])
        absent = given["given_at"].isna() | (given["given_at"].astype("str") == "")
        check.refuse(seconds.isna() & ~absent, "no time between 1970 and 2100 in given_at", given["given_at"])
    return {KIND: kinds, LISTENED_AT_S: seconds.fillna(0)}
