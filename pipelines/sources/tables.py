"""A Parquet or CSV table in pieces, each row with the place where it stands.

Parquet comes by record batches; a damaged row group is a problem and the others go on. CSV comes line by
line, so that one bad line costs one row: fields that are not UTF-8, too many or too few, or a quote that
never ends. Every CSV cell is text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.sources.batch import Problem
from pipelines.sources.lines import Line, read_lines, undecodable

PIECE_ROWS = 100_000
MAX_ROW_LINES = 200  # A quoted cell may run over so many lines.


class Piece(NamedTuple):
    """Some rows; `places` says for each where it stands, as a number of the `unit` "row" or "line", from
    1.
    """

    frame: pd.DataFrame
    places: pd.Index[int]
    unit: str


def read_table(path: Path) -> Iterator[Piece | Problem]:
    """Yield the pieces of a table and the problems met on the way. An empty table is one piece of no rows."""
    try:
        if path.suffix.lower() == ".csv":
            yield from _read_csv(path)
        else:
            yield from _read_parquet(path)
    except OSError as error:
        yield Problem(path, "", f"cannot be read: {_first_line(error)}")


def _read_parquet(path: Path) -> Iterator[Piece | Problem]:
    if path.stat().st_size == 0:
        yield Problem(path, "", "is empty")
        return
    try:
        file = pq.ParquetFile(path)
        schema = file.schema_arrow
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        yield Problem(path, "", f"not a whole Parquet file: {_first_line(error)}")
        return
    repeated = {name for name in schema.names if schema.names.count(name) > 1}
    if repeated:
        yield Problem(path, "", f"column {min(repeated)!r} is there twice")
        return
    first_row = 1
    for group in range(file.metadata.num_row_groups):
        n_rows = file.metadata.row_group(group).num_rows
        done = 0
        try:
            for batch in file.iter_batches(PIECE_ROWS, row_groups=[group]):
                batch.validate(full=True)
                start = first_row + done
                yield Piece(_to_pandas(batch), pd.RangeIndex(start, start + len(batch)), "row")
                done += len(batch)
        except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
            place = f"rows {first_row + done} to {first_row + n_rows - 1}"
            yield Problem(path, place, f"damaged: {_first_line(error)}")
        first_row += n_rows
    if file.metadata.num_row_groups == 0:
        yield Piece(
            pd.DataFrame({name: pd.Series(dtype="str") for name in schema.names}), pd.RangeIndex(0), "row"
        )


def _to_pandas(batch: pa.RecordBatch) -> pd.DataFrame:
    columns = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            column = pc.cast(column, column.type.value_type)
        columns[name] = pd.Series(pd.array(column, dtype=pd.ArrowDtype(column.type)))
    return pd.DataFrame(columns)


def _read_csv(path: Path) -> Iterator[Piece | Problem]:
    with path.open("rb") as stream:
        lines = read_lines(stream)
        header = next(lines, None)
        if header is None:
            yield Problem(path, "", "is empty")
            return
        try:
            text = (header.content or b"").decode()
        except UnicodeDecodeError as error:
            yield Problem(path, "line 1", undecodable(error, 0))
            return
        delimiter = max(",;\t", key=text.count)
        names = [name.strip() for name in _cells(text, delimiter) or []]
        if "\0" in text or not any(names):
            yield Problem(path, "line 1", "no line of column names")
            return
        if len(set(names)) < len(names):
            yield Problem(path, "line 1", "a column name is there twice")
            return
        yield from _csv_pieces(path, lines, names, delimiter)


def _csv_pieces(
    path: Path, lines: Iterator[Line], names: list[str], delimiter: str
) -> Iterator[Piece | Problem]:
    rows: list[list[str]] = []
    places: list[int] = []
    n_pieces = 0
    for row in _csv_rows(path, lines, len(names), delimiter):
        if isinstance(row, Problem):
            yield row
            continue
        places.append(row[0])
        rows.append(row[1])
        if len(rows) == PIECE_ROWS:
            yield _csv_piece(rows, places, names)
            rows, places, n_pieces = [], [], n_pieces + 1
    if rows or n_pieces == 0:
        yield _csv_piece(rows, places, names)


def _csv_piece(rows: list[list[str]], places: list[int], names: list[str]) -> Piece:
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    cells = {name: pd.Series(list(column), dtype="str") for name, column in zip(names, columns, strict=True)}
    return Piece(pd.DataFrame(cells), pd.Index(places, dtype="int64"), "line")


def _csv_rows(
    path: Path, lines: Iterator[Line], n_columns: int, delimiter: str
) -> Iterator[tuple[int, list[str]] | Problem]:
    """Yield (line number, cells) of each row; a row that cannot be one costs its first line only."""
    waiting: list[Line] = []  # Lines that were taken in search of an end quote and handed back.
    while True:
        line = waiting.pop(0) if waiting else next(lines, None)
        if line is None:
            return
        text = _decoded(path, line)
        if isinstance(text, Problem):
            yield text
            continue
        if not text.strip():
            continue
        cells = _cells(text, delimiter)
        more: list[Line] = []
        while cells is None and len(more) < MAX_ROW_LINES:
            following = waiting.pop(0) if waiting else next(lines, None)
            if following is None:
                break
            more.append(following)
            addition = _decoded(path, following)
            if isinstance(addition, Problem):
                break
            text = f"{text}\n{addition}"
            if '"' in addition:
                cells = _cells(text, delimiter)
        if cells is None or len(cells) != n_columns:
            waiting = more + waiting
            found = "a quote that does not end" if cells is None else f"{len(cells)} cells"
            yield Problem(path, f"line {line.number}", f"{found} where {n_columns} cells are expected")
            continue
        yield line.number, cells


def _decoded(path: Path, line: Line) -> str | Problem:
    place = f"line {line.number}"
    if line.content is None:
        return Problem(path, place, "longer than 16 MiB")
    if b"\0" in line.content:
        return Problem(path, place, f"NUL byte at offset {line.offset + line.content.index(0)}")
    try:
        return line.content.decode()
    except UnicodeDecodeError as error:
        return Problem(path, place, undecodable(error, line.offset))


def _cells(text: str, delimiter: str) -> list[str] | None:
    """Return the cells of one row of text, or None when a quote is open at its end."""
    if '"' not in text:
        return text.split(delimiter)
    with suppress(csv.Error):
        rows = list(
            csv.reader(
                text.split("\n") if "\n" not in text else _kept_ends(text), delimiter=delimiter, strict=True
            )
        )
        return rows[0] if len(rows) == 1 else None
    return None


def _kept_ends(text: str) -> list[str]:
    return [f"{part}\n" for part in text.split("\n")]


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
