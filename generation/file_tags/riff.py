"""Tags of WAV files: the INFO list that is as old as the format, and ID3 for what that has no name for.

Multimedia Programming Interface and Data Specifications 1.0 (IBM & Microsoft, 1991), chapters 2 and 3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from generation.file_tags.id3 import id3

_INFO: Mapping[str, bytes] = MappingProxyType(
    {
        "TITLE": b"INAM",
        "ARTIST": b"IART",
        "DATE": b"ICRD",
        "COMMENT": b"ICMT",
        "ENCODER": b"ISFT",
        "PROVENANCE": b"IKEY",
    }
)
# PEAK holds the second of writing, and says no more than the samples do.
_LEFT_OUT = frozenset({b"PEAK", b"id3 ", b"ID3 "})


def with_info(content: bytes, tags: Mapping[str, str]) -> bytes:
    """Return a WAV file with these tags behind its sound.

    Raises
    ------
    ValueError
        It is no WAV file.
    """
    kept = b"".join(
        _chunk(name, body)
        for name, body in _chunks(content)
        if name not in _LEFT_OUT and not (name == b"LIST" and body.startswith(b"INFO"))
    )
    entries = b"".join(
        _chunk(_INFO[name], value.encode() + b"\x00") for name, value in tags.items() if name in _INFO
    )
    body = b"WAVE" + kept + _chunk(b"LIST", b"INFO" + entries) + _chunk(b"id3 ", id3(tags))
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise ValueError("this is no WAV file")
    at = 12
    while at + 8 <= len(content):
        name, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if at + 8 + length > len(content):
            raise ValueError(f"byte {at}: a chunk of {length:,} bytes ends behind the file")
        yield name, content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _chunk(name: bytes, body: bytes) -> bytes:
    """A chunk, padded to an even number of bytes, which its length does not count."""
    return name + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2)
