"""The tables of a backup: one Parquet file each, whose rows are counted and summed while they go by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from db.repositories.whole_tables import ColumnFacts, Digest, Row
from pipelines.backup_files import TABLES, BackupError, TableFacts

if TYPE_CHECKING:
    import pyarrow as pa


def write_table(
    folder: Path, name: str, columns: Iterable[ColumnFacts], batches: Iterable[list[Row]]
) -> TableFacts:
    """Write the rows of a table, and count and sum them on the way."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = tuple(columns)
    schema = pa.schema([(column.name, _arrow(column.kind)) for column in columns])
    digest = Digest()
    (folder / TABLES).mkdir(exist_ok=True)
    with pq.ParquetWriter(folder / TABLES / f"{name}.parquet", schema, compression="zstd") as writer:
        for batch in batches:
            for row in batch:
                digest.add(row)
            arrays = [
                pa.array(values, type=field.type)
                for values, field in zip(zip(*batch, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return TableFacts(columns, digest.rows, digest.hexdigest())


def read_table(folder: Path, name: str, facts: TableFacts) -> Iterator[list[Row]]:
    """Give the rows of a table in batches, and see at the end that they are those that were written.

    Raises
    ------
    BackupError
        They are others.
    """
    import pyarrow.parquet as pq

    digest = Digest()
    with pq.ParquetFile(folder / TABLES / f"{name}.parquet") as file:
        for batch in file.iter_batches(columns=[column.name for column in facts.columns]):
            rows = list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
            for row in rows:
                digest.add(row)
            yield rows
    if (digest.rows, digest.hexdigest()) != (facts.rows, facts.digest):
        raise BackupError(f"the table {name} in {folder} holds other rows than its manifest says")


def _arrow(kind: str) -> pa.DataType:
    import pyarrow as pa

    types: dict[str, pa.DataType] = {
        "json": pa.string(),
        "text": pa.string(),
        "bool": pa.bool_(),
        "int": pa.int64(),
        "float": pa.float64(),
        "moment": pa.timestamp("us", tz="UTC"),
        "bytes": pa.large_binary(),
    }
    return types[kind]
