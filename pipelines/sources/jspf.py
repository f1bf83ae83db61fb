"""Reader of JSPF, XSPF's JSON form (https://www.xspf.org/jspf), in ListenBrainz's flavour too.

`identifier` and `location` may be text or a list. A file with a syntax error is refused as a whole: half a
playlist must not take the place of the whole one that was stored before. A bad track costs that track.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipelines.sources.batch import Batch, Problem
from pipelines.sources.collector import Song
from pipelines.sources.identifiers import isrc, location_id, mbid, public_id
from pipelines.sources.json_text import BadJsonError, as_list, as_object, parse_document, place_of
from pipelines.sources.lines import UTF8_BOM, undecodable
from pipelines.sources.playlist_files import FoundPlaylist, read_folder
from pipelines.sources.values import clean_text, duration_ms

SUFFIXES = (".jspf", ".json")

_PLAYLIST_ATTRIBUTES = ("creator", "annotation", "info", "date", "image", "license", "extension")
_TRACK_ATTRIBUTES = ("annotation", "info", "image")
_MB_TRACK = "https://musicbrainz.org/doc/jspf#track"


def read(path: Path, *, namespace: str) -> Iterator[Batch]:
    """Yield the playlists of a JSPF file, or of those below a folder."""
    return read_folder(path, SUFFIXES, parse, namespace=namespace)


def parse(file: Path, data: bytes) -> Iterator[FoundPlaylist | Problem]:
    """Yield the playlist in a file, or each of those in a list of playlists as ListenBrainz's API gives
    them.
    """
    body = data.removeprefix(UTF8_BOM)
    try:
        text = body.decode()
        document = as_object(parse_document(text))
    except UnicodeDecodeError as error:
        yield Problem(
            file, f"byte {error.start + len(data) - len(body)}", undecodable(error, len(data) - len(body))
        )
        return
    except BadJsonError as error:
        yield Problem(file, place_of(body.decode(), error.position), error.reason)
        return
    given = [document] if "playlist" in document else as_list(document.get("playlists"))
    if not given:
        yield Problem(file, "", "no playlist in it")
    for number, item in enumerate(given, start=1):
        playlist = as_object(item).get("playlist")
        where = f"playlist {number}, " if len(given) > 1 else ""
        if isinstance(playlist, dict):
            yield from _playlist(file, playlist, where)
        else:
            yield Problem(file, f"playlist {number}", "is no object")


def _playlist(file: Path, playlist: dict[str, object], where: str) -> Iterator[FoundPlaylist | Problem]:
    found = FoundPlaylist(
        name=clean_text(playlist.get("title")),
        identifier=clean_text(next(iter(as_list(playlist.get("identifier"))), "")),
        attributes={name: playlist[name] for name in _PLAYLIST_ATTRIBUTES if name in playlist},
    )
    tracks = playlist.get("track", [])
    if not isinstance(tracks, list):
        yield Problem(file, where.removesuffix(", "), "its track is no list")
        tracks = []
    for number, track in enumerate(tracks, start=1):
        place = f"{where}track {number}"
        if isinstance(track, dict):
            found.songs.append((place, _song(file, track)))
        else:
            yield Problem(file, place, "is no object")
    yield found


def _song(file: Path, track: dict[str, object]) -> Song:
    ids: list[tuple[str, str]] = []
    for name in as_list(track.get("identifier")):
        text = clean_text(name, 4096)
        known = public_id(text)
        if known:
            ids.append(known)
        elif mbid(text):
            ids.append(("mbid", mbid(text)))
        elif "://" in text:
            ids.append(("url", text))
    ids += [("isrc", isrc(clean_text(code))) for code in as_list(track.get("isrc"))]
    for location in as_list(track.get("location")):
        named = location_id(clean_text(location, 4096), file.parent, encoded=True)
        ids += [named] if named else []
    extension = as_object(as_object(track.get("extension")).get(_MB_TRACK))
    attributes = {name: track[name] for name in _TRACK_ATTRIBUTES if name in track}
    if "artist_identifiers" in extension:
        attributes["artist_identifiers"] = extension["artist_identifiers"]
    return Song(
        title=clean_text(track.get("title")),
        artist=clean_text(track.get("creator")),
        album=clean_text(track.get("album")),
        duration_ms=duration_ms(track.get("duration")),
        ids=ids,
        attributes=attributes,
    )
