"""What every reader yields: a batch of tidy rows, and the places where a file could not be read.

A reader is a function `read(path, *, namespace) -> Iterator[Batch]`. It never raises for bad content: what
cannot be read becomes a `Problem` with its place, and the rest of the file goes on. Frames hold the columns
of `pipelines.columns` in their dtypes. Within one batch every `song_ref` of entries and listens is in
`songs`, and all entries of a playlist are in the batch that holds the playlist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from pipelines.columns import (
    ALIASES,
    ENTRIES,
    FEEDBACK,
    FILES,
    LISTENS,
    LYRICS,
    PLAYLISTS,
    SONG_TAGS,
    SONGS,
    empty,
)


@dataclass(frozen=True)
class Problem:
    """One malformed part of one file.

    `place` is what a person needs to find it: "line 12", "byte 4096", "row 3", "playlist 7, track 2", or ""
    for the file as a whole.
    """

    file: Path
    place: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.file}, {self.place}" if self.place else str(self.file)
        return f"{where}: {self.reason}"


@dataclass(frozen=True)
class Batch:
    """Some rows of one source, ready to be stored.

    A `song_ref` is `scheme:value` and is itself an external id of the song, so it is not repeated in
    `aliases`; a song known by artist and title alone has a ref of scheme "name", which is not stored.
    Where `tags` names a song, it holds all that the source, which is the scheme of the `song_ref`, has to say
    of it; a song that is not in it keeps the tags that it has. `files` are the audio files that hold the
    songs, each with the ref `file:<sha256>`; one that is as it was when it last came in has no row in
    `songs`. `lyrics` hold books whole: what a book had before and has no more goes. `passed_over` counts
    sources that were read before, `read_whole` are those of which nothing is left to come, by their marks
    (pipelines/sources/read_before.py).
    """

    songs: pd.DataFrame = field(default_factory=lambda: empty(SONGS))
    aliases: pd.DataFrame = field(default_factory=lambda: empty(ALIASES))
    tags: pd.DataFrame = field(default_factory=lambda: empty(SONG_TAGS))
    playlists: pd.DataFrame = field(default_factory=lambda: empty(PLAYLISTS))
    entries: pd.DataFrame = field(default_factory=lambda: empty(ENTRIES))
    listens: pd.DataFrame = field(default_factory=lambda: empty(LISTENS))
    feedback: pd.DataFrame = field(default_factory=lambda: empty(FEEDBACK))
    files: pd.DataFrame = field(default_factory=lambda: empty(FILES))
    lyrics: pd.DataFrame = field(default_factory=lambda: empty(LYRICS))
    problems: tuple[Problem, ...] = ()
    passed_over: int = 0
    read_whole: Mapping[str, str] = field(default_factory=dict)
