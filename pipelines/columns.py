"""Every column name that crosses a module boundary in `pipelines`, once, with its dtype.

Conventions: `*_ref` is a string that names a thing inside one source (`playlists:17`); `*_id` is a row
number of our database; times are whole seconds since 1970-01-01 UTC. A frame with a column listed here holds
it in the dtype given by `DTYPES`; `empty(columns)` makes a frame that obeys.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

# References: names inside one source, `scheme:value`.
SONG_REF = "song_ref"
PLAYLIST_REF = "playlist_ref"
USER_REF = "user_ref"

# What a source says of a song.
TITLE = "title"
ARTIST = "artist"
ALBUM = "album"
DURATION_MS = "duration_ms"
ATTRIBUTES = "attributes"  # JSON object as text, keys sorted; "{}" when there is nothing

# Further external names of a song.
SCHEME = "scheme"
VALUE = "value"

# Tags: words for how a song is.
TAG = "tag"  # as the source spells it; "" says that the source has looked and gives the song none
WEIGHT = "weight"  # how much a tag fits, or a lyric counts, 0..1

# Playlists.
NAME = "name"
SOURCE_KEY = "source_key"  # the playlist of which this one is a snapshot; "" when there is none
POSITION = "position"  # 0, 1, 2, ... without gaps

# Listens and feedback.
LISTENED_AT_S = "listened_at_s"
COMPLETION = "completion"  # share of the song that was played, 0..1, NaN when unknown
KIND = "kind"  # "like", "dislike" or "block"

# Audio files.
PATH = "path"  # absolute, "." and ".." folded as text, at most 400 characters
SHA256 = "sha256"  # of the whole file, 64 hexadecimal digits
SIZE_BYTES = "size_bytes"
MTIME_NS = "mtime_ns"  # when the file was last written, nanoseconds since 1970
DURATION_S = "duration_s"  # as its header says; NaN when unknown

# Lyrics: the words of a song in a book.
BOOK = "book"  # the source, `scheme:value`
NUMBER = "number"  # place in the book, from 0
AUTHOR = "author"
TEXT = "text"  # lines; one blank line between stanzas

# Database row numbers.
SONG_ID = "song_id"
PLAYLIST_ID = "playlist_id"
USER_ID = "user_id"

DTYPES: dict[str, str] = {
    SONG_REF: "str",
    PLAYLIST_REF: "str",
    USER_REF: "str",
    TITLE: "str",
    ARTIST: "str",
    ALBUM: "str",
    DURATION_MS: "Int64",
    ATTRIBUTES: "str",
    SCHEME: "str",
    VALUE: "str",
    TAG: "str",
    WEIGHT: "float64",
    NAME: "str",
    SOURCE_KEY: "str",
    POSITION: "int64",
    LISTENED_AT_S: "int64",
    COMPLETION: "float64",
    KIND: "str",
    PATH: "str",
    SHA256: "str",
    SIZE_BYTES: "int64",
    MTIME_NS: "int64",
    DURATION_S: "float64",
    BOOK: "str",
    NUMBER: "int64",
    AUTHOR: "str",
    TEXT: "str",
    SONG_ID: "int64",
    PLAYLIST_ID: "int64",
    USER_ID: "int64",
}

SONGS: tuple[str, ...] = (SONG_REF, TITLE, ARTIST, ALBUM, DURATION_MS, ATTRIBUTES)
ALIASES: tuple[str, ...] = (SONG_REF, SCHEME, VALUE)
SONG_TAGS: tuple[str, ...] = (SONG_REF, TAG, WEIGHT)
PLAYLISTS: tuple[str, ...] = (PLAYLIST_REF, NAME, SOURCE_KEY, ATTRIBUTES)
ENTRIES: tuple[str, ...] = (PLAYLIST_REF, POSITION, SONG_REF)
LISTENS: tuple[str, ...] = (USER_REF, SONG_REF, LISTENED_AT_S, COMPLETION)
FEEDBACK: tuple[str, ...] = (USER_REF, SONG_REF, KIND, LISTENED_AT_S)
FILES: tuple[str, ...] = (SONG_REF, PATH, SHA256, SIZE_BYTES, MTIME_NS, DURATION_S)
LYRICS: tuple[str, ...] = (BOOK, NUMBER, TITLE, AUTHOR, TEXT, WEIGHT)


def empty(columns: Sequence[str]) -> pd.DataFrame:
    """Return a frame of no rows with these columns in their dtypes."""
    return pd.DataFrame({name: pd.Series(dtype=DTYPES[name]) for name in columns})
