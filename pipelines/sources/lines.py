"""Lines of a file as bytes, with their numbers and offsets; lines without end do not fill the memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, NamedTuple

MAX_LINE_BYTES = 16 * 1024 * 1024
UTF8_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One line without its line end. `content` is None for a line longer than `MAX_LINE_BYTES`."""

    number: int  # from 1
    offset: int  # bytes before its content
    content: bytes | None


def read_lines(stream: IO[bytes]) -> Iterator[Line]:
    """Yield the lines of a binary stream; a byte order mark at the start is taken off.

    Raises
    ------
    OSError, EOFError, zlib.error
        What the stream raises when it cannot be read on; the lines before have been yielded.
    """
    offset = 0
    number = 1
    while chunk := stream.readline(MAX_LINE_BYTES + 1):
        size = len(chunk)
        content: bytes | None = chunk
        while len(chunk) > MAX_LINE_BYTES and not chunk.endswith(b"\n"):
            content = None
            chunk = stream.readline(MAX_LINE_BYTES + 1)
            size += len(chunk)
        if content is not None:
            content = content.rstrip(b"\r\n")
        has_mark = number == 1 and content is not None and content.startswith(UTF8_BOM)
        mark = len(UTF8_BOM) if has_mark else 0
        yield Line(number, offset + mark, None if content is None else content[mark:])
        offset += size
        number += 1


def undecodable(error: UnicodeDecodeError, offset: int) -> str:
    """Return the reason of a problem with text that is not UTF-8, at its byte in the file."""
    byte = error.object[error.start]
    return f"not UTF-8: byte 0x{byte:02x} at offset {offset + error.start}"
