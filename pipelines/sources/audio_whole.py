"""Whether an audio file is whole: what its container promises beside what is there.

Looks at headers and ends, decodes nothing. A file that was cut off in a copy or a download still plays to
where it was cut; its name, length and sound would be half right, so it is told.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from pipelines.sources.audio_stream import HEAD_BYTES, kind_of

# An Ogg page is at most 65,307 bytes; tags behind MP3s, and padding, may take as much.
_TAIL_BYTES = 1 << 17
_ID3_HEAD = 10
_STREAMED = 0xFFFFFFFF  # A length that was not known when the header was written.
_XING_AT_MOST = 200  # Bytes from an MPEG frame's beginning to the end of its Xing header's sizes.


def fault_in(path: Path) -> str:
    """Return what tells that a file was cut off, or "" where nothing does.

    Raises
    ------
    OSError
    """
    size = os.stat(path).st_size
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        kind = kind_of(head)
        if kind == "ogg":
            return _ogg(stream, size)
        if kind in ("wav", "aiff"):
            promised = int.from_bytes(head[4:8], "little" if kind == "wav" else "big") + 8
            return (
                _short(size, promised) if promised - 8 not in (0, _STREAMED) and head[:4] != b"RF64" else ""
            )
        if kind == "m4a":
            return _boxes(stream, size)
        if kind == "mp3":
            return _mpeg(stream, size)
    return ""


def _short(size: int, promised: int, slack: int = 8) -> str:
    if size + slack >= promised:
        return ""
    return f"cut off: {size:,} bytes of {promised:,}"


def _ogg(stream: BinaryIO, size: int) -> str:
    """The last page of a stream says that it is the last, and is all there."""
    stream.seek(max(0, size - _TAIL_BYTES))
    tail = stream.read(_TAIL_BYTES)
    at = tail.rfind(b"OggS")
    if at < 0:
        return "cut off: its last page has no beginning"
    page = tail[at:]
    n_segments = page[26] if len(page) > 26 else 255
    table = page[27 : 27 + n_segments]
    if len(page) < 27 + n_segments or len(page) < 27 + n_segments + sum(table):
        return "cut off within its last page"
    return "" if page[5] & 0x04 else "cut off: its last page is not marked as the end"


def _boxes(stream: BinaryIO, size: int) -> str:
    """The boxes of an MP4 lie end to end, and one of them says where the sound is."""
    at, kinds = 0, []
    while at + 8 <= size:
        stream.seek(at)
        head = stream.read(16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        kinds.append(kind)
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length == 0:  # To the end of the file.
            break
        if length < 8:
            return f"byte {at}: a box of {length} bytes"
        if at + length > size:
            return _short(size, at + length, slack=0)
        at += length
    return "" if b"moov" in kinds else "cut off: nothing in it says where the sound is"


def _mpeg(stream: BinaryIO, size: int) -> str:
    """The Xing or Info header, where there is one, says how many bytes follow."""
    stream.seek(0)
    head = stream.read(_ID3_HEAD)
    start = 0
    if head.startswith(b"ID3"):
        start = _ID3_HEAD + sum(
            (byte & 127) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True)
        )
        if start >= size:
            return "cut off within its tags"
    stream.seek(start)
    frame = stream.read(_XING_AT_MOST)
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    if at < 0 or len(frame) < at + 16 or not frame[at + 7] & 2:
        return ""
    after = at + 8 + 4 * (frame[at + 7] & 1)
    promised = int.from_bytes(frame[after : after + 4], "big")
    # Encoders differ in whether the header's own frame counts.
    return _short(size, start + promised, slack=4096) if 0 < promised < _STREAMED else ""
