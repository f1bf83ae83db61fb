"""Reader of the Last.fm 1K listening histories (Celma, 2010): six columns between tabs, gzip or not.

User, time, artist's MusicBrainz id, artist, track's MusicBrainz id, track; no header, no quotes, either id
may be missing. Nineteen million lines, so it goes by chunks of lines, each song and time of a chunk being
looked at once.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, cast

import numpy as np
import pandas as pd

from pipelines.columns import COMPLETION, LISTENED_AT_S, LISTENS, SONG_REF, USER_REF
from pipelines.sources.batch import Batch, Problem
from pipelines.sources.collector import Collector, Song
from pipelines.sources.files import files_below, reason_of
from pipelines.sources.identifiers import MAX_VALUE, external, mbid
from pipelines.sources.lines import Line, read_lines, undecodable
from pipelines.sources.table_columns import times_s
from pipelines.sources.table_rows import typed
from pipelines.sources.values import MAX_TIME_S, MIN_TIME_S, clean_text

SUFFIXES = (".tsv", ".txt", ".gz")
CHUNK_LINES = 100_000
N_COLUMNS = 6


def read(path: Path, *, namespace: str) -> Iterator[Batch]:
    """Yield the listens of one file, or of all `.tsv` files below a folder but the users' profiles."""
    found = list(files_below(path)) if path.is_dir() else [path]
    problems = tuple(item for item in found if isinstance(item, Problem))
    files = [item for item in found if isinstance(item, Path) and (item == path or _is_history(item))]
    if not files:
        problems += (Problem(path, "", "no history of listens in it"),)
    if problems:
        yield Batch(problems=problems)
    for file in files:
        yield from _read_file(file, namespace)


def _is_history(file: Path) -> bool:
    return file.suffix.lower() in (".tsv", ".gz") and "profile" not in file.name


def _read_file(file: Path, namespace: str) -> Iterator[Batch]:
    n_lines = 0
    is_blank = True
    try:
        with file.open("rb") as start:
            is_gzip = start.read(2) == b"\x1f\x8b"
        with gzip.open(file, "rb") if is_gzip else file.open("rb") as stream:
            lines = read_lines(cast(IO[bytes], stream))
            while chunk := _Chunk(lines):
                n_lines += len(chunk.lines)
                is_blank = is_blank and not any(
                    line.content is None or line.content.strip() for line in chunk.lines
                )
                if chunk.lines:
                    yield _batch(file, chunk.lines, namespace)
                if chunk.error is not None:
                    raise chunk.error
    except (OSError, EOFError, zlib.error) as error:
        place = f"after line {n_lines}" if n_lines else ""
        yield Batch(problems=(Problem(file, place, f"cannot be read on: {reason_of(error)}"),))
        return
    if is_blank:
        yield Batch(problems=(Problem(file, "", "is empty"),))


class _Chunk:
    """The next lines of a stream, those before an error included."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self.lines: list[Line] = []
        self.error: Exception | None = None
        try:
            for line in islice(lines, CHUNK_LINES):
                self.lines.append(line)
        except (OSError, EOFError, zlib.error) as error:
            self.error = error

    def __bool__(self) -> bool:
        return bool(self.lines) or self.error is not None


def _batch(file: Path, lines: list[Line], namespace: str) -> Batch:
    collector = Collector()
    rows: list[list[str]] = []
    numbers: list[int] = []
    for line in lines:
        cells = _cells(file, line, collector)
        if cells is not None:
            rows.append(cells)
            numbers.append(line.number)
    table = pd.DataFrame(
        rows, columns=["user", "time", "artist_id", "artist", "track_id", "track"], dtype="str"
    )
    seconds = _seconds(table["time"])
    users = {user: clean_text(user, MAX_VALUE) for user in table["user"].unique()}
    good = np.array(seconds.notna() & table["user"].map(users).ne(""), dtype=bool)
    refs: dict[tuple[str, str, str, str], str] = {}
    for row, cells in enumerate(rows):
        song = (cells[4], cells[3], cells[5], cells[2])
        if good[row] and song not in refs:
            refs[song] = _add_song(collector, song)
        if not good[row]:
            reason = "no user" if not users[cells[0]] else f"no time between 1970 and 2100: {cells[1][:40]!r}"
            collector.problem(file, f"line {numbers[row]}", reason)
        elif not refs[song]:
            good[row] = False
            collector.problem(file, f"line {numbers[row]}", "neither a track's id nor its title")
    kept = [cells for cells, is_good in zip(rows, good, strict=True) if is_good]
    listens = typed(
        LISTENS,
        {
            USER_REF: pd.Series([external(namespace, users[cells[0]]) for cells in kept], dtype="str"),
            SONG_REF: pd.Series(
                [refs[cells[4], cells[3], cells[5], cells[2]] for cells in kept], dtype="str"
            ),
            LISTENED_AT_S: seconds[good],
            COMPLETION: np.full(len(kept), np.nan),
        },
    )
    batch = collector.take()
    return Batch(songs=batch.songs, aliases=batch.aliases, listens=listens, problems=batch.problems)


def _seconds(times: pd.Series) -> pd.Series:
    """Return seconds since 1970; the data set's one spelling goes fast, others by the general way."""
    usual = pd.to_datetime(times, format="%Y-%m-%dT%H:%M:%SZ", errors="coerce", utc=True)
    seconds = usual.dt.as_unit("s").astype("int64").astype("Int64")  # No time at all is far below zero.
    odd = ((seconds < MIN_TIME_S) | (seconds >= MAX_TIME_S)).astype("bool")
    if odd.any():
        seconds = seconds.mask(odd)
        seconds[odd] = times_s(times[odd])
    return seconds


def _cells(file: Path, line: Line, collector: Collector) -> list[str] | None:
    place = f"line {line.number}"
    if line.content is None:
        collector.problem(file, place, "longer than 16 MiB")
        return None
    try:
        cells = line.content.decode().split("\t")
    except UnicodeDecodeError as error:
        collector.problem(file, place, undecodable(error, line.offset))
        return None
    if len(cells) == N_COLUMNS:
        return cells
    if line.content.strip():
        collector.problem(file, place, f"{len(cells)} columns where {N_COLUMNS} are expected")
    return None


def _add_song(collector: Collector, song: tuple[str, str, str, str]) -> str:
    track_id, artist, title, artist_id = song
    return collector.song(
        Song(
            title=clean_text(title),
            artist=clean_text(artist),
            ids=[("mbid", mbid(track_id))],
            attributes={"artist_mbid": mbid(artist_id)},
        )
    )
