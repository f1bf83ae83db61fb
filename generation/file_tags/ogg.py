"""Vorbis comments in Ogg files, whose pages are numbered and summed again.

A stream has a serial number, which encoders draw at random; here it is taken from the sound itself, so that
the same sound and tags are the same file. https://www.rfc-editor.org/rfc/rfc3533 (pages),
https://xiph.org/vorbis/doc/Vorbis_I_spec.html (section 4.2: three packets before the sound).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from generation.file_tags.vorbis import comments, vendor_of

_CONTINUED, _FIRST, _END = 1, 2, 4
_NOTHING_ENDS = (1 << 64) - 1
_COMMENTS = b"\x03vorbis"
_MOST_SEGMENTS = 255
# Every byte with its bits in the other order.
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Page:
    """A page: its flags, the sample that it ends at, the lengths of its segments, and these."""

    flags: int
    granule: int
    lengths: bytes
    body: bytes

    def written(self, serial: int, number: int) -> bytes:
        """Return its bytes, with their sum."""
        head = struct.pack("<4sBBQII", b"OggS", 0, self.flags, self.granule, serial, number)
        tail = bytes([len(self.lengths)]) + self.lengths + self.body
        return head + struct.pack("<I", checksum(head + bytes(4) + tail)) + tail


def with_ogg_comments(content: bytes, tags: Mapping[str, str]) -> bytes:
    """Return an Ogg Vorbis file with these comments, and a serial number that follows from it.

    Raises
    ------
    ValueError
        It is no Ogg file of one Vorbis stream.
    """
    found = list(pages(content))
    n_pages, packets = _packets_before_sound(found)
    vendor = vendor_of(packets[0][len(_COMMENTS) :])
    said = _COMMENTS + comments(vendor, tags) + b"\x01"
    written = [found[0], *_paged([said, packets[1]]), *found[n_pages:]]
    serial = zlib.crc32(b"".join(page.body for page in written))
    return b"".join(page.written(serial, number) for number, page in enumerate(written))


def pages(content: bytes) -> Iterator[Page]:
    """Yield the pages of an Ogg file; raises ValueError."""
    at = 0
    while at < len(content):
        head = content[at : at + 27]
        if len(head) < 27 or not head.startswith(b"OggS"):
            raise ValueError(f"byte {at}: no page of an Ogg file")
        body_at = at + 27 + head[26]
        lengths = content[at + 27 : body_at]
        end = body_at + sum(lengths)
        if end > len(content):
            raise ValueError(f"byte {at}: the page ends behind the file")
        yield Page(head[5], int.from_bytes(head[6:14], "little"), lengths, content[body_at:end])
        at = end


def checksum(page: bytes) -> int:
    """CRC-32 with the bits of each byte from the highest, begun at 0: zlib's, seen in a mirror."""
    seen = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{seen:032b}"[::-1], 2)


def _packets_before_sound(found: Sequence[Page]) -> tuple[int, list[bytes]]:
    """How many pages lie before the sound, and the packets of comments and of settings in them."""
    if not found or not found[0].body.startswith(b"\x01vorbis") or not found[0].flags & _FIRST:
        raise ValueError("this is no Ogg file of a Vorbis stream")
    packets, parts = [], b""
    for number, page in enumerate(found[1:], start=2):
        at = 0
        for length in page.lengths:
            parts += page.body[at : at + length]
            at += length
            if length < 255:
                packets.append(parts)
                parts = b""
        if len(packets) == 2 and not parts and packets[0].startswith(_COMMENTS):
            return number, packets
        if len(packets) >= 2:
            break
    raise ValueError("the Vorbis stream does not begin as it should")


def _paged(packets: Sequence[bytes]) -> Iterator[Page]:
    """Lay packets into pages of at most 255 segments; those before the sound end at sample 0."""
    body = b"".join(packets)
    lengths = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    at, is_inside = 0, False
    for start in range(0, len(lengths), _MOST_SEGMENTS):
        part = lengths[start : start + _MOST_SEGMENTS]
        ends = any(length < 255 for length in part)
        end = at + sum(part)
        yield Page(_CONTINUED if is_inside else 0, 0 if ends else _NOTHING_ENDS, part, body[at:end])
        at, is_inside = end, part[-1] == 255
