"""What JSPF, XSPF and M3U have in common: a file holds a playlist, a folder holds many such files.

A playlist is named by its own identifier if it has one, else by the namespace and its file's name, relative
to the folder that is read, so that the name stays when the folder moves: `party:summer/beach.m3u8`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.sources.batch import Batch, Problem
from pipelines.sources.collector import Collector, Song
from pipelines.sources.files import file_bytes, files_below
from pipelines.sources.identifiers import external
from pipelines.sources.values import clean_text

MAX_PLAYLIST_BYTES = 128 * 1024 * 1024

_LISTENBRAINZ = re.compile(r"https?://(?:\w+\.)*listenbrainz\.org/playlist/([0-9a-f-]{36})/?$")
_SPOTIFY = re.compile(
    r"(?:spotify:(?:user:[^:]+:)?playlist:|https?://open\.spotify\.com/playlist/)([A-Za-z0-9]{1,64})"
)


@dataclass
class FoundPlaylist:
    """A playlist as a file tells it; `songs` have the place where each stands."""

    name: str
    identifier: str = ""
    songs: list[tuple[str, Song]] = field(default_factory=list)
    attributes: Mapping[str, object] = field(default_factory=dict)


Parse = Callable[[Path, bytes], Iterator[FoundPlaylist | Problem]]


def read_playlist_files(
    files: Iterable[tuple[Path, Parse]], *, root: Path, namespace: str
) -> Iterator[Batch]:
    """Yield the playlists of these files; one whose name was already given is a problem and left out."""
    collector = Collector()
    first_file: dict[str, Path] = {}
    for file, parse in files:
        data = file_bytes(file, MAX_PLAYLIST_BYTES)
        number = 0
        for found in [data] if isinstance(data, Problem) else parse(file, data):
            if isinstance(found, Problem):
                collector.problem(found.file, found.place, found.reason)
                continue
            number += 1
            ref = _playlist_ref(found.identifier, file, root, namespace, number)
            if ref in first_file:
                collector.problem(file, "", f"the playlist {ref} was already read from {first_file[ref]}")
                continue
            first_file[ref] = file
            _collect(collector, ref, file, found)
            if collector.is_full:
                yield collector.take()
    if collector:
        yield collector.take()


def read_folder(path: Path, suffixes: tuple[str, ...], parse: Parse, *, namespace: str) -> Iterator[Batch]:
    """Yield the playlists of one file, or of all files below a folder with one of these suffixes."""
    if not path.is_dir():
        yield from read_playlist_files([(path, parse)], root=path.parent, namespace=namespace)
        return
    files: list[tuple[Path, Parse]] = []
    problems: list[Problem] = []
    for file in files_below(path):
        if isinstance(file, Problem):
            problems.append(file)
        elif file.suffix.lower() in suffixes:
            files.append((file, parse))
    if not files:
        problems.append(Problem(path, "", f"no file that ends in {' or '.join(suffixes)}"))
    if problems:
        yield Batch(problems=tuple(problems))
    yield from read_playlist_files(files, root=path, namespace=namespace)


def _collect(collector: Collector, ref: str, file: Path, found: FoundPlaylist) -> None:
    refs: list[str] = []
    for place, song in found.songs:
        song_ref = collector.song(song)
        if song_ref:
            refs.append(song_ref)
        else:
            collector.problem(file, place, "neither an id nor a title")
    collector.playlist(ref, found.name or clean_text(file.stem), refs, attributes=found.attributes)


def _playlist_ref(identifier: str, file: Path, root: Path, namespace: str, number: int) -> str:
    for scheme, pattern in (("listenbrainz", _LISTENBRAINZ), ("spotify", _SPOTIFY)):
        match = pattern.match(identifier)
        if match:
            return external(scheme, match[1])
    if identifier:
        return external("url" if identifier.startswith(("http://", "https://")) else "uri", identifier)
    relative = file.relative_to(root) if file.is_relative_to(root) else Path(file.name)
    return external(namespace, clean_text(relative.as_posix(), 4096) + (f"#{number}" if number > 1 else ""))
