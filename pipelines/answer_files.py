"""Files of recommendations for many users: a line of JSON a user, or a table of a row a song.

Columns of the tables: user, place (from 1), song, title, artist, score, because (the songs that pulled it in,
strongest first; in CSV with blanks between), signal, retriever, fallback, release.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

_TEXTS = ("song", "title", "artist")
_COLUMNS = ("user", "place", *_TEXTS, "score", "because", "signal", "retriever", "fallback", "release")
# Users of a row group.
_AT_ONCE = 5_000


def write_answers(lines: Path, out: Path) -> None:
    """Turn a file of lines into `out`, by its ending: `.csv`, `.parquet`, else lines; the lines may be moved.

    The file appears whole, in the place of an older one.
    """
    write = _WRITERS.get(out.suffix.lower())
    if write is None:
        os.replace(lines, out)
        return
    temporary = lines.with_name("table")
    write(lines, temporary)
    os.replace(temporary, out)


def _rows(line: str) -> Iterator[dict[str, Any]]:
    answer = json.loads(line)
    for place, song in enumerate(answer["songs"], 1):
        yield {
            "user": answer["user"],
            "place": place,
            **{name: song[name] for name in _TEXTS},
            "score": song["score"],
            "because": [one["song"] for one in song["because"]],
            "signal": song["signal"],
            "retriever": song["retriever"],
            "fallback": answer["fallback"] or "",
            "release": answer["release"] or "",
        }


def _as_csv(lines: Path, out: Path) -> None:
    with lines.open(encoding="utf-8") as given, out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        for line in given:
            writer.writerows(row | {"because": " ".join(row["because"])} for row in _rows(line))


def _as_parquet(lines: Path, out: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"place": pa.int32(), "score": pa.float64(), "because": pa.list_(pa.string())}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in _COLUMNS])
    with lines.open(encoding="utf-8") as given, pq.ParquetWriter(out, schema, compression="zstd") as writer:
        while some := list(islice(given, _AT_ONCE)):
            rows = [row for line in some for row in _rows(line)]
            writer.write_table(pa.Table.from_pylist(rows, schema))


_WRITERS: dict[str, Callable[[Path, Path], None]] = {".csv": _as_csv, ".parquet": _as_parquet}
