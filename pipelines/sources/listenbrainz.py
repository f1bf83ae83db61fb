"""Reader of ListenBrainz exports: listens and feedback as JSON lines.

It takes the official export as a zip file or unpacked (`user.json`, `listens/YYYY/M.jsonl`,
`feedback.jsonl`), single files of JSON lines, and the older export, one JSON array. The user is the line's
`user_name`, else that of `user.json`, else the file's name (of a folder, the folder's). A recording's id is
the one that was submitted, else the one that ListenBrainz mapped it to.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from pipelines.sources.batch import Batch, Problem
from pipelines.sources.collector import Collector, Song
from pipelines.sources.files import MAX_FILE_BYTES, files_below, reason_of
from pipelines.sources.identifiers import external, isrc, mbid, public_id
from pipelines.sources.json_text import BadJsonError, as_list, as_object, parse_document, parse_value
from pipelines.sources.lines import Line, read_lines, undecodable
from pipelines.sources.values import clean_text, duration_ms, time_s, whole_number

SUFFIXES = (".jsonl", ".listens", ".json")
KINDS = {1: "like", -1: "dislike"}

_EXPORT_FILE = re.compile(r"(?:.*/)?(?:listens/.*\.jsonl|feedback\.jsonl)$")
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError)


def read(path: Path, *, namespace: str) -> Iterator[Batch]:
    """Yield the listens and feedback of one file, one export, or all files below a folder."""
    if path.is_dir():
        yield from _read_folder(path, namespace)
    elif zipfile.is_zipfile(path):
        yield from _read_zip(path, namespace)
    else:
        yield from _read_file(path, clean_text(path.name.partition(".")[0]), namespace)


def _read_folder(folder: Path, namespace: str) -> Iterator[Batch]:
    user_file = folder / "user.json"
    user = clean_text(folder.absolute().name)
    is_export = user_file.is_file() or (folder / "listens").is_dir()
    if user_file.is_file():
        with suppress(OSError):
            user = _user_name(user_file.read_bytes()) or user
    n_files = 0
    for file in files_below(folder):
        if isinstance(file, Problem):
            yield Batch(problems=(file,))
        elif file == user_file or (is_export and not _EXPORT_FILE.match(file.relative_to(folder).as_posix())):
            continue
        elif file.suffix.lower() in SUFFIXES:
            n_files += 1
            yield from _read_file(
                file, user if is_export else clean_text(file.name.partition(".")[0]), namespace
            )
    if n_files == 0:
        yield Batch(problems=(Problem(folder, "", "no listens in it"),))


def _read_zip(path: Path, namespace: str) -> Iterator[Batch]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(info.filename for info in archive.infolist() if _EXPORT_FILE.match(info.filename))
            user = clean_text(path.stem)
            for name in archive.namelist():
                if name.rpartition("/")[2] == "user.json" and archive.getinfo(name).file_size < 2**20:
                    user = _user_name(archive.read(name)) or user
            for name in names:
                with archive.open(name) as stream:
                    yield from _read_stream(path / clean_text(name), stream, user, namespace)
            if not names:
                yield Batch(problems=(Problem(path, "", "a zip file without listens"),))
    except _BROKEN as error:
        yield Batch(problems=(Problem(path, "", f"a zip file that cannot be read: {reason_of(error)}"),))


def _user_name(data: bytes) -> str:
    with suppress(UnicodeDecodeError, BadJsonError):
        about = as_object(parse_document(data.decode("utf-8-sig")))
        return clean_text(about.get("user_name") or about.get("username") or about.get("musicbrainz_id"))
    return ""


def _read_file(path: Path, user: str, namespace: str) -> Iterator[Batch]:
    try:
        with path.open("rb") as stream:
            yield from _read_stream(path, stream, user, namespace)
    except OSError as error:
        yield Batch(problems=(Problem(path, "", f"cannot be read: {reason_of(error)}"),))


def _read_stream(file: Path, stream: IO[bytes], user: str, namespace: str) -> Iterator[Batch]:
    collector = Collector()
    n_lines = 0
    is_array = False
    try:
        for line in read_lines(stream):
            if n_lines == 0 and line.content is not None and not line.content.strip():
                continue
            n_lines += 1
            if n_lines == 1 and (line.content or b"").lstrip().startswith(b"["):
                is_array = True
                _array(
                    file,
                    (line.content or b"") + b"\n" + stream.read(MAX_FILE_BYTES),
                    collector,
                    user,
                    namespace,
                )
                break
            _line(file, line, collector, user, namespace)
            if collector.is_full:
                yield collector.take()
    except _BROKEN as error:
        collector.problem(file, f"after line {n_lines}", f"cannot be read on: {reason_of(error)}")
    if n_lines == 0 and not is_array and not collector:
        collector.problem(file, "", "is empty")
    if collector:
        yield collector.take()


def _line(file: Path, line: Line, collector: Collector, user: str, namespace: str) -> None:
    place = f"line {line.number}"
    if line.content is None:
        collector.problem(file, place, "longer than 16 MiB")
        return
    try:
        text = line.content.decode()
        if text.strip():
            _record(file, place, parse_document(text), collector, user, namespace)
    except UnicodeDecodeError as error:
        collector.problem(file, place, undecodable(error, line.offset))
    except BadJsonError as error:
        collector.problem(file, f"{place}, column {error.position + 1}", error.reason)


def _array(file: Path, data: bytes, collector: Collector, user: str, namespace: str) -> None:
    """Take over the items of a JSON array, up to the first that is damaged."""
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8", errors="replace", newline="").read()
    position = text.index("[") + 1
    number = 0
    while True:
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
        if text[position : position + 1] == "]":
            return
        number += 1
        try:
            record, position = parse_value(text, position)
        except BadJsonError as error:
            collector.problem(file, f"item {number}", f"{error.reason}; nothing read after it")
            return
        _record(file, f"item {number}", record, collector, user, namespace)


def _record(file: Path, place: str, record: object, collector: Collector, user: str, namespace: str) -> None:
    """Take over one listen or one feedback."""
    if not isinstance(record, dict):
        collector.problem(file, place, "is no object")
        return
    name = clean_text(record.get("user_name")) or (
        clean_text(record.get("user_id")) if "score" in record else ""
    )
    user_ref = external(namespace, name or user)
    song = song_of(record)
    if "score" in record:
        score = whole_number(record["score"], -1, 1)
        given_at = time_s(record.get("created")) if record.get("created") is not None else 0
        if score is None or given_at is None:
            collector.problem(
                file, place, "score is none of 1, 0, -1" if score is None else "created is no time"
            )
        elif score in KINDS:
            song_ref = collector.song(song)
            if song_ref:
                collector.feedback(user_ref, song_ref, KINDS[score], given_at)
            else:
                collector.problem(file, place, "feedback without a recording")
        return
    listened_at = time_s(record.get("listened_at"))
    if listened_at is None:
        collector.problem(file, place, "listened_at is no time between 1970 and 2100")
    elif not song.title:
        collector.problem(file, place, "no track_name")
    else:
        collector.listen(user_ref, collector.song(song), listened_at)


def song_of(record: Mapping[str, object]) -> Song:
    """The song of one listen, as ListenBrainz writes it in exports and takes it over its API."""
    metadata = as_object(record.get("track_metadata"))
    info = as_object(metadata.get("additional_info"))
    mapping = as_object(metadata.get("mbid_mapping"))
    given = (info.get("recording_mbid"), record.get("recording_mbid"), mapping.get("recording_mbid"))
    recordings = [mbid(clean_text(value)) for value in given]
    ids = [("mbid", value) for value in recordings if value][:1]
    ids += [("isrc", isrc(clean_text(code))) for code in as_list(info.get("isrc"))[:8]]
    for address in (info.get("spotify_id"), info.get("origin_url")):
        known = public_id(clean_text(address, 4096))
        ids += [known] if known and known[0] == "spotify" else []
    msid = clean_text(record.get("recording_msid") or info.get("recording_msid"))
    ids += [("msid", mbid(msid))]
    length = info.get("duration_ms")
    return Song(
        title=clean_text(metadata.get("track_name")),
        artist=clean_text(metadata.get("artist_name")),
        album=clean_text(metadata.get("release_name")),
        duration_ms=duration_ms(info.get("duration"), per_second=True)
        if length is None
        else duration_ms(length),
        ids=list(dict.fromkeys(ids)),
    )
