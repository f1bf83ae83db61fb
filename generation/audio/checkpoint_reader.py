"""Arrays out of a TensorFlow V2 checkpoint, read with numpy alone.

A checkpoint is two files: `.index`, a sorted table in LevelDB's format (blocks of prefix-compressed keys; the
last 48 bytes say where the index of the blocks lies), whose values are `BundleEntryProto` messages, and
`.data-00000-of-00001`, in which the arrays lie end to end, little-endian, row by row. Only what such files
use is read: uncompressed blocks, one data file, float32.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

_MAGIC = 0xDB4775248B80FB57
_FOOTER_BYTES = 48
_FLOAT32 = 1
# Fields of BundleEntryProto, TensorShapeProto and its Dim, by number.
_DTYPE, _SHAPE, _OFFSET, _SIZE = 1, 2, 4, 5
_DIM, _DIM_SIZE = 2, 1


def read_checkpoint(prefix: Path) -> dict[str, np.ndarray]:
    """Return the float32 arrays of a checkpoint by name.

    Parameters
    ----------
    prefix : Path
        What comes before `.index` and `.data-...`; of a folder in which the files begin with the dot, the
        folder.

    Raises
    ------
    ValueError
        Not such a checkpoint.
    OSError
    """
    base = f"{prefix}/" if prefix.is_dir() else str(prefix)
    table = Path(f"{base}.index").read_bytes()
    data = np.fromfile(f"{base}.data-00000-of-00001", dtype=np.uint8)
    try:
        return dict(_arrays(table, data))
    except (IndexError, KeyError, UnicodeDecodeError, struct.error) as error:
        raise ValueError(f"{base}.index is no checkpoint that can be read: {error!r}") from error


def _arrays(table: bytes, data: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    footer = table[-_FOOTER_BYTES:]
    if struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise ValueError("the index does not end as a table does")
    _, position = _handle(footer, 0)
    index, _ = _handle(footer, position)
    for _, where in _entries(table, *index):
        for name, value in _entries(table, *_handle(where, 0)[0]):
            entry = _fields(value)
            if not name or entry.get(_DTYPE, [0])[0] != _FLOAT32:  # The nameless entry is the header.
                continue
            sizes = [_fields(dim).get(_DIM_SIZE, [0])[0] for dim in _fields(entry[_SHAPE][0]).get(_DIM, [])]
            offset, size = entry.get(_OFFSET, [0])[0], entry[_SIZE][0]
            yield name.decode(), data[offset : offset + size].view("<f4").reshape(sizes)


def _handle(data: bytes, position: int) -> tuple[tuple[int, int], int]:
    """Where a block lies: (offset, size), and the position after what says so."""
    offset, position = _varint(data, position)
    size, position = _varint(data, position)
    return (offset, size), position


def _entries(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one block; each key shares its beginning with the one before."""
    if table[offset + size] != 0:
        raise ValueError("a compressed block")
    block = table[offset : offset + size]
    end = size - 4 - 4 * struct.unpack("<I", block[-4:])[0]  # Behind the entries lie their restart points.
    position, key = 0, b""
    while position < end:
        shared, position = _varint(block, position)
        n_own, position = _varint(block, position)
        n_value, position = _varint(block, position)
        key = key[:shared] + block[position : position + n_own]
        position += n_own + n_value
        yield key, block[position - n_value : position]


def _fields(message: bytes) -> dict[int, list[Any]]:
    """The fields of a protocol-buffer message by number: integers, or bytes of texts and inner messages."""
    found: dict[int, list[Any]] = {}
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind = key & 7
        value: Any
        if kind == 0:
            value, position = _varint(message, position)
        elif kind == 2:
            length, position = _varint(message, position)
            value, position = message[position : position + length], position + length
        elif kind == 5:
            value, position = message[position : position + 4], position + 4
        else:
            raise ValueError(f"a field of kind {kind}")
        found.setdefault(key >> 3, []).append(value)
    return found


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """A number of any length, seven bits a byte, and the position after it."""
    number = shift = 0
    while True:
        byte = data[position]
        number |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            return number, position
