"""Reader of the Spotify Million Playlist Dataset: `mpd.slice.*.json`, a thousand playlists each.

A slice is parsed playlist by playlist, so a truncated or damaged one costs only the playlists that are
damaged. Pids name the playlists (`mpd:17`), track URIs the songs (`spotify:...`). A track is told by all its
fields from those read before, and worked out once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from operator import gt, itemgetter
from pathlib import Path

from pipelines.sources.batch import Batch, Problem
from pipelines.sources.collector import Collector, Song, SongRow
from pipelines.sources.files import file_bytes, files_below
from pipelines.sources.identifiers import external, public_id
from pipelines.sources.json_text import BadJsonError, parse_value
from pipelines.sources.lines import UTF8_BOM
from pipelines.sources.read_before import ReadBefore, mark_of, place_of
from pipelines.sources.values import clean_text, duration_ms, whole_number

SLICE_NAME = re.compile(r"(?:mpd\.slice\..*|challenge_set)\.json$")

_PLAYLISTS = re.compile(r'"playlists"\s*:\s*\[')
_PLAYLIST_BEGIN = re.compile(r'\{\s*"(?:name|pid|collaborative|num_tracks|num_samples|num_holdouts)"\s*:')
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_ATTRIBUTES_NOT_KEPT = frozenset({"tracks", "pid", "name"})
# All that is read of a track.
_FIELDS = itemgetter(
    "track_uri", "track_name", "artist_name", "album_name", "duration_ms", "artist_uri", "album_uri"
)
_TRACKS_KEPT = 200_000  # Some 700 bytes each; the popular ones are soon there again.

_Tracks = dict[object, SongRow]


def read(path: Path, *, namespace: str, before: ReadBefore | None = None) -> Iterator[Batch]:
    """Yield the playlists of one slice, or of all slices below a folder, file by file.

    Slices that were read `before`, and are as they were, are passed over.
    """
    found = list(files_below(path)) if path.is_dir() else [path]
    problems = tuple(item for item in found if isinstance(item, Problem))
    files = [
        item for item in found if isinstance(item, Path) and (item == path or SLICE_NAME.match(item.name))
    ]
    if not files:
        problems += (Problem(path, "", "no mpd.slice.*.json in it"),)
    left = [file for file in files if before is None or not before.passes_over(file, namespace)]
    if problems or len(left) < len(files):
        yield Batch(problems=problems, passed_over=len(files) - len(left))
    collector = Collector()
    seen: set[str] = set()
    tracks: _Tracks = {}
    whole: dict[Path, str] = {}  # files that came to their end since the last batch
    damaged: set[Path] = set()

    def take() -> Batch:
        batch = collector.take()
        damaged.update(problem.file for problem in batch.problems)
        marks = {place_of(file): mark for file, mark in whole.items() if file not in damaged}
        whole.clear()
        return replace(batch, read_whole=marks)

    for file in left:
        mark = "" if before is None else mark_of(file, namespace)
        for playlist in _playlists(file, collector):
            _collect(file, playlist, collector, namespace, seen, tracks)
            if collector.is_full:
                yield take()
        if mark:
            whole[file] = mark
    if collector or whole:
        yield take()


def _playlists(file: Path, collector: Collector) -> Iterator[object]:
    """Yield the items of a slice's list of playlists; step over those that are damaged."""
    data = file_bytes(file)
    if isinstance(data, Problem):
        collector.problem(file, data.place, data.reason)
        return
    text = data.removeprefix(UTF8_BOM).decode("utf-8", "surrogateescape")
    offset = len(data) - len(data.removeprefix(UTF8_BOM))
    start = _PLAYLISTS.search(text)
    if start is None:
        collector.problem(file, "", 'no list of "playlists" in it')
        return
    position = _skip(text, start.end(), " \t\r\n")
    while text[position : position + 1] != "]":
        begin = position
        try:
            playlist, position = parse_value(text, begin)
            bad_byte = _ESCAPED_BYTE.search(text, begin, position)
            if bad_byte is None:
                yield playlist
            else:
                place = f"byte {offset + _n_bytes(text, bad_byte.start())}"
                collector.problem(
                    file, place, f"not UTF-8: byte 0x{ord(bad_byte[0]) - 0xDC00:02x}; playlist left out"
                )
        except BadJsonError as error:
            collector.problem(file, f"byte {offset + _n_bytes(text, error.position)}", error.reason)
            following = _PLAYLIST_BEGIN.search(text, begin + 1)
            if following is None:
                return
            position = following.start()
            continue
        position = _skip(text, position, " \t\r\n")
        if text[position : position + 1] == ",":
            position = _skip(text, position + 1, " \t\r\n")
        elif text[position : position + 1] != "]":
            collector.problem(
                file, f"byte {offset + _n_bytes(text, position)}", "not JSON: a comma or ] is missing"
            )
            following = _PLAYLIST_BEGIN.search(text, position)
            if following is None:
                return
            position = following.start()


def _skip(text: str, position: int, characters: str) -> int:
    while position < len(text) and text[position] in characters:
        position += 1
    return position


def _n_bytes(text: str, position: int) -> int:
    return len(text[:position].encode("utf-8", "surrogateescape"))


def _collect(
    file: Path, playlist: object, collector: Collector, namespace: str, seen: set[str], known: _Tracks
) -> None:
    pid = whole_number(playlist.get("pid"), 0, 2**62) if isinstance(playlist, dict) else None
    if not isinstance(playlist, dict) or pid is None:
        collector.problem(file, "a playlist", "has no pid that is a whole number")
        return
    place = f"playlist {pid}"
    tracks = playlist.get("tracks")
    ref = external(namespace, str(pid))
    if not isinstance(tracks, list) or ref in seen:
        collector.problem(file, place, "was already read" if ref in seen else "has no list of tracks")
        return
    seen.add(ref)
    refs: list[str] = []
    positions: list[int] = []
    for number, track in enumerate(tracks):
        song_ref = _song_ref(track, collector, known) if isinstance(track, dict) else ""
        if song_ref:
            position = track.get("pos")
            if type(position) is not int or not 0 <= position <= 2**31:
                whole = whole_number(position, 0, 2**31)
                position = number if whole is None else whole
            refs.append(song_ref)
            positions.append(position)
        else:
            collector.problem(file, f"{place}, track {number}", "has no usable track_uri")
    if any(map(gt, positions, positions[1:])):
        refs = [refs[i] for i in sorted(range(len(refs)), key=positions.__getitem__)]
    attributes = {name: value for name, value in playlist.items() if name not in _ATTRIBUTES_NOT_KEPT}
    collector.playlist(ref, clean_text(playlist.get("name")), refs, attributes=attributes)


def _song_ref(track: dict[str, object], collector: Collector, known: _Tracks) -> str:
    """The ref of a track's song, which is in the collector; "" where it has none."""
    try:
        said: object = _FIELDS(track)
        row = known.get(said)
    except (KeyError, TypeError):  # A field is missing, or holds a list: none that is worth keeping.
        said = row = None
    if row is not None:
        ref = str(row[0])
        if ref not in collector.songs:
            collector.songs[ref] = row
        return ref
    song, before = _song(track), len(collector.songs)
    ref = collector.song(song) if song is not None else ""
    # Where the batch has heard other things of this song, these may count in a later one.
    if said is not None and len(collector.songs) > before:
        if len(known) >= _TRACKS_KEPT:
            known.clear()
        known[said] = collector.songs[ref]
    return ref


def _song(track: dict[str, object]) -> Song | None:
    uri = clean_text(track.get("track_uri"), 4096)
    known = public_id(uri)
    is_local = uri.startswith("spotify:local:")  # A listener's own file: known by its name alone.
    if not is_local and (known is None or known[0] != "spotify"):
        return None
    return Song(
        title=clean_text(track.get("track_name")),
        artist=clean_text(track.get("artist_name")),
        album=clean_text(track.get("album_name")),
        duration_ms=duration_ms(track.get("duration_ms")),
        ids=[known] if known else [],
        attributes={name: track[name] for name in ("artist_uri", "album_uri") if name in track},
    )
