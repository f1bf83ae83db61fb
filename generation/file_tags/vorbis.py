"""Vorbis comments, and their place in FLAC files.

https://www.xiph.org/vorbis/doc/v-comment.html, https://www.rfc-editor.org/rfc/rfc9639 (section 8)
"""

from __future__ import annotations

from collections.abc import Mapping

_STREAMINFO, _COMMENTS = 0, 4
_LAST = 0x80


def comments(vendor: bytes, tags: Mapping[str, str]) -> bytes:
    """Return a list of comments; `vendor` names what encoded the sound."""
    entries = [f"{name}={value}".encode() for name, value in tags.items()]
    return _counted(vendor) + len(entries).to_bytes(4, "little") + b"".join(map(_counted, entries))


def vendor_of(comments: bytes) -> bytes:
    """Return the vendor that a list of comments names."""
    length = int.from_bytes(comments[:4], "little")
    return comments[4 : 4 + length]


def with_flac_comments(content: bytes, tags: Mapping[str, str]) -> bytes:
    """Return a FLAC file with these comments.

    Raises
    ------
    ValueError
        It is no FLAC file.
    """
    if not content.startswith(b"fLaC"):
        raise ValueError("this is no FLAC file")
    at, is_last, vendor = 4, False, b"Songspace"
    blocks: list[tuple[int, bytes]] = []
    while not is_last:
        if at + 4 > len(content):
            raise ValueError(f"byte {at}: the blocks of this FLAC file do not end")
        is_last, kind = bool(content[at] & _LAST), content[at] & ~_LAST
        length = int.from_bytes(content[at + 1 : at + 4], "big")
        body = content[at + 4 : at + 4 + length]
        if kind == _COMMENTS:
            vendor = vendor_of(body)
        else:
            blocks.append((kind, body))
        at += 4 + length
    if not blocks or blocks[0][0] != _STREAMINFO:
        raise ValueError("this FLAC file does not say what is in it")
    blocks.insert(1, (_COMMENTS, comments(vendor, tags)))
    written = [
        bytes([kind | (_LAST if number == len(blocks) else 0)]) + len(body).to_bytes(3, "big") + body
        for number, (kind, body) in enumerate(blocks, start=1)
    ]
    return b"fLaC" + b"".join(written) + content[at:]


def _counted(text: bytes) -> bytes:
    return len(text).to_bytes(4, "little") + text
