"""Reader of music: audio files below a folder, with what their tags say of the songs in them.

A file is known by the hash of all its bytes: its song has the ref `file:<sha256>`, and the file's `path`, and
what recording ids its tags hold, as aliases, so that playlists and listens that name those mean the same
song.
What tags do not say is taken from the path (`pipelines.sources.audio_names`). The genre becomes tags. Music
that is marked as generated keeps its mark, as attribute `ai_generated` (`pipelines.sources.audio_marks`). A
file that is empty, cut off, or holds no audio is a problem and left out.

`known` are the files as they last came in: one of the same path, size and time of writing is not read again.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.columns import ALIASES, FILES, SONG_TAGS, SONGS
from pipelines.sources.audio_marks import mark_of
from pipelines.sources.audio_names import Named, are_numbered, names_in
from pipelines.sources.audio_stream import (
    SUFFIXES,
    AudioDecoderMissingError,
    AudioError,
    AudioStream,
    head_of,
    kind_of,
    open_audio,
)
from pipelines.sources.audio_whole import fault_in
from pipelines.sources.batch import Batch, Problem
from pipelines.sources.collector import frame
from pipelines.sources.files import files_below, reason_of
from pipelines.sources.identifiers import external, isrc, mbid
from pipelines.sources.values import attributes_json, clean_text, duration_ms

# A batch is stored together: what a killed ingest has to read again.
BATCH_FILES = 100
MAX_PATH = 400  # Characters; no database indexes more.
_HEAD_FRAMES = 4_096
_GENRES = re.compile(r"[;,/\\|\x00]")
_VARIOUS = re.compile(r"various(?: artists?)?|va|v\.a\.|unknown(?: artist)?", re.IGNORECASE)
# How taggers spell the id of a recording at MusicBrainz; "track id" was its name.
_MBID_NAMES = (
    "musicbrainz_trackid",
    "musicbrainz track id",
    "musicbrainz_recordingid",
    "musicbrainz recording id",
)


@dataclass(frozen=True)
class FileStamp:
    """A file as it was when it last came in."""

    size_bytes: int
    mtime_ns: int
    sha256: str
    duration_s: float = math.nan


Known = Mapping[str, FileStamp]
"""By absolute path."""


@dataclass
class _Rows:
    """Rows of a batch in the making."""

    songs: list[tuple[object, ...]] = field(default_factory=list)
    aliases: list[tuple[object, ...]] = field(default_factory=list)
    tags: list[tuple[object, ...]] = field(default_factory=list)
    files: list[tuple[object, ...]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def batch(self) -> Batch:
        return Batch(
            songs=frame(SONGS, self.songs),
            aliases=frame(ALIASES, self.aliases),
            tags=frame(SONG_TAGS, self.tags),
            files=frame(FILES, self.files),
            problems=tuple(self.problems),
        )


def read(path: Path, *, namespace: str = "", known: Known | None = None) -> Iterator[Batch]:
    """Yield the songs of an audio file, or of all below a folder; a hash is a name anywhere, whatever the
    namespace.
    """
    if not path.is_dir():
        yield from read_files([path], root=path.parent, known=known)
        return
    problems: list[Problem] = []
    files: list[Path] = []
    for file in files_below(path):
        if isinstance(file, Problem):
            problems.append(file)
        elif file.suffix.lower() in SUFFIXES:
            files.append(file)
    if not files:
        problems.append(Problem(path, "", f"no file that ends in {', '.join(sorted(SUFFIXES))}"))
    if problems:
        yield Batch(problems=tuple(problems))
    yield from read_files(files, root=path, known=known)


def read_files(files: Sequence[Path], *, root: Path, known: Known | None = None) -> Iterator[Batch]:
    """Yield the songs of these files; folders below `root` may name artists and albums."""
    numbered = _numbered_folders(files)
    rows = _Rows()
    for number, file in enumerate(files, start=1):
        try:
            _read_file(file, root, known or {}, rows, numbered=numbered[file.parent])
        except AudioError as error:
            rows.problems.append(Problem(file, "", str(error)))
        except (OSError, ValueError) as error:
            rows.problems.append(Problem(file, "", f"cannot be read: {reason_of(error)}"))
        if number % BATCH_FILES == 0:
            yield rows.batch()
            rows = _Rows()
    if rows.files or rows.problems:
        yield rows.batch()


def path_key(file: Path) -> str:
    """A file's absolute path, folded as text like the paths in playlists are."""
    return os.path.normpath(file.absolute())


def _numbered_folders(files: Sequence[Path]) -> dict[Path, bool]:
    stems: dict[Path, list[str]] = {}
    for file in files:
        stems.setdefault(file.parent, []).append(file.stem)
    return {folder: are_numbered(names) for folder, names in stems.items()}


def _read_file(file: Path, root: Path, known: Known, rows: _Rows, *, numbered: bool) -> None:
    path = path_key(file)
    if len(path) > MAX_PATH:
        raise AudioError(f"its path is longer than {MAX_PATH} characters")
    if clean_text(path, MAX_PATH + 1) != path:
        raise AudioError("its path is no text that can be stored")
    status = file.stat()
    stamp = known.get(path)
    if stamp is not None and (stamp.size_bytes, stamp.mtime_ns) == (status.st_size, status.st_mtime_ns):
        ref = external("file", stamp.sha256)
        rows.files.append((ref, path, stamp.sha256, stamp.size_bytes, stamp.mtime_ns, stamp.duration_s))
        return
    if status.st_size == 0:
        raise AudioError("is empty")
    kind = kind_of(head_of(file))
    duration_s = _checked(file, kind)
    tag, fault = _tags(file, kind)
    if fault:
        rows.problems.append(Problem(file, "", f"{fault}; it goes in by its name"))
    with file.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    if math.isnan(duration_s):
        duration_s = float(getattr(tag, "duration", None) or math.nan)
    ref = external("file", sha256)
    relative = file.relative_to(root) if file.is_relative_to(root) else Path(file.name)
    named = names_in(relative, numbered=numbered)
    rows.songs.append((ref, *_facts(tag, named), duration_ms(duration_s, per_second=True), _attributes(tag)))
    rows.aliases.extend((ref, scheme, value) for scheme, value in [("path", path), *_recording_ids(tag)])
    genres = _genres(tag) or [""]
    rows.tags.extend((ref, genre, 1.0) for genre in genres)
    rows.files.append((ref, path, sha256, status.st_size, status.st_mtime_ns, duration_s))


def _checked(file: Path, kind: str) -> float:
    """The length in seconds of a file that opens and is whole; NaN where only its decoder is missing.

    Raises
    ------
    AudioError
    """
    fault = fault_in(file)
    if fault:
        raise AudioError(fault)
    try:
        with open_audio(file) as stream:
            if not len(stream.read(0, _HEAD_FRAMES)):
                raise AudioError("there is no audio in it")
            if kind == "flac":
                _check_end(stream)
            return stream.n_frames / stream.sample_rate or math.nan
    except AudioDecoderMissingError:
        return math.nan


def _check_end(stream: AudioStream) -> None:
    """Decode the last samples, for formats that do not say how many bytes they have."""
    last = max(0, stream.n_frames - _HEAD_FRAMES)
    try:
        is_there = len(stream.read(last, _HEAD_FRAMES)) > 0
    except AudioError:
        is_there = False
    if not is_there:
        raise AudioError("cut off: its end cannot be decoded")


def _tags(file: Path, kind: str) -> tuple[Any, str]:
    """The file's tags, or None and what is wrong with them."""
    from tinytag import TinyTag, TinyTagException

    if kind == "aac":  # Bare frames: nowhere to hold tags.
        return None, ""
    try:
        with file.open("rb") as stream:
            return TinyTag.get(f"file.{kind}", stream), ""
    except TinyTagException as error:
        return None, f"tags that cannot be read ({reason_of(error)})"


def _facts(tag: Any, named: Named) -> tuple[str, str, str]:
    """Title, artist and album: as tagged, else as named."""
    title, artist, album = (clean_text(getattr(tag, name, None)) for name in ("title", "artist", "album"))
    of_album = clean_text(getattr(tag, "albumartist", None))
    if not artist and of_album and not _VARIOUS.fullmatch(of_album):
        artist = of_album
    return title or named.title, artist or named.artist, album or named.album


def _attributes(tag: Any) -> str:
    """What else the tags say, as JSON text."""
    found: dict[str, object] = {
        name: getattr(tag, name, None) for name in ("year", "track", "disc", "composer")
    }
    found["album_artist"] = getattr(tag, "albumartist", None)
    mark = mark_of(tag)
    if mark is not None:
        found["ai_generated"] = mark.to_json() or True
    return attributes_json(found)


def _genres(tag: Any) -> list[str]:
    """The genres, each once, from all of the tag's fields and in each the words between separators."""
    fields = [getattr(tag, "genre", None), *(getattr(tag, "other", None) or {}).get("genre", ())]
    words = [clean_text(word) for text in fields if isinstance(text, str) for word in _GENRES.split(text)]
    return list(dict.fromkeys(word for word in words if word))


def _recording_ids(tag: Any) -> list[tuple[str, str]]:
    """Public ids of the recording: of MusicBrainz, and ISRC."""
    other = {name.casefold(): values for name, values in (getattr(tag, "other", None) or {}).items()}
    found = []
    for names, scheme, parse in ((_MBID_NAMES, "mbid", mbid), (("isrc",), "isrc", isrc)):
        values = [value for name in names for value in other.get(name, ()) if isinstance(value, str)]
        found.extend([(scheme, parse(value)) for value in values if parse(value)][:1])
    return found
