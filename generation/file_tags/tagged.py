"""Put tags into a sound file, by one set of names whatever the format: those of Vorbis comments.

    TITLE ARTIST DATE COMMENT ENCODER     have a place of their own in every format
    anything else                         is a comment of its name, in ID3 a TXXX frame

The same sound and tags give the same bytes. No library of tags is used: those that write are under the GPL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from generation.file_tags.id3 import with_id3
from generation.file_tags.ogg import with_ogg_comments
from generation.file_tags.riff import with_info
from generation.file_tags.vorbis import with_flac_comments

Tags = Mapping[str, str]
MOST_CHARACTERS = 4000
_NAME = re.compile(r"[A-Z][A-Z0-9_-]{0,40}")
_WRITERS = {
    ".wav": with_info,
    ".flac": with_flac_comments,
    ".ogg": with_ogg_comments,
    ".mp3": with_id3,
}


def tagged(content: bytes, suffix: str, tags: Tags) -> bytes:
    """Return a sound file with these tags in the place of those that it has.

    Values are written on one line, at most 4,000 characters of them; what is empty is left out.

    Parameters
    ----------
    content : bytes
        As `generation.audio_files.encoded` gives it.
    suffix : str
        Which format: ".wav", ".flac", ".ogg" or ".mp3".

    Raises
    ------
    ValueError
        A name that is not of capital letters, digits and hyphens; content that is no such file.
    """
    for name in tags:
        if not _NAME.fullmatch(name):
            raise ValueError(f"a tag's name is of capital letters, digits and hyphens, got {name[:40]!r}")
    clean = {name: one_line(value) for name, value in tags.items()}
    return _WRITERS[suffix](content, {name: value for name, value in clean.items() if value})


def one_line(text: str) -> str:
    """Return text that any tag can hold: no control characters, no lone surrogates, on one line."""
    text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split())[:MOST_CHARACTERS].rstrip()
