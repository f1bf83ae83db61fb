"""Reads whatever lies at a path: looks which format it is and hands it to that format's reader.

Content decides, a file's name only helps. In a folder of mixed files each is looked at by itself: first the
music, so that playlists find the songs that lie beside them, then playlists, then the rest. Files that are
plainly something else (texts, pictures) are passed over, those with a playlist's or a song's suffix and no
readable content are problems.
"""

from __future__ import annotations

import gzip
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.sources import audio_folder, jspf, lastfm, listenbrainz, lyrics, m3u, mpd, tabular, xspf
from pipelines.sources.audio_folder import Known
from pipelines.sources.audio_stream import SUFFIXES as AUDIO_SUFFIXES
from pipelines.sources.audio_stream import kind_of
from pipelines.sources.batch import Batch, Problem
from pipelines.sources.files import reason_of
from pipelines.sources.identifiers import is_namespace, safe_namespace
from pipelines.sources.playlist_files import Parse, read_playlist_files
from pipelines.sources.read_before import ReadBefore

Read = Callable[..., Iterator[Batch]]

FORMATS: dict[str, Read] = {
    "tabular": tabular.read,
    "mpd": mpd.read,
    "jspf": jspf.read,
    "xspf": xspf.read,
    "m3u": m3u.read,
    "listenbrainz": listenbrainz.read,
    "lastfm": lastfm.read,
    "audio": audio_folder.read,
    "lyrics": lyrics.read,
}
PLAYLIST_FORMATS: dict[str, Parse] = {"jspf": jspf.parse, "xspf": xspf.parse, "m3u": m3u.parse}
# Formats whose ids mean the same wherever the files lie.
_FIXED_NAMESPACES = {"mpd": "mpd", "listenbrainz": "listenbrainz", "lastfm": "lastfm"}
# Formats whose files and folders are passed over where they are as they were.
_WHOLE = frozenset({"tabular", "listenbrainz", "lastfm"})
_TELLING_SUFFIXES = {".m3u": "m3u", ".m3u8": "m3u", ".xspf": "xspf", ".jspf": "jspf"}
_DATA_SUFFIXES = frozenset(
    {*_TELLING_SUFFIXES, ".json", ".jsonl", ".listens", ".tsv", ".gz", ".zip", ".parquet"}
)

_HEAD_BYTES = 1 << 16
_JSON_SIGNS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    (
        "listenbrainz",
        re.compile(rb'"(?:track_metadata|listened_at|recording_msid)"\s*:|"score"\s*:\s*-?[01]\b'),
    ),
    ("jspf", re.compile(rb'"playlist"\s*:')),
    ("mpd", re.compile(rb'"playlists"\s*:\s*\[')),
)
_LASTFM = re.compile(
    rb"[^\t\n]+\t\d{4}-\d\d-\d\dT[^\t\n]*\t[^\t\n]*\t[^\t\n]*\t[^\t\n]*\t[^\t\n]*(?:\r?\n|$)"
)
_LASTFM_PROFILE = re.compile(rb"#?(?:user)?id\tgender\t")


def read_any(
    path: Path, *, format: str | None = None, namespace: str | None = None, known: Known | None = None,
    before: ReadBefore | None = None,
) -> Iterator[Batch]:  # fmt: skip
    """Yield the batches of a file or folder, in the format found by looking or the one named.

    The namespace is by default that of the format where its ids mean the same everywhere (`mpd`,
    `listenbrainz`, `lastfm`), else the name of the folder, or of the folder that the file lies in,
    made safe. `known` are the audio files that came in before; those that are as they were are not
    read again, nor are tables, slices and histories that were read `before`.

    Raises
    ------
    ValueError
        A format name that is not known, or a namespace that cannot be one. Bad content never raises.
    """
    check_names(format, namespace)
    return _read(Path(path), format, namespace, known, before)


def check_names(format: str | None, namespace: str | None) -> None:
    """Refuse, as `read_any` does, a format that is not known and a namespace that cannot be one.

    Raises
    ------
    ValueError
    """
    if format is not None and format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; known are {', '.join(FORMATS)}")
    if namespace is not None and not is_namespace(namespace):
        raise ValueError(f"namespace {namespace!r} cannot be one; {safe_namespace(namespace)!r} can")


def detect(path: Path) -> str | Problem:
    """Return the format of a file or folder, or the problem with it.

    "folder" is one of mixed files, "profile" the Last.fm users' table, which holds no listens.
    """
    try:
        if path.is_dir():
            return _folder_format(path)
        if not path.exists():
            return Problem(path, "", "there is no such file or folder")
        if not path.is_file():
            return Problem(path, "", "is no ordinary file")
        return _file_format(path)
    except (OSError, ValueError) as error:
        return Problem(path, "", f"cannot be read: {reason_of(error)}")


def default_namespace(path: Path, format: str) -> str:
    """Return the namespace of a path for which none is given."""
    if format in _FIXED_NAMESPACES:
        return _FIXED_NAMESPACES[format]
    absolute = Path(os.path.normpath(path.absolute()))
    return safe_namespace(absolute.name if path.is_dir() else absolute.parent.name)


def _read(
    path: Path, format: str | None, namespace: str | None, known: Known | None, before: ReadBefore | None
) -> Iterator[Batch]:
    found = detect(path) if format is None else format
    if isinstance(found, Problem):
        yield Batch(problems=(found,))
    elif format is not None and not path.exists():
        yield Batch(problems=(Problem(path, "", "there is no such file or folder"),))
    elif found == "folder":
        yield from _read_folder(path, namespace, known, before)
    elif found == "profile":
        yield Batch(problems=(Problem(path, "", "profiles of Last.fm users: no listens in it"),))
    elif found == "audio":
        yield from audio_folder.read(path, known=known)
    else:
        yield from _read_one(path, found, namespace or default_namespace(path, found), before)


def _read_one(path: Path, format: str, namespace: str, before: ReadBefore | None) -> Iterator[Batch]:
    """Read what is of one format, unless it was read before."""
    if format == "mpd":
        return mpd.read(path, namespace=namespace, before=before)
    batches = FORMATS[format](path, namespace=namespace)
    return before.read_once(path, namespace, batches) if before and format in _WHOLE else batches


def _read_folder(
    root: Path, namespace: str | None, known: Known | None, before: ReadBefore | None
) -> Iterator[Batch]:
    """Read what lies below a folder: all music, all playlists, then the rest, each as itself, in order."""
    music: list[Path] = []
    playlists: list[tuple[Path, Parse]] = []
    others: list[tuple[Path, str]] = []
    problems: list[Problem] = []
    _look_below(root, music, playlists, others, problems)
    if not music and not playlists and not others and not problems:
        problems.append(Problem(root, "", "nothing in it that can be read"))
    if problems:
        yield Batch(problems=tuple(problems))
    if music:
        yield from audio_folder.read_files(music, root=root, known=known)
    if playlists:
        own = namespace or default_namespace(root, "folder")
        yield from read_playlist_files(playlists, root=root, namespace=own)
    for path, format in others:
        yield from _read_one(path, format, namespace or default_namespace(path, format), before)


def _look_below(
    folder: Path,
    music: list[Path],
    playlists: list[tuple[Path, Parse]],
    others: list[tuple[Path, str]],
    problems: list[Problem],
) -> None:
    try:
        paths = sorted(Path(entry.path) for entry in os.scandir(folder) if not entry.name.startswith("."))
    except OSError as error:
        problems.append(Problem(folder, "", f"cannot be read: {reason_of(error)}"))
        return
    for path in paths:
        if path.is_dir() and path.is_symlink():
            continue  # It may lead back to where we came from.
        is_folder = path.is_dir()
        if not is_folder and path.suffix.lower() in AUDIO_SUFFIXES:
            music.append(path)  # The reader looks into it.
            continue
        if not is_folder and path.suffix.lower() not in _DATA_SUFFIXES:
            continue
        found = detect(path)
        if isinstance(found, Problem):
            problems.append(found)
        elif found == "folder":
            _look_below(path, music, playlists, others, problems)
        elif found in PLAYLIST_FORMATS and not is_folder:
            playlists.append((path, PLAYLIST_FORMATS[found]))
        elif found != "profile":
            others.append((path, found))


def _folder_format(folder: Path) -> str:
    if tabular.table_path(folder, "songs") is not None:
        return "tabular"
    if lyrics.is_lyrics_folder(folder):
        return "lyrics"
    if (
        (folder / "user.json").is_file()
        or (folder / "listens").is_dir()
        or (folder / "feedback.jsonl").is_file()
    ):
        return "listenbrainz"
    with os.scandir(folder) as entries:
        if any(mpd.SLICE_NAME.match(entry.name) for entry in entries):
            return "mpd"
    return "folder"


def _file_format(path: Path) -> str | Problem:
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if head.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(path, "rb") as stream:
                head = stream.read(_HEAD_BYTES)
        except (OSError, EOFError, zlib.error) as error:
            return Problem(path, "", f"a gzip file that cannot be read: {reason_of(error)}")
        return "lastfm" if _LASTFM.match(head) else Problem(path, "", "a gzip file of no known format")
    if not head.strip():
        return Problem(path, "", "is empty")
    if kind_of(head) or path.suffix.lower() in AUDIO_SUFFIXES:
        return "audio"
    if head.startswith(b"PAR1") or path.suffix.lower() in (".parquet", ".csv"):
        return Problem(path, "", "one table of a set: give the folder that holds songs and playlists")
    if head.startswith(b"PK") and zipfile.is_zipfile(path):
        return "listenbrainz"
    return _text_format(path, head)


def _text_format(path: Path, head: bytes) -> str | Problem:
    suffix = path.suffix.lower()
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.upper().startswith(b"#EXTM3U"):
        return "m3u"
    if text.startswith(b"<") and (re.search(rb"<(?:\w+:)?playlist\b", text) or b"<!DOCTYPE" in text):
        return "xspf"
    if text.startswith((b"{", b"[")):
        for format, sign in _JSON_SIGNS:
            if sign.search(text):
                return format
    if suffix in _TELLING_SUFFIXES:
        return _TELLING_SUFFIXES[suffix]
    if text.startswith((b"{", b"[")):
        if suffix in (".jsonl", ".listens"):
            return "listenbrainz"
        return "mpd" if mpd.SLICE_NAME.match(path.name) else Problem(path, "", "JSON of no known format")
    if _LASTFM.match(text):
        return "lastfm"
    if _LASTFM_PROFILE.match(text):
        return "profile"
    if b"\0" in head:
        return Problem(path, f"byte {head.index(0)}", "a binary file of no known format")
    if b"\t" in text and suffix == ".tsv":
        return "lastfm"
    return Problem(path, "", f"no known format; known are {', '.join(FORMATS)}")
