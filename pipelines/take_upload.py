"""A file that somebody sends, into the catalogue: looked at before it is read, and gone afterwards.

While it is read it lies in the home folder under a hash of its content, so that the same file twice names the
same things; one file at a time. What is taken is playlists and listens in the formats that one file can hold;
music is not, since it would be gone.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from db.session import SessionFactory
from pipelines.ingest import IngestReport, ingest
from pipelines.ingest_batch import Counts
from pipelines.sources.batch import Problem
from pipelines.sources.detect import detect
from pipelines.stages import only_one

TAKEN = ("mpd", "jspf", "xspf", "m3u", "listenbrainz", "lastfm")
FOLDER = Path("cache") / "uploads"
_MOST_PROBLEMS = 100
# Histories shrink to a fifth or a tenth; what would unpack to more than this is no history.
MOST_UNPACKED, TIMES_UNPACKED = 256 << 20, 20
_PIECE = 1 << 20
_SUFFIXES = {"jspf": ".jspf", "xspf": ".xspf", "m3u": ".m3u8", "lastfm": ".tsv"}


@dataclass(frozen=True)
class UploadReport:
    """What an upload brought; `problems` name places in the file."""

    songs: Counts
    playlists: Counts
    entries: Counts
    listens: Counts
    feedback: Counts
    users_added: int
    problems: tuple[str, ...]


def take_upload(session_factory: SessionFactory, home: Path, data: bytes, namespace: str) -> UploadReport:
    """Store what a file holds; parts that cannot be read are named, or the whole of it, the others go in.

    Raises
    ------
    JobRunningError
        Another file is being taken in.
    ValueError
        A namespace that cannot be one.
    """
    folder = home.resolve() / FOLDER / hashlib.sha256(data).hexdigest()[:16]
    with only_one(home / "uploads.lock"):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            report = _read(session_factory, home, folder, data, namespace)
        finally:
            shutil.rmtree(folder)
    problems = tuple(
        f"{one.place}: {one.reason}" if one.place else one.reason for one in report.problems[:_MOST_PROBLEMS]
    )
    return UploadReport(
        report.songs, report.playlists, report.entries, report.listens, report.feedback, report.users_added,
        problems,
    )  # fmt: skip


def _read(
    session_factory: SessionFactory, home: Path, folder: Path, data: bytes, namespace: str
) -> IngestReport:
    path = folder / "upload"
    path.write_bytes(data)
    format = detect(path)
    if isinstance(format, Problem):
        return IngestReport(problems=(format,))
    problem = _refusal(path, format, data)
    if problem is not None:
        return IngestReport(problems=(problem,))
    named = path.rename(folder / f"{folder.name}{_suffix(format, data)}")
    return ingest(
        [named],
        session_factory=session_factory,
        format=format,
        namespace=namespace,
        releases=home / "releases",
    )


def _refusal(path: Path, format: str, data: bytes) -> Problem | None:
    if format not in TAKEN:
        return Problem(path, "", f"{format} is not taken here; taken are {', '.join(TAKEN)}")
    if format == "listenbrainz" and not data.startswith(b"PK"):
        return Problem(path, "", "listens of whom? A ListenBrainz export is taken as the zip that it is")
    most = max(MOST_UNPACKED, TIMES_UNPACKED * len(data))
    if _unpacks_to_more(data, most):
        return Problem(path, "", f"it would unpack to more than {most >> 20} MiB")
    return None


def _unpacks_to_more(data: bytes, most: int) -> bool:
    """Whether a packed file holds more than so many bytes; what is damaged is found out when it is read."""
    try:
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return sum(info.file_size for info in archive.infolist()) > most
        if data.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(data)) as stream:
                length = 0
                while length <= most and (piece := stream.read(_PIECE)):
                    length += len(piece)
                return length > most
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return False


def _suffix(format: str, data: bytes) -> str:
    """A suffix that the format's reader knows."""
    if format == "mpd":
        return ".json"
    if data.startswith(b"PK"):
        return ".zip"
    return ".tsv.gz" if data.startswith(b"\x1f\x8b") else _SUFFIXES[format]
