"""ID3v2.4 tags, of MP3 files and within WAV files (https://id3.org/id3v2.4.0-structure)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_FRAMES: Mapping[str, bytes] = MappingProxyType(
    {"TITLE": b"TIT2", "ARTIST": b"TPE1", "DATE": b"TDRC", "ENCODER": b"TSSE"}
)
_HEAD = 10
_UTF8 = b"\x03"


def with_id3(content: bytes, tags: Mapping[str, str]) -> bytes:
    """Return an MP3 file that begins with these tags.

    Raises
    ------
    ValueError
        Its own tags do not end.
    """
    start = 0
    if content.startswith(b"ID3"):
        start = _HEAD + sum(
            (byte & 127) << shift for byte, shift in zip(content[6:10], (21, 14, 7, 0), strict=True)
        )
        if start >= len(content):
            raise ValueError("there is nothing behind the tags of this MP3 file")
    return id3(tags) + content[start:]


def id3(tags: Mapping[str, str]) -> bytes:
    """Return an ID3v2.4 tag, in UTF-8."""
    frames = b"".join(_frame(name, value) for name, value in tags.items())
    return b"ID3\x04\x00\x00" + _syncsafe(len(frames)) + frames


def _frame(name: str, value: str) -> bytes:
    if name == "COMMENT":
        frame, body = b"COMM", _UTF8 + b"eng\x00" + value.encode()
    elif name in _FRAMES:
        # Times of ID3 are UTC and do not say so.
        frame, body = _FRAMES[name], _UTF8 + (value.removesuffix("Z") if name == "DATE" else value).encode()
    else:
        frame, body = b"TXXX", _UTF8 + name.encode() + b"\x00" + value.encode()
    return frame + _syncsafe(len(body)) + b"\x00\x00" + body


def _syncsafe(number: int) -> bytes:
    """28 bits, seven a byte, so that no byte looks like the beginning of sound."""
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))
