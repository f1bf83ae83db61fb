"""Reader of M3U and M3U8 playlists: a path or address a line, with `#EXT...` lines that describe the next
one.

Known are `#EXTINF:seconds,Artist - Title` (with or without `key="value"` pairs), `#EXTART`, `#EXTALB`,
`#PLAYLIST`. Text is UTF-8; a `.m3u` that is not is Windows-1252, as most are, else Latin-1; in a `.m3u8` each
line that is not is a problem. A file with NUL bytes is refused, and so is an HLS stream, whose parts are no
songs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from pipelines.sources.batch import Batch, Problem
from pipelines.sources.collector import Song
from pipelines.sources.identifiers import location_id
from pipelines.sources.lines import UTF8_BOM, undecodable
from pipelines.sources.playlist_files import FoundPlaylist, read_folder
from pipelines.sources.values import clean_text, duration_ms

SUFFIXES = (".m3u", ".m3u8")

_EXTINF = re.compile(r"\s*(-?\d+(?:\.\d+)?)?((?:\s+[\w-]+=(?:\"[^\"]*\"|[^\s,]*))*)\s*(?:,(.*))?$", re.DOTALL)
MAX_LOCATION = 4096  # Characters; Linux opens no longer path.
_OTHER_FORMAT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<[a-zA-Z!?]|\{\s*[\"}])")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")


def read(path: Path, *, namespace: str) -> Iterator[Batch]:
    """Yield the playlists of an M3U file, or of those below a folder."""
    return read_folder(path, SUFFIXES, parse, namespace=namespace)


def parse(file: Path, data: bytes) -> Iterator[FoundPlaylist | Problem]:
    """Yield the playlist in a file and the problems of its lines."""
    if b"\0" in data:
        yield Problem(file, f"byte {data.index(0)}", "NUL byte: no text")
        return
    if b"#EXT-X-" in data:
        yield Problem(file, "", "an HLS stream, not a list of songs")
        return
    if _OTHER_FORMAT.match(data):
        yield Problem(file, "", "a page or a document, not a list of songs")
        return
    found = FoundPlaylist(name="")
    about = Song("", "")
    for number, line in _text_lines(file, data):
        if isinstance(line, Problem):
            yield line
            continue
        text = line.strip()
        if _CONTROL.search(text):
            yield Problem(file, f"line {number}", "control characters: no text")
        elif len(text) > MAX_LOCATION:
            yield Problem(file, f"line {number}", f"longer than {MAX_LOCATION} characters")
        elif text.startswith("#"):
            _describe(text, about, found)
        elif text:
            location = location_id(text, file.parent, encoded=False)
            about.ids = [location] if location else []
            about.title = about.title or _stem(text)
            found.songs.append((f"line {number}", about))
            about = Song("", "")
    yield found


def _text_lines(file: Path, data: bytes) -> Iterator[tuple[int, str | Problem]]:
    body = data.removeprefix(UTF8_BOM)
    encoding = "utf-8"
    if file.suffix.lower() != ".m3u8" and body == data:
        encoding = _encoding(data)
    offset = len(data) - len(body)
    for number, line in enumerate(re.split(rb"\n|\r(?!\n)", body), start=1):
        try:
            yield number, line.decode(encoding)
        except UnicodeDecodeError as error:
            yield number, Problem(file, f"line {number}", undecodable(error, offset))
        offset += len(line) + 1


def _encoding(data: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def _describe(text: str, song: Song, playlist: FoundPlaylist) -> None:
    """Take over what a `#` line says of the next song or of the playlist; comments say nothing."""
    directive, _, value = text.partition(":")
    directive = directive.upper()
    if directive == "#EXTINF":
        _extinf(value, song)
    elif directive == "#EXTART":
        song.artist = clean_text(value)
    elif directive == "#EXTALB":
        song.album = clean_text(value)
    elif directive == "#PLAYLIST":
        playlist.name = clean_text(value)


def _extinf(value: str, song: Song) -> None:
    match = _EXTINF.match(value)
    seconds, shown = (match[1], match[3]) if match else (None, value.partition(",")[2])
    song.duration_ms = duration_ms(seconds, per_second=True)
    artist, dash, title = (shown or "").partition(" - ")
    if dash and title.strip():
        song.title = clean_text(title)
        song.artist = song.artist or clean_text(artist)
    else:
        song.title = clean_text(shown or "")


def _stem(location: str) -> str:
    return clean_text(PureWindowsPath(location).stem or location)
